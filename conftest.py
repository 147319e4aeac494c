"""The code blocks of the README and the documentation are run, each page in its own folder."""

from pathlib import Path

import numpy as np
import pytest
import sklearn

try:
    from sybil import Sybil
    from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
except ImportError:  # a copy without what tests need
    Sybil = None

# What Sphinx makes and reads.
collect_ignore_glob = ["docs/_build/*", "docs/api/*", "docs/gallery/*", "docs/conf.py"]


def _draw_letters(folder: Path) -> None:
    """Write what the pages speak of: a folder of scans by three writers, and a scan."""
    from PIL import Image

    from skhcr.datasets import load_digit_images

    images, labels = load_digit_images(return_X_y=True)
    for index in range(60):
        page = Image.fromarray(255 - np.asarray(images[index])).resize((48, 48))
        path = folder / "letters" / str(labels[index]) / f"writer{index // 20}_{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.save(path)
    page.save(folder / "scan.png")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Run a page in a folder with images; fits have one epoch, searches two trials."""
    import dask.distributed
    import matplotlib.pyplot as plt

    import skhcr._keras
    from skhcr.model_selection import OptunaSearchCV

    train, fit, client = skhcr._keras.train, OptunaSearchCV.fit, dask.distributed.Client

    def search(self, *args, **kwargs):
        return fit(self.set_params(n_trials=2), *args, **kwargs)

    def cluster(address):
        return client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None)

    with pytest.MonkeyPatch.context() as patch, sklearn.config_context():
        folder = tmp_path_factory.mktemp("page")
        _draw_letters(folder)
        patch.chdir(folder)
        patch.setattr(skhcr._keras, "train", lambda *a, **k: train(*a, **k | {"epochs": 1}))
        patch.setattr(OptunaSearchCV, "fit", search)
        patch.setattr(dask.distributed, "Client", cluster)
        yield folder
    plt.close("all")


if Sybil is not None:
    pytest_collect_file = Sybil(
        parsers=[PythonCodeBlockParser(), SkipParser()],
        patterns=["README.md", "docs/*.md"],
        fixtures=["page"],
    ).pytest()


def pytest_collection_modifyitems(items):
    """After one epoch, some classes are never predicted."""
    ignore = pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
    for item in items:
        if item.path.suffix == ".md":
            item.add_marker(ignore)

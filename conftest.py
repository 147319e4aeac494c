"""The code blocks of the README and the documentation are run, each page in its own folder."""

import dataclasses
import gc
from pathlib import Path

import pytest
import sklearn

try:
    from sybil import Sybil
    from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
except ImportError:  # a copy without what tests need
    Sybil = None

# What Sphinx makes and reads, and scripts that draw pictures.
collect_ignore_glob = [
    "docs/_build/*",
    "docs/api/*",
    "docs/gallery/*",
    "docs/conf.py",
    "docs/_extensions/*",
    "docs/pictures/*",
    "docs/serving/*",
]


def pytest_addoption(parser, pluginmanager):
    """Without pytest-xdist (``-p no:xdist``), its options in pyproject.toml mean nothing."""
    if not pluginmanager.hasplugin("xdist"):
        group = parser.getgroup("xdist", "ignored, for want of pytest-xdist")
        for name in ("--numprocesses", "--maxprocesses", "--dist"):
            group.addoption(name)
        group.addoption("--no-loadscope-reorder", action="store_true")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Run a single file in this process: others would only take time to start."""
    is_one_file = len(config.args) == 1 and Path(config.args[0].partition("::")[0]).is_file()
    return 0 if is_one_file else None


def pytest_collection_finish() -> None:
    """Keep what was collected out of every search for garbage: it stays until the end."""
    gc.collect()
    gc.freeze()


def _draw_letters(folder: Path) -> None:
    """Write what the pages speak of: a folder of scans by three writers, a scan, a form."""
    from PIL import Image, ImageOps

    from skhcr.datasets import load_digit_images

    images, labels = load_digit_images(return_X_y=True)
    for index in range(60):
        page = ImageOps.expand(Image.fromarray(255 - images[index]).resize((48, 48)), 16, fill=255)
        path = folder / "letters" / str(labels[index]) / f"writer{index // 20}_{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.save(path)
    page.save(folder / "scan.png")
    page.save(folder / "form.png")


def train_one_epoch(patch: pytest.MonkeyPatch) -> None:
    """Let every fit have one epoch, whatever the classifier's parameter says."""
    from skhcr._keras import TrainedNetwork

    train = TrainedNetwork.train

    def train_shortly(self, batches, validation_batches, recipe, **options):
        recipe = dataclasses.replace(recipe, epochs=1)
        return train(self, batches, validation_batches, recipe, **options)

    patch.setattr(TrainedNetwork, "train", train_shortly)


@pytest.fixture
def one_epoch(monkeypatch):
    """Let every fit have one epoch."""
    train_one_epoch(monkeypatch)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Run a page in a folder with images; fits have one epoch, searches two trials."""
    import dask.distributed
    import matplotlib.pyplot as plt

    from skhcr.model_selection import OptunaSearchCV

    fit, client = OptunaSearchCV.fit, dask.distributed.Client

    def search(self, *args, **kwargs):
        return fit(self.set_params(n_trials=2), *args, **kwargs)

    def cluster(address):
        return client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None)

    with pytest.MonkeyPatch.context() as patch, sklearn.config_context():
        folder = tmp_path_factory.mktemp("page")
        _draw_letters(folder)
        patch.chdir(folder)
        train_one_epoch(patch)
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
        if item.path.name == "integrations.md":  # warnings of other packages are theirs
            item.add_marker(pytest.mark.filterwarnings("ignore"))

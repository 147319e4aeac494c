"""Every reproduction runs from its first line to its last, on a few images and for one epoch.

The other examples are run, whole, where the documentation is built.
"""

import runpy
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.utils import Bunch

from skhcr import datasets

EXAMPLES = Path(__file__).parents[1] / "examples" / "reproductions"

if not EXAMPLES.is_dir():
    pytest.skip("the examples are not part of this copy", allow_module_level=True)
pytest.importorskip("matplotlib")

ARABIC = list("أبتثجحخدذرزسشصضطظعغفقكلمنهوي")
RUSSIAN = list("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
LATIN = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def letters(names, *, size, n, return_X_y=False, **_):
    """Return n images of every character, each by another writer."""
    target = np.tile(names, n)
    images = np.random.default_rng(0).integers(0, 256, (len(target), size, size), dtype=np.uint8)
    if return_X_y:
        return images, target
    groups = np.repeat(np.arange(n), len(names))
    return Bunch(images=images, target=target, target_names=np.array(names), groups=groups)


def ahcd(*, subset, **_):
    """Return images of five writers to train on, of one to test on, or of all."""
    train, test = (letters(ARABIC, size=32, n=n) for n in (5, 1))
    if subset == "all":
        parts = {name: np.concatenate([train[name], test[name]]) for name in train}
        return Bunch(**parts | {"target_names": train.target_names})
    return {"train": train, "test": test}[subset]


def english(folder, **_):
    """Return files of three characters by five writers."""
    names, writers = np.tile(["0", "O", "o"], 5), np.repeat(np.arange(5), 3)
    filenames = [str(folder / f"{index}.png") for index in range(len(names))]
    for filename in filenames:
        page = np.full((90, 120), 255, np.uint8)
        page[30:60, 40:70] = 0
        Image.fromarray(page).save(filename)
    return Bunch(filenames=np.array(filenames), target=names, groups=writers)


@pytest.fixture
def run(one_epoch, monkeypatch, tmp_path):
    """Return a function that runs an example where data are few and training is short."""
    import matplotlib.pyplot as plt

    monkeypatch.setattr(datasets, "fetch_ahcd", ahcd)
    monkeypatch.setattr(datasets, "fetch_english_handwritten", partial(english, tmp_path))
    monkeypatch.setattr(datasets, "fetch_az_letters", partial(letters, LATIN, size=28, n=20))
    monkeypatch.setattr(datasets, "fetch_russian_letters", partial(letters, RUSSIAN, size=32, n=2))
    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.chdir(tmp_path)

    def run(name, *options):
        monkeypatch.setattr(sys, "argv", [name, *options])
        return runpy.run_path(str(EXAMPLES / name), run_name="__main__")

    yield run
    plt.close("all")


# After one epoch, some classes are never predicted.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("arabic_bn_cnn.py", 4),
        ("arabic_lenet.py", 2),
        ("english_wide_cnn.py", 6),
        ("letters_a_to_z.py", 3),
    ],
)
def test_examples_that_leave_pictures(run, tmp_path, name, pictures):
    run(name)
    assert len(list(tmp_path.glob("*/*.png"))) == pictures


@pytest.mark.parametrize("options", [[], ["--ours"]])
def test_four_tasks(run, capsys, options):
    run("arabic_four_tasks.py", *options)
    assert capsys.readouterr().out.count("task ") == 4


def test_unseen_writers(run, capsys):
    run("unseen_writers.py", "--folds", "1")
    said = capsys.readouterr().out
    assert "0% of the test images by writers who are among them" in said


def test_every_example_is_tested():
    here = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path.name}"' in here for path in EXAMPLES.glob("*.py"))

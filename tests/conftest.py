"""What every test shares: quiet TensorFlow, small data, tiny networks."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # beside others, of which each has a core
    for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(_name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # else scikit-learn skips its array API check

import multiprocessing
import shutil
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from skhcr import CNN, CNNClassifier


@pytest.fixture(scope="module", autouse=True)
def _new_workers_for_every_module():
    """End joblib's workers: those that had little to do take TensorFlow's memory for a leak."""
    yield
    pools = sys.modules.get("joblib.externals.loky.reusable_executor")
    if pools is not None and pools._executor is not None:
        pools._executor.shutdown(wait=True)


@pytest.fixture(scope="module")
def browser():
    """Chromium, for tests of pages; they are skipped without it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def digits():
    """Five kinds of digits, 250 images of 8x8, as uint8 of 0..255, with letters for labels."""
    images, target = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(target == digit)[:50] for digit in range(5)])
    rows = np.random.default_rng(0).permutation(rows)
    images = np.round(images[rows] * 255 / 16).astype(np.uint8).reshape(-1, 8, 8)
    return images, np.array(list("ابتثج"))[target[rows]]


@pytest.fixture(scope="session")
def digit_files(digits, tmp_path_factory):
    """The same digits as PNG files: paths and labels."""
    images, labels = digits
    folder = tmp_path_factory.mktemp("digits")
    paths = []
    for index, image in enumerate(images):
        path = folder / f"{index:03d}.png"
        Image.fromarray(image).save(path)
        paths.append(str(path))
    return np.array(paths), labels


@pytest.fixture(scope="session")
def tiny():
    """Return a function that makes classifiers which learn the digits in a second or two."""

    def make(**params):
        network = CNN(filters=(8,), padding="same", batch_norm=False, dense=(16,), dropout=0.0)
        defaults = {"epochs": 6, "batch_size": 32, "learning_rate": 1e-2, "random_state": 0}
        return CNNClassifier(**{"model": network, **defaults, **params})

    return make


@pytest.fixture(scope="session")
def run_in_new_process():
    """Return a function that runs a program in a process of its own, and returns its exit code.

    The process is forked from one that has imported Keras and scikit-learn, and nothing of skhcr.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["keras", "sklearn.model_selection", "skops.io"])

    def run(program, **names):
        code = textwrap.dedent(program)
        process = context.Process(target=exec, args=(code, {"__name__": "__main__", **names}))
        process.start()
        process.join()
        return process.exitcode

    return run


@pytest.fixture(scope="session")
def data_home():
    """Folder of the real data sets, where the user has one."""
    folder = os.environ.get("SKHCR_DATA_HOME")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SKHCR_DATA_HOME names no folder with the real data sets")
    return Path(folder)

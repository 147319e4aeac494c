"""Whatever writes a file says when it cannot, and leaves the old one as it was."""

import errno
import os
import resource
import signal
import stat
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from scipy.stats import uniform
from sklearn.svm import SVC

from skhcr import CNN, CNNClassifier, ImageLoader, export, save, to_keras
from skhcr._atomic import replacing
from skhcr.cli._datasets import write_files
from skhcr.datasets import load_digit_images
from skhcr.inspection import evaluation_report
from skhcr.model_selection import OptunaSearchCV


@pytest.fixture
def disk(tmp_path):
    """A disk of 32 kB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=32k", "tmpfs"]
    try:
        subprocess.run(["mount", *options, folder], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a disk here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full_disk(n_bytes):
    """Let no file grow beyond so many bytes, meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture(scope="module")
def fitted(digits):
    network = CNN(filters=(16,), dense=(64,), dropout=0.0)  # more than the disk has room for
    return CNNClassifier(network, epochs=1, random_state=0).fit(*digits)


FILES = [
    (save, "digits.skhcr"),
    (export, "digits.onnx"),
    (export, "digits.tflite"),
    (to_keras, "digits.keras"),
]


@pytest.mark.parametrize(("write", "name"), FILES)
def test_writers_name_the_file_and_leave_the_old_one(fitted, tmp_path, write, name):
    path = tmp_path / name
    path.write_text("old")
    with full_disk(10_000), pytest.raises(OSError, match=rf"{name}") as caught:
        write(fitted, path)
    assert caught.value.errno in (errno.EFBIG, None)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [name]


def report(classifier, path):
    """Write a report on what a classifier makes of blank images."""
    images = np.zeros((5, 8, 8), np.uint8)
    return evaluation_report(classifier, images, classifier.classes_, path)


@pytest.mark.parametrize(
    ("write", "name"), [*FILES, (to_keras, "digits.h5"), (report, "report.html")]
)
def test_writers_on_a_disk_that_is_full(fitted, disk, write, name):
    path = disk / name
    path.write_text("old")
    with pytest.raises(OSError, match=name):
        write(fitted, path)
    assert path.read_text() == "old"
    assert os.listdir(disk) == [name]


def test_images_of_a_data_set_on_a_disk_that_is_full(disk):
    with pytest.raises(OSError, match=r"disk/letters' cannot be written: .*No space left"):
        write_files(load_digit_images(), disk / "letters")
    assert os.listdir(disk) == []


def test_a_search_resumes_after_a_full_disk(digits, disk):
    images, labels = digits
    rows = images.reshape(len(images), -1)[:50], labels[:50]
    (disk / "other").write_bytes(bytes(20_000))
    journal = disk / "search.log"
    options = {"storage": journal, "study_name": "digits", "random_state": 0, "cv": 2}
    space = {"C": uniform(1.0, 2.0)}
    search = OptunaSearchCV(SVC(), space, n_trials=100, **options)
    with pytest.raises(OSError, match=r"search\.log") as caught:
        search.fit(*rows)
    assert caught.value.errno == errno.ENOSPC
    (disk / "other").unlink()
    first = OptunaSearchCV(SVC(), space, n_trials=1, **options).fit(*rows)
    n_known = len(first.cv_results_["params"])
    assert n_known > 1
    again = search.set_params(n_trials=n_known + 2).fit(*rows)
    assert len(again.cv_results_["params"]) == n_known + 2


def test_hdf5_which_cannot_be_stopped_midway(fitted, tmp_path, monkeypatch):
    path = tmp_path / "digits.h5"
    path.write_text("old")
    full = SimpleNamespace(free=10_000)
    monkeypatch.setattr("skhcr.persistence._keras.shutil.disk_usage", lambda folder: full)
    with pytest.raises(OSError, match=r"digits\.h5") as caught:
        to_keras(fitted, path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["digits.h5"]


def test_the_cache_of_read_images(tmp_path):
    files = []
    for number in range(40):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((32, 32), number, np.uint8)).save(files[-1])
    cache = tmp_path / "cache"
    with full_disk(20_000), pytest.raises(OSError, match="cache"):
        ImageLoader(32, cache_folder=cache).transform(files)
    read = ImageLoader(32, cache_folder=cache).transform(files)  # nothing in it is wrong afterwards
    np.testing.assert_array_equal(read[:, 0, 0, 0], range(40))


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_files_may_be_read_by_whom_they_could_be_read(tmp_path, mode):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_pipes_and_devices_stay(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match=r"A device or a pipe, not a file: .*pipe'"), replacing(path):
        pytest.fail("nothing has to be computed for it")
    assert path.is_fifo()


def test_files_that_may_not_be_written_stay(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write whatever it wants
    with pytest.raises(PermissionError, match=r"file\.txt"), replacing(path):
        pytest.fail("nothing has to be computed for it")
    assert path.read_text() == "old"


def test_a_block_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "new" / "file.txt"

    def write(text, divisor):
        with replacing(path) as part:
            part.write_text(text)
            _ = 1 / divisor

    with pytest.raises(ZeroDivisionError):
        write("half of", 0)
    assert os.listdir(path.parent) == []
    write("all", 1)
    assert path.read_text() == "all"
    assert os.listdir(path.parent) == ["file.txt"]

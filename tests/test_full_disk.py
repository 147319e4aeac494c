"""Whatever writes a file says when it cannot, and leaves the old one as it was."""

import errno
import os
import resource
import signal
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from skhcr import CNN, CNNClassifier, ImageLoader, export, save, to_keras
from skhcr._atomic import replacing


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


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (save, "digits.skhcr"),
        (export, "digits.onnx"),
        (export, "digits.tflite"),
        (to_keras, "digits.keras"),
    ],
)
def test_writers_name_the_file_and_leave_the_old_one(fitted, tmp_path, write, name):
    path = tmp_path / name
    path.write_text("old")
    with full_disk(10_000), pytest.raises(OSError, match=rf"{name}") as caught:
        write(fitted, path)
    assert caught.value.errno in (errno.EFBIG, None)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [name]


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
        ImageLoader(32, cache=cache).transform(files)
    read = ImageLoader(32, cache=cache).transform(files)  # nothing in it is wrong afterwards
    np.testing.assert_array_equal(read[:, 0, 0, 0], range(40))


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

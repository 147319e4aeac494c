"""Reading every file once."""

import itertools
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from skhcr import ImageLoader, InkNormalizer
from skhcr.images import ImageLoadError, ImageLoadWarning, _cache, _ink


@pytest.fixture
def files(tmp_path):
    """Ten pictures of two sizes."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "scans"
    folder.mkdir()
    paths = []
    for index in range(10):
        pixels = rng.integers(0, 256, (20 + index % 2, 24), dtype=np.uint8)
        paths.append(str(folder / f"ا{index}.png"))
        Image.fromarray(pixels).save(paths[-1])
    return paths


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that were decoded, in order."""
    names = []
    for kind in (ImageLoader, InkNormalizer):

        def counted(self, item, size, original=kind._read):
            names.append(os.path.basename(item) if isinstance(item, str) else item)
            return original(self, item, size)

        monkeypatch.setattr(kind, "_read", counted)
    return names


@pytest.mark.parametrize(
    "loader",
    [
        ImageLoader(size=(8, 12)),
        ImageLoader(size=None),
        ImageLoader(mode="RGB", flatten=True),
        InkNormalizer(on_blank="ignore"),
    ],
)
def test_every_file_is_read_once_and_comes_out_the_same(loader, files, reads, tmp_path):
    expected = loader.transform(files)
    reads.clear()
    cached = clone(loader).set_params(cache_folder=tmp_path / "cache")
    for _ in range(3):
        images = cached.transform(files)
        for image, other in zip(images, expected, strict=True):
            np.testing.assert_array_equal(image, other)
        assert images.dtype == expected.dtype
    assert len(reads) == 10
    image[...] = 0  # what comes out may be written to
    assert len(clone(cached).transform(files[::-2])) == 5
    assert len(reads) == 10


def test_a_file_that_has_changed_is_read_again(files, reads, tmp_path):
    loader = ImageLoader(cache_folder=str(tmp_path / "cache"))
    loader.transform(files)
    Image.new("L", (24, 20), 77).save(files[3])
    reads.clear()
    assert (loader.transform(files)[3] == 77).all()
    assert reads == ["ا3.png"]


def test_a_file_of_equal_size_and_time_in_its_place_is_read(files, reads, tmp_path):
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    paths = [tmp_path / f"{level}.bmp" for level in (7, 8)]
    for level, path in zip((7, 8), paths, strict=True):
        Image.new("L", (24, 20), level).save(path)
        os.utime(path, (1000, 1000))
    assert (loader.transform([paths[0]]) == 7).all()
    os.replace(paths[1], paths[0])
    assert (loader.transform([paths[0]]) == 8).all()


def test_images_read_by_other_code_are_read_again(files, reads, tmp_path, monkeypatch):
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    loader.transform(files)
    monkeypatch.setattr(_cache, "_decoding_code", lambda: "another")
    loader.transform(files)
    assert len(reads) == 20


@pytest.mark.parametrize("table", ["images", "decoded"])
def test_files_of_earlier_versions_are_continued(files, reads, tmp_path, table):
    with closing(sqlite3.connect(tmp_path / "images.sqlite")) as connection:
        connection.execute(f"CREATE TABLE {table} (kind TEXT, path BLOB, pixels BLOB)")
        connection.commit()
    loader = ImageLoader(cache_folder=tmp_path)
    for _ in range(2):
        loader.transform(files)
    assert len(reads) == len(files)


DAMAGES = [
    "height = -1, width = -1, pixels = x'05'",
    "pixels = x'0505'",
    "pixels = x''",
    "pixels = 'letters'",
    "pixels = NULL",
    "height = 'high'",
]


@pytest.mark.parametrize(
    ("damage", "size"),
    [
        ("height = 1, width = 1, pixels = x'05'", (8, 12)),
        *itertools.product(DAMAGES, [(8, 12), None]),
    ],
)
def test_damaged_rows_are_read_again(files, reads, tmp_path, damage, size):
    loader = ImageLoader(size, cache_folder=tmp_path / "cache")
    expected = loader.transform(files[:2])
    with closing(sqlite3.connect(tmp_path / "cache" / "images.sqlite")) as connection:
        connection.execute(f"UPDATE read_images SET {damage}")
        connection.commit()
    for _ in range(2):
        for image, other in zip(loader.transform(files[:2]), expected, strict=True):
            np.testing.assert_array_equal(image, other)
    assert len(reads) == 4


def test_a_cache_that_another_process_writes_to_is_waited_for_and_named(
    files, tmp_path, monkeypatch
):
    loader = ImageLoader(cache_folder=tmp_path)
    loader.transform(files[:1])
    monkeypatch.setattr(_cache, "_SILENCE", 0.01)
    monkeypatch.setattr(_cache, "_PATIENCE", 0.02)
    with closing(sqlite3.connect(tmp_path / "images.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(loader.transform(files[:1])) == 1  # what is known is there meanwhile
        with (
            pytest.warns(UserWarning, match=r"writing to the cache .*images\.sqlite.* waiting"),
            pytest.raises(OSError, match="locked"),
        ):
            loader.transform(files)
        other.execute("ROLLBACK")
    assert len(loader.transform(files)) == 10


def test_other_parameters_do_not_share_the_cache(files, reads, tmp_path):
    cache = tmp_path / "cache"
    for loader in (
        ImageLoader(cache_folder=cache),
        ImageLoader(size=(8, 8), cache_folder=cache),
        ImageLoader(keep_aspect=False, cache_folder=cache),
        InkNormalizer(size=(32, 32), cache_folder=cache, on_blank="ignore"),
    ):
        images = loader.transform(files)
        expected = clone(loader).set_params(cache_folder=None).transform(files)
        np.testing.assert_array_equal(images, expected)
    ImageLoader(cache_folder=cache, n_jobs=2, on_error="blank").transform(files)
    assert len(reads) == 80


def test_another_way_to_find_ink_reads_again(files, reads, tmp_path, monkeypatch):
    normalizer = InkNormalizer(cache_folder=tmp_path / "cache", on_blank="ignore")
    normalizer.transform(files)
    monkeypatch.setattr(_ink, "VERSION", _ink.VERSION + 1)
    normalizer.transform(files)
    assert len(reads) == 20


def test_arrays_and_open_files_pass_by_the_cache(files, reads, tmp_path):
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    array = np.full((32, 32), 5, np.uint8)
    for _ in range(2):
        with open(files[0], "rb") as file:
            images = loader.transform([array, files[1], file])
    assert (images[0] == 5).all()
    assert len(reads) == 5


def test_equal_paths_are_read_once(files, reads, tmp_path):
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    images = loader.transform([files[1], files[0], files[1], files[1]])
    assert sorted(reads) == ["ا0.png", "ا1.png"]
    np.testing.assert_array_equal(images[0], images[2])
    np.testing.assert_array_equal(images[0], images[3])


def test_every_failure_is_reported_and_none_is_cached(files, tmp_path):
    broken, missing = files[4], str(tmp_path / "missing.png")
    with open(broken, "wb") as file:
        file.write(b"no picture")
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(ImageLoadError) as caught:
            loader.transform([*files, missing, broken])
        assert [failure.index for failure in caught.value.failures] == [4, 10, 11]
    with pytest.warns(ImageLoadWarning):
        images = loader.set_params(on_error="blank").transform([*files, broken])
    assert (images[[4, 10]] == 255).all()
    Image.new("L", (24, 20), 9).save(broken)
    assert (loader.transform(files)[4] == 9).all()


def test_an_interrupted_read_keeps_finished_images(files, reads, tmp_path, monkeypatch):
    monkeypatch.setattr(_cache, "_BLOCK", 4)
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    read = ImageLoader._read

    def until_the_seventh(self, item, size):
        if len(reads) == 6:
            raise KeyboardInterrupt
        return read(self, item, size)

    with monkeypatch.context() as patch:
        patch.setattr(ImageLoader, "_read", until_the_seventh)
        with pytest.raises(KeyboardInterrupt):
            loader.transform(files)
    reads.clear()
    loader.transform(files)
    assert reads == [os.path.basename(file) for file in files[4:]]


_READER = """
import sys
from skhcr import ImageLoader

cache, log, *files = sys.argv[1:]
read = ImageLoader._read

def logged(self, item, size):
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{item}\\n")
    return read(self, item, size)

ImageLoader._read = logged
ImageLoader(cache_folder=cache).transform(files)
"""


def test_processes_share_the_cache(files, tmp_path):
    log = tmp_path / "log.txt"
    command = [sys.executable, "-c", _READER, tmp_path / "cache", log, *files]
    readers = [subprocess.Popen(command) for _ in range(3)]
    assert [reader.wait() for reader in readers] == [0, 0, 0]
    assert sorted(log.read_text(encoding="utf-8").splitlines()) == files


def test_large_results_are_mapped_to_a_file_without_a_name(files, tmp_path, monkeypatch):
    monkeypatch.setattr(_cache, "_LARGE", 1000)
    loader = ImageLoader(cache_folder=tmp_path / "cache")
    images = loader.transform(files)
    assert type(images.base).__name__ == "mmap"
    np.testing.assert_array_equal(images, ImageLoader().transform(files))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(images)), images)
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} <= {
        ".sqlite",
        ".sqlite-wal",
        ".sqlite-shm",
    }


def test_a_cache_that_is_none_is_named(files, tmp_path):
    (tmp_path / "images.sqlite").write_bytes(b"these are letters to a friend" * 100)
    with pytest.raises(OSError, match=r"images\.sqlite.*cannot be used.*you can delete it"):
        ImageLoader(cache_folder=tmp_path).transform(files)


def test_a_full_disk_is_an_error_that_names_the_folder(files, tmp_path, monkeypatch):
    monkeypatch.setattr(_cache, "_LARGE", 1000)

    def full(descriptor, start, n_bytes):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_cache.os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space left on device") as caught:
        ImageLoader(cache_folder=tmp_path / "cache").transform(files)
    assert caught.value.filename == str(tmp_path / "cache")

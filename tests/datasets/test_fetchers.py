"""Every fetcher on small files in the published layout; none of them may go to the network."""

import gzip
import hashlib
import io
import re
import struct
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skhcr import datasets
from skhcr.datasets import (
    _ahcd,
    _az,
    _bunch,
    _emnist,
    _english,
    _hijja,
    _kmnist,
    _mnist,
    _omniglot,
    _russian,
)

FETCHERS = [name for name in datasets.__all__ if name.startswith("fetch_")]


@dataclass(frozen=True)
class Anything:
    """A check that any file passes."""

    def problem(self, path):
        return None


def put(file, data_home, content):
    """Write a file of a data set, and return its record without the published checksum."""
    path = data_home / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return replace(file, check=Anything(), urls=())


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def as_csv(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in np.atleast_2d(rows).tolist())


def as_png(image, mode="L"):
    packed = io.BytesIO()
    Image.fromarray(np.asarray(image, dtype=np.uint8), mode).save(packed, "PNG")
    return packed.getvalue()


def as_idx(array):
    array = np.asarray(array, dtype=np.uint8)
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes())


def as_npz(array):
    packed = io.BytesIO()
    np.savez(packed, array)
    return packed.getvalue()


def as_npy(array):
    stored = io.BytesIO()
    np.save(stored, array)
    return stored.getvalue()


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def random_images(n, size, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (n, size, size), dtype=np.uint8)
    images[:, ::2] = 0  # some ground, for the forms of AHCD
    return images


# AHCD


@pytest.fixture
def ahcd(tmp_path, monkeypatch):
    """One training letter and two test letters of each of 60 writers."""
    train, test = random_images(60, 32), random_images(120, 32, seed=1)
    train_labels, test_labels = np.arange(60) % 28 + 1, np.arange(120) % 28 + 1
    members = {
        "csvTrainImages 13440x1024.csv": as_csv(train.transpose(0, 2, 1).reshape(60, -1)),
        "csvTrainLabel 13440x1.csv": as_csv(train_labels[:, None]),
        "csvTestImages 3360x1024.csv": as_csv(test.transpose(0, 2, 1).reshape(120, -1)),
        "csvTestLabel 3360x1.csv": as_csv(test_labels[:, None]),
    }
    monkeypatch.setattr(_ahcd, "CSV", put(_ahcd.CSV, tmp_path, zipped(members)))
    pictures = {
        f"test/id_{i + 1}_label_{label}.png": as_png(np.where(image > 0, 255, 0))
        for i, (image, label) in enumerate(zip(test, test_labels, strict=True))
    }
    # Archives are not sorted by number.
    packed = zipped({"test/": b"", **{name: pictures[name] for name in sorted(pictures)}})
    monkeypatch.setattr(_ahcd, "PNG", put(_ahcd.PNG, tmp_path, packed))
    return tmp_path, train, test


def test_ahcd_is_upright_and_has_writers(ahcd):
    home, train, test = ahcd
    letters = datasets.fetch_ahcd(data_home=home)
    np.testing.assert_array_equal(letters.images, train)
    assert letters.images.dtype == np.uint8
    np.testing.assert_array_equal(letters.data, train.reshape(60, -1))
    assert np.shares_memory(letters.data, letters.images)
    assert letters.target[:3].tolist() == ["أ", "ب", "ت"]
    assert letters.target[[27, 28]].tolist() == ["ي", "أ"]
    assert len(letters.target_names) == 28
    np.testing.assert_array_equal(letters.groups, np.arange(60))
    both = datasets.fetch_ahcd(data_home=home, subset="all")
    np.testing.assert_array_equal(both.images, np.concatenate([train, test]))
    np.testing.assert_array_equal(both.groups[60:], np.repeat(np.arange(60), 2))


def test_ahcd_in_the_form_of_its_png_files(ahcd):
    home, train, test = ahcd
    letters = datasets.fetch_ahcd(data_home=home, subset="all", form="png")
    images = np.concatenate([train, test])
    np.testing.assert_array_equal(letters.images, np.where(images > 0, 255, 0))
    gray = datasets.fetch_ahcd(data_home=home, subset="all")
    np.testing.assert_array_equal(letters.target, gray.target)
    np.testing.assert_array_equal(letters.groups, gray.groups)
    with pytest.raises(ValueError, match=r"form must be 'gray' or 'png'\. Got 'PNG' instead"):
        datasets.fetch_ahcd(data_home=home, form="PNG")


def test_ahcd_as_arrays_and_as_frames(ahcd):
    pd = pytest.importorskip("pandas")
    home, train, _ = ahcd
    images, target = datasets.fetch_ahcd(data_home=home, return_X_y=True)
    np.testing.assert_array_equal(images, train)
    data, labels = datasets.fetch_ahcd(data_home=home, return_X_y=True, as_frame=True)
    assert data.shape == (60, 1024)
    assert set(data.dtypes) == {np.dtype(np.uint8)}
    assert data.columns[[0, -1]].tolist() == ["pixel0", "pixel1023"]
    assert labels.tolist() == target.tolist()
    bunch = datasets.fetch_ahcd(data_home=home, as_frame=True)
    pd.testing.assert_frame_equal(bunch.data, data)
    pd.testing.assert_frame_equal(bunch.frame.drop(columns="target"), data)
    pd.testing.assert_series_equal(bunch.frame["target"], labels)
    assert bunch.images.shape == (60, 32, 32)


# English


@pytest.fixture
def english(monkeypatch):
    """Content of two characters by two writers: files by their place."""
    files = {
        f"Img/img{place:03d}-{writer:03d}.png": as_png(np.full((3, 4), 10 * place + writer))
        for place in (11, 62)
        for writer in (1, 2)
    }
    labels = {"011": "A", "062": "z"}
    table = "image,label\n" + "".join(f"{name},{labels[name[7:10]]}\n" for name in files)
    digests = "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
    )
    contents = _english.Contents(
        hashlib.sha256(table.encode()).hexdigest(), hashlib.sha256(digests.encode()).hexdigest()
    )
    monkeypatch.setattr(_english, "CONTENTS", contents)
    monkeypatch.setattr(_english, "ARCHIVE", replace(_english.ARCHIVE, check=contents, urls=()))
    return {"english.csv": table.encode(), **files}


def write(files, folder):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def archive_of(files, **more):
    members = {
        f"repository-1/Model/dataset/data/{name}": content for name, content in files.items()
    }
    return zipped({"repository-1/README.md": b"", **members, **more})


def test_english_where_the_files_are_there(english, tmp_path):
    write(english, tmp_path / "english")
    before = snapshot(tmp_path)
    data = datasets.fetch_english_handwritten(data_home=tmp_path)
    assert data.filenames.tolist() == [
        str(tmp_path / "english" / name) for name in list(english)[1:]
    ]
    assert data.target.tolist() == ["A", "A", "z", "z"]
    assert data.target_names.tolist() == ["A", "z"]
    assert data.groups.tolist() == [1, 2, 1, 2]
    filenames, target = datasets.fetch_english_handwritten(data_home=tmp_path, return_X_y=True)
    np.testing.assert_array_equal(filenames, data.filenames)
    np.testing.assert_array_equal(target, data.target)
    assert snapshot(tmp_path) == before


def test_english_is_unpacked_and_nothing_else_is(english, tmp_path):
    folder = tmp_path / "english"
    folder.mkdir()
    others = {
        "repository-1/Model/dataset/data/Img/..": b"x",
        "repository-1/Model/dataset/data/Img/../../evil.png": b"x",
        "repository-1/Model/dataset/data/Img/..\\evil.png": b"x",
        "/evil.png": b"x",
    }
    archive = folder / "English-Handwritten-Characters.zip"
    archive.write_bytes(archive_of(english, **others))
    data = datasets.fetch_english_handwritten(data_home=tmp_path)
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*.*")}
    assert files == {archive.name, *english}  # an archive that the user has put there is kept
    assert [Path(name).read_bytes() for name in data.filenames] == list(english.values())[1:]
    assert [entry.name for entry in tmp_path.iterdir()] == ["english"]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda files: files.pop("english.csv"), "english.csv is not there"),
        (lambda files: files.update({"english.csv": b"image,label\n"}), "english.csv is damaged"),
        (lambda files: files.pop("Img/img062-001.png"), "it lacks 1 image, such as .*img062-001"),
        (lambda files: files.update({"Img/img062-001.png": b""}), "img062-001.png is damaged"),
        (
            lambda files: files.update({"Img/img062-001.png": as_png(np.zeros((2, 2)))}),
            "an image differs from the published one",
        ),
    ],
)
def test_english_damaged(english, tmp_path, damage, problem):
    files = dict(english)
    damage(files)
    folder = tmp_path / "english"
    write(files, folder)
    with (
        pytest.warns(UserWarning, match=problem),
        pytest.raises(OSError, match=f"(?s){problem}.*cannot be downloaded"),
    ):
        datasets.fetch_english_handwritten(data_home=tmp_path, download_if_missing=False)
    (folder / "English-Handwritten-Characters.zip").write_bytes(archive_of(english))
    with pytest.warns(UserWarning, match=f"{problem}|is now .*replaced-1"):
        data = datasets.fetch_english_handwritten(data_home=tmp_path)
    assert data.groups.tolist() == [1, 2, 1, 2]
    assert _english.problem_with_folder(folder) is None
    # What was changed may be somebody's work.
    for name, content in files.items():
        if content != english[name]:
            assert (folder / f"{name}.replaced-1").read_bytes() == content
    assert len(list(folder.rglob("*.replaced-*"))) == (len(files) == len(english))


def test_english_from_a_damaged_archive(english, tmp_path):
    (tmp_path / "english").mkdir()
    archive = tmp_path / "english" / "English-Handwritten-Characters.zip"
    archive.write_bytes(archive_of({**english, "Img/img062-001.png": b""}))
    with pytest.raises(OSError, match=r"img062-001\.png is damaged"):
        datasets.fetch_english_handwritten(data_home=tmp_path)
    content = bytearray(archive_of(english))
    method = content.rindex(b"PK\x01\x02") + 10
    content[method] = 99  # a way of packing that does not exist
    archive.write_bytes(content)
    with pytest.raises(OSError, match="it cannot be unpacked"):
        datasets.fetch_english_handwritten(data_home=tmp_path)
    archive.write_bytes(b"no zip")
    with pytest.raises(OSError, match="it is not a zip file"):
        datasets.fetch_english_handwritten(data_home=tmp_path)


# A-Z


@pytest.fixture
def az(tmp_path, monkeypatch):
    """The full file, of 30 images."""
    images, places = random_images(30, 28), np.arange(30) % 26
    text = as_csv(np.column_stack([places, images.reshape(30, -1)]))
    monkeypatch.setattr(_az, "FULL", put(_az.FULL, tmp_path, text.encode()))
    monkeypatch.setitem(_az._SUBSETS, "full", _az.FULL)
    return tmp_path, images, text


def test_az_is_read_in_parts_and_copied_once(az, monkeypatch):
    home, images, _ = az
    monkeypatch.setattr(_az, "_BYTES_AT_A_TIME", 5000)
    letters = datasets.fetch_az_letters(data_home=home)
    np.testing.assert_array_equal(letters.images, images)
    assert letters.target[[0, 25, 26]].tolist() == ["A", "Z", "A"]
    files = snapshot(home)
    assert len(files) == 3  # the folder, the csv file, its copy
    monkeypatch.setattr(_az, "_read", None)
    again = datasets.fetch_az_letters(data_home=home)
    np.testing.assert_array_equal(again.images, images)
    np.testing.assert_array_equal(again.target, letters.target)
    assert type(again.images) is np.ndarray
    again.images[:] = 0  # one's own
    assert snapshot(home) == files


def test_az_is_read_anew_when_the_file_has_changed(az):
    home, images, text = az
    datasets.fetch_az_letters(data_home=home)
    path = home / _az.FULL.name
    keepsake = path.with_name("A_Z Handwritten Data.2024-01-15 my own.npy")
    keepsake.write_bytes(b"")
    path.write_text(text.split("\n", 1)[1])
    letters = datasets.fetch_az_letters(data_home=home)
    np.testing.assert_array_equal(letters.images, images[1:])
    assert len(list(path.parent.iterdir())) == 3
    assert keepsake.exists()


def test_az_with_a_damaged_copy(az):
    home, images, _ = az
    datasets.fetch_az_letters(data_home=home)
    (copy,) = home.glob("az/*.npy")
    copy.write_bytes(copy.read_bytes()[:1000])
    np.testing.assert_array_equal(datasets.fetch_az_letters(data_home=home).images, images)


def test_az_where_nothing_can_be_written(az, monkeypatch):
    home, images, _ = az

    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(_az.np, "save", refuse)
    np.testing.assert_array_equal(datasets.fetch_az_letters(data_home=home).images, images)
    assert [path.name for path in home.glob("az/*")] == ["A_Z Handwritten Data.csv"]


def test_az_sample(tmp_path, monkeypatch):
    images = random_images(2, 28)
    text = as_csv(np.arange(785)) + as_csv(np.column_stack([[25, 0], images.reshape(2, -1)]))
    packed = gzip.compress(text.encode())
    monkeypatch.setitem(_az._SUBSETS, "sample", put(_az.SAMPLE, tmp_path, packed))
    letters = datasets.fetch_az_letters(data_home=tmp_path, subset="sample")
    np.testing.assert_array_equal(letters.images, images)
    assert letters.target.tolist() == ["Z", "A"]
    assert len(list(tmp_path.glob("az/*"))) == 1


def test_az_has_no_address_for_the_sample(tmp_path):
    with pytest.raises(OSError, match="The sample is not published; subset='full' can be"):
        datasets.fetch_az_letters(data_home=tmp_path, subset="sample")
    with pytest.raises(ValueError, match=r"subset must be 'full' or 'sample'\. Got 'all' instead"):
        datasets.fetch_az_letters(data_home=tmp_path, subset="all")


# Russian

INK, CLEAR = (10, 10, 10, 255), (0, 0, 0, 0)


def test_russian_archives(tmp_path, monkeypatch):
    half = np.full((32, 32, 4), INK)
    half[16:] = CLEAR
    contents = [
        {"letters/02_1.png": as_png(half, "RGBA"), "letters/01_02.png": as_png(half, "RGBA")},
        # Its folder may be called anything.
        {"letters/33_10.png": as_png(np.full((31, 32, 3), 77), "RGB"), "letters/33_9.txt": b""},
        {"06_1.png": as_png(np.full((32, 33), 5)), "__MACOSX/._06_1.png": b""},
    ]
    files = [
        put(file, tmp_path, zipped(members))
        for file, members in zip(_russian.COLLECTIONS, contents, strict=True)
    ]
    monkeypatch.setattr(_russian, "COLLECTIONS", tuple(files))
    letters = datasets.fetch_russian_letters(data_home=tmp_path)
    assert letters.target.tolist() == ["а", "б", "я", "е"]
    assert letters.collection.tolist() == [1, 1, 2, 3]
    assert letters.images.shape == (4, 32, 32)
    assert letters.images[0, :, 0].tolist() == [10] * 16 + [255] * 16
    assert [np.unique(image).tolist() for image in letters.images[2:]] == [[77], [5]]
    assert letters.groups is None
    assert len(letters.target_names) == 33


def test_russian_letters_in_one_archive(tmp_path, monkeypatch):
    picture = as_png(np.full((32, 32, 4), INK), "RGBA")
    members = {f"{folder}/0{i}_1.png": picture for i, folder in enumerate(_russian._FOLDERS, 1)}
    monkeypatch.setattr(_russian, "ALL_IN_ONE", put(_russian.ALL_IN_ONE, tmp_path, zipped(members)))
    letters = datasets.fetch_russian_letters(data_home=tmp_path, download_if_missing=False)
    assert letters.target.tolist() == ["а", "б", "в"]
    assert letters.collection.tolist() == [1, 2, 3]


def test_russian_letters_in_color(tmp_path, monkeypatch):
    colors = {"letters/01_1.png": (250, 200, 10), "letters2/02_1.png": (5, 6, 7)}
    members = {name: as_png(np.full((33, 32, 3), rgb), "RGB") for name, rgb in colors.items()}
    monkeypatch.setattr(_russian, "ALL_IN_ONE", put(_russian.ALL_IN_ONE, tmp_path, zipped(members)))
    letters = datasets.fetch_russian_letters(data_home=tmp_path, color=True)
    assert letters.images.shape == (2, 32, 32, 3)
    assert letters.images[:, 5, 5].tolist() == [[250, 200, 10], [5, 6, 7]]
    assert letters.data.shape == (2, 3 * 32 * 32)


def test_russian_letters_in_a_damaged_archive_are_fetched_one_by_one(tmp_path):
    archive = tmp_path / _russian.ALL_IN_ONE.name
    archive.parent.mkdir()
    archive.write_bytes(b"half")
    with (
        pytest.warns(UserWarning, match=r"letters\.zip is damaged .*2c6756e0"),
        pytest.raises(OSError, match=r"letters1\.zip cannot be downloaded"),
    ):
        datasets.fetch_russian_letters(data_home=tmp_path, download_if_missing=False)
    assert archive.read_bytes() == b"half"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"letters/34_1.png": b""}, "'letters/34_1.png', which is not a letter of a collection"),
        ({"others/01_1.png": b""}, "'others/01_1.png', which is not a letter of a collection"),
        ({"README": b""}, "contains no files such as '01_01.png'"),
    ],
)
def test_russian_archives_that_hold_something_else(tmp_path, monkeypatch, members, message):
    monkeypatch.setattr(_russian, "ALL_IN_ONE", put(_russian.ALL_IN_ONE, tmp_path, zipped(members)))
    with pytest.raises(ValueError, match=message):
        datasets.fetch_russian_letters(data_home=tmp_path)


# MNIST and its relatives


def put_pair(pair, home, images, labels, pack):
    return tuple(
        put(file, home, pack(content)) for file, content in zip(pair, (images, labels), strict=True)
    )


def test_mnist(tmp_path, monkeypatch):
    train, test = random_images(3, 28), random_images(2, 28, seed=1)
    for name, images, labels in [("train", train, [5, 0, 4]), ("test", test, [7, 2])]:
        pair = put_pair(_mnist.MNIST[name], tmp_path, images, labels, as_idx)
        monkeypatch.setitem(_mnist.MNIST, name, pair)
    digits = datasets.fetch_mnist(data_home=tmp_path)
    np.testing.assert_array_equal(digits.images, train)
    assert digits.target.tolist() == [5, 0, 4]
    assert digits.target.dtype == int
    assert digits.target_names.tolist() == list(range(10))
    both = datasets.fetch_mnist(data_home=tmp_path, subset="all")
    np.testing.assert_array_equal(both.images, np.concatenate([train, test]))
    assert both.target.tolist() == [5, 0, 4, 7, 2]
    assert both.groups is None


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", b"\0\0\x08\x03\0\0", b"\0\0\x0d\x01\0\0\0\1\0"]
)
def test_files_that_are_not_idx(tmp_path, content):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=r"x\.gz is not a file of unsigned bytes"):
        _mnist.read_idx(path)


@pytest.mark.parametrize(
    ("split", "labels", "target"),
    [("letters", [1, 26, 3], "AZC"), ("balanced", [0, 10, 46], "0At")],
)
def test_emnist_is_transposed(tmp_path, monkeypatch, split, labels, target):
    images = random_images(3, 28)
    pair = _emnist.EMNIST[split]["test"]
    stored = put_pair(pair, tmp_path, images.transpose(0, 2, 1), labels, as_idx)
    monkeypatch.setitem(_emnist.EMNIST[split], "test", stored)
    letters = datasets.fetch_emnist(split, subset="test", data_home=tmp_path)
    np.testing.assert_array_equal(letters.images, images)
    np.testing.assert_array_equal(letters.data, images.reshape(3, -1))
    assert letters.target.tolist() == list(target)


def test_emnist_classes():
    assert "".join(_emnist._CLASSES["letters"][1:]) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert len(_emnist._CLASSES["balanced"]) == len(set(_emnist._CLASSES["balanced"])) == 47
    with pytest.raises(ValueError, match=r"split must be 'letters' or 'balanced'\. Got 'byclass'"):
        datasets.fetch_emnist("byclass")


@pytest.mark.parametrize(("name", "first", "last"), [("kmnist", "お", "を"), ("k49", "あ", "ゝ")])
def test_kmnist(tmp_path, monkeypatch, name, first, last):
    n_classes = len(_kmnist._CLASSES[name])
    images, labels = random_images(n_classes, 28), np.arange(n_classes, dtype=np.uint8)[::-1]
    pair = _kmnist.KMNIST[name]["test"]
    stored = put_pair(pair, tmp_path, images, labels, as_npz)
    monkeypatch.setitem(_kmnist.KMNIST[name], "test", stored)
    letters = datasets.fetch_kmnist(name, subset="test", data_home=tmp_path)
    np.testing.assert_array_equal(letters.images, images)
    assert letters.target[[-1, 0]].tolist() == [first, last]
    assert len(set(letters.target)) == n_classes == {"kmnist": 10, "k49": 49}[name]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (as_npz(np.array([0, 1, 1], np.uint8)), None),
        (as_npz(np.array([0, 1], np.uint8)), r"it contains uint8 of shape \(2,\)"),
        (as_npz(np.array([0, 1, 0.5])), r"it contains float64 of shape \(3,\)"),
        (as_npz(np.array([0, 1, 2])), "it contains other classes"),
        (as_npz(np.array([0, 0, 0])), "it contains other classes"),
        (b"<html>", "it cannot be read"),
        (as_npz(np.array([None] * 3)), "it cannot be read"),
        (b"", "it cannot be read"),
        (as_npy(np.array([0, 1, 1], np.uint8)), "it cannot be read"),
    ],
)
def test_kmnist_labels_without_a_checksum(tmp_path, monkeypatch, content, problem):
    images, labels = _kmnist.KMNIST["kmnist"]["test"]
    labels = replace(labels, check=_kmnist.LabelFile(3, 2), urls=())
    stored = put(images, tmp_path, as_npz(random_images(3, 28)))
    put(labels, tmp_path, content)
    monkeypatch.setitem(_kmnist.KMNIST["kmnist"], "test", (stored, labels))
    if problem is None:
        letters = datasets.fetch_kmnist(subset="test", data_home=tmp_path)
        assert letters.target.tolist() == ["お", "き", "き"]
    else:
        with pytest.raises(OSError, match=problem):
            datasets.fetch_kmnist(subset="test", data_home=tmp_path)


# Hijja


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("names", ["X_{}.csv y_{}.csv", "Hijja/{}Images.csv Hijja/{}Labels.csv"])
def test_hijja(tmp_path, monkeypatch, first, names):
    images, places = random_images(29, 32), np.arange(29)
    members = {"__MACOSX/train.csv": b"\0"}
    for part, order in [("train", 1), ("test", -1)]:
        image_name, label_name = names.format(part, part).split()
        members[image_name] = as_csv(images.reshape(29, -1)[::order])
        members[label_name] = as_csv(places[::order, None] + first)
    monkeypatch.setattr(_hijja, "HIJJA", put(_hijja.HIJJA, tmp_path, zipped(members)))
    letters = datasets.fetch_hijja(data_home=tmp_path)
    np.testing.assert_array_equal(letters.images, images)
    assert letters.images.dtype == np.uint8
    assert letters.target[[0, 27, 28]].tolist() == ["أ", "ي", "ء"]
    both = datasets.fetch_hijja(data_home=tmp_path, subset="all")
    np.testing.assert_array_equal(both.images[29:], images[::-1])
    assert both.target[29] == "ء"


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((29, 1024), int), None, r"as many labels\. .* are: \(29, 1024\)\."),
        (np.zeros((28, 1024), int), np.arange(29), r"are: \(28, 1024\), \(29, 1\)"),
        (np.zeros((29, 100), int), np.arange(29), r"are: \(29, 100\), \(29, 1\)"),
        (np.zeros((29, 1024), int), np.arange(29) + 2, "They run from 2 to 30"),
        (np.zeros((29, 1024), int), np.arange(29) % 28, "They run from 0 to 27"),
        (np.full((29, 1024), 0.5), np.arange(29), "are not whole numbers of 0 to 255"),
        (np.full((29, 1024), 300), np.arange(29), "are not whole numbers of 0 to 255"),
    ],
)
def test_hijja_archives_that_hold_something_else(tmp_path, monkeypatch, images, labels, message):
    members = {"train_X.csv": as_csv(images)}
    if labels is not None:
        members["train_Y.csv"] = as_csv(labels[:, None])
    monkeypatch.setattr(_hijja, "HIJJA", put(_hijja.HIJJA, tmp_path, zipped(members)))
    with pytest.raises(ValueError, match=message):
        datasets.fetch_hijja(data_home=tmp_path)


@pytest.fixture
def hijja_folders(tmp_path, monkeypatch):
    """Images of every folder by the children 0 and 4, and one that stands among others."""
    numbers = [n + cell for n in (1, 433) for cell in range(108)] + [34_561, 35_749]
    folders = [f"{n} x/{n}.{shape}" for n, shapes in _hijja._SHAPES.items() for shape in shapes]
    assert len(folders) == 108
    places = [*2 * folders, "26 ha/26.4", "26 ha/26.1"]
    modes = ["L", "RGB"] * 109
    members = {
        f"Hijja2-1/{place}/{number}.png": as_png(
            np.full((32, 32) if mode == "L" else (32, 32, 3), number % 256), mode
        )
        for place, number, mode in zip(places, numbers, modes, strict=True)
    }
    names = sorted(name.partition("/")[2] + "\n" for name in members)
    check = _hijja.PngTree(hashlib.sha256("".join(names).encode()).hexdigest())
    more = {"Hijja2-1/CSV.zip": b"", "Hijja2-1/.DS_Store": b"", "Hijja2-1/a.png": b""}
    put(_hijja.PNG, tmp_path, zipped({**members, **more}))
    monkeypatch.setattr(_hijja, "PNG", replace(_hijja.PNG, check=check, urls=()))
    return tmp_path


def test_hijja_by_the_forms_of_letters(hijja_folders):
    everything = datasets.fetch_hijja(data_home=hijja_folders, forms="all", subset="all")
    assert everything.images.shape == (218, 32, 32)
    counts = {form: int(np.sum(everything.form == form)) for form in _hijja.FORMS}
    # 22 letters have all four forms and 5 have two; alef has three isolated and three final shapes,
    # hamza three isolated ones and a medial one. Two images are of one child more.
    assert counts == {"isolated": 67, "initial": 45, "medial": 46, "final": 60}
    isolated = datasets.fetch_hijja(data_home=hijja_folders, forms="isolated", subset="all")
    assert isolated.folder[isolated.target == "ه"].tolist() == ["26.4"] * 3
    assert set(isolated.folder[isolated.target == "أ"]) == {"1.1", "1.3", "1.4"}
    assert len(set(isolated.target)) == 29
    two = datasets.fetch_hijja(data_home=hijja_folders, forms=("medial", "final"))
    assert set(two.form) == {"medial", "final"}


def test_hijja_keeps_children_apart(hijja_folders):
    train, test = (
        datasets.fetch_hijja(data_home=hijja_folders, forms=["all"], subset=subset)
        for subset in ("train", "test")
    )
    assert set(train.groups) == {0, 320, 321}
    assert set(test.groups) == {4}
    # Images are as they are stored, in gray.
    assert train.images[0].tolist() == [[1] * 32] * 32


@pytest.mark.parametrize("forms", ["joined", ("isolated", "x"), ()])
def test_hijja_has_no_other_forms(forms, tmp_path):
    with pytest.raises(ValueError, match=r"'final', 'all', or None\. Got "):
        datasets.fetch_hijja(forms=forms, data_home=tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda content: b"<html>", "it is not a zip file"),
        (lambda content: content.replace(b"/1.1/", b"/1.7/"), "names of its 218 images is"),
        (lambda content: content.replace(b"IHDR", b"IHDX", 1), "1.png in it is damaged"),
    ],
)
def test_hijja_folders_that_are_damaged(hijja_folders, content, problem):
    path = hijja_folders / _hijja.PNG.name
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(OSError, match=problem):
        datasets.fetch_hijja(data_home=hijja_folders, forms="all")


# Omniglot


@pytest.fixture
def omniglot(tmp_path, monkeypatch):
    """Two characters of two alphabets by two drawers each, and one to test on."""
    picture = np.full((105, 105), 255)
    picture[3, 4] = 0
    drawn, empty = as_png(picture), as_png(np.full((105, 105), 255))
    contents = {
        "background": {
            "images_background/Greek/character02/0002_02.png": empty,
            "images_background/Greek/character02/0002_01.png": drawn,
            "images_background/Futurama/character10/0001_20.png": empty,
            "images_background/.DS_Store": b"",
        },
        "evaluation": {"images_evaluation/Aurek-Besh/character01/0965_07.png": drawn},
    }
    for name, members in contents.items():
        stored = put(_omniglot.SUBSETS[name], tmp_path, zipped(members))
        monkeypatch.setitem(_omniglot.SUBSETS, name, stored)
    return tmp_path


def test_omniglot_from_its_archives(omniglot):
    characters = datasets.fetch_omniglot(data_home=omniglot)
    assert characters.target.tolist() == ["Futurama/character10", *2 * ["Greek/character02"]]
    assert characters.target_names.tolist() == ["Futurama/character10", "Greek/character02"]
    assert characters.alphabet.tolist() == ["Futurama", "Greek", "Greek"]
    assert characters.drawer.tolist() == [20, 1, 2]
    assert characters.groups.tolist() == [19, 20, 21]
    # Light ink on black.
    assert np.argwhere(characters.images).tolist() == [[1, 3, 4]]
    assert characters.images.max() == 255
    both = datasets.fetch_omniglot(data_home=omniglot, subset="all")
    assert both.target[-1] == "Aurek-Besh/character01"
    assert len(set(both.groups)) == 4
    with pytest.raises(ValueError, match=r"'background', 'evaluation', 'all'\. Got 'train'"):
        datasets.fetch_omniglot(subset="train")


def test_omniglot_in_one_file(omniglot, monkeypatch):
    archived = datasets.fetch_omniglot(data_home=omniglot, subset="all")
    stored = {
        "packed_images": np.packbits(archived.images.reshape(4, -1) > 0, axis=1),
        "subset": np.array(["background"] * 3 + ["evaluation"]),
        "alphabet": archived.alphabet,
        "character": np.array([10, 2, 2, 1], np.int16),
        "drawer": archived.drawer.astype(np.int16),
    }
    content = io.BytesIO()
    np.savez(content, **stored)
    one = put(_omniglot.ALL_IN_ONE, omniglot, content.getvalue())
    with pytest.warns(UserWarning, match=r"omniglot\.npz is damaged .* archives are used"):
        datasets.fetch_omniglot(data_home=omniglot)
    monkeypatch.setattr(_omniglot, "ALL_IN_ONE", one)
    monkeypatch.setattr(_omniglot, "_read_archive", None)
    for subset in ("background", "evaluation", "all"):
        again = datasets.fetch_omniglot(data_home=omniglot, subset=subset)
        rows = np.isin(stored["subset"], [subset]) | (subset == "all")
        np.testing.assert_array_equal(again.images, archived.images[rows])
        np.testing.assert_array_equal(again.target, archived.target[rows])
    np.testing.assert_array_equal(again.groups, archived.groups)


def test_omniglot_archives_that_hold_something_else(tmp_path, monkeypatch):
    stored = put(_omniglot.SUBSETS["background"], tmp_path, zipped({"strokes/a.txt": b""}))
    monkeypatch.setitem(_omniglot.SUBSETS, "background", stored)
    with pytest.raises(ValueError, match="contains no files such as 'Greek/character01"):
        datasets.fetch_omniglot(data_home=tmp_path)


# All


@pytest.mark.parametrize("name", FETCHERS)
def test_missing_files_are_an_error_with_their_place(name, tmp_path):
    with pytest.raises(
        OSError, match=rf"cannot be downloaded: it is missing[\s\S]*Put it at {tmp_path}"
    ):
        getattr(datasets, name)(data_home=tmp_path, download_if_missing=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ahcd", "emnist", "hijja", "kmnist", "mnist"])
def test_unknown_subsets(name, tmp_path):
    with pytest.raises(ValueError, match=r"must be one of 'train', 'test', 'all'\. Got 'val'"):
        getattr(datasets, f"fetch_{name}")(subset="val", data_home=tmp_path)


@pytest.mark.parametrize("name", FETCHERS)
def test_descriptions(name):
    text = _bunch.description(name.split("_")[1])
    title, line = text.splitlines()[:2]
    assert line == "-" * len(title)
    for word in ("Source: ", "icense", "Caveats\n~~~~~~~\n- "):
        assert word in text
    assert "Citation: " in text or "cite\n" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("parameter", ["subset", "data_home", "as_frame", "n_retries", "delay"])
def test_fetchers_document_common_parameters_alike(parameter):
    # Subsets that are not called so mean something else.
    first = r"\{\"train\", .*" if parameter == "subset" else ""
    pattern = rf"^    {parameter} : {first}(?:.+\n)(?:        .+\n)+"
    found = [re.search(pattern, getattr(datasets, name).__doc__, re.M) for name in FETCHERS]
    texts = [match[0] for match in found if match]
    assert len(texts) >= 5
    assert len(set(texts)) == 1

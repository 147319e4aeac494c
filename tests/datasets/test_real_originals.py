"""The fetchers on the published files, where they are at hand. Nothing is downloaded or written."""

import collections
import os

import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import GroupKFold

from skhcr import datasets


@pytest.fixture
def fetch(data_home):
    """Return a function that fetches a set, skips if it is not there, and sees nothing written."""

    def load(name, **params):
        folder = data_home / name.split("_")[0]
        if not folder.is_dir():
            pytest.skip(f"not at hand: {folder}")
        before = _state(data_home)
        data = getattr(datasets, f"fetch_{name}")(
            data_home=data_home, download_if_missing=False, **params
        )
        # The copy of the full A-Z file is what may be written, and it is not fetched here.
        assert _state(data_home) == before
        return data

    return load


def _state(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("subset", "n"), [("train", 8), ("test", 2), ("all", 10)])
def test_ahcd(fetch, subset, n):
    letters = fetch("ahcd", subset=subset)
    assert letters.images.shape == (28 * 60 * n, 32, 32)
    # Every writer wrote every letter n times.
    pairs = collections.Counter(zip(letters.target, letters.groups, strict=True))
    assert len(pairs) == 28 * 60
    assert set(pairs.values()) == {n}


def test_ahcd_gray_images_stand_as_the_png_files_do(fetch):
    gray, png = fetch("ahcd", subset="test"), fetch("ahcd", subset="test", form="png")
    np.testing.assert_array_equal(png.images, np.where(gray.images > 0, 255, 0))
    np.testing.assert_array_equal(png.target, gray.target)
    assert png.target_names.tolist() == gray.target_names.tolist()
    # Alef stands, and beh lies with its dot below.
    wide = np.ptp(np.argwhere(gray.images[np.argmax(gray.target == "أ")] > 128), axis=0)
    assert wide[0] > wide[1]


def test_ahcd_as_any_csv_file(fetch, data_home):
    letters = fetch("ahcd", subset="test")
    archive = data_home / "ahcd" / "Arabic Handwritten Characters Dataset CSV.zip"
    images, numbers = datasets.load_pixel_csv(
        archive / "csvTestImages 3360x1024.csv",
        labels=archive / "csvTestLabel 3360x1.csv",
        order="F",
        return_X_y=True,
    )
    np.testing.assert_array_equal(images, letters.images)
    np.testing.assert_array_equal(letters.target_names[numbers - 1], letters.target)


def test_ahcd_folds_share_no_writers(fetch):
    letters = fetch("ahcd", subset="all")
    for train, test in GroupKFold(5).split(letters.images, groups=letters.groups):
        assert len(test) == 12 * 280
        assert not set(letters.groups[train]) & set(letters.groups[test])
    assert len(datasets.deduplicate(letters.images[letters.groups < 6])) == 6 * 280


def test_english(fetch):
    english = fetch("english_handwritten")
    pairs = collections.Counter(zip(english.target, english.groups, strict=True))
    assert len(pairs) == len(english.filenames) == 62 * 55
    characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert "".join(english.target_names) == characters
    assert set(english.groups) == set(range(1, 56))
    assert english.filenames[0].endswith(os.path.join("Img", "img001-001.png"))
    with Image.open(english.filenames[0]) as image:
        assert image.size == (1200, 900)


def test_english_as_any_csv_file(fetch, data_home):
    english = fetch("english_handwritten")
    listed = datasets.load_image_csv(data_home / "english" / "english.csv")
    np.testing.assert_array_equal(listed.filenames, english.filenames)
    np.testing.assert_array_equal(listed.target, english.target)
    classes = datasets.labels_from_filenames(listed.filenames, r"img(\d{3})")
    np.testing.assert_array_equal(english.target_names[classes.astype(int) - 1], english.target)


def test_az_sample(fetch, data_home):
    letters = fetch("az_letters", subset="sample")
    assert letters.images.shape == (5934, 28, 28)
    assert "".join(np.unique(letters.target)) == "".join(letters.target_names)
    assert len(letters.target_names) == 26
    assert len(datasets.deduplicate(letters.images, letters.target)) == 5934
    read = datasets.load_pixel_csv(data_home / "az" / "A_Z Handwritten Data sample.csv.gz")
    np.testing.assert_array_equal(read.images, letters.images)
    np.testing.assert_array_equal(letters.target_names[read.target], letters.target)


def test_russian(fetch):
    letters = fetch("russian_letters")
    assert letters.images.shape == (14190, 32, 32)
    pairs = collections.Counter(zip(letters.target, letters.collection, strict=True))
    assert len(pairs) == 3 * 33
    assert {number: n for (_, number), n in pairs.items()} == {1: 50, 2: 180, 3: 200}
    # Photos of dark ink on paper.
    assert np.median(letters.images) > 128


@pytest.mark.parametrize(("subset", "n"), [("train", 60_000), ("test", 10_000)])
def test_mnist(fetch, subset, n):
    digits = fetch("mnist", subset=subset)
    assert digits.images.shape == (n, 28, 28)
    assert digits.data.shape == (n, 784)
    assert np.unique(digits.target).tolist() == list(range(10))
    first = {"train": [5, 0, 4, 1, 9], "test": [7, 2, 1, 0, 4]}[subset]
    assert digits.target[:5].tolist() == first


def test_unipen(fetch):
    unipen = fetch("unipen", subset="digits", size=8)
    assert unipen.images.shape == (13_050, 8, 8)
    assert len(unipen.strokes) == 13_050
    assert {len(strokes) for strokes in unipen.strokes} >= {1, 2}
    sides = [np.ptp(np.concatenate(strokes), axis=0).max() for strokes in unipen.strokes[:200]]
    assert set(sides) == {1000}
    assert len(set(unipen.groups)) == 216


def test_hijja(fetch):
    letters = fetch("hijja", forms="all", subset="all")
    assert letters.images.shape == (47_434, 32, 32)
    assert dict(zip(*np.unique(letters.form, return_counts=True), strict=True)) == {
        "isolated": 14_557,
        "initial": 9_572,
        "medial": 10_304,
        "final": 13_001,
    }
    assert len(set(letters.target)) == 29
    # Dark ink on white.
    assert np.median(letters.images) == 255
    test = fetch("hijja", forms="isolated", subset="test")
    assert 0.15 < len(test.target) / 14_557 < 0.25


def test_omniglot(fetch):
    characters = fetch("omniglot", subset="evaluation")
    assert characters.images.shape == (13_180, 105, 105)
    assert len(characters.target_names) == 659
    assert len(set(characters.groups)) == 20 * 20
    assert set(collections.Counter(characters.target).values()) == {20}
    assert 0.03 < np.mean(characters.images > 0) < 0.15

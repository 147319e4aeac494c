"""The image room on files as people have them; skipped where the data sets are not at hand."""

import re
import zipfile

import numpy as np
import pytest

from skhcr import ImageLoader, InkNormalizer


def test_arabic_test_files_are_the_csv_images_in_black_and_white(data_home):
    folder = data_home / "ahcd"
    archives = (
        folder / "Test Images 3360x32x32.zip",
        folder / ("Arabic Handwritten Characters Dataset CSV.zip"),
    )
    if not all(archive.is_file() for archive in archives):
        pytest.skip("the data home has no ahcd/ with the two original archives")
    with zipfile.ZipFile(archives[0]) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        images = ImageLoader(size=(32, 32)).transform([archive.read(name) for name in names])
    order = np.argsort([int(re.search(r"id_(\d+)", name).group(1)) for name in names])
    with (
        zipfile.ZipFile(archives[1]) as archive,
        archive.open("csvTestImages 3360x1024.csv") as file,
    ):
        gray = np.loadtxt(file, delimiter=",", dtype=np.uint8, max_rows=200)
    gray = gray.reshape(-1, 32, 32).transpose(0, 2, 1)
    np.testing.assert_array_equal(images[order[:200], ..., 0], np.where(gray > 0, 255, 0))


def test_letters_on_large_pages_are_found_and_centered(data_home):
    pages = sorted((data_home / "english" / "Img").glob("*.png"))[::200]
    if not pages:
        pytest.skip("the data home has no english/Img")
    images = InkNormalizer(32).transform(pages)[..., 0]
    ink = images > 127
    assert ink.any(axis=(1, 2)).all()
    for letter in ink:  # dark ink on white paper comes out light, fitted into the margins
        rows, columns = (np.flatnonzero(letter.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) >= 20
        assert min(rows[0], columns[0]) + 1 >= 4
        assert max(rows[-1], columns[-1]) <= 28
    whole_page = ImageLoader(32).transform(pages)[..., 0]
    assert (whole_page < 128).mean() < 0.6 * ink.mean()


def test_transparent_photographs_are_read(data_home):
    archive_path = data_home / "russian" / "letters.zip"
    if not archive_path.is_file():
        pytest.skip("the data home has no russian/letters.zip")
    with zipfile.ZipFile(archive_path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")][::500]
        images = ImageLoader(32, mode="RGB").transform([archive.read(name) for name in names])
    assert images.shape == (len(names), 32, 32, 3)
    assert (images.std(axis=(1, 2, 3)) > 1).all()

"""csv files packed, in archives, damaged, and in another encoding."""

import gzip
import zipfile

import numpy as np
import pytest
from PIL import Image

from skhcr.datasets import load_image_csv, load_pixel_csv

PIXELS = "A,0,1,2,255\nB,4,5,6,7\n"


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "letters.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("csv/train.csv", "\ufeff" + PIXELS)
        members.writestr("csv/train pixels.csv", "0,1,2,255\n4,5,6,7\n")
        members.writestr("csv/train labels.csv", "1\n2\n")
    return path


def test_a_member_of_an_archive(archive):
    letters = load_pixel_csv(archive / "csv" / "train.csv")
    np.testing.assert_array_equal(letters.data, [[0, 1, 2, 255], [4, 5, 6, 7]])
    assert letters.target.tolist() == ["A", "B"]
    letters = load_pixel_csv(
        f"{archive}/csv/train pixels.csv", labels=f"{archive}/csv/train labels.csv", order="F"
    )
    np.testing.assert_array_equal(letters.images[0], [[0, 2], [1, 255]])
    assert letters.target.tolist() == [1, 2]


def test_a_line_in_an_archive_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "letters.zip", "w") as members:
        members.writestr("a.csv", "A,1\nB,x\n")
    with pytest.raises(ValueError, match=r"Line 2 of '.*letters\.zip.a\.csv' has 'x' in column 1"):
        load_pixel_csv(tmp_path / "letters.zip" / "a.csv")


def test_a_member_that_is_not_there(archive):
    with pytest.raises(
        FileNotFoundError,
        match=r"no 'test\.csv' in '.*letters\.zip'; it contains 'csv/train\.csv', ",
    ):
        load_pixel_csv(archive / "test.csv")


def test_a_whole_archive(archive):
    message = (
        r"letters\.zip' is an archive, which contains 'csv/train\.csv', .*: pass the path of a"
    )
    with pytest.raises(ValueError, match=message):
        load_pixel_csv(archive)


def test_a_packed_list_of_files(tmp_path):
    Image.new("L", (2, 2)).save(tmp_path / "1.png")
    path = tmp_path / "letters.csv.gz"
    path.write_bytes(gzip.compress("image,label\n1.png,ب\n".encode()))
    filenames, target = load_image_csv(path, return_X_y=True)
    assert filenames.tolist() == [str(tmp_path / "1.png")]
    assert target.tolist() == ["ب"]


@pytest.mark.parametrize("load", [load_image_csv, load_pixel_csv])
def test_another_encoding(tmp_path, load):
    path = tmp_path / "letters.csv"
    path.write_bytes("image,label\n1.png,ب\n".encode("cp1256"))
    with pytest.raises(ValueError, match=r"letters\.csv' is not UTF-8 text .*; save it in UTF-8"):
        load(path)


@pytest.mark.parametrize(
    "content", [gzip.compress(PIXELS.encode())[:-9], b"no gzip"], ids=["cut off", "no gzip"]
)
def test_a_damaged_gzip_file(tmp_path, content):
    path = tmp_path / "letters.csv.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"letters\.csv\.gz' is damaged: "):
        load_pixel_csv(path)


def test_a_damaged_archive(tmp_path):
    (tmp_path / "letters.zip").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"letters\.zip.a\.csv' is damaged: "):
        load_pixel_csv(tmp_path / "letters.zip" / "a.csv")

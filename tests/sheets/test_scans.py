"""The order and the choice of scans in folders."""

from pathlib import Path

import pytest
from PIL import Image

from skhcr.sheets._scans import scans_of


@pytest.fixture
def folder(tmp_path):
    files = ("p10.png", "p2.png", "ben/p1.JPG", "ben/old/p3.png", "letters/a/1.png", ".x/1.png")
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    (tmp_path / "ben" / "notes.txt").touch()
    return tmp_path


def found(folder, *outputs):
    scans = scans_of(folder, None, outputs)
    return [Path(scan.name).relative_to(folder).as_posix() for scan in scans]


def test_folders_include_subfolders_in_natural_order(folder):
    names = ["ben/old/p3.png", "ben/p1.JPG", "letters/a/1.png", "p2.png", "p10.png"]
    assert found(folder) == names


def test_cut_images_are_not_scans(folder):
    names = ["ben/old/p3.png", "ben/p1.JPG", "p2.png", "p10.png"]
    assert found(folder, folder / "letters", folder / "doubtful") == names
    assert found(folder, folder) == ["p2.png", "p10.png"]
    # In an output folder that contains the scans, they stay scans.
    assert found(folder / "ben", folder) == ["old/p3.png", "p1.JPG"]


def test_other_files_are_named(folder):
    (folder / "ben" / "page.docx").touch()
    with pytest.warns(UserWarning, match=r"1 file in .* is left out.*'ben/page\.docx'"):
        found(folder)


def test_a_folder_without_scans_is_an_error(folder):
    (folder / "empty" / "in").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="There is no image in the folder"):
        found(folder / "empty")

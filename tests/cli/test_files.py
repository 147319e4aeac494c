"""The images in folders that a command is given."""

from pathlib import Path

import pytest

from skhcr.cli._files import image_files


@pytest.fixture
def folder(tmp_path):
    for name in ("10.png", "2.PNG", "b/3.jpg", "b/notes.txt", "a/1.tif", ".hidden/4.png", ".DS"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_images_of_folders_come_in_natural_order(folder):
    single = folder / "b" / "notes.txt"  # named, so that reading it says what is wrong with it
    found = image_files([single, folder])
    names = [file.relative_to(folder).as_posix() for file in found]
    assert names == ["b/notes.txt", "2.PNG", "10.png", "a/1.tif", "b/3.jpg"]


def test_the_order_does_not_depend_on_the_file_system(folder, monkeypatch):
    for name in ("02.PNG", "2.png", "002.png"):
        (folder / name).write_bytes(b"")
    files = sorted(folder.rglob("*"))
    orders = []
    for listed in (files, files[::-1]):
        monkeypatch.setattr(Path, "rglob", lambda path, pattern, listed=listed: listed)
        orders.append([file.name for file in image_files([folder])])
    names = ["002.png", "02.PNG", "2.PNG", "2.png", "10.png", "1.tif", "3.jpg"]
    assert orders == [names, names]


def test_a_warning_names_skipped_files(folder):
    (folder / "b" / "5.psd").write_bytes(b"")
    with pytest.warns(UserWarning, match="1 file in .* is left out.*'b/5.psd'"):
        image_files([folder])


def test_a_folder_without_images_is_an_error(folder):
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="There is no image in the folder"):
        image_files([folder, folder / "empty"])

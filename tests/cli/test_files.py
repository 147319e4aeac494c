"""The images in folders that a command is given."""

import pytest

from skhcr.cli._files import image_files


@pytest.fixture
def folder(tmp_path):
    for name in ("10.png", "2.PNG", "b/3.jpg", "b/notes.txt", "a/1.tif", ".hidden/4.png", ".DS"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_images_of_folders_come_in_natural_order(folder, capsys):
    single = folder / "b" / "notes.txt"  # named, so that reading it says what is wrong with it
    found = image_files([single, folder])
    names = [file.relative_to(folder).as_posix() for file in found]
    assert names == ["b/notes.txt", "2.PNG", "10.png", "a/1.tif", "b/3.jpg"]
    said = " ".join(capsys.readouterr().err.split())
    assert said == f"Left out, as no image: {single}"


def test_files_that_are_left_out_are_named_in_one_line(folder, capsys):
    for number in range(5):
        (folder / f"{number}.csv").write_bytes(b"")
    image_files([folder])
    (line,) = capsys.readouterr().err.splitlines()
    named = ", ".join(str(folder / f"{number}.csv") for number in range(3))
    assert line == f"Left out, as no images: {named} and 3 more"


def test_a_folder_without_images_is_an_error(folder):
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="There is no image in the folder"):
        image_files([folder, folder / "empty"])

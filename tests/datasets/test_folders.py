import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skhcr.datasets import load_image_folder


def put(root, *names):
    """Create image files; what is not an image by its name gets some text."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix.lower() in {".png", ".jpg", ".webp"}:
            Image.new("L", (2, 2)).save(file)
        else:
            file.write_text("no image")


def names(bunch, root):
    return [Path(filename).relative_to(root).as_posix() for filename in bunch.filenames]


def test_files_are_listed_class_by_class_and_by_name(tmp_path):
    put(tmp_path, "b/2.png", "b/10.png", "a/1.webp", "c/x.JPG")
    letters = load_image_folder(tmp_path)
    assert names(letters, tmp_path) == ["a/1.webp", "b/10.png", "b/2.png", "c/x.JPG"]
    assert letters.target.tolist() == ["a", "b", "b", "c"]
    assert letters.target_names.tolist() == ["a", "b", "c"]
    assert all(os.path.isfile(filename) for filename in letters.filenames)
    assert letters.DESCR.splitlines()[1:] == ["a: 1", "b: 2", "c: 1"]


def test_return_X_y(tmp_path):
    put(tmp_path, "a/1.png", "b/1.png")
    letters = load_image_folder(tmp_path)
    filenames, target = load_image_folder(str(tmp_path), return_X_y=True)
    np.testing.assert_array_equal(filenames, letters.filenames)
    np.testing.assert_array_equal(target, letters.target)


def test_images_are_not_opened(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "broken.png").write_bytes(b"not a png")
    assert load_image_folder(tmp_path).target.tolist() == ["a"]


def test_what_is_no_image_of_a_class_is_passed_over(tmp_path):
    put(tmp_path, "a/1.png", "a/._1.png", "a/notes.txt", "a/Thumbs.db", ".cache/1.png", "top.png")
    (tmp_path / "a" / "folder.png").mkdir()
    assert names(load_image_folder(tmp_path), tmp_path) == ["a/1.png"]


def test_pattern(tmp_path):
    put(tmp_path, "a/w1_1.png", "a/w2_1.png", "a/more/w1_2.png", "a/.more/w1_3.png", "b/w1_1.jpg")
    assert names(load_image_folder(tmp_path, pattern="w1_*"), tmp_path) == [
        "a/w1_1.png",
        "b/w1_1.jpg",
    ]
    assert names(load_image_folder(tmp_path, pattern="**/w1_*"), tmp_path) == [
        "a/more/w1_2.png",
        "a/w1_1.png",
        "b/w1_1.jpg",
    ]


def test_names_of_any_script(tmp_path):
    put(tmp_path, "ب/كتابة.png", "ж/я.png", "A b/1 2.png")
    letters = load_image_folder(tmp_path)
    assert letters.target_names.tolist() == ["A b", "ж", "ب"]
    assert names(letters, tmp_path) == ["A b/1 2.png", "ж/я.png", "ب/كتابة.png"]


def test_classes_are_composed_but_paths_stay_what_they_are(tmp_path):
    decomposed = unicodedata.normalize("NFD", "أ")
    assert len(decomposed) == 2
    put(tmp_path, f"{decomposed}/1.png")
    letters = load_image_folder(tmp_path)
    assert letters.target.tolist() == ["أ"]
    assert os.path.isfile(letters.filenames[0])


def test_relative_and_home_paths(tmp_path, monkeypatch):
    put(tmp_path, "letters/a/1.png")
    monkeypatch.chdir(tmp_path)
    assert load_image_folder("letters").filenames.tolist() == [
        os.path.join("letters", "a", "1.png")
    ]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load_image_folder("~/letters").filenames.tolist() == [
        str(tmp_path / "letters" / "a" / "1.png")
    ]


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder '.*nowhere'"):
        load_image_folder(tmp_path / "nowhere")


def test_a_file_is_no_folder(tmp_path):
    put(tmp_path, "1.png")
    with pytest.raises(NotADirectoryError, match=r"1\.png' is a file"):
        load_image_folder(tmp_path / "1.png")


def test_no_class_folders(tmp_path):
    put(tmp_path, "1.png", ".hidden/1.png")
    with pytest.raises(ValueError, match="holds no folders; images must lie in one folder per"):
        load_image_folder(tmp_path)


def test_no_images(tmp_path):
    put(tmp_path, "a/1.txt", "b/more/1.png")
    with pytest.raises(ValueError, match=r"None of the 2 folders .* pattern='\*\*/\*'"):
        load_image_folder(tmp_path)


def test_a_class_without_images_is_left_out_with_a_warning(tmp_path):
    put(tmp_path, "a/1.png", "b/1.heic")
    with pytest.warns(UserWarning, match=r"1 of 2 folders .* left out: 'b'\."):
        letters = load_image_folder(tmp_path)
    assert letters.target_names.tolist() == ["a"]


def test_labels_and_groups_in_names(tmp_path):
    for name in ("w1_a.png", "w2_b.png", "w2_a.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "w3_c.png").touch()
    patterns = {"label_pattern": r"_(\w)", "group_pattern": r"^w(\d)"}
    found = load_image_folder(tmp_path, **patterns)
    assert [Path(name).name for name in found.filenames] == ["w1_a.png", "w2_a.png", "w2_b.png"]
    assert found.target.tolist() == ["a", "a", "b"]
    assert found.groups.tolist() == ["1", "2", "2"]
    deep = load_image_folder(tmp_path, pattern="**/*", **patterns)
    assert deep.target.tolist() == ["c", "a", "a", "b"]
    with pytest.raises(ValueError, match="does not match"):
        load_image_folder(tmp_path, label_pattern="_([bc])")
    with pytest.raises(ValueError, match="holds no image that matches"):
        load_image_folder(tmp_path, pattern="*.jpg", label_pattern="_(.)")


def test_groups_of_images_in_class_folders(tmp_path):
    for name in ("a/w1_1.png", "a/w2_1.png", "b/w1_1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert load_image_folder(tmp_path, group_pattern=r"^w(\d)").groups.tolist() == ["1", "2", "1"]

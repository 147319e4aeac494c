import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skhcr import ImageLoader
from skhcr.datasets import load_image_folder
from skhcr.images import _formats


@pytest.fixture(autouse=True)
def _without_heic(monkeypatch):
    """Read no HEIC, whether its package is installed or not."""
    monkeypatch.setattr(_formats, "find_spec", lambda name: None)


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


def test_other_files_are_ignored(tmp_path):
    put(tmp_path, "a/1.png", "a/._1.png", "a/notes.txt", "a/Thumbs.db", ".cache/1.png", "top.csv")
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


@pytest.mark.parametrize("kind", ["jfif", "JPE", "jp2", "tga", "mpo"])
def test_every_extension_of_a_format_that_is_read(tmp_path, kind):
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / f"1.{kind}"
    format = {"jp2": "JPEG2000", "tga": "TGA"}.get(kind, "JPEG")
    Image.new("L", (8, 8), 200).save(file, format)
    filenames, _ = load_image_folder(tmp_path, return_X_y=True)
    assert filenames.tolist() == [str(file)]
    assert abs(int(ImageLoader(8).transform(filenames)[0, 0, 0, 0]) - 200) < 3


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (
            ["a/2.HEIC", "a/3.heic"],
            r"2 files in .* are left out.*2 \.heic\): 'a/2\.HEIC', .*heif is",
        ),
        (["a/2.pdf"], r"1 file in .* is left out.*1 \.pdf\): 'a/2\.pdf'\. Save images as PNG"),
        (["a/2.svg", "a/3.pdf", "a/4.pdf", "a/5.xcf"], r"4 files .*2 \.pdf, 1 \.svg, 1 \.xcf\)"),
        ([f"a/{i}.svg" for i in range(9)], r"9 files .*'a/2\.svg', \.\.\."),
        (["a/0001"], r"1 file .*1 no extension\): 'a/0001'"),
        (["top.png"], r"1 image in .* itself is left out, beside the class folders: 'top\.png'"),
        (
            ["a/2024/2.png", "a/2025/1.png"],
            r"2 images in folders within .* pattern='\*\*/\*' includes",
        ),
    ],
)
def test_ignored_files_are_named(tmp_path, others, message):
    put(tmp_path, "a/1.png", *others)
    with pytest.warns(UserWarning, match=message):
        letters = load_image_folder(tmp_path)
    assert names(letters, tmp_path) == ["a/1.png"]


def test_files_outside_the_pattern_are_not_named(tmp_path):
    put(tmp_path, "a/1.png", "a/more/2.png", "a/3.pdf", "a/4.jpg", "top.jpg")
    assert names(load_image_folder(tmp_path, pattern="*.png"), tmp_path) == ["a/1.png"]


@pytest.mark.parametrize(
    ("files", "train", "test"),
    [
        (["train/a/1.png", "train/b/1.png", "test/a/1.png"], "train", "test"),
        (["Training/a/1.png", "Testing/a/1.png", "dev/a/1.png"], "Training", "Testing"),
        (["train/a/1.png", "validation/a/1.png", "notes/1.png"], "train", "validation"),
        (["train/1_a.png", "test/1_a.png"], "train", "test"),
        (["train/a/1.png"], "train", None),
    ],
)
@pytest.mark.parametrize("pattern", ["*", "**/*"])
def test_the_parts_of_a_data_set_are_refused_as_classes(tmp_path, files, train, test, pattern):
    put(tmp_path, *files)
    with pytest.raises(ValueError, match=r"parts of a data set .* not its classes") as raised:
        load_image_folder(tmp_path, pattern=pattern)
    assert f"such as {str(tmp_path / train)!r}" in str(raised.value)
    assert (f"test on {str(tmp_path / str(test))!r}" in str(raised.value)) == (test is not None)


def test_words_that_are_called_as_parts_are_classes(tmp_path):
    put(tmp_path, "train/1.png", "test/1.png", "car/1.png")
    assert load_image_folder(tmp_path).target.tolist() == ["car", "test", "train"]


@pytest.mark.parametrize("pattern", ["*", "**/*"])
def test_years_are_refused_as_classes(tmp_path, pattern):
    put(tmp_path, "2024/alif/1.png", "2024/ba/1.png", "2025/alif/1.png", "2025/ba/1.png")
    with pytest.raises(
        ValueError, match=r"same folders \('alif', 'ba'\), and their names are years"
    ):
        load_image_folder(tmp_path, pattern=pattern)


@pytest.mark.parametrize("outer", [("ali", "sara"), ("writer1", "writer2")])
def test_folders_that_may_be_writers_are_warned_of(tmp_path, outer):
    put(tmp_path, *(f"{name}/{letter}/1.png" for name in outer for letter in "أب"))
    with pytest.warns(UserWarning, match=rf"same folders .*'{outer[0]}', '{outer[1]}' and so on"):
        assert set(load_image_folder(tmp_path, pattern="**/*").target) == set(outer)


@pytest.mark.parametrize("inner", [("2024", "2025"), ("writer1", "writer2"), ("good", "bad")])
@pytest.mark.parametrize("outer", [("A", "B"), ("alif", "ba"), ("1", "2")])
def test_nested_folders_are_not_classes(tmp_path, outer, inner):
    put(tmp_path, *(f"{name}/{within}/1.png" for name in outer for within in inner))
    letters = load_image_folder(tmp_path, pattern="**/*")
    assert letters.target_names.tolist() == list(outer)


def test_labels_that_look_alike_are_named(tmp_path):
    put(tmp_path, "ب/1.png", "\ufe8f/1.png", "a/x_1.png", "a /x\u200f_1.png")
    with pytest.warns(UserWarning, match=r"'a' \(U\+0061\) and 'a ' .*U\+0628\) and .*U\+FE8F"):
        letters = load_image_folder(tmp_path)
    assert len(letters.target_names) == 4
    with pytest.warns(UserWarning, match=r"look alike .*U\+0078 U\+200F"):
        load_image_folder(tmp_path, pattern="*/x*", label_pattern="(.+)_")


def test_names_of_any_script(tmp_path):
    put(tmp_path, "ب/كتابة.png", "ж/я.png", "A b/1 2.png")
    letters = load_image_folder(tmp_path)
    assert letters.target_names.tolist() == ["A b", "ж", "ب"]
    assert names(letters, tmp_path) == ["A b/1 2.png", "ж/я.png", "ب/كتابة.png"]


def test_classes_are_composed_but_paths_are_not_changed(tmp_path):
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


def test_a_file_is_refused_as_a_folder(tmp_path):
    put(tmp_path, "1.png")
    with pytest.raises(NotADirectoryError, match=r"1\.png' is a file"):
        load_image_folder(tmp_path / "1.png")


def test_no_class_folders(tmp_path):
    put(tmp_path, "1.png", ".hidden/1.png")
    with pytest.raises(ValueError, match="contains no folders; images must be in one folder per"):
        load_image_folder(tmp_path)


def test_no_images(tmp_path):
    put(tmp_path, "a/1.txt", "b/more/1.png")
    with pytest.raises(ValueError, match=r"None of the 2 folders .* pattern='\*\*/\*'"):
        load_image_folder(tmp_path)
    (tmp_path / "b" / "more" / "1.png").unlink()
    with pytest.raises(ValueError, match=r"None of the 2 folders") as raised:
        load_image_folder(tmp_path, pattern="**/*")
    assert "pattern=" not in str(raised.value)


def test_a_class_without_images_is_ignored_with_a_warning(tmp_path):
    put(tmp_path, "a/1.png", "b/1.heic")
    with (
        pytest.warns(UserWarning, match=r"^Ignored 1 of 2 folders .*: 'b'\."),
        pytest.warns(UserWarning, match=r"1 file in .*'b/1\.heic'"),
    ):
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
    with pytest.raises(ValueError, match="contains no image that matches"):
        load_image_folder(tmp_path, pattern="*.jpg", label_pattern="_(.)")


def test_groups_of_images_in_class_folders(tmp_path):
    for name in ("a/w1_1.png", "a/w2_1.png", "b/w1_1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert load_image_folder(tmp_path, group_pattern=r"^w(\d)").groups.tolist() == ["1", "2", "1"]

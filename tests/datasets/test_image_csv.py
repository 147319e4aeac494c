import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skhcr import ImageLoader
from skhcr.datasets import load_image_csv


@pytest.fixture
def listed(tmp_path):
    """Return a function that writes a csv file beside three images and gives its path."""
    for level, name in enumerate(["1.png", "2.png", "a b.png"], 1):
        (tmp_path / "Img").mkdir(exist_ok=True)
        Image.new("L", (2, 2), level).save(tmp_path / "Img" / name)

    def write(text):
        path = tmp_path / "letters.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_paths_begin_at_the_csv_file(listed, tmp_path):
    letters = load_image_csv(listed("image,label\nImg/2.png,ب\nImg/1.png,1\nImg/a b.png,ب\n"))
    assert letters.filenames.tolist() == [
        str(tmp_path / "Img" / name) for name in ("2.png", "1.png", "a b.png")
    ]
    assert letters.target.tolist() == ["ب", "1", "ب"]
    assert letters.target_names.tolist() == ["1", "ب"]
    assert letters.DESCR.splitlines()[1:] == ["1: 1", "ب: 2"]
    assert ImageLoader().transform(letters.filenames)[:, 0, 0, 0].tolist() == [2, 1, 3]


def test_return_X_y(listed):
    path = listed("image,label\nImg/2.png,b\n")
    filenames, target = load_image_csv(path, return_X_y=True)
    np.testing.assert_array_equal(filenames, load_image_csv(path).filenames)
    assert target.tolist() == ["b"]


def test_groups(listed):
    path = listed("writer,image,label\nAda,Img/2.png,b\n٣,Img/1.png,a\n")
    letters = load_image_csv(path, group_column="writer")
    assert letters.groups.tolist() == ["Ada", "٣"]
    assert letters.target.tolist() == ["b", "a"]
    assert load_image_csv(path, image_column="image", label_column="label").groups is None
    with pytest.raises(ValueError, match="group_column is 'hand', but the columns"):
        load_image_csv(path, group_column="hand")
    with pytest.raises(ValueError, match="no columns for both images and labels"):
        load_image_csv(listed("image,writer\nImg/2.png,Ada\n"), group_column="writer")


def test_a_folder_that_relative_paths_begin_at(listed, tmp_path):
    path = listed("image,label\n1.png,b\n")
    letters = load_image_csv(path, folder=tmp_path / "Img")
    assert letters.filenames.tolist() == [str(tmp_path / "Img" / "1.png")]


def test_absolute_paths_stay(listed, tmp_path):
    path = listed(f"image,label\n{tmp_path / 'Img' / '1.png'},b\n")
    letters = load_image_csv(path, folder="/elsewhere")
    assert letters.filenames.tolist() == [str(tmp_path / "Img" / "1.png")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("file,letter,writer", {}),
        ("image,letter,label", {"label_column": "letter"}),
        ("image,letter,file", {}),
        ("x,letter,label", {"image_column": "x", "label_column": "letter"}),
    ],
)
def test_columns(listed, header, columns):
    letters = load_image_csv(listed(f"{header}\nImg/1.png,b,7\n"), **columns)
    assert letters.filenames[0].endswith("1.png")
    assert letters.target.tolist() == ["b"]


def test_a_column_named_label_may_come_first(listed):
    letters = load_image_csv(listed("label,file\nb,Img/1.png\n"))
    assert letters.filenames[0].endswith("1.png")
    assert letters.target.tolist() == ["b"]


def test_spreadsheet_formats(listed):
    decomposed = unicodedata.normalize("NFD", "أ")
    text = f'\ufeffimage,label\r\n"Img/1.png","{decomposed}"\r\n\r\nImg/2.png,","\r\n'
    assert load_image_csv(listed(text)).target.tolist() == ["أ", ","]


@pytest.mark.parametrize(
    "text",
    [
        "Img/1.png,b\nImg/2.png,a\n",  # no names of columns
        "b,Img/1.png\na,Img/2.png\n",
        "image;label\nImg/1.png;b\nImg/2.png;a\n",
        "image\tlabel\nImg/1.png\tb\nImg/2.png\ta\n",
        "Img/1.png;b\nImg/2.png;a\n",
        "image, label\nImg/1.png, b\nImg/2.png , a \n",
        'image, label\n"Img/1.png", "b"\n"Img/2.png", "a"\n',
        "image,label\nImg\\1.png,b\nImg\\2.png,a\n",
        ".\\Img\\1.png,b\n.\\Img\\2.png,a\n",
        ",filename,class\n0,Img/1.png,b\n1,Img/2.png,a\n",
        "Unnamed: 0,Class,Path\n0,b,Img/1.png\n1,a,Img/2.png\n",
        "id,letter,scan\n0,b,Img/1.png\n1,a,Img/2.png\n",
        "index,scan,letter\n0,Img/1.png,b\n1,Img/2.png,a\n",
        "id,label\nImg/1.png,b\nImg/2.png,a\n",
        "\ufeffimage;label\r\nImg/1.png;b\r\nImg/2.png;a\r\n",
    ],
)
def test_the_same_images_however_they_are_listed(listed, text):
    letters = load_image_csv(listed(text))
    assert [Path(name).name for name in letters.filenames] == ["1.png", "2.png"]
    assert all(Path(name).is_file() for name in letters.filenames)
    assert letters.target.tolist() == ["b", "a"]


def test_labels_are_texts_whatever_they_look_like(listed):
    labels = ["NA", "nan", "True", "007", "7", "None", "null", "1e3", "a", "A", "-"]
    lines = "".join(f"Img/1.png,{label}\n" for label in labels)
    letters = load_image_csv(listed(f"image,label\n{lines}"))
    assert letters.target.tolist() == labels
    assert letters.target_names.tolist() == sorted(labels)


def test_a_label_may_be_what_separates_fields_elsewhere(listed):
    text = "image,label\nImg/1.png,;\nImg/2.png,;;\n"
    assert load_image_csv(listed(text)).target.tolist() == [";", ";;"]
    text = "image;label\nImg/1.png;,\nImg/2.png;.\n"
    assert load_image_csv(listed(text)).target.tolist() == [",", "."]


def test_a_name_with_spaces_and_backslashes_is_kept(listed, tmp_path):
    for name in (" 3.png ", "4\\5.png"):
        Image.new("L", (2, 2)).save(tmp_path / name, "PNG")
    letters = load_image_csv(listed('image,label\n" 3.png ",b\n4\\5.png,a\n'))
    assert letters.filenames.tolist() == [str(tmp_path / " 3.png "), str(tmp_path / "4\\5.png")]


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (("\u200fب", "ب"), r"U\+0628\) and .*U\+200F U\+0628"),
        (("\ufe8f", "ب"), r"U\+0628\) and .*U\+FE8F"),
        (("a\u200e", "a"), r"U\+0061\) and .*U\+0061 U\+200E"),
        (("ه\u200d", "ه"), r"U\+0647\) and .*U\+0647 U\+200D"),
        (("ab", "a b", "a\u00a0b"), r"U\+0061 U\+0020 U\+0062\) and .*U\+00A0"),
        (("Ａ", "A"), r"U\+0041\) and .*U\+FF21"),
    ],
)
def test_labels_that_look_alike_are_named(listed, labels, named):
    lines = [f"Img/1.png,{label}" for label in labels]
    with pytest.warns(
        UserWarning, match=rf"look alike .*{named}.* use one spelling for each class"
    ):
        target = load_image_csv(listed("\n".join(["image,label", *lines]))).target
    assert target.tolist() == list(labels)


@pytest.mark.parametrize("labels", [("x²", "x2"), ("a", "A"), ("٣", "3"), ("أ", "ا"), ("ي", "ى")])
def test_labels_that_look_different_are_not(listed, labels):
    lines = [f"Img/1.png,{label}" for label in labels]
    assert load_image_csv(listed("\n".join(["image,label", *lines]))).target.tolist() == list(
        labels
    )


def test_missing_images_are_named(listed):
    lines = [f"Img/{name}.png,b" for name in ("1", "x", "y", "z", "t")]
    path = listed("\n".join(["image,label", *lines]))
    with pytest.raises(
        FileNotFoundError,
        match=r"^4 of the 5 .*x\.png' \(line 3\), .*z\.png' \(line 5\), \.\.\.\. .* folder in it",
    ):
        load_image_csv(path)


def test_images_may_lie_in_a_folder_beside_the_csv_file(tmp_path):
    table = tmp_path / "letters.csv"
    table.write_text("file,letter\na.png,a\nb.png,b\n")
    for folder, name in (("images", "a.png"), ("images", "b.png"), ("others", "a.png")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"")
    expected = [str(tmp_path / "images" / name) for name in ("a.png", "b.png")]
    assert load_image_csv(table).filenames.tolist() == expected
    with pytest.raises(FileNotFoundError, match=r"^All files .* are missing"):
        load_image_csv(table, folder=tmp_path)
    (tmp_path / "others" / "b.png").write_bytes(b"")  # now nobody knows which are meant
    with pytest.raises(FileNotFoundError, match=r"^All files .* are missing"):
        load_image_csv(table)


def test_a_missing_csv_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        load_image_csv(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", {}, r"Line 1 of '.*letters\.csv' must name the columns"),
        ("image\nImg/1.png\n", {}, r"It is 'image'"),
        ("image,label\n", {}, r"lists no images"),
        ("image,label\nImg/1.png,b\nImg/1.png\n", {}, r"Line 3 .* has 1 fields, .* 2 columns"),
        ("image,label\nImg/1.png,b\n,b\n", {}, r"Line 3 .* has an empty field in column 'image'"),
        ("image,label\nImg/1.png,\n", {}, r"Line 2 .* has an empty field in column 'label'"),
        (
            "Img/1.png,b,Ada\n",
            {},
            r"Line 1 .* must name the columns, such as image,label\. It is an",
        ),
        ("Img/1.png,Img/2.png\n", {}, r"Line 1 .* It is an image: 'Img/1\.png,Img/2\.png'"),
        ("Img/1.png,b\n", {"label_column": "label"}, r"Line 1 .* must name the columns"),
        (",filename\n0,Img/1.png\n", {}, "no columns for both images and labels"),
        (
            "label," + "p," * 784 + "\n" + "7," * 785 + "\n",
            {},
            r"contains pixels.*line 2.*load_pixel_csv",
        ),
        (
            "label,pixels\n3," + "7 " * 64 + "\n",
            {},
            r"contains pixels.* a field of line 2 contains all",
        ),
        ('a,"[' + "0, " * 63 + '7]"\n', {}, r"contains pixels.* a field of line 1 contains all"),
        (
            "0," * 784 + "7\n",
            {},
            r"contains pixels, not names of image files: line 1 has 785 numbers",
        ),
        ('image,label\n"' + "x" * 200_000 + '",b\n', {}, "Line 2 .*larger than field limit"),
        ("a,b\n1,2\n", {"image_column": "c"}, r"image_column is 'c', but the columns .* 'a', 'b'"),
        ("a,b\n1,2\n", {"image_column": "b", "label_column": "b"}, "are both 'b'"),
    ],
)
def test_bad_csv_files(listed, text, columns, message):
    with pytest.raises(ValueError, match=message):
        load_image_csv(listed(text), **columns)

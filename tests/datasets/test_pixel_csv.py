import gzip

import numpy as np
import pytest

from skhcr.datasets import _pixel_csv, load_pixel_csv


@pytest.fixture
def pixels(tmp_path):
    """Return a function that writes a csv file and gives its path."""

    def write(text, name="letters.csv"):
        path = tmp_path / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")
        return path

    return write


TWO = "A,0,1,2,255\nB,4,5,6,7\n"


@pytest.mark.parametrize("name", ["letters.csv", "letters.csv.gz"])
def test_a_label_and_pixels(pixels, name):
    path = pixels(TWO, name)
    letters = load_pixel_csv(path)
    np.testing.assert_array_equal(letters.images, [[[0, 1], [2, 255]], [[4, 5], [6, 7]]])
    assert letters.images.dtype == np.uint8
    np.testing.assert_array_equal(letters.data, [[0, 1, 2, 255], [4, 5, 6, 7]])
    assert letters.target.tolist() == ["A", "B"]
    assert letters.target_names.tolist() == ["A", "B"]
    assert "2 images of 2x2 pixels" in letters.DESCR
    assert str(path) in letters.DESCR
    images, target = load_pixel_csv(path, return_X_y=True)
    np.testing.assert_array_equal(images, letters.images)
    assert target.tolist() == ["A", "B"]


def test_columns_of_pixels(pixels):
    letters = load_pixel_csv(pixels(TWO), order="F")
    np.testing.assert_array_equal(letters.images[0], [[0, 2], [1, 255]])
    np.testing.assert_array_equal(letters.data[0], [0, 2, 1, 255])


def test_images_that_are_not_square(pixels):
    path = pixels("5,1,2,3,4,0\n9,9,9,9,9,9\n")
    rows = load_pixel_csv(path, label_column=None, image_shape=(2, 3))
    np.testing.assert_array_equal(rows.images[0], [[5, 1, 2], [3, 4, 0]])
    assert rows.target is None
    assert rows.target_names is None
    columns = load_pixel_csv(path, label_column=None, image_shape=(2, 3), order="F")
    np.testing.assert_array_equal(columns.images[0], [[5, 2, 4], [1, 3, 0]])


@pytest.mark.parametrize("label_column", [2, -3, "letter"])
def test_where_the_labels_are(pixels, label_column):
    path = pixels('a,b,letter,c,d\n0,1,",",2,3\n4,5,أ,6,7\n')
    letters = load_pixel_csv(path, label_column=label_column)
    np.testing.assert_array_equal(letters.data, [[0, 1, 2, 3], [4, 5, 6, 7]])
    assert letters.target.tolist() == [",", "أ"]


@pytest.mark.parametrize(
    "text",
    [
        "p1,p2,p3,p4,class\n9,1,2,3,5\n8,5,6,7,6\n",  # as OpenML writes
        "p1,p2,p3,p4, Label\n9,1,2,3, 5\n8,5,6,7, 6\n",
        "1,2,3,4,target\n9,1,2,3,5\n8,5,6,7,6\n",
        "p1,p2,p3,p4,digit\n9,1,2,3,5\n8,5,6,7,6\n",
        "class,p1,p2,p3,p4\n5,9,1,2,3\n6,8,5,6,7\n",
        "p1;p2;p3;p4;class\n9;1;2;3;5\n8;5;6;7;6\n",
        "\ufeffclass\tp1\tp2\tp3\tp4\r\n5\t9\t1\t2\t3\r\n6\t8\t5\t6\t7\r\n",
    ],
)
def test_a_header_determines_the_label_column(pixels, text):
    letters = load_pixel_csv(pixels(text))
    np.testing.assert_array_equal(letters.data, [[9, 1, 2, 3], [8, 5, 6, 7]])
    assert letters.target.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("0,1,2,7,5\n0,5,6,8,6\n", [5, 6]),  # as UCI writes: the first pixel is paper everywhere
        ("5,1,2,7,0\n6,5,6,8,0\n", [5, 6]),
        ("0.5,1,2,7,5\n0,5,6,8,6\n", [5, 6]),
        ("5,1,2,7,0.25\n6,5,6,8,0\n", [5, 6]),
        ("9,1,2,7,B\n8,5,6,8,A\n", ["B", "A"]),
        ("9,1,2,7,5\n8,5,6,8,A\n", ["5", "A"]),
        ("9;1;2;7;B\n8;5;6;8;A\n", ["B", "A"]),
        ('9,1,2,7,"B"\n8,5,6,8,","\n', ["B", ","]),
    ],
)
def test_values_determine_the_label_column(pixels, text, target):
    letters = load_pixel_csv(pixels(text))
    assert letters.target.tolist() == target
    first = text.startswith("5")
    pixels_of = [[1, 2, 7], [5, 6, 8]]
    np.testing.assert_array_equal(letters.data[:, :3] if first else letters.data[:, 1:], pixels_of)


def test_labels_that_begin_with_one_class_only_are_found(pixels, monkeypatch):
    monkeypatch.setattr(_pixel_csv, "_CHARACTERS_AT_A_TIME", 16)
    text = "0,1,2,7,0\n" * 50 + "1,1,2,7,0\n" * 50
    assert load_pixel_csv(pixels(text)).target.tolist() == [0] * 50 + [1] * 50


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "9,1,2,7,5\n8,5,6,8,6\n",
            r"both the first and the last column may contain labels\. Line 1 begins",
        ),
        (
            "0,1,2,7,5\n0,5,6,8,5\n",
            r"neither column may contain labels\. .* label_column=0 if .* -1 if .* None",
        ),
        ("0.5,1,2,0.5\n0,1,2,0.25\n", r"neither column may"),
        (
            "p1,p2,p3,p4,p5\n9,1,2,7,5\n8,5,6,8,6\n",
            r"both .* Line 2 begins with '9' .* with '5'",
        ),
        (
            "label,p1,class\n9,1,2\n",
            r"Line 1 .* several .*: 'label' and 'class'\. Pass one",
        ),
        (",0,1,2,3\n0,9,1,2,7\n1,8,5,6,8\n", r"Column 0 .* no name .* counts the lines"),
        ("A 0 1 2 3\n", r"Line 1 .* has no pixels: numbers with commas, semicolons or tabs"),
    ],
)
def test_a_guess_at_the_column_of_labels_is_refused(pixels, text, message):
    with pytest.raises(ValueError, match=message):
        load_pixel_csv(pixels(text))


def test_whole_numbers_as_labels(pixels):
    target = load_pixel_csv(pixels("10,1\n9,2\n"), label_column=0).target
    assert target.dtype.kind == "i"
    assert target.tolist() == [10, 9]


def test_other_ways_of_writing_numbers_are_other_labels(pixels):
    labels = ["٣", "3", "03", "1_0"]
    target = load_pixel_csv(pixels("".join(f"{label},1\n" for label in labels))).target
    assert target.tolist() == labels


def test_a_line_number_is_not_a_header(pixels):
    with pytest.raises(ValueError, match=r"header must be 'infer', True or False\. Got 0"):
        load_pixel_csv(pixels(TWO), header=0)


def test_a_faulty_first_line_is_not_a_header(pixels):
    with pytest.raises(ValueError, match=r"Line 1 .* has '' in column 1"):
        load_pixel_csv(pixels("A,,2,3,4\nB,1,2,3,4\n"))


@pytest.mark.parametrize(
    "first", ["label,a,b,c,d", "0,1,2,3,4", "1,2,3,4,5", ",0,1,2,3", "label,1,2,3,4"]
)
def test_a_header_is_inferred_and_can_be_denied(pixels, first):
    path = pixels(f"{first}\n7,0,1,2,3\n", "letters.csv")
    is_numbers = first[0].isdigit()
    column = {"label_column": 0} if is_numbers else {}
    assert load_pixel_csv(path, **column).target.tolist() == [7]
    assert load_pixel_csv(path, **column, header=True).target.tolist() == [7]
    if is_numbers:
        found = load_pixel_csv(path, **column, header=False).target
        assert found.tolist() == [int(first[0]), 7]
    elif first == "label,1,2,3,4":
        assert load_pixel_csv(path, header=False).target.tolist() == ["label", "7"]
    else:
        with pytest.raises(ValueError, match="Line 1 "):
            load_pixel_csv(path, header=False)


def test_no_header(pixels):
    assert len(load_pixel_csv(pixels(TWO)).images) == 2
    assert len(load_pixel_csv(pixels(TWO), header=True).images) == 1


def test_other_numbers_than_bytes_are_floats(pixels):
    images = load_pixel_csv(pixels("a,0.5\nb,1.0\n")).images
    assert images.dtype == np.float32
    assert images.ravel().tolist() == [0.5, 1.0]
    assert load_pixel_csv(pixels("a,256\n")).images.dtype == np.float32
    assert load_pixel_csv(pixels("a,-1\n")).images.ravel().tolist() == [-1.0]
    assert load_pixel_csv(pixels("a,255.0\n")).images.dtype == np.uint8


def test_labels_in_a_file_of_their_own(pixels):
    path = pixels("0,0,2,3\n4,5,6,7\n")
    for text in ("1\n28\n", "label\n1\n28", "1\n28\n\n"):
        letters = load_pixel_csv(path, labels=pixels(text, "labels.csv"))
        assert letters.target.tolist() == [1, 28]
        assert letters.data.shape == (2, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n", "contains 1 labels for the 2 images in"),
        ("1\n2\n3\n", "contains 3 labels for the 2 images .* If its first line is not a label"),
        ("label\n7\n", "contains 1 labels for the 2 images in"),
        ("1\n2\n3\n4\n", "contains 4 labels for the 2 images in"),
        ("1,2\n3,4\n", "Line 1 .* has 2 fields; it must contain one label"),
    ],
)
def test_labels_that_do_not_fit(pixels, text, message):
    with pytest.raises(ValueError, match=message):
        load_pixel_csv(pixels("0,0,2,3\n4,5,6,7\n"), labels=pixels(text, "labels.csv"))


def test_files_are_read_in_parts(pixels, monkeypatch):
    text = "label,p\n" + "".join(f"{i},{i % 256}\n" for i in range(1000))
    whole = load_pixel_csv(pixels(text))
    monkeypatch.setattr(_pixel_csv, "_CHARACTERS_AT_A_TIME", 64)
    parts = load_pixel_csv(pixels(text))
    np.testing.assert_array_equal(parts.data[:, 0], np.arange(1000) % 256)
    np.testing.assert_array_equal(parts.data, whole.data)
    np.testing.assert_array_equal(parts.target, np.arange(1000))
    with pytest.raises(
        ValueError, match=r"Line 1002 .* has 'x' in column 1, which is not a number"
    ):
        load_pixel_csv(pixels(text + "7,x\n"))
    # One part of bytes, one of floats.
    assert load_pixel_csv(pixels(text + "7,0.25\n")).data[-2:, 0].tolist() == [231.0, 0.25]


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("", {}, "contains no images"),
        ("label,p0\n", {}, "contains no images"),
        ("A\nB\n", {}, "Line 1 of .* has no pixels"),
        ("A,1,2\n", {}, r"Rows of 2 values are not square images\. .* for '.*letters\.csv'"),
        ("A,1,2\n", {"image_shape": (2, 2)}, r"image_shape is \(2, 2\), which needs 4 pixels"),
        ("A,1\n\nB,2,3\n", {}, "Line 3 of .* has 3 fields, but line 1 has 2"),
        ("A,1\nB\n", {}, "Line 2 of .* has 1 fields, but line 1 has 2"),
        ("A,1\nB,\n", {}, "Line 2 of .* has '' in column 1, which is not a number"),
        ("A,1\nB,nan\n", {}, "Line 2 of .* has 'nan' in column 1, which is not a number"),
        ("A,1\n,1\n", {}, "Line 2 of .* has no label in column 0"),
        ("A,1\n", {"label_column": 2}, "label_column is 2, but .* has 2 columns"),
        ("a,b\n1,2\n", {"label_column": "c"}, "label_column is 'c', but the columns .* 'a', 'b'"),
        ("A,1\n", {"order": "row"}, "order must be 'C' or 'F'. Got 'row' instead"),
        ("A,1\n", {"header": 0.5}, "header must be 'infer', True or False. Got 0.5 instead"),
    ],
)
def test_bad_files_and_parameters(pixels, text, params, message):
    with pytest.raises(ValueError, match=message):
        load_pixel_csv(pixels(text), **params)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        load_pixel_csv(tmp_path / "nowhere.csv")

"""UNIPEN files as their contributors wrote them, in small; none of them is downloaded."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from skhcr import datasets
from skhcr.datasets import _remote, _unipen
from skhcr.datasets._unipen_format import UnipenReader

# Points with a time first, in a file of their own that names its columns in another one; the second
# component was set to zero by the publishers.
DOC = """.VERSION 1.0
.DATA_INFO  A text
            with .DOTS in it
.COORD T X Y
.ALPHABET "a" "\\"" "."
"""
INK = """.WRITER_ID ann
.PEN_DOWN
\t1 10 40
\t2 10 20
.PEN_UP
.PEN_DOWN
0 0 0
.PEN_UP
.PEN_DOWN
3 20 40
4 30 40
5 30 30
.PEN_UP
.PEN_DOWN
6 50 10
"""
# Pen-ups with points count as components, those without do not.
HOVERING = """.PEN_UP
9 9
.PEN_DOWN
0 8
4 0
.PEN_UP
9 9
.PEN_UP
.DT 220
.PEN_UP
9 9
.WRITER_ID ben
.PEN_DOWN
5 5
6 6
.PEN_UP
9 9
"""
FILES = {
    "include/x/x.doc": DOC,
    "include/x/data/one.dat": ".INCLUDE x/gone.doc\n" + INK,
    "include/y/data/two.dat": HOVERING,
    "data/1a/x/one.dat": """.VERSION 1.0
.INCLUDE x/x.doc
.INCLUDE x/data/one.dat
.SEGMENT CHARACTER 0-2 OK "4"
.SEGMENT CHARACTER 2:1-2:2 ? "7"
.SEGMENT CHARACTER 3 ? "x"
""",
    "data/1b/x/one.dat": """.INCLUDE x/x.doc
.INCLUDE x/data/one.dat
.SEGMENT CHARACTER 0,3 OK "B"
.SEGMENT CHARACTER 1 OK "C"
.SEGMENT CHARACTER 3-4 OK "D"
""",
    "data/1c/y/sub/two.dat": """.INCLUDE y/data/two.dat
.SEGMENT WORD 0-5 OK "no letter"
.SEGMENT CHARACTER 0-2 OK "a"
.SEGMENT CHARACTER 3-5 OK "b"
.SEGMENT CHARACTER 4:1 OK "c"
""",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    path = tmp_path / _unipen.ARCHIVE.name
    path.parent.mkdir()
    path.write_bytes(packed(FILES))
    monkeypatch.setattr(_unipen, "ARCHIVE", replace(_unipen.ARCHIVE, urls=()))
    return tmp_path


def packed(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("train-1/README.md", "")
        for name, text in files.items():
            archive.writestr(f"train-1/{name}", text)
    return content.getvalue()


def test_labels_find_their_points():
    reader = UnipenReader(lambda name: FILES[name], lambda name: f"include/{name}")
    four, seven, dot = reader.characters("data/1a/x/one.dat")
    assert [character.label for character in (four, seven, dot)] == ["4", "7", "x"]
    # Upright: UNIPEN's y grows upwards. The component of zeros is left out.
    assert [stroke.tolist() for stroke in four.strokes] == [
        [[10, -40], [10, -20]],
        [[20, -40], [30, -40], [30, -30]],
    ]
    assert [stroke.tolist() for stroke in seven.strokes] == [[[30, -40], [30, -30]]]
    assert [stroke.tolist() for stroke in dot.strokes] == [[[50, -10]]]
    assert four.writer == "ann"
    assert reader.n_unreadable == 0
    (capital,) = reader.characters("data/1b/x/one.dat")
    assert [len(stroke) for stroke in capital.strokes] == [2, 1]
    assert reader.n_unreadable == 2
    _, a, b, c = reader.characters("data/1c/y/sub/two.dat")
    assert [stroke.tolist() for stroke in a.strokes] == [[[0, -8], [4, 0]]]
    assert [stroke.tolist() for stroke in b.strokes] == [[[5, -5], [6, -6]]]
    assert [stroke.tolist() for stroke in c.strokes] == [[[6, -6]]]
    assert (a.writer, b.writer) == (None, "ben")


def test_invalid_points_are_not_a_component():
    text = '.PEN_DOWN\n1 2\nx y\n.PEN_DOWN\n1 2\n.SEGMENT CHARACTER 0 OK "1"\n'
    (one,) = UnipenReader({"a": text}.__getitem__, str).characters("a")
    assert [stroke.tolist() for stroke in one.strokes] == [[[1, -2]]]


def test_unipen_from_the_collection(home):
    with pytest.warns(UserWarning, match=r"2 labels in .* 6 characters were read"):
        unipen = datasets.fetch_unipen(data_home=home, size=16)
    assert unipen.target.tolist() == ["4", "7", "B", "a", "b", "c"]
    assert unipen.section.tolist() == ["1a", "1a", "1b", "1c", "1c", "1c"]
    # ann, ben, and a writer of contributor y who is not named.
    assert unipen.groups.tolist() == [0, 0, 0, 2, 1, 1]
    assert len(unipen.target_names) == 62
    assert unipen.images.shape == (6, 16, 16)
    assert unipen.data.shape == (6, 256)
    four = unipen.strokes[0]
    assert [stroke.tolist() for stroke in four] == [
        [[0, 0], [0, 1000]],
        [[500, 0], [1000, 0], [1000, 500]],
    ]
    np.testing.assert_array_equal(unipen.images[0], datasets.draw_strokes(four, size=16))
    assert four[0].dtype == np.int16


def test_the_collection_is_read_once(home, monkeypatch):
    with pytest.warns(UserWarning, match="2 labels"):
        first = datasets.fetch_unipen(data_home=home, size=8)
    assert len(list((home / "unipen").iterdir())) == 2
    monkeypatch.setattr(_unipen, "read_archive", None)
    again = datasets.fetch_unipen(data_home=home, size=8, subset="small")
    np.testing.assert_array_equal(again.images, first.images[3:])
    assert again.groups.tolist() == [2, 1, 1]
    assert again.target_names[[0, -1]].tolist() == ["a", "z"]
    images, target = datasets.fetch_unipen(data_home=home, size=8, subset="digits", return_X_y=True)
    assert (images.shape, target.tolist()) == ((2, 8, 8), ["4", "7"])
    monkeypatch.setattr(_unipen, "draw_strokes", None)
    drawn_by_others = datasets.fetch_unipen(data_home=home, size=None)
    assert not {"images", "data", "frame"} & set(drawn_by_others)
    assert len(drawn_by_others.strokes) == len(drawn_by_others.target) == 6
    assert "UNIPEN" in drawn_by_others.DESCR
    assert "6 characters of 6 classes" in drawn_by_others._repr_html_()
    strokes, target = datasets.fetch_unipen(
        data_home=home, size=None, subset="digits", return_X_y=True
    )
    assert (len(strokes), target.tolist()) == (2, ["4", "7"])
    with pytest.raises(ValueError, match="pass a size"):
        datasets.fetch_unipen(size=None, as_frame=True)


def test_prepared_strokes_are_used_where_they_are(tmp_path, monkeypatch):
    stroke = np.array([[0, 0], [0, 1000]], np.int16)
    arrays = {
        "points": np.concatenate([stroke, stroke + 1, stroke + 2]),
        "stroke_starts": [0, 2, 4, 6],
        "character_starts": [0, 2, 3],
        "target": ["A", "l"],
        "writer": np.array([7, 3], np.int16),
        "section": ["1b", "1c"],
    }
    path = tmp_path / _unipen.PREPARED.name
    path.parent.mkdir()
    np.savez(path, **arrays)
    monkeypatch.setattr(_remote, "problem_with", lambda *_: None)
    unipen = datasets.fetch_unipen(data_home=tmp_path, size=8, download_if_missing=False)
    assert [len(strokes) for strokes in unipen.strokes] == [2, 1]
    np.testing.assert_array_equal(unipen.strokes[1][0], stroke + 2)
    assert unipen.groups.tolist() == [7, 3]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no zip", "it is not a zip file"),
        (packed({"data/1a/x/one.dat": ""}), "it holds no files below data/1b"),
        (packed(FILES).replace(b"ann", b"bob"), "one.dat in it is damaged"),
    ],
)
def test_archives_that_are_damaged(home, content, problem):
    (home / _unipen.ARCHIVE.name).write_bytes(content)
    with pytest.raises(OSError, match=rf"{problem}[\s\S]*zenodo"):
        datasets.fetch_unipen(data_home=home, download_if_missing=False)


def test_unipen_without_characters_or_of_an_unknown_subset(home):
    empty = {name: text if "include" in name else "" for name, text in FILES.items()}
    (home / _unipen.ARCHIVE.name).write_bytes(packed(empty))
    with pytest.raises(ValueError, match="contains no labeled digits or letters"):
        datasets.fetch_unipen(data_home=home)
    with pytest.raises(ValueError, match=r"'digits', 'capitals', 'small', 'all'\. Got 'test'"):
        datasets.fetch_unipen(subset="test")

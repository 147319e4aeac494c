"""What is on sheets, and what cannot be."""

import numpy as np
import pytest

from skhcr.sheets import SheetError, draw_sheets
from skhcr.sheets._code import from_modules, from_text, to_modules, to_text
from skhcr.sheets._draw import new_pages
from skhcr.sheets._labels import as_labels

pytest.importorskip("cv2")

ARABIC = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"


def pages_of(labels, copies=8, writers=(), paper="a4", size=15.0):
    return new_pages(as_labels(labels), copies, writers, paper, size)


def test_the_code_describes_the_page():
    labels = ["/", "lam alif", "سلام", "😀", "%", "\\", "a", "A", "é"]
    for page in pages_of(labels, 3, ["anna", "Jean-Luc 2"]) + pages_of(ARABIC):
        modules = to_modules(to_text(page))
        assert from_text(from_modules(modules)) == page


def test_every_writer_has_every_box_once():
    pages = pages_of(ARABIC, 8, ["1", "2"], "letter")
    for writer in ("1", "2"):
        own = [page for page in pages if page.writer == writer]
        assert [page.number for page in own] == [*range(1, own[0].n_pages + 1)]
        labels = [label for page in own for label in page.cell_labels()]
        assert labels == [label for label in ARABIC for _ in range(8)]
        # No label is divided between pages.
        assert all(page.n_cells % 8 == 0 for page in own)
    many = pages_of("ab", 300)
    assert [label for page in many for label in page.cell_labels()] == ["a"] * 300 + ["b"] * 300


def test_pages_hold_no_more_labels_than_their_code():
    han = [chr(0x4E00 + 37 * i) for i in range(400)]
    pages = pages_of(han, 1)
    assert [label for page in pages for label in page.cell_labels()] == han
    assert pages[0].n_cells < 110  # more boxes would have room
    assert all(to_modules(to_text(page)) is not None for page in pages)


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("size", [8, 15, 40])
def test_boxes_stay_clear_of_each_other_and_of_the_edges(paper, size):
    width, height = {"a4": (210, 297), "letter": (215.9, 279.4)}[paper]
    for page in pages_of(ARABIC, 5, (), paper, size):
        boxes = page.grid.boxes(page.n_cells)
        assert boxes[:, 2] - boxes[:, 0] == pytest.approx(size)
        assert boxes[:, 0].min() >= 11.9
        assert boxes[:, 2].max() <= width - 11.9
        assert boxes[:, 1].min() > 46
        assert boxes[:, 3].max() < height - 22
        # Labels have at least 5 millimeters above each box.
        rows = np.unique(boxes[:, 1])
        assert len(rows) == 1 or np.diff(rows).min() >= size + 5
        columns = np.unique(boxes[:, 0])
        assert len(columns) == 1 or np.diff(columns).min() >= size + 1.9


def test_lines_of_arabic_begin_on_the_right():
    (arabic,), (latin,) = pages_of("بت", 3), pages_of("bt", 3)
    assert arabic.grid.boxes(2)[0, 0] > arabic.grid.boxes(2)[1, 0]
    assert latin.grid.boxes(2)[0, 0] < latin.grid.boxes(2)[1, 0]


def test_texts_are_divided_into_characters_with_their_marks_or_into_words():
    assert as_labels("abc") == ["a", "b", "c"]
    assert as_labels("بَت") == ["بَ", "ت"]
    assert as_labels("e\u0301a") == ["é", "a"]
    assert as_labels("👩\u200d🔬x") == ["👩\u200d🔬", "x"]
    assert as_labels(" lam alif ") == ["lam", "alif"]
    assert as_labels(["lam alif", 7]) == ["lam alif", "7"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("", "There are no labels"),
        ("aba", "'a' occurs 2 times"),
        (["a", " "], "index 1 is empty"),
        (["a\tb"], "cannot be printed"),
        (["ab" * 30], "too long"),
    ],
)
def test_labels_that_cannot_be_are_named(labels, said):
    with pytest.raises(ValueError, match=said):
        as_labels(labels)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"writers": ["a_b"]}, ValueError, "'a_b' cannot be the name of a writer"),
        ({"writers": ["../a"]}, ValueError, "cannot be the name of a writer"),
        ({"writers": ["a", "a"]}, ValueError, "writer 'a' occurs 2 times"),
        ({"paper": "a5"}, ValueError, "paper must be one of a4, letter"),
        ({"copies": 0}, ValueError, "copies must be from 1"),
        ({"cell_size": 400}, ValueError, "cell_size=400 is not possible"),
        ({"font": "no.ttf"}, FileNotFoundError, "no font file 'no.ttf'"),
        ({"labels": "a\U000f0000"}, ValueError, r"No font .* has .* \(U\+F0000\)"),
    ],
)
def test_sheets_that_cannot_be_drawn_are_refused(options, error, said, tmp_path):
    with pytest.raises(error, match=said):
        draw_sheets(**{"labels": "ab", "path": tmp_path / "sheet.pdf", **options})
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays(tmp_path):
    path = tmp_path / "sheet.pdf"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"sheet\.pdf' already exists"):
        draw_sheets("ab", path)
    assert path.read_text() == "mine"
    with pytest.raises(ValueError, match=r"must end with \.pdf"):
        draw_sheets("ab", tmp_path / "sheet.png")


def test_labels_are_drawn_above_their_boxes_and_shaped(tmp_path, camera):
    path = tmp_path / "sheet.pdf"
    (page,) = draw_sheets(["سلام", "س ل ا م", "$x$"], path, copies=1, font=_font())
    pixels = camera.drawn(path)
    wide = []
    for left, top, right, bottom in (8 * page.grid.boxes(3)).astype(int):
        assert (pixels[top + 8 : bottom - 8, left + 8 : right - 8] == 255).all()
        ink = np.flatnonzero((pixels[top - 40 : top - 4, left:right] < 160).any(axis=0))
        wide.append(np.ptp(ink))
    assert 0 < wide[0] < 0.75 * wide[1]  # the letters of a word are joined


def _font():
    from matplotlib.font_manager import findfont

    return findfont("DejaVu Sans")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://example.org", "not that of a sheet"),
        ("SKHCR2:00", "newer version"),
        ("SKHCR1:", "does not describe"),
        ("SKHCR1:ABC", "does not describe"),
        ("SKHCR1:a", "does not describe"),
    ],
)
def test_codes_of_other_things_are_refused(text, said):
    with pytest.raises(SheetError, match=said):
        from_text(text)


def test_codes_that_somebody_made_up_are_refused():
    (page,) = pages_of("ab", 2)
    wrong = [
        {"writer": "../../etc"},
        {"n_cells": 9999},
        {"n_cells": 5},
        {"copies": 0},
        {"labels": ("", "")},
        {"number": -1},
        {"skipped": 3},
    ]
    for fields in wrong:
        with pytest.raises(SheetError, match="does not describe"):
            from_text(to_text(page._replace(**fields)))

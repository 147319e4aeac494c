"""Images with several characters: named, counted, and distinguished from broken letters."""

import pickle

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.base import clone
from sklearn.datasets import load_digits

from skhcr.images import (
    BlankImageWarning,
    ImageLoadError,
    ImageLoadWarning,
    InkNormalizer,
    SeveralCharactersError,
    SeveralCharactersWarning,
    _several,
)
from skhcr.images._known_count import known_count

# Strokes in a square of 10 by 10; a pair of points is a line, and O stands for an ellipse.
BROKEN = {
    "н without a link": ["0,0 0,10", "1,5 6,5 6,0 6,10"],
    "H with a bar that touches neither side": ["0,0 0,10", "1.2,5 5.8,5", "7,0 7,10"],
    "N": ["0,10 0,0", "0.9,1 7,10 7,0"],
    "K": ["0,0 0,10", "6,0 1.3,5 6,10"],
    "ю": ["0,0 0,10", "1.3,5 2.5,5", "O 3.5,0 9,10"],
    "м": ["0,10 1,0 4,8", "5,8 8,0 9,10"],
    "ш": ["0,0 0,10 3.6,10", "4.5,0 4.5,10", "5.4,10 9,10 9,0"],
    "m": ["0,10 0,2 3,2 4,3 4,10", "5,3 6,2 8,2 9,4 9,10"],
    "o, cut from top to bottom": ["4,0 1,2 0,5 1,8 4,10", "5.5,0 8.5,2 9.5,5 8.5,8 5.5,10"],
}
WHOLE = {
    "ы": ["0,0 0,10 4,10 5,8 4,6 0,6", "8,0 8,10"],
    "i": ["3,4 3,10", "3,0 3.1,0.5"],
    "j": ["5,3 5,9 3,10", "5,0 5.1,0.5"],
    "ё": ["0,6 7,6 6,3 2,3 0,6 2,10 6,10", "1,0 1.1,0.2", "5,0 5.1,0.2"],
    "ث": ["0,5 0,8 2,9 8,9 10,8 10,5", "4,3 4.1,3.2", "6,3 6.1,3.2", "5,1 5.1,1.2"],
    "ة": ["O 1,4 8,10", "2,0 2.2,0.2", "6,0 6.2,0.2"],
    "=": ["0,2 9,2", "0,6 9,6"],
    "5 with a bar apart": ["3,0 3,4 7,5 7,9 1,10", "4.3,0 8,0"],
    "%": ["8,0 1,10", "O 0,0 3,3", "O 6,7 9,10"],
    "?": ["0,2 2,0 6,0 7,3 4,5 4,7", "4,9.8 4.1,10"],
}


def page(strokes, at=(90, 90), side=110, pen=9, size=(300, 300), into=None):
    """Return a page with strokes, drawn with a round pen."""
    into = Image.new("L", size, 250) if into is None else into
    draw = ImageDraw.Draw(into)
    for stroke in strokes:
        points = [
            tuple(a + side / 10 * float(x) for a, x in zip(at, point.split(","), strict=True))
            for point in stroke.removeprefix("O ").split()
        ]
        if stroke.startswith("O"):
            draw.ellipse([*points[0], *points[1]], outline=20, width=pen)
            continue
        draw.line(points, fill=20, width=pen, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=20)
    return into


def rows_of(glyph, *counts, gap=0.3, side=60, pen=5):
    """Return a page with rows of so many glyphs."""
    size = (round((1 + gap) * side * max(counts)) + 100, round(1.6 * side * len(counts)) + 100)
    image = Image.new("L", size, 250)
    for row, count in enumerate(counts):
        for column in range(count):
            at = 50 + column * (1 + gap) * side, 50 + row * 1.6 * side
            page([glyph], at, side, pen, into=image)
    return image


def are_several(*images):
    normalizer = InkNormalizer(32, on_several="ignore")
    normalizer.transform(list(images))
    return normalizer.several_.tolist() == list(range(len(images)))


CIRCLE, WEDGE, LONG = "O 0,0 10,10", "0,0 5,10 10,0", "0,2 0,8 10,8 10,2"
THREE = rows_of(CIRCLE, 3)
ONE = rows_of(CIRCLE, 1)


@pytest.mark.parametrize("pen", [3, 9, 13])
@pytest.mark.parametrize("name", [*BROKEN, *WHOLE])
def test_letters_of_several_pieces_are_one(name, pen):
    strokes = (BROKEN | WHOLE)[name]
    image = page(strokes, pen=pen)
    assert not are_several(image)
    assert not are_several(image.crop((70, 70, 230, 230)).resize((32, 32), Image.Resampling.BOX))


@pytest.mark.parametrize("glyph", [CIRCLE, WEDGE, LONG])
@pytest.mark.parametrize("counts", [(2,), (3,), (5,), (3, 3), (2, 1), (1, 1)])
@pytest.mark.parametrize("pen", [2, 5, 9])
def test_characters_in_rows_are_several(glyph, counts, pen):
    assert are_several(rows_of(glyph, *counts, pen=pen))


@pytest.mark.parametrize("gap", [0.15, 0.3, 0.6, 1, 2])
def test_gaps_may_be_narrow_and_wide(gap):
    assert are_several(rows_of(CIRCLE, 2, gap=gap), rows_of(WEDGE, 4, gap=gap))


def test_small_images_light_on_dark_and_small_characters():
    small = THREE.resize((84, 32), Image.Resampling.BOX)
    digits = load_digits().images[[3, 5, 8]]
    strip = np.hstack([np.pad(digit, ((2, 2), (2, 4))) for digit in digits]) * 15.9
    strip = Image.fromarray(strip.astype(np.uint8)).resize((168, 48), Image.Resampling.BICUBIC)
    assert are_several(small, Image.eval(THREE, lambda level: 255 - level), strip)


def test_marks_and_pieces_of_neighbors_are_no_characters():
    crumb, cut, hole = ONE.copy(), ONE.copy(), ONE.copy()
    ImageDraw.Draw(crumb).ellipse([20, 20, 28, 28], fill=30)
    ImageDraw.Draw(cut).line([(0, 40), (14, 80), (0, 110)], fill=20, width=5)
    ImageDraw.Draw(hole).ellipse([0, 60, 28, 88], fill=60)
    for image in (crumb, cut, hole, Image.new("L", (90, 70), 240)):
        normalizer = InkNormalizer(32, on_blank="ignore")  # warnings are errors
        normalizer.transform([image])
        assert normalizer.several_.tolist() == []


@pytest.mark.parametrize("size", [8, None])
def test_they_are_named_and_counted(size, tmp_path):
    path = tmp_path / "row.png"
    THREE.save(path)
    normalizer = InkNormalizer(size)
    with pytest.warns(SeveralCharactersWarning) as record:
        normalizer.transform([ONE, path, THREE])
    assert normalizer.several_.tolist() == [1, 2]
    (warned,) = record
    lines = str(warned.message).splitlines()
    assert lines[:2] == [
        "2 of 3 images probably with several characters:",
        f"  [1] {str(path)!r}: several characters were found",
    ]
    assert "read_page (skhcr read)" in lines[-1]
    assert warned.filename == __file__
    normalizer.transform([ONE])
    assert normalizer.several_.tolist() == []


def test_they_can_be_refused_and_ignored():
    normalizer = InkNormalizer(8, on_several="raise")
    with pytest.raises(SeveralCharactersError, match=r"1 of 2 images probably with") as raised:
        normalizer.transform([ONE, THREE])
    assert isinstance(raised.value, ImageLoadError)
    assert [failure.index for failure in raised.value.failures] == [1]
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again)) == (SeveralCharactersError, str(raised.value))
    ignoring = clone(normalizer).set_params(on_several="ignore")
    ignoring.transform([THREE])
    assert ignoring.several_.tolist() == [0]


def test_blank_and_unreadable_images_are_not_several():
    normalizer = InkNormalizer(8, on_error="blank", on_several="ignore")
    with pytest.warns(ImageLoadWarning), pytest.warns(BlankImageWarning):
        normalizer.transform([b"no image", THREE, Image.new("L", (60, 40), 255)])
    assert [normalizer.failed_.tolist(), normalizer.blank_.tolist()] == [[0], [2]]
    assert normalizer.several_.tolist() == [1]


@pytest.mark.parametrize("size", [8, None])
def test_they_are_known_from_the_cache(size, tmp_path, monkeypatch):
    files = [tmp_path / "one.png", tmp_path / "three.png", tmp_path / "three.png"]
    ONE.save(files[0])
    THREE.save(files[1])
    InkNormalizer(size, cache_folder=tmp_path, on_several="ignore").transform(files)
    monkeypatch.setattr(InkNormalizer, "_read", pytest.fail)
    again = InkNormalizer(size, cache_folder=tmp_path)
    with pytest.warns(SeveralCharactersWarning):
        again.transform(files)
    assert again.several_.tolist() == [1, 2]


def test_transparent_strokes_of_the_color_of_the_background():
    strokes = np.full((*np.shape(THREE), 4), 255, np.uint8)
    strokes[..., 3] = 255 - np.asarray(THREE)
    assert are_several(strokes)


def test_callers_that_know_the_count_get_no_warning():
    normalizer = InkNormalizer(8, on_several="raise")
    with known_count():
        normalizer.transform([THREE])
    assert normalizer.several_.tolist() == [0]
    with pytest.raises(SeveralCharactersError):
        normalizer.transform([THREE])


@pytest.mark.parametrize(
    ("boxes", "pen", "expected"),
    [
        pytest.param([(0, 20, 0, 20), (5, 14, 60, 69)], 1, False, id="mark of few pixels"),
        pytest.param([(0, 40, 0, 40), (10, 30, 90, 110)], 12, False, id="mark of a broad pen"),
        pytest.param([(0, 40, 0, 20), (0, 40, 32, 52)], 4, True, id="narrow ones with a gap"),
        pytest.param([(0, 40, 0, 40), (44, 84, 0, 40)], 4, False, id="broken from top to bottom"),
        pytest.param(
            [(0, 60, 0, 60), (0, 60, 40, 100), (0, 30, 150, 180)],
            4,
            False,
            id="mark beside overlapping pieces",
        ),
        pytest.param(
            [(0, 100, 0, 40), (0, 45, 60, 100), (50, 95, 120, 160)],
            4,
            True,
            id="small ones beside a high one",
        ),
    ],
)
def test_pieces_are_judged_by_their_boxes(boxes, pen, expected):
    assert _several.are_several(np.array(boxes), pen) is expected

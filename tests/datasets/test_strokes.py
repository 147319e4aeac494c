"""Pictures of pen strokes."""

import numpy as np
import pytest

from skhcr.datasets import draw_strokes


def test_a_line_has_the_right_width_and_length():
    # 100 long and a pen of 10: the ink is 110 high and 10 wide, here in pixels.
    picture = draw_strokes([[(0, 0), (0, 100)]], size=110, pen_width=0.1, margin=0)
    rows, columns = np.nonzero(picture)
    assert (rows.min(), rows.max()) == (0, 109)
    assert (columns.min(), columns.max()) == (50, 59)
    assert (picture[20:90, 50:60] == 255).all()
    # The ends are round.
    assert picture[0, 50] == 0


def test_ink_keeps_its_amount_at_every_size():
    bow = [np.column_stack([np.cos(t), np.sin(t)]) for t in [np.linspace(0, 3, 50)]]
    shares = [draw_strokes(bow, size=size).mean() / 255 for size in (24, 48, 200)]
    np.testing.assert_allclose(shares, shares[-1], rtol=0.03)


def test_pictures_do_not_depend_on_unit_place_or_points_between():
    angle = [np.array([(0, 0), (50, 80), (100, 0)])]
    expected = draw_strokes(angle, size=40)
    np.testing.assert_array_equal(draw_strokes([7 * angle[0] - 1000], size=40), expected)
    along = np.linspace(0, 1, 30)[:, None]
    dense = np.concatenate([along * angle[0][1], angle[0][1] + along * [50, -80]])
    difference = np.abs(draw_strokes([dense], size=40).astype(int) - expected)
    assert difference.max() <= 10
    # y grows downwards.
    assert expected[:8, 18:22].max() < expected[-8:, 18:22].max() == 255


def test_large_pictures_are_drawn_in_parts(monkeypatch):
    zigzag = [np.array([(i, i % 2) for i in range(20)])]
    whole = draw_strokes(zigzag, size=50)
    monkeypatch.setattr("skhcr.datasets._strokes._NUMBERS_AT_A_TIME", 1)
    np.testing.assert_array_equal(draw_strokes(zigzag, size=50), whole)


def test_a_dot_fills_the_picture_and_a_hairline_is_faint():
    dot = draw_strokes([[(3, 4)]], size=21, margin=0)
    assert dot[10, 10] == 255
    hairline = draw_strokes([[(0, 0), (100, 0)]], size=25, pen_width=0.01, margin=0)
    assert 0 < hairline.max() < 100


@pytest.mark.parametrize(
    ("strokes", "options", "message"),
    [
        ([], {}, "There are no strokes"),
        ([[(0, 0)], [(1, 2, 3)]], {}, r"Stroke 1 must be .* Its shape is \(1, 3\)"),
        ([[]], {}, r"Stroke 0 must be"),
        ([[(0, np.nan)]], {}, "Stroke 0 has a point that is NaN"),
        ([[(0, 0)]], {"size": 0}, "size must be at least 1"),
        ([[(0, 0)]], {"pen_width": 0}, "pen_width must be a number above 0"),
        ([[(0, 0)]], {"margin": 0.5}, "margin must be at least 0 and less than 0.5"),
    ],
)
def test_invalid_strokes(strokes, options, message):
    with pytest.raises(ValueError, match=message):
        draw_strokes(strokes, **options)

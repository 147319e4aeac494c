"""Fine strokes are thickened before they are reduced, and others are left as they are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from skhcr.images import InkNormalizer
from skhcr.images._strokes import stroke_width, thicken


def letter(pen, side=300):
    """Return an arc, a straight stroke and a dot in black on white, drawn with a pen."""
    page = Image.new("L", (2 * side, 2 * side), 255)
    draw = ImageDraw.Draw(page)
    box = tuple(round(side * share) for share in (0.6, 0.5, 1.4, 1.5))
    draw.arc(box, 0, 230, fill=0, width=pen)
    draw.line((0.9 * side, 1.0 * side, 1.3 * side, 0.7 * side), fill=0, width=pen)
    draw.ellipse((side, side, side + 2 * pen, side + 2 * pen), fill=0)
    return np.asarray(page)


@pytest.mark.parametrize("pen", [1, 2, 5, 12])
def test_width_of_strokes(pen):
    straight = np.zeros((90, 120), np.uint8)
    straight[20 : 20 + pen, 10:110] = 255
    # Along rows and columns, Crofton's formula with two directions takes outlines for shorter.
    assert stroke_width(straight) == pytest.approx(4 / np.pi * pen, rel=0.15)
    y, x = np.indices((120, 120)) - 59.5
    ring = 200 * (np.abs(np.hypot(y, x) - 40) < pen / 2).astype(np.uint8)
    assert stroke_width(ring) == pytest.approx(pen, rel=0.1)


@pytest.mark.parametrize("pen", [3, 6, 12])
@pytest.mark.parametrize("side", [60, 300, 900])
def test_fine_strokes_are_thickened_to_the_parameter(pen, side):
    pen = max(1, round(pen * side / 300))
    fine, thick = (
        InkNormalizer(100, stroke_width=share, margin=0).transform([letter(pen, side)])[0, :, :, 0]
        for share in (0, 0.08)
    )
    assert stroke_width(fine) < 7
    assert stroke_width(thick) == pytest.approx(8, abs=1.5)


def test_other_strokes_and_small_letters_are_not_changed():
    pages = [letter(36), letter(1, 20), 255 - letter(36)]
    left, kept = (InkNormalizer(32, stroke_width=w).transform(pages) for w in (0, 0.08))
    assert (left == kept).all()


def test_thickening_makes_all_sides_larger():
    ink = np.zeros((200, 100), np.uint8)
    ink[:, 49:51] = ink[99:101] = 255
    thick = thicken(ink, 0.1)
    height, width = thick.shape
    assert height / width == pytest.approx((200 + 20) / (100 + 20), rel=0.05)
    assert (thick[height // 2] == 255).all()
    assert (thick[:, width // 2] == 255).all()


def test_normalizers_saved_before_thicken_nothing():
    state = InkNormalizer(32).__getstate__()
    del state["stroke_width"]
    loaded = InkNormalizer.__new__(InkNormalizer)
    loaded.__setstate__(state)
    assert loaded.stroke_width == 0

"""The side of the threshold that ink is on."""

import numpy as np
import pytest

from skhcr.images._paper import reduce
from skhcr.images._polarity import is_cut_closely, is_ink_dark

SHAPE = 160, 120


def page(paper, ink, *boxes, shape=SHAPE):
    pixels = np.full(shape, paper, np.uint8)
    for top, bottom, left, right in boxes:
        pixels[top:bottom, left:right] = ink
    return pixels


STROKES = (40, 120, 50, 58), (112, 120, 50, 90)

RULED = page(230, 20, *STROKES)
RULED[::12] = np.minimum(RULED[::12], 90)

# Dark ink, and anything that a border of another level may be.
PAGES = {
    "strokes": page(230, 20, *STROKES),
    "small": page(230, 20, (8, 24, 10, 14), shape=(32, 28)),
    "framed": np.pad(page(230, 20, *STROKES), 12, constant_values=20),
    "small and framed": np.pad(page(230, 20, (8, 24, 10, 14), shape=(26, 26)), 3),
    "on a table": np.pad(page(230, 20, *STROKES), ((50, 30), (40, 60)), constant_values=60),
    "blank on a table": np.pad(page(230, 20), 40, constant_values=60),
    "a strip along a side": page(230, 20, *STROKES, (0, 160, 0, 30)),
    "ruled, on a table": np.pad(RULED, ((50, 30), (40, 60)), constant_values=60),
    "ruled, with a strip along a side": np.pad(RULED, ((0, 0), (10, 0)), constant_values=20),
    "under a lamp": np.rint(
        page(230, 20, *STROKES) * np.clip(1.2 - np.hypot(*np.indices(SHAPE)) / 180, 0.15, 1)
    ).astype(np.uint8),
}


@pytest.mark.parametrize("kind", PAGES)
def test_the_side_of_the_ink(kind):
    pixels = PAGES[kind]

    for image, expected in ((pixels, True), (255 - pixels, False)):
        assert is_ink_dark(reduce(image), image) is expected


def test_ink_is_dark_where_nearly_all_is_in_shadow():
    image = page(230, 20, *STROKES)
    image[np.add(*np.indices(SHAPE)) > 100] //= 3

    assert is_ink_dark(reduce(image), image)


def test_the_grain_of_a_dark_table_is_no_ink():
    grain = np.random.default_rng(0).normal(0, 6, (800, 8)).repeat(80, axis=1)
    table = np.clip(50 + grain, 0, 255)
    table[200:600, 150:500] = 230
    image = np.rint(table).astype(np.uint8)

    assert is_ink_dark(reduce(image), image)


@pytest.mark.parametrize("times", [1, 3, 8])
def test_the_size_of_the_page_does_not_matter(times):
    image = np.kron(PAGES["on a table"], np.ones((times, times), np.uint8))

    assert is_ink_dark(reduce(image), image)


def test_close_crops():
    letter = page(0, 1, (0, 160, 5, 25), (130, 150, 5, 115)) > 0

    assert is_cut_closely(letter)
    assert not is_cut_closely(np.pad(letter, 40))
    assert not is_cut_closely(page(0, 1, (0, 160, 0, 20), (140, 160, 0, 120)) > 0)  # along a side
    assert not is_cut_closely(np.ones(SHAPE, bool))
    assert not is_cut_closely(np.zeros(SHAPE, bool))

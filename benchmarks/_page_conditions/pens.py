"""Letters written with pens of a given width, in shares of the letter's height."""

import numpy as np
from PIL import Image
from scipy import ndimage

from ._page import Page, condition

_HEIGHT = 160  # of a letter when its middle line is looked for


def _middle_line(letter):
    """Return where the middle of a letter's strokes is, one pixel wide, after Zhang and Suen."""
    scale = _HEIGHT / letter.shape[0]
    size = round(scale * letter.shape[1]), _HEIGHT
    levels = np.asarray(Image.fromarray(letter).resize(size, Image.BICUBIC))
    ink = np.pad(levels > 0.45 * np.quantile(levels[levels > 25], 0.9), 2)
    while True:
        n_before = ink.sum()
        for first, second in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            # Clockwise from above.
            shifts = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            around = [np.roll(ink, shift, (0, 1)) for shift in shifts]
            n_around = sum(near.astype(int) for near in around)
            n_starts = sum(
                (~near & following).astype(int)
                for near, following in zip(around, around[1:] + around[:1], strict=True)
            )
            is_edge = ink & (n_around >= 2) & (n_around <= 6) & (n_starts == 1)
            for places in (first, second):
                is_edge &= ~np.logical_and.reduce([around[place] for place in places])
            ink = ink & ~is_edge
        if ink.sum() == n_before:
            return ink


def _written(letter, rng, width):
    """Return a page on which a letter is written with a pen, its width a share of its height."""
    rows, columns = np.flatnonzero(letter.max(1)), np.flatnonzero(letter.max(0))
    letter = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    line = np.pad(_middle_line(letter), 20)
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(~line), 0.7)
    share = np.clip(width * _HEIGHT / 2 + 0.5 - distance, 0, 1)
    written = np.rint(255 * share).astype(np.uint8)
    return Page(written, rng, scale=rng.uniform(1, 2)).write().as_array(rng)


@condition("pens")
def pen_of_an_8th(letter, rng):
    return _written(letter, rng, 1 / 8)


@condition("pens")
def pen_of_a_14th(letter, rng):
    return _written(letter, rng, 1 / 14)


@condition("pens")
def pen_of_a_25th(letter, rng):
    return _written(letter, rng, 1 / 25)


@condition("pens")
def pen_of_a_50th(letter, rng):
    return _written(letter, rng, 1 / 50)

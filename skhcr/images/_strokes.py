"""Stroke width of a letter, and thickening of strokes that are too fine for reduction."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from scipy import ndimage

from ._morphology import largest_of_squares
from ._resample import fit_within, resize

# Strokes are thickened on images of one to two times this many pixels along the longer side.
_SIDE = 96
# Smaller letters are images at output size, in which every pen is a pixel or two wide.
_LEAST_SIDE = 40


def stroke_width(ink: np.ndarray) -> float:
    """Return the mean stroke width, in pixels, of a letter that is light on black.

    Twice the area divided by the outline, whose length by Crofton's formula is pi / 4 for every
    change along a row or column.
    """
    mask = np.pad(ink >= max(1, int(ink.max()) // 2), 1)
    changes = sum(np.count_nonzero(rows[1:] != rows[:-1]) for rows in (mask, mask.T))
    return 2 * np.count_nonzero(mask) / max(1.0, math.pi / 4 * changes)


def thicken(ink: np.ndarray, least: float) -> np.ndarray:
    """Return a letter, light on black, with strokes of at least a share of its longer side.

    If they are thick enough, it is returned unchanged; otherwise its size changes.
    """
    side = max(ink.shape)
    # So much is drawn around the ink, which makes the letter larger, too.
    reach = (least * side - stroke_width(ink)) / (2 * (1 - least))
    if side < _LEAST_SIDE or reach < 0.5 * side / _SIDE:
        return ink
    if side < _SIDE:
        size = fit_within(ink.shape[0], ink.shape[1], (_SIDE, _SIDE))
        ink = resize(Image.fromarray(ink), size)[:, :, 0]
        reach *= _SIDE / side
    # The largest level of a square of pixels makes strokes thicker, and the image smaller.
    factor = max(1, min(side // _SIDE, int(2 * reach) + 1))
    ink = largest_of_squares(ink, factor)
    n_times = round((reach - (factor - 1) / 2) / factor)
    ink = np.pad(ink, n_times)
    for number in range(n_times):
        # Crosses and squares in turn make an octagon, which is nearly a round pen.
        rows = ndimage.maximum_filter1d(ink, 3, axis=0)
        columns = ndimage.maximum_filter1d(rows if number % 2 == 0 else ink, 3, axis=1)
        ink = np.maximum(rows, columns)
    return ink

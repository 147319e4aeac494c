"""Strips, such as a line cut out of a page: their characters are as high as the page."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ..images import _lines

# The shorter side of a page counts as this share of the longer one at least.
_LEAST = 0.5
# Lines of a strip are found in parts that are about this many times as long as the strip is wide.
_LONGEST = 6


def reference_size(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return the height and the width with which the characters of a page are compared."""
    least = _LEAST * max(shape)
    height, width = shape
    return max(height, least), max(width, least)


def erase_lines(mask: np.ndarray, strength: np.ndarray) -> None:
    """Remove straight lines from a mask and from the strength of ink, in place.

    Strokes across a strip stay, although they are as long as lines would be.
    """
    for part in _parts(mask.shape):
        height, width = mask[part].shape
        high, wide = (math.ceil(side) for side in reference_size((height, width)))
        if (high, wide) == (height, width):  # spares two copies of a large page
            _lines.erase_lines(mask[part], strength[part])
            continue
        margins = (0, high - height), (0, wide - width)
        ink, levels = np.pad(mask[part], margins), np.pad(strength[part], margins)
        _lines.erase_lines(ink, levels)
        mask[part], strength[part] = ink[:height, :width], levels[:height, :width]


def _parts(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Return the parts in which lines are found; one unless the page is a strip."""
    height, width = shape
    n = max(1, round(max(shape) / (_LONGEST * min(shape))))
    rows, columns = (n, 1) if height > width else (1, n)
    return [
        (slice(top, bottom), slice(left, right))
        for top, bottom in pairwise(np.linspace(0, height, rows + 1, dtype=int))
        for left, right in pairwise(np.linspace(0, width, columns + 1, dtype=int))
    ]

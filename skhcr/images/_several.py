"""Whether pieces of ink are several characters: side by side, or one above the other."""

from __future__ import annotations

import numpy as np

# Pieces that are smaller than this share of the largest one are marks, such as dots; those that
# have fewer pixels along their longer side, or are shorter than so many widths of the pen, too.
_MARK, _LEAST_SIDE, _LEAST_PENS = 0.4, 10, 2.0
# A row is several characters if it is wider than this, where its widest gap counts more often. All
# lengths are in sizes of the largest character.
_WIDE, _GAP = 1.75, 2.5
# Characters one above the other are as high and wide, and so far apart, at least.
_LEAST_ABOVE, _GAP_ABOVE = 0.5, 0.3


def are_several(boxes: np.ndarray, pen: float) -> bool:
    """Return whether pieces, apart from marks, are probably more than one character.

    Parameters
    ----------
    boxes : ndarray of int of shape (n, 4)
        Top, bottom, left and right.
    pen : float
        Width of the strokes, in pixels.
    """
    sizes = _sizes(boxes)
    bodies = boxes[sizes >= max(_MARK * sizes.max(), _LEAST_PENS * pen, _LEAST_SIDE)]
    if len(bodies) < 2:
        return False
    lines = _apart(bodies, 0)
    if any(_are_side_by_side(line) for line in lines):
        return True
    return _are_above_each_other(np.array([_around(line) for line in lines]))


def _are_side_by_side(line: np.ndarray) -> bool:
    columns = np.array([_around(column) for column in _apart(line, 1)])
    sizes = _sizes(columns)
    size = sizes.max()
    columns = columns[sizes >= _MARK * size]
    if len(columns) < 2:
        return False
    gap = (columns[1:, 2] - columns[:-1, 3]).max()
    return bool(columns[-1, 3] - columns[0, 2] + _GAP * gap > _WIDE * size)


def _are_above_each_other(lines: np.ndarray) -> bool:
    size = _sizes(lines).max()
    sides = np.minimum(lines[:, 1] - lines[:, 0], lines[:, 3] - lines[:, 2])
    lines = lines[sides >= _LEAST_ABOVE * size]
    return bool((lines[1:, 0] - lines[:-1, 1] >= _GAP_ABOVE * size).any())


def _apart(boxes: np.ndarray, axis: int) -> list[np.ndarray]:
    """Return groups of boxes that overlap along an axis, in their order: lines for 0."""
    starts, stops = boxes[:, 2 * axis], boxes[:, 2 * axis + 1]
    order = np.argsort(starts, kind="stable")
    ends = np.maximum.accumulate(stops[order])
    return np.split(boxes[order], 1 + np.flatnonzero(starts[order][1:] >= ends[:-1]))


def _around(boxes: np.ndarray) -> np.ndarray:
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return np.array([low[0], high[1], low[2], high[3]])


def _sizes(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])

"""A frame drawn around the whole text."""

from __future__ import annotations

import numpy as np

from ..images._connected import find_connected

# It spans this share of the page's height and of its width, and lies within the outer part of its
# own box but for this share of its ink.
_SPAN, _OUTER, _ELSEWHERE = 0.7, 0.05, 0.05
# It is full along each side.
_FULL = 0.9


def find_frame(mask: np.ndarray) -> tuple[slice, slice] | None:
    """Return the rows and columns within a frame in a mask of ink, None if there is none."""
    labels, _, boxes = find_connected(mask)
    height, width = mask.shape
    for number, (start, stop, first, last) in enumerate(boxes, start=1):
        if stop - start < _SPAN * height or last - first < _SPAN * width:
            continue
        piece = labels[start:stop, first:last] == number
        rows, columns = (max(1, round(_OUTER * side)) for side in piece.shape)
        inner = piece[rows:-rows, columns:-columns]
        if inner.sum() > _ELSEWHERE * piece.sum():
            continue
        top, left, bottom, right = (
            _thickness(side)
            for side in (
                piece[:rows, columns:-columns],
                piece[rows:-rows, :columns].T,
                piece[::-1][:rows, columns:-columns],
                piece[rows:-rows, ::-1][:, :columns].T,
            )
        )
        if min(top, left, bottom, right) > 0:
            return slice(start + top, stop - bottom), slice(first + left, last - right)
    return None


def _thickness(side: np.ndarray) -> int:
    """Return the number of rows of one side of a frame; 0 if it is not a frame."""
    if side.any(axis=0).mean() < _FULL:
        return 0
    return int(np.flatnonzero(side.any(axis=1))[-1]) + 1

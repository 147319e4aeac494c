"""Grouping of pieces of ink into characters: strokes, dots and accents belong to their letter."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ._pieces import Pieces

# All lengths are shares of the size of characters. Smaller pieces are marks: dots, accents, commas.
_MARK = 0.36
# So are larger ones, such as a hamza, if they stand above or below something larger.
_STACKED = 0.62
# Above or below an upright stroke, which is so much narrower than high, it may stand beside it by
# so much, and be as large as this share of it.
_UPRIGHT, _ASIDE, _ABOVE_UPRIGHT = 0.35, 0.1, 0.7
# A mark belongs to the letter above or below which it stands, up to these gaps.
_GAP_ACROSS, _GAP_UPRIGHT = 0.25, 0.6
_STACKED_GAP = 0.35
# Marks that are so near to each other are one, such as the dots of a letter.
_GAP_OF_DOTS = 0.14
# Pieces that stand above each other over this share of the narrower one are one character,
_OVERLAP = 0.6
# with no larger a gap between them, or this one between flat ones, as of =,
_GAP_OF_STROKES, _FLAT, _GAP_OF_BARS = 0.12, 0.35, 0.4
# and so are those that a gap in a stroke divides: of so many widths of the pen.
_BROKEN = 0.5
# So are those of which one begins at the height at which the other ends, so near beside it.
_TOUCH = 0.08
# Marks by themselves that are smaller than the width of the pen are specks.
_LEAST_MARK = 1.1


def group_pieces(pieces: Pieces) -> np.ndarray:
    """Return the index of the character of every piece; -1 for specks."""
    n = len(pieces)
    if not n:
        return np.empty(0, np.intp)
    boxes, scale = pieces.boxes.astype(float), pieces.scale
    across, upright = _gaps(boxes, 0), _gaps(boxes, 1)
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    narrower = np.minimum.outer(widths, widths)
    lower = np.minimum.outer(heights, heights)
    is_over = -across >= _OVERLAP * narrower  # one stands above the other, or within it
    is_mark = _is_mark(pieces, is_over, upright, across)
    is_body = ~is_mark

    of_bodies = np.logical_and.outer(is_body, is_body)
    # Strokes of one letter, as those of 5 or =: one over the other, and at the same height.
    is_flat = heights <= _FLAT * scale
    gap = np.where(np.logical_and.outer(is_flat, is_flat), _GAP_OF_BARS, _GAP_OF_STROKES) * scale
    is_one = of_bodies & is_over & (upright <= gap) & (_union(boxes, 1) <= 1.5 * scale)
    # A stroke that is broken.
    is_broken = (across <= _BROKEN * pieces.pen) & (upright <= _BROKEN * pieces.pen)
    is_broken &= -upright >= 0.3 * lower
    is_one |= of_bodies & is_broken & (np.minimum.outer(pieces.sizes, pieces.sizes) < 0.6 * scale)
    # A stroke that begins beside the end of another, as the bar of 5.
    is_next = (across <= _TOUCH * scale) & (upright <= _TOUCH * scale)
    is_next &= -upright <= 0.4 * lower
    is_next &= (_union(boxes, 0) <= 1.2 * scale) & (_union(boxes, 1) <= 1.3 * scale)
    is_one |= of_bodies & is_next
    bodies = _components(is_one)

    of_marks = np.logical_and.outer(is_mark, is_mark)
    is_near = (across <= _GAP_OF_DOTS * scale) & (upright <= _GAP_OF_DOTS * scale)
    is_near &= pieces.is_faint == pieces.is_faint[:, np.newaxis]
    marks = _components(of_marks & is_near)

    numbers = bodies.copy()
    body_boxes = {
        number: _around(boxes[is_body & (bodies == number)]) for number in bodies[is_body]
    }
    for mark in np.unique(marks[is_mark]):
        members = is_mark & (marks == mark)
        box = _around(boxes[members])
        owner = _owner(box, body_boxes, scale, pieces.pen)
        if owner is None:
            is_speck = pieces.is_faint[members].any()
            is_speck |= (box[2:] - box[:2]).max() < _LEAST_MARK * pieces.pen
            owner = -1 if is_speck else n + mark
        numbers[members] = owner
    return _from_zero(numbers)


def _from_zero(numbers: np.ndarray) -> np.ndarray:
    out = np.full(len(numbers), -1, np.intp)
    out[numbers >= 0] = np.unique(numbers[numbers >= 0], return_inverse=True)[1]
    return out


def _is_mark(
    pieces: Pieces, is_over: np.ndarray, upright: np.ndarray, across: np.ndarray
) -> np.ndarray:
    sizes, scale = pieces.sizes, pieces.scale
    is_small = sizes < _MARK * scale
    weights = pieces.areas * sizes
    is_near = (weights > weights[:, np.newaxis]) & (upright <= _STACKED_GAP * scale) & ~is_small
    widths, heights = (pieces.boxes[:, side + 2] - pieces.boxes[:, side] for side in (0, 1))
    is_stacked = is_over & (sizes < _STACKED * scale)[:, np.newaxis]
    is_stacked |= (
        (widths <= _UPRIGHT * heights)
        & (across <= _ASIDE * scale)
        & (-upright <= _ASIDE * heights)
        & (sizes[:, np.newaxis] < _ABOVE_UPRIGHT * heights)
    )
    return pieces.is_faint | is_small | (is_near & is_stacked).any(axis=1)


def _owner(mark: np.ndarray, bodies: dict[int, np.ndarray], scale: float, pen: float) -> int | None:
    """Return the letter of a mark; None if the mark is isolated."""
    best, owner = np.inf, None
    for number, body in bodies.items():
        across = max(mark[0] - body[2], body[0] - mark[2])
        upright = max(mark[1] - body[3], body[1] - mark[3])
        is_beside = upright < 0 < across
        if is_beside and across > _BROKEN * pen:
            continue
        if across > _GAP_ACROSS * scale or upright > _GAP_UPRIGHT * scale:
            continue
        cost = 2 * max(across, 0) + max(upright, 0) - 0.01 * min(-across, mark[2] - mark[0])
        if cost < best:
            best, owner = cost, number
    return owner


def _gaps(boxes: np.ndarray, axis: int) -> np.ndarray:
    """Return the gaps between boxes along an axis; negative where they overlap."""
    starts, stops = boxes[:, axis], boxes[:, axis + 2]
    return np.maximum.outer(starts, starts) - np.minimum.outer(stops, stops)


def _union(boxes: np.ndarray, axis: int) -> np.ndarray:
    starts, stops = boxes[:, axis], boxes[:, axis + 2]
    return np.maximum.outer(stops, stops) - np.minimum.outer(starts, starts)


def _around(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _components(is_linked: np.ndarray) -> np.ndarray:
    return connected_components(coo_array(is_linked), directed=False)[1].astype(np.intp)

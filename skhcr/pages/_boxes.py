"""Boxes of forms: rectangles of equal size, drawn with straight lines, for one character each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

# Boxes have at least so many pixels along a side,
_LEAST_SIDE = 12
# cover at most this share of a page's side, and are no more than so many times as wide as high.
_LARGEST, _LONGEST = 0.4, 2.2
# Their inside fills their corners: of this share of the sides, this share of the pixels.
_CORNER, _FULL_CORNER = 0.12, 0.6
_FULL = 0.8
# Boxes of one form differ by this share of their sides at most.
_ALIKE = 0.15
# A straight line is as long as this share of a box's side, and strays by this share of it.
_LINE, _STRAY = 1.0, 0.04
# On squared paper, strokes cross two lines of a square: of so many squares at least, and of more
# than this share of those that are written in.
_LEAST_CROSSED, _MOST_CROSSED = 3, 0.5
# Boxes of a grid are no farther from each other than this share of their height.
_BETWEEN = 0.3
# So many boxes are a form, if nothing is written in any.
_LEAST_EMPTY = 4
# A box with less ink is empty.
_LEAST_INK = 0.004


class Form(NamedTuple):
    """The boxes of a form.

    Attributes
    ----------
    boxes : ndarray of int of shape (n, 4)
        Left, top, right and bottom of their insides.
    inside : ndarray of int of shape (h, w)
        1 more than the index of the box in which a pixel lies, 0 outside of all.
    """

    boxes: np.ndarray
    inside: np.ndarray


def find_form(mask: np.ndarray, least: int = 2) -> Form | None:
    """Return the boxes in a mask of ink; None where there are fewer than `least`, or no form.

    Parameters
    ----------
    mask : ndarray of bool of shape (h, w)
        Where there is ink, lines included.
    least : int, default=2
        How many boxes make a form.
    """
    # Boxes in which nothing touches the lines tell how large the others are.
    whole = _rectangles(~mask)
    if len(whole.boxes) < least:
        return None
    width, height = _size_of_most(whole.boxes)
    stray = max(1, round(_STRAY * max(width, height)))
    lines = _straight(mask, round(_LINE * width), stray)
    lines |= _straight(mask.T, round(_LINE * height), stray).T
    whole = _of_size(whole, (width, height), 2)
    others = _of_size(_rectangles(~lines), (width, height), 2 * stray + 2)
    form = _united(others, whole)
    strokes = mask & ~lines
    if len(form.boxes) < least or _is_squared_paper(strokes, form):
        return None
    # Square letters, such as a final mem, have boxes in them, too.
    if least > 1 and len(form.boxes) < _LEAST_EMPTY and not _written(strokes, form).any():
        return None
    return form


def _of_size(form: Form, size: tuple[float, float], slack: int) -> Form:
    sides = form.boxes[:, 2:] - form.boxes[:, :2]
    is_kept = (np.abs(sides - size) <= _ALIKE * np.array(size) + slack).all(axis=1)
    numbers = np.concatenate([[0], np.where(is_kept, np.cumsum(is_kept), 0)])
    return Form(form.boxes[is_kept], numbers[form.inside])


def _united(form: Form, others: Form) -> Form:
    """Return the boxes of two forms; of those that overlap, that of the first."""
    inside = form.inside.copy()
    boxes = list(form.boxes)
    for number, box in enumerate(others.boxes, start=1):
        left, top, right, bottom = box
        place = slice(top, bottom), slice(left, right)
        if inside[place].any():
            continue
        boxes.append(box)
        inside[place][others.inside[place] == number] = len(boxes)
    return Form(np.array(boxes, np.intp).reshape(-1, 4), inside)


def _rectangles(paper: np.ndarray) -> Form:
    """Return the rectangular pieces of paper."""
    labels, _ = ndimage.label(paper)
    boxes: list[tuple[int, int, int, int]] = []
    region = np.zeros(paper.shape, np.int32)
    most = [_LARGEST * side for side in paper.shape]
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = (part.stop - part.start for part in place)
        if min(height, width) < _LEAST_SIDE or height > most[0] or width > most[1]:
            continue
        if not 1 / _LONGEST <= width / height <= _LONGEST:
            continue
        inside = ndimage.binary_fill_holes(labels[place] == number)
        if inside.mean() < _FULL or not _has_corners(inside):
            continue
        y, x = place
        boxes.append((x.start, y.start, x.stop, y.stop))
        region[place][inside] = len(boxes)
    return Form(np.array(boxes, np.intp).reshape(-1, 4), region)


def _has_corners(inside: np.ndarray) -> bool:
    """Return whether a region fills the corners of its box, as a letter's counter does not."""
    rows, columns = (max(2, round(_CORNER * side)) for side in inside.shape)
    corners = [np.rot90(inside, turns) for turns in range(4)]
    return all(
        corner[:y, :x].mean() >= _FULL_CORNER
        for corner, (y, x) in zip(corners, [(rows, columns), (columns, rows)] * 2, strict=True)
    )


def _size_of_most(boxes: np.ndarray) -> tuple[float, float]:
    """Return the width and height of the largest group of boxes alike."""
    sizes = (boxes[:, 2:] - boxes[:, :2]).astype(float)
    is_alike = (np.abs(sizes[:, np.newaxis] - sizes) <= _ALIKE * sizes).all(axis=2)
    width, height = np.median(sizes[is_alike[is_alike.sum(axis=1).argmax()]], axis=0)
    return float(width), float(height)


def _straight(mask: np.ndarray, length: int, stray: int) -> np.ndarray:
    """Return the lines from left to right that are at least so long, and strays beside them."""
    wide = ndimage.maximum_filter1d(mask.view(np.uint8), 2 * stray + 1, axis=0)
    gaps = max(3, length // 12)  # in the line
    wide = ndimage.minimum_filter1d(ndimage.maximum_filter1d(wide, gaps, axis=1), gaps, axis=1)
    eroded = ndimage.minimum_filter1d(wide, length, axis=1, mode="constant")
    return ndimage.maximum_filter1d(eroded, length, axis=1, mode="constant").astype(bool)


def _is_squared_paper(mask: np.ndarray, form: Form) -> bool:
    """Return whether strokes run over the lines, as they do where squares are no boxes."""
    if _is_beside(mask, form):
        return True
    written = np.flatnonzero(_written(mask, form))
    n_crossed = 0
    for index in written:
        left, top, right, bottom = form.boxes[index]
        place = slice(top, bottom), slice(left, right)
        ink = mask[place] & (form.inside[place] == index + 1)
        ends = ink[0], ink[-1], ink[:, 0], ink[:, -1]
        n_crossed += sum(bool(end.any()) for end in ends) > 1
    return n_crossed >= _LEAST_CROSSED and n_crossed > _MOST_CROSSED * len(written)


def _written(mask: np.ndarray, form: Form) -> np.ndarray:
    """Return in which boxes there is ink."""
    counts = np.bincount(form.inside[mask], minlength=len(form.boxes) + 1)[1:]
    return np.array([not is_empty(n, box) for n, box in zip(counts, form.boxes, strict=True)], bool)


def _is_beside(mask: np.ndarray, form: Form) -> bool:
    """Return whether most ink of a grid lies where strokes leave no boxes."""
    between = 2 * round(_BETWEEN * float(np.median(form.boxes[:, 3] - form.boxes[:, 1])) / 2) + 1
    cells = form.inside > 0
    grid = np.pad(ndimage.maximum_filter(cells, between), between)
    grid = ndimage.minimum_filter(ndimage.binary_fill_holes(grid), between)
    grid = grid[between:-between, between:-between]
    return bool((mask & grid & ~cells).sum() > (mask & cells).sum())


def is_empty(n_ink: int, box: np.ndarray) -> bool:
    """Return whether so few pixels of ink in a box are no character."""
    left, top, right, bottom = box
    return bool(n_ink < _LEAST_INK * (right - left) * (bottom - top))

"""Boxes of forms: rectangles of equal size, drawn with straight lines, for one character each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

# Boxes have at least this many pixels along a side,
_LEAST_SIDE = 12
# cover at most this share of a page's side, and are at most this many times as wide as high.
_LARGEST, _LONGEST = 0.4, 2.2
# Their inside fills their corners: of this share of the sides, this share of the pixels.
_CORNER, _FULL_CORNER = 0.12, 0.6
_FULL = 0.8
# Boxes of one form differ by this share of their sides at most.
_ALIKE = 0.15
# A straight line is as long as this share of a box's side, and deviates by this share of it.
_LINE, _STRAY = 1.0, 0.04
# On squared paper, strokes cross two lines of a square: in at least this many squares, and in more
# than this share of the squares with ink.
_LEAST_CROSSED, _MOST_CROSSED = 3, 0.5
# Boxes of a grid are no farther from each other than this share of their height.
_BETWEEN = 0.3
# Minimum number of boxes of an empty form.
_LEAST_EMPTY = 4
# A box with less ink is empty, and so is one with nothing as long as this share of its sides.
_LEAST_INK, _LEAST_LENGTH = 0.004, 0.14
# Ruling runs over this share of the page's width, in pieces as long as the other share of it, and
# is no higher than this share of the page, nor thicker than this many pixels.
_ACROSS, _PIECE, _HIGH, _THICKEST = 0.9, 0.1, 0.03, 8
# Ink stronger by this many levels is not ruling.
_STRONGER = 50


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


def find_form(
    mask: np.ndarray, strength: np.ndarray, least: int = 2
) -> tuple[Form, np.ndarray] | None:
    """Return the boxes in a mask of ink, and the ink; None for fewer boxes than `least`.

    Parameters
    ----------
    mask : ndarray of bool of shape (h, w)
        Pixels with ink, including lines.
    strength : ndarray of uint8 of shape (h, w)
        Strength of the ink.
    least : int, default=2
        Minimum number of boxes of a form.

    Returns
    -------
    form : Form
        The boxes.
    mask : ndarray of bool of shape (h, w)
        The ink without the ruling of the paper, which may run through boxes.
    """
    form = _find_boxes(mask, least)
    lines = _ruling(mask, strength)
    if lines:
        plain = _without(mask, np.any(lines, axis=0))
        without = _find_boxes(plain, least)
        # Ruling cuts boxes into more than there are, but a grid over all of the page is its boxes.
        if without is not None and (form is None or 2 * len(without.boxes) >= len(form.boxes)):
            size = _size_of_most(without.boxes)
            # A side of a box may lie in a line, while the next one runs through it.
            for some in (lines[::2], lines[1::2]):
                others = _rectangles(~(plain | np.any(some, axis=0)))
                without = _united(without, _of_size(others, size, 2))
            return without, plain
    return None if form is None else (form, mask)


def _ruling(mask: np.ndarray, strength: np.ndarray) -> list[np.ndarray]:
    """Return where lines run from one side of the page to the other, from the top."""
    height, width = mask.shape
    lines = _straight(mask, max(1, round(_PIECE * width)), 1) & mask
    labels, _ = ndimage.label(ndimage.maximum_filter1d(lines, 3, axis=0), np.ones((3, 3)))
    ruling = []
    for number, (y, x) in enumerate(ndimage.find_objects(labels), start=1):
        if x.stop - x.start >= _ACROSS * width and y.stop - y.start <= max(4, _HIGH * height):
            piece = (labels[y, x] == number) & mask[y, x]
            line = np.zeros(mask.shape, bool)
            line[y, x] = piece & _near_its_line(piece) & ~_stronger(strength[y, x], piece)
            ruling.append(line)
    return ruling


def _without(mask: np.ndarray, ruling: np.ndarray) -> np.ndarray:
    """Return a mask without ruling, but for what crosses it: there is ink above it and below it."""
    strokes = mask & ~ruling
    near = ndimage.maximum_filter1d(strokes, 3, axis=1)
    crossed = _reached(near, ruling) & _reached(near[::-1], ruling[::-1])[::-1]
    return strokes | (mask & crossed)


def _near_its_line(piece: np.ndarray) -> np.ndarray:
    """Return the pixels near the straight line that fits most of a piece."""
    counts = piece.sum(axis=0)
    thickness = float(np.median(counts[counts > 0]))
    rows = np.arange(len(piece))[:, np.newaxis]
    thin = np.flatnonzero((counts > 0) & (counts <= thickness))
    middles = (piece * rows).sum(axis=0)[thin] / counts[thin]
    line = np.polynomial.Polynomial.fit(thin, middles, 1)
    distances = np.abs(rows - line(np.arange(piece.shape[1])))
    return distances <= thickness / 2 + 1


def _stronger(strength: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Return the ink that is much stronger than most of a piece: that of a box along the line."""
    return strength > np.median(strength[piece]) + _STRONGER


def _reached(strokes: np.ndarray, ruling: np.ndarray) -> np.ndarray:
    """Return the part of the ruling directly below strokes, down to its lower edge."""
    reached = strokes & ~ruling
    for _ in range(_THICKEST):
        reached[1:] |= reached[:-1] & ruling[1:]
    return reached & ruling


def _find_boxes(mask: np.ndarray, least: int) -> Form | None:
    # Boxes in which nothing touches the lines determine the size of the others.
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
    # Square letters, such as a final mem, also contain boxes.
    if least > 1 and len(form.boxes) < _LEAST_EMPTY and not _written(strokes, form).any():
        return None
    return form


def _of_size(form: Form, size: tuple[float, float], slack: int) -> Form:
    sides = form.boxes[:, 2:] - form.boxes[:, :2]
    is_kept = (np.abs(sides - size) <= _ALIKE * np.array(size) + slack).all(axis=1)
    numbers = np.concatenate([[0], np.where(is_kept, np.cumsum(is_kept), 0)])
    return Form(form.boxes[is_kept], numbers[form.inside])


def _united(form: Form, others: Form) -> Form:
    """Return the boxes of two forms; where they overlap, those of the first."""
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
    """Return the horizontal lines of at least this length, with deviations beside them."""
    wide = ndimage.maximum_filter1d(mask.view(np.uint8), 2 * stray + 1, axis=0)
    gaps = max(3, length // 12)  # in the line
    wide = ndimage.minimum_filter1d(ndimage.maximum_filter1d(wide, gaps, axis=1), gaps, axis=1)
    eroded = ndimage.minimum_filter1d(wide, length, axis=1, mode="constant")
    return ndimage.maximum_filter1d(eroded, length, axis=1, mode="constant").astype(bool)


def _is_squared_paper(mask: np.ndarray, form: Form) -> bool:
    """Return whether strokes cross the lines, as on squared paper."""
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
    """Return whether each box contains ink."""
    counts = np.bincount(form.inside[mask], minlength=len(form.boxes) + 1)[1:]
    return np.array([not is_empty(n, box) for n, box in zip(counts, form.boxes, strict=True)], bool)


def _is_beside(mask: np.ndarray, form: Form) -> bool:
    """Return whether most ink of a grid is where strokes leave no boxes."""
    between = 2 * round(_BETWEEN * float(np.median(form.boxes[:, 3] - form.boxes[:, 1])) / 2) + 1
    cells = form.inside > 0
    grid = np.pad(ndimage.maximum_filter(cells, between), between)
    grid = ndimage.minimum_filter(ndimage.binary_fill_holes(grid), between)
    grid = grid[between:-between, between:-between]
    return bool((mask & grid & ~cells).sum() > (mask & cells).sum())


def is_empty(n_ink: int, box: np.ndarray) -> bool:
    """Return whether this many pixels of ink in a box are too few for a character."""
    left, top, right, bottom = box
    return bool(n_ink < _LEAST_INK * (right - left) * (bottom - top))


def is_speck(height: int, width: int, box: np.ndarray) -> bool:
    """Return whether something of this size in a box is too small for a character."""
    left, top, right, bottom = box
    return bool(max(height, width) < _LEAST_LENGTH * min(right - left, bottom - top))

"""Detection and removal of ruled and printed lines and of the borders of form boxes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ._morphology import any_in_column, largest_of_squares

# Lines are detected on a mask with this many pixels along the longer side.
_SIDE = 320
# They are no thicker than this share of it,
_THICKEST = 0.025
# run over at least so many columns, which determine their slope, slope no more than this,
_LEAST_WIDTH = 8
_SLOPES = np.linspace(-0.1, 0.1, 41)
# and all lines of a page have the same slope, except for perspective.
_OTHER_SLOPE = 0.003
_MOST = 80
# A line that meets a side of the image comes as near to it as this share of the width.
_NEAR = 0.02
# An image is cropped to a letter that comes this near to all sides, as a share of the longer one.
_CROPPED = 0.03
# It runs along less than this share of the sides, unlike a frame.
_MOST_CONTACT = 0.5
# No letter has so many long straight strokes side by side.
_SEVERAL = 4
# In smaller images, lines cannot be distinguished from strokes.
_LEAST_SIDE = 40
_SQUARE = np.ones((3, 3))


class Line(NamedTuple):
    """A line: its height at the left edge, its slope, and its first and last columns."""

    height: float
    slope: float
    start: int
    stop: int
    meets_side: bool


def erase_lines(mask: np.ndarray, strength: np.ndarray, *, of_one_letter: bool = False) -> None:
    """Remove straight lines across the image from a mask and from the strength of ink.

    Strokes that cross a line stay whole: in every column, only ink as thin as the line is removed.
    A straight stroke of a letter that nearly fills the image is as long as a line: in images of one
    letter, lines meet a side, form a box, are several, or lie below the letter. In an image cropped
    to its letter, strokes meet sides, too, but so does the rest of the letter.

    Parameters
    ----------
    mask : ndarray of bool of shape (h, w)
        Pixels with ink. Changed in place.
    strength : ndarray of uint8 of shape (h, w)
        Strength of the ink. Changed in place.
    of_one_letter : bool, default=False
        Whether the image shows one letter.
    """
    if min(mask.shape) < _LEAST_SIDE:
        return
    factor = max(1, math.ceil(max(mask.shape) / _SIDE))
    reduced = largest_of_squares(mask, factor)
    found = find_lines(reduced), find_lines(reduced.T)
    if of_one_letter and not all(len(lines) > 1 for lines in found):
        across, down = found
        if len(across) < _SEVERAL:
            across = [line for line in across if line.meets_side or _is_underline(line, reduced)]
        if len(down) < _SEVERAL:
            down = [line for line in down if line.meets_side]
        found = _without_strokes(across, down, reduced)
    _erase_all(found, mask, strength, factor)


def _erase_all(
    found: tuple[list[Line], list[Line]], mask: np.ndarray, strength: np.ndarray, factor: int
) -> None:
    """Erase lines across and down that were found on a mask reduced by a factor."""
    for lines, ink, levels in zip(found, (mask, mask.T), (strength, strength.T), strict=True):
        for line in lines:
            _erase(ink, levels, _enlarged(line, factor, ink.shape[1]), factor)


def _is_underline(line: Line, mask: np.ndarray) -> bool:
    """Return whether a line touches nothing, and the largest other piece is above it."""
    labels, _ = ndimage.label(mask, _SQUARE)
    number = _number_of(line, labels)
    areas = np.bincount(labels.ravel())
    areas[[0, number]] = 0
    if not number or not areas.any():
        return False
    boxes = ndimage.find_objects(labels)
    (piece, _), (letter, _) = boxes[number - 1], boxes[int(areas.argmax()) - 1]
    rises = abs(line.slope) * (line.stop - line.start)
    thickest = max(2, _THICKEST * max(mask.shape))
    return bool(piece.stop - piece.start <= rises + 2 * thickest and letter.stop <= piece.start)


def _without_strokes(
    across: list[Line], down: list[Line], mask: np.ndarray
) -> tuple[list[Line], list[Line]]:
    """Return the lines that are not strokes of a letter to which the image is cropped.

    Without its straight strokes, such a letter meets all the sides that they do not meet.
    """
    labels = ndimage.label(mask, _SQUARE)[0] if across or down else mask
    while across or down:
        rest = mask.copy()
        _erase_all((across, down), rest, rest, 1)
        found = (
            [line for line in across if not _is_stroke(line, labels, rest)],
            [line for line in down if not _is_stroke(line, labels.T, rest.T)],
        )
        if found == (across, down):
            break
        across, down = found  # a stroke may meet sides for other strokes
    return across, down


def _is_stroke(line: Line, labels: np.ndarray, rest: np.ndarray) -> bool:
    """Return whether a line and other ink meet all four sides.

    If the line runs from side to side, only large pieces of ink connected to it count.
    """
    number = _number_of(line, labels)
    if not number:
        return False
    height, width = labels.shape
    reach = _CROPPED * max(height, width)
    ends = line.height + line.slope * line.start, line.height + line.slope * line.stop
    boxes = [(min(ends) - reach / 2, max(ends) + reach / 2, line.start, line.stop)]
    runs_through = line.start <= _NEAR * width and line.stop >= (1 - _NEAR) * width
    parts, _ = ndimage.label(rest & (labels == number) if runs_through else rest, _SQUARE)
    for y, x in ndimage.find_objects(parts):
        if not runs_through or max(y.stop - y.start, x.stop - x.start) > 2 * reach:
            boxes.append((y.start, y.stop, x.start, x.stop))
    top, bottom, left, right = np.array(boxes).T
    meets_rows = top.min() <= reach and bottom.max() >= height - reach
    return bool(meets_rows and left.min() <= reach and right.max() >= width - reach)


def _number_of(line: Line, labels: np.ndarray) -> int:
    """Return the number of the piece of ink that a line belongs to; 0 for none."""
    column = (line.start + line.stop) // 2
    row = round(line.height + line.slope * column)
    near = labels[max(0, row - 2) : max(0, row + 3), column]
    return int(near.max()) if near.size else 0


def _enlarged(line: Line, factor: int, width: int) -> Line:
    """Return a line of a reduced mask as a line of the mask."""
    middle = factor * (line.height + 0.5 - line.slope / 2) - 0.5
    start, stop = factor * line.start, min(factor * line.stop, width)
    return line._replace(height=middle, start=start, stop=stop)


def find_lines(mask: np.ndarray) -> list[Line]:
    """Return the thin straight lines that run from left to right over half of a mask or more."""
    height, width = mask.shape
    thickest = max(2, round(_THICKEST * max(height, width)))
    if width < _LEAST_WIDTH or mask.any(axis=0).sum() < 0.3 * width:
        return []
    thin = _thin(mask, thickest)
    least = 0.35 * width
    if np.count_nonzero(thin) < least:
        return []
    ys, xs = np.nonzero(thin)
    slope, heights = _common_slope(ys, xs, mask.shape, least)
    fits, is_used = [], np.zeros(len(xs), bool)
    for middle in heights:
        is_near = (np.abs(ys - slope * xs - middle) <= 2) & ~is_used
        for _ in range(2):
            if is_near.sum() < least:
                break
            tilt, start = np.polyfit(xs[is_near], ys[is_near], 1)
            is_near = (np.abs(ys - start - tilt * xs) <= 1.6) & ~is_used
        if is_near.sum() >= least:
            fits.append((int(is_near.sum()), float(tilt), is_near))
            is_used |= np.abs(ys - start - tilt * xs) <= thickest / 2 + 1
    if not fits:
        return []
    slope = max(fits, key=lambda fit: fit[0])[1]
    lines = []
    for _, tilt, is_near in fits:
        tilt = min(max(tilt, slope - _OTHER_SLOPE), slope + _OTHER_SLOPE)
        start = float(np.median(ys[is_near] - tilt * xs[is_near]))
        columns = xs[np.abs(ys - start - tilt * xs) <= 2]
        for first, last in _extents(mask, columns, start, tilt):
            meets_side = first <= _NEAR * width or last >= (1 - _NEAR) * width
            lines.append(Line(start, tilt, first, last, meets_side))
    return lines


def _thin(mask: np.ndarray, thickest: int) -> np.ndarray:
    """Return the pixels of a mask in vertical runs of at most the given length."""
    starts_thick = ~any_in_column(~mask, 0, thickest, beyond=True)
    return mask & ~any_in_column(starts_thick, thickest, 0)


def _common_slope(
    ys: np.ndarray, xs: np.ndarray, shape: tuple[int, ...], least: float
) -> tuple[float, list[float]]:
    """Return the slope at which most pixels form lines, and the lines' heights at the left."""
    height, width = shape
    pad = int(_SLOPES[-1] * width) + 3
    best, slope, heights = 0.0, 0.0, []
    for candidate in _SLOPES:
        places = np.rint(ys - candidate * (xs - width / 2)).astype(int) + pad
        counts = np.bincount(places, minlength=height + 2 * pad)
        pairs = counts[:-1] + counts[1:]
        strongest = np.flatnonzero(pairs >= least)[::-1]
        # A stable order: that of equal ones would depend on the processor.
        strongest = strongest[np.argsort(-pairs[strongest], kind="stable")[:_MOST]]
        score = float(np.square(pairs[strongest][:12] - least).sum())
        if score > best:
            best, slope = score, float(candidate)
            heights = [float(s) + 0.5 - pad - slope * width / 2 for s in strongest]
    return slope, heights


def _extents(
    mask: np.ndarray, columns: np.ndarray, start: float, slope: float
) -> list[tuple[int, int]]:
    """Return the first and last columns of a line, which strokes may cross."""
    height, width = mask.shape
    is_thin = np.zeros(width, bool)
    is_thin[columns] = True
    rows = np.rint(start + slope * np.arange(width)).astype(int)
    is_ink = is_thin.copy()
    (within,) = np.nonzero((rows >= 0) & (rows < height))
    is_ink[within] |= mask[rows[within], within]
    gap = max(3, round(0.03 * width))
    bridged = ndimage.binary_closing(np.pad(is_ink, gap), np.ones(gap))[gap:-gap] | is_ink
    labels, _ = ndimage.label(bridged)
    extents = []
    for (part,) in ndimage.find_objects(labels):
        length, n_thin = part.stop - part.start, is_thin[part].sum()
        crosses = length >= 0.9 * width and n_thin >= 0.3 * width
        is_alone = length >= 0.5 * width and n_thin >= max(0.4 * width, 0.75 * length)
        if is_ink[part].mean() >= 0.75 and (crosses or is_alone):
            extents.append((part.start, part.stop))
    return extents


def _erase(mask: np.ndarray, strength: np.ndarray, line: Line, factor: int) -> None:
    height = len(mask)
    reach = max(6, round(0.03 * max(mask.shape))) + 2 * factor
    columns = np.arange(line.start, line.stop)
    middles = np.rint(line.height + line.slope * columns).astype(int)
    offsets = np.arange(-reach, reach + 1)
    rows = middles[:, np.newaxis] + offsets
    is_inside = (rows >= 0) & (rows < height)
    ink = mask[np.clip(rows, 0, height - 1), columns[:, np.newaxis]] & is_inside
    distance = np.where(ink, np.abs(offsets), height + reach)
    nearest = distance.argmin(axis=1)
    is_met = distance.min(axis=1) <= max(3, 2 * factor)
    if not is_met.any():
        return
    # The vertical run of ink that contains the pixel nearest to the line.
    changes = np.cumsum(ink[:, 1:] != ink[:, :-1], axis=1, dtype=np.int16)
    numbers = np.concatenate([np.zeros((len(ink), 1), changes.dtype), changes], axis=1)
    run = ink & (numbers == numbers[np.arange(len(ink)), nearest][:, np.newaxis])
    lengths = run.sum(axis=1)
    thickness = float(np.median(lengths[is_met]))
    is_line = is_met & (lengths <= max(thickness + 2, 1.6 * thickness))
    halo = 2 * max(1, round(thickness / 3)) + 1
    blurred = ndimage.maximum_filter1d(run.view(np.uint8), halo, axis=1).astype(bool)
    goes = blurred & is_inside & is_line[:, np.newaxis]
    y, x = rows[goes], np.broadcast_to(columns[:, np.newaxis], rows.shape)[goes]
    mask[y, x] = False
    strength[y, x] = 0


def within_frame(mask: np.ndarray, *, of_one_letter: bool = False) -> tuple[slice, slice]:
    """Return the rows and columns of a mask within the full ones at its edges.

    In an image cropped to its letter, a stroke along a side is not a frame.
    """
    outer = max(mask.shape) // 8
    sides = mask, mask[::-1], mask.T, mask.T[::-1]
    widths = [_frame_width(side, outer) for side in sides]
    if of_one_letter and np.count_nonzero(widths) == 1:
        (place,) = np.flatnonzero(widths)
        if _is_letter_below(sides[place], widths[place]):
            widths[place] = 0
    top, bottom, left, right = widths
    height, width = mask.shape
    return slice(top, max(top, height - bottom)), slice(left, max(left, width - right))


def _frame_width(mask: np.ndarray, outer: int) -> int:
    """Return the number of first rows covered by a frame; 0 if there is none or a larger object."""
    first = mask[: min(3, outer)]
    if not (first.any() and _is_full(first).any()):
        return 0
    is_full = _is_full(mask[:outer])
    start = int(is_full.argmax())
    return 0 if is_full[start:].all() else start + int(is_full[start:].argmin()) + 1


def _is_letter_below(mask: np.ndarray, width: int) -> bool:
    """Return whether ink connected to the first rows meets the other sides, but in few places."""
    reduced = largest_of_squares(mask[width:], max(1, math.ceil(max(mask.shape) / _SIDE)))
    labels, _ = ndimage.label(reduced, _SQUARE)
    numbers = np.setdiff1d(labels[0], [0])
    if not len(numbers):
        return False
    ink = np.isin(labels, numbers)
    reach = max(1, round(_CROPPED * max(labels.shape)))
    contacts = ink[-reach:].any(axis=0), ink[:, :reach].any(axis=1), ink[:, -reach:].any(axis=1)
    is_met = all(contact.any() for contact in contacts)
    return bool(is_met and np.concatenate(contacts).mean() < _MOST_CONTACT)


def _is_full(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=1) >= 0.85

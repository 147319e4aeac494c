"""Lines, words and the reading order of characters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Slopes that lines may have.
_SLOPES = np.linspace(-0.2, 0.2, 81)
# Neighbors in a line overlap by this share of the lower one's height.
_OVERLAP = 0.35
# Characters smaller than this share of the others' size (commas, dashes) link no lines, nor do
# those that are so many times as high.
_SMALL, _HIGH = 0.4, 1.9
# Parts of a line lie within this share of the size of characters from it.
_NEAR = 0.5
# A space is this many times as wide as the gaps between letters at least, and this share of the
# size of characters.
_SPACE, _LEAST_SPACE = 1.7, 0.45


def find_lines(boxes: np.ndarray, scale: float) -> np.ndarray:
    """Return the index of the line of every box, from the top.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        Left, top, right and bottom.
    scale : float
        Size of the characters.
    """
    boxes = boxes.astype(float)
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    heights = boxes[:, 3] - boxes[:, 1]
    is_large = (sizes >= _SMALL * scale) & (heights <= _HIGH * scale)
    if not is_large.any():
        is_large[:] = True
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    slope = _common_slope(x[is_large], y[is_large], scale)
    parts = _linked(boxes[is_large], x[is_large], slope)
    lines = _joined(parts, x[is_large], y[is_large], slope, scale)
    heights_of_lines = _fits(lines, x[is_large], y[is_large], slope)
    numbers = np.empty(len(boxes), np.intp)
    numbers[is_large] = lines
    for index in np.flatnonzero(~is_large):
        distances = [abs(y[index] - start - tilt * x[index]) for start, tilt in heights_of_lines]
        numbers[index] = int(np.argmin(distances))
    middle = x.mean()
    order = np.argsort([start + tilt * middle for start, tilt in heights_of_lines])
    return np.argsort(order)[numbers]


def find_words(boxes: np.ndarray, lines: np.ndarray, scale: float, step: int) -> np.ndarray:
    """Return the index of the word of every box, within its line.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        Left, top, right and bottom, in reading order.
    lines : ndarray of int of shape (n,)
        The line of every box.
    scale : float
        Size of the characters.
    step : {1, -1}
        1 for lines from left to right, -1 from right to left.
    """
    ahead, behind = (0, 2) if step > 0 else (2, 0)
    gaps = step * (boxes[1:, ahead] - boxes[:-1, behind]).astype(float)
    is_within = lines[1:] == lines[:-1]
    least = _least_space(gaps[is_within], scale)
    words, number = np.zeros(len(boxes), np.intp), 0
    for index in range(1, len(boxes)):
        if not is_within[index - 1]:
            number = 0
        elif gaps[index - 1] >= least:
            number += 1
        words[index] = number
    return words


def _least_space(gaps: np.ndarray, scale: float) -> float:
    """Return the smallest gap of a space: where two kinds of gaps differ most."""
    gaps = np.sort(np.maximum(gaps, 0.02 * scale))
    least, best = np.inf, 0.0
    for index in range(1, len(gaps)):
        small, large = gaps[:index], gaps[index:]
        if gaps[index] < _LEAST_SPACE * scale or gaps[index] < _SPACE * np.median(small):
            continue
        between = index * len(large) * (large.mean() - small.mean()) ** 2
        if between > best:
            best, least = between, (small[-1] + large[0]) / 2
    if least == np.inf and len(gaps) and gaps[0] > 1.2 * scale:
        return float(gaps[0])  # all gaps are large
    return float(least)


def _common_slope(x: np.ndarray, y: np.ndarray, scale: float) -> float:
    """Return the slope at which the centers of characters best form lines."""
    best, found = -1.0, 0.0
    for slope in sorted(_SLOPES, key=abs):
        heights = y - slope * x
        places = np.floor((heights - heights.min()) / (0.25 * scale)).astype(int)
        counts = np.convolve(np.bincount(places), [0.5, 1, 0.5])
        score = float(np.square(counts).sum())
        if score > 1.02 * best:
            best, found = score, float(slope)
    return found


def _linked(boxes: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    """Return parts of lines: every box is linked to the next one to the right at its height."""
    n = len(boxes)
    tops, bottoms = boxes[:, 1] - slope * x, boxes[:, 3] - slope * x
    heights = bottoms - tops
    links = []
    order = np.argsort(x)
    for place, index in enumerate(order):
        after = order[place + 1 :]
        overlap = np.minimum(bottoms[after], bottoms[index]) - np.maximum(tops[after], tops[index])
        is_beside = overlap >= _OVERLAP * np.minimum(heights[after], heights[index])
        if is_beside.any():
            links.append((index, after[is_beside.argmax()]))
    rows, columns = np.array(links, dtype=np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.intp)


def _joined(
    parts: np.ndarray, x: np.ndarray, y: np.ndarray, slope: float, scale: float
) -> np.ndarray:
    """Return lines: parts that continue each other are one. Numbers go from 0."""
    lines = parts.copy()
    by_size = np.argsort(-np.bincount(parts), kind="stable")
    known: list[int] = []
    for part in by_size:
        members = parts == part
        fits = _fits_of(known, lines, x, y, slope)
        distances = [
            float(np.abs(np.mean(y[members] - start - tilt * x[members]))) for start, tilt in fits
        ]
        if distances and min(distances) <= _NEAR * scale:
            lines[members] = known[int(np.argmin(distances))]
        else:
            known.append(int(part))
    return np.unique(lines, return_inverse=True)[1]


def _fits(
    lines: np.ndarray, x: np.ndarray, y: np.ndarray, slope: float
) -> list[tuple[float, float]]:
    return _fits_of(range(lines.max() + 1), lines, x, y, slope)


def _fits_of(
    numbers: Iterable[int], lines: np.ndarray, x: np.ndarray, y: np.ndarray, slope: float
) -> list[tuple[float, float]]:
    """Return height at the left edge and slope of lines; of short ones the slope of the page."""
    fits = []
    for number in numbers:
        members = lines == number
        tilt = slope
        if members.sum() >= 5 and np.ptp(x[members]) > 0:
            own = float(np.polyfit(x[members], y[members], 1)[0])
            tilt = own if abs(own - slope) < 0.05 else slope
        fits.append((float(np.median(y[members] - tilt * x[members])), tilt))
    return fits

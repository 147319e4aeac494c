"""Positions of the boxes on paper that is not flat, from their lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._layout import PAPERS
from ._opencv import opencv

# The page is straightened to this many pixels per millimeter,
_DENSITY = 6
# and lines are searched at most this far from their positions, in millimeters.
_REACH = 2.5
# A line is darker than the paper so far away on both sides.
_BESIDE = 0.6
# Ink is darker than lines, and counts no more than they do.
_MOST_DEPTH = 40.0
# Minimum numbers of boxes to fit a second-order bend, as paper has, and a single shift.
_LEAST_BENT, _LEAST_SHIFTED = 12, 3
# Boxes that are so far from the bend, in millimeters, are mistaken: ink looked like a line.
_STRAY = 0.6
_ROUNDS = 4


def find_bend(
    gray: np.ndarray, to_pixels: np.ndarray, paper: str, boxes: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function for the displacement of points of the page.

    Parameters
    ----------
    gray : ndarray of uint8 of shape (h, w)
        Image of the page.
    to_pixels : ndarray of shape (3, 3)
        From millimeters to pixels, for flat paper.
    paper : str
        The paper.
    boxes : ndarray of shape (n, 4)
        Left, top, right and bottom of the boxes in millimeters.
    """
    flat = _straight_page(gray, to_pixels, paper)
    across, along = _depth(flat), _depth(flat.T)
    shifts = np.array(
        [[_shift(across, box), _shift(along, box[[1, 0, 3, 2]])] for box in boxes], float
    )
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = np.array(PAPERS[paper])
    ways = [_fit(_terms(middles, size), shifts[:, way]) for way in range(2)]

    def bend(points: np.ndarray) -> np.ndarray:
        terms = _terms(points.reshape(-1, 2), size)
        return np.stack([terms @ way for way in ways], axis=1).reshape(points.shape)

    return bend


def _straight_page(gray: np.ndarray, to_pixels: np.ndarray, paper: str) -> np.ndarray:
    cv2 = opencv()
    width, height = (round(_DENSITY * side) for side in PAPERS[paper])
    middle = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    # From the middles of pixels of the page to those of the image.
    change = np.linalg.inv(middle) @ to_pixels @ np.diag([1 / _DENSITY, 1 / _DENSITY, 1]) @ middle
    return cv2.warpPerspective(
        gray,
        change,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _depth(flat: np.ndarray) -> np.ndarray:
    """Return the darkness of pixels relative to those on their left and right."""
    levels = flat.astype(np.float32)
    step = round(_BESIDE * _DENSITY)
    beside = np.minimum(np.roll(levels, step, axis=1), np.roll(levels, -step, axis=1))
    return np.clip(beside - levels, 0, _MOST_DEPTH)


def _shift(depth: np.ndarray, box: np.ndarray) -> float:
    """Return the displacement of the left and right lines of a box, in millimeters."""
    reach = round(_REACH * _DENSITY)
    left, top, right, bottom = box * _DENSITY
    rows = slice(round(top) + reach // 2, round(bottom) - reach // 2)
    places = np.arange(-reach, reach + 1)
    found = np.zeros(len(places))
    for line in (left, right):
        columns = np.clip(int(line) + places, 0, depth.shape[1] - 1)
        found += depth[rows][:, columns].mean(axis=0)
    best = int(found.argmax())
    if found[best] < 2 * np.median(found) + 1:
        return np.nan
    near = slice(max(0, best - 2), best + 3)
    place = np.average(places[near], weights=found[near])
    offset = (left - int(left) + right - int(right)) / 2 - 0.5
    return float(place - offset) / _DENSITY


def _terms(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    x, y = (2 * points / size - 1).T
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _fit(terms: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return the weights of the terms that explain most of the shifts; 0 where none is known."""
    weights = np.zeros(terms.shape[1])
    kept = ~np.isnan(shifts)
    if kept.sum() < _LEAST_SHIFTED:
        return weights
    weights[0] = np.median(shifts[kept])
    for _ in range(_ROUNDS):
        kept = np.abs(np.nan_to_num(shifts, nan=np.inf) - terms @ weights) < _STRAY
        if kept.sum() < _LEAST_BENT:
            break
        weights, *_ = np.linalg.lstsq(terms[kept], shifts[kept], rcond=None)
    return weights

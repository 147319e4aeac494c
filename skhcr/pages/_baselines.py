"""Baselines of lines, and how far characters reach above and below them.

These are not the lines of :mod:`._rows`, which go through the middles of characters, before they
are classified. A baseline goes through their lower edges, except for those of deep letters, which
only the classifier knows.
"""

from __future__ import annotations

import numpy as np

# Characters lie this far from their baseline, in heights of characters, and a line's slope differs
# so much from the page's.
_SPREAD, _SLOPE_SPREAD = 0.08, 0.02
# Deep letters count a little, because some are not deep.
_LEAST_WEIGHT = 0.02
# Characters that stand off the line, such as quotation marks, lose weight in every round.
_ROUNDS = 6


def ascents_and_descents(
    boxes: np.ndarray, lines: np.ndarray, deep: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far characters reach above and below the baselines of their lines, in pixels.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        Left, top, right and bottom, line by line.
    lines : ndarray of int of shape (n,)
        The line of every box.
    deep : ndarray of shape (n,)
        Probabilities that characters reach below the baseline.
    """
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3].astype(float)
    tops = boxes[:, 1]
    scale = float(np.median(y - tops))
    places = [np.flatnonzero(lines == line) for line in np.unique(lines)]
    base = _baselines(x, y, places, np.maximum(1 - deep, _LEAST_WEIGHT), scale)
    return base - tops, y - base


def _baselines(
    x: np.ndarray, y: np.ndarray, places: list[np.ndarray], weights: np.ndarray, scale: float
) -> np.ndarray:
    """Return the height of the baseline at every character."""
    spread = _SPREAD * scale
    base = y.copy()  # all characters count alike in the first round
    # The slope of the page counts as much as an observation with this square.
    of_page = (spread / _SLOPE_SPREAD) ** 2
    for _ in range(_ROUNDS):
        near = weights / (1 + ((y - base) / (2 * spread)) ** 2)
        sums = [_sums(x[rows], y[rows], near[rows]) for rows in places]
        products, squares = np.array([sums_[2:] for sums_ in sums]).T
        slope = products.sum() / max(squares.sum(), spread)
        slopes = (products + of_page * slope) / (squares + of_page)
        for rows, (x0, y0, *_), tilt in zip(places, sums, slopes, strict=True):
            base[rows] = y0 + tilt * (x[rows] - x0)
    return base


def _sums(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float, float, float]:
    """Return the means, and the sums of products and squares, for a regression."""
    x0, y0 = np.average(x, weights=weights), np.average(y, weights=weights)
    return x0, y0, weights @ ((x - x0) * (y - y0)), weights @ (x - x0) ** 2

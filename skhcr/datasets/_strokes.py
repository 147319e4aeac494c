"""Pen strokes as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

_STEP = 1.0  # pixels between two points; closer points make no visible difference
_NUMBERS_AT_A_TIME = 2**21


def draw_strokes(
    strokes: Sequence[ArrayLike], *, size: int = 32, pen_width: float = 0.06, margin: float = 0.06
) -> np.ndarray:
    """Draw a character's pen strokes with a round pen.

    The character is scaled until its ink fills the picture except for the margin, and is centered.
    The gray of every pixel is the share of it under ink.

    Parameters
    ----------
    strokes : sequence of array-like of shape (n_points, 2)
        The strokes: x and y of the points of each, in any unit; y increases downward. A stroke of
        one point is a dot.
    size : int, default=32
        Height and width of the picture in pixels.
    pen_width : float, default=0.06
        Width of the pen, as a fraction of the longer side of the strokes: 0.02 is a fine pen, 0.1 a
        felt pen.
    margin : float, default=0.06
        Width of the empty border, as a fraction of the picture's side.

    Returns
    -------
    ndarray of shape (size, size), dtype uint8
        Light ink on black: 0 where there is none, 255 under it.

    Raises
    ------
    ValueError
        If there is no point, a stroke is not a list of finite x and y, or a number is out of range.

    See Also
    --------
    fetch_unipen : Characters as strokes, by many writers.

    Examples
    --------
    >>> from skhcr.datasets import draw_strokes
    >>> cross = [[(0, 0), (10, 10)], [(10, 0), (0, 10)]]
    >>> picture = draw_strokes(cross, size=5, pen_width=0.2, margin=0)
    >>> picture
    array([[212,  53,   0,  53, 212],
           [ 53, 212,  53, 212,  53],
           [  0,  53, 212,  53,   0],
           [ 53, 212,  53, 212,  53],
           [212,  53,   0,  53, 212]], dtype=uint8)
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel. Got {size} instead.")
    if not (pen_width > 0 and np.isfinite(pen_width)):
        raise ValueError(f"pen_width must be a number above 0. Got {pen_width} instead.")
    if not 0 <= margin < 0.5:
        raise ValueError(f"margin must be at least 0 and less than 0.5. Got {margin} instead.")
    lines = [_points(stroke, i) for i, stroke in enumerate(strokes)]
    if not lines:
        raise ValueError("There are no strokes to draw.")
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max()) or 1.0  # a single dot is as large as its pen
    scale = size * (1 - 2 * margin) / (extent * (1 + pen_width))
    lines = [_thinned((line - (low + high) / 2) * scale + size / 2) for line in lines]
    return _inked(lines, size, pen_width * extent * scale / 2)


def _points(stroke: ArrayLike, number: int) -> np.ndarray:
    points = np.asarray(stroke, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"Stroke {number} must be a list of points, x and y. Its shape is {points.shape}."
        )
    if not np.isfinite(points).all():
        raise ValueError(f"Stroke {number} has a point that is NaN or infinite.")
    return points


def _thinned(line: np.ndarray) -> np.ndarray:
    """Return a line without points that are too close to the previous one."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    steps = np.floor(np.concatenate([[0], np.cumsum(lengths)]) / _STEP)
    kept = np.concatenate([[True], np.diff(steps) > 0])
    kept[-1] = True
    return line[kept]


def _inked(lines: list[np.ndarray], size: int, radius: float) -> np.ndarray:
    """Return the share of each pixel that is closer than `radius` to one of the lines."""
    starts = np.concatenate([line[:-1] if len(line) > 1 else line for line in lines])
    ends = np.concatenate([line[1:] if len(line) > 1 else line for line in lines])
    # float32: there are many pairs of pixels and line segments, and a hundredth of a pixel is
    # enough.
    x0, y0 = (column[:, None, None] for column in starts.T.astype(np.float32))
    dx, dy = (column[:, None, None] for column in (ends - starts).T.astype(np.float32))
    squared_lengths = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    centers = np.arange(size, dtype=np.float32) + np.float32(0.5)
    x = centers[None, None, :] - x0
    squares = np.empty((size, size), np.float32)
    n_rows = max(1, _NUMBERS_AT_A_TIME // (len(starts) * size))
    for top in range(0, size, n_rows):
        rows = slice(top, top + n_rows)
        y = centers[None, rows, None] - y0
        along = np.clip((x * dx + y * dy) / squared_lengths, 0, 1)
        squares[rows] = ((x - along * dx) ** 2 + (y - along * dy) ** 2).min(axis=0)
    # A pen thinner than a pixel covers at most part of it.
    covered = np.minimum(radius + 0.5 - np.sqrt(squares), min(1.0, 2 * radius))
    return np.rint(255 * np.clip(covered, 0, 1)).astype(np.uint8)

"""Flat rows of pixels as images.

Nothing here imports scikit-learn: exported classifiers need it.
"""

from __future__ import annotations

import math
import warnings

import numpy as np


def square_shape(n_values: int, advice: str, *, pad: bool = False) -> tuple[int, int, int]:
    """Return (height, width, channels) of square images of one channel, from their flat rows.

    Color images are not guessed: some files store them pixel by pixel, others channel by channel.

    Parameters
    ----------
    n_values : int
        Values in a row.
    advice : str
        Advice in the error for rows that are not square images.
    pad : bool, default=False
        Whether such rows get a warning and are padded with zeros instead of raising an error.
    """
    side = math.isqrt(n_values)
    if side and side * side == n_values:
        return side, side, 1
    problem = f"Rows of {n_values} values are not square images"
    in_color = math.isqrt(n_values // 3)
    if in_color > 1 and 3 * in_color * in_color == n_values:
        problem += f" of one channel, but may be {in_color} x {in_color} pixels in color"
    if not pad:
        raise ValueError(f"{problem}. {advice}")
    side += 1
    warnings.warn(f"{problem}: they are zero-padded to {side} x {side}. {advice}", stacklevel=3)
    return side, side, 1


def as_images(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return flat rows as images of (height, width, channels), padded with zeros."""
    missing = math.prod(shape) - rows.shape[1]
    if missing:
        rows = np.pad(rows, [(0, 0), (0, missing)])
    return rows.reshape(-1, *shape)

"""Growing, shrinking and reducing of masks and gray images by squares."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def dilate(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return where a square of `reach` pixels to every side meets a mask."""
    return _along_columns(_along_columns(mask, reach).T, reach).T


def erode(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return where a square of `reach` pixels to every side is within a mask that goes on."""
    return ~dilate(~mask, reach)


def close(image: np.ndarray, size: int) -> np.ndarray:
    """Return a gray closing with a square of `size` pixels; the image goes on beyond its edges."""
    high = ndimage.maximum_filter(image, size, mode="nearest")
    return ndimage.minimum_filter(high, size, mode="nearest")


def largest_of_squares(image: np.ndarray, side: int) -> np.ndarray:
    """Return a mask or gray image of fewer pixels: the largest of squares of `side` pixels."""
    return _largest_of_rows(_largest_of_rows(image, side).T, side).T


def _largest_of_rows(image: np.ndarray, n: int) -> np.ndarray:
    largest = image[::n].copy()
    for start in range(1, n):
        rows = image[start::n]
        np.maximum(largest[: len(rows)], rows, out=largest[: len(rows)])
    return largest


def _along_columns(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return where one of the pixels above, below or in the place itself is set."""
    height = len(mask)
    window = np.zeros((height + 2 * reach, mask.shape[1]), bool)
    window[reach : reach + height] = mask
    length = 1  # each pixel stands for so many of its column; twice as many with every step
    while length <= 2 * reach:
        step = min(length, 2 * reach + 1 - length)
        window[:-step] |= window[step:]
        length += step
    return window[:height]

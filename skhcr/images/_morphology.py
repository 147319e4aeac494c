"""Dilation, erosion and reduction of masks and gray images by squares."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def dilate(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return the dilation of a mask by a square of `reach` pixels to every side."""
    columns = any_in_column(mask, reach, reach)
    return any_in_column(columns.T, reach, reach).T


def erode(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return the erosion of a mask, extended beyond its edges, by a square of `reach` pixels."""
    return ~dilate(~mask, reach)


def close(image: np.ndarray, size: int) -> np.ndarray:
    """Return a gray closing with a square of `size` pixels; the image extends beyond its edges."""
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


def any_in_column(mask: np.ndarray, above: int, below: int, *, beyond: bool = False) -> np.ndarray:
    """Return where a pixel is set among the place itself and so many above and below it.

    `beyond` is what lies above and below the mask.
    """
    height, width = mask.shape
    window = np.full((above + height + below, width), beyond)
    window[above : above + height] = mask
    length = 1  # each pixel stands for so many of its column; twice as many with every step
    while length <= above + below:
        step = min(length, above + below + 1 - length)
        window[:-step] |= window[step:]
        length += step
    return window[:height]

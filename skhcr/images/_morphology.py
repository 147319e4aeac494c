"""Dilation, erosion and reduction of masks and gray images by squares."""

from __future__ import annotations

import numpy as np


def odd(value: float) -> int:
    """Return the odd number of pixels nearest to a length, at least 3."""
    return max(3, 2 * round((value - 1) / 2) + 1)


def dilate(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return the dilation of a mask by a square of `reach` pixels to every side."""
    columns = any_in_column(mask, reach, reach)
    return any_in_column(columns.T, reach, reach).T


def erode(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return the erosion of a mask, extended beyond its edges, by a square of `reach` pixels."""
    return ~dilate(~mask, reach)


def close(image: np.ndarray, size: int) -> np.ndarray:
    """Return a gray closing with a square of `size` pixels, an odd number."""
    return lowest_around(highest_around(image, size), size)


def highest_around(image: np.ndarray, size: int) -> np.ndarray:
    """Return the highest gray level in a square of `size` pixels, an odd number, around a pixel."""
    return _extreme_around(image, size, np.maximum, 0)


def lowest_around(image: np.ndarray, size: int) -> np.ndarray:
    """Return the lowest gray level in a square of `size` pixels, an odd number, around a pixel."""
    return _extreme_around(image, size, np.minimum, 255)


def _extreme_around(image: np.ndarray, size: int, extreme: np.ufunc, beyond: int) -> np.ndarray:
    for _ in range(2):  # a square is a row of columns
        image = _in_column(image, size // 2, size // 2, extreme, beyond).T
    return image


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
    return _in_column(mask, above, below, np.logical_or, beyond)


def _in_column(
    image: np.ndarray, above: int, below: int, extreme: np.ufunc, beyond: float
) -> np.ndarray:
    height, width = image.shape
    window = np.full((above + height + below, width), beyond, image.dtype)
    window[above : above + height] = image
    length = 1  # each pixel stands for so many of its column; twice as many with every step
    while length <= above + below:
        step = min(length, above + below + 1 - length)
        window = extreme(window[:-step], window[step:])
        length += step
    return window

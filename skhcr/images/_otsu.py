"""Otsu's threshold between dark and light pixels."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

# The threshold needs no more pixels than these.
_SAMPLE = 2**17


def otsu_threshold(histogram: np.ndarray) -> int:
    """Return the highest gray level of the darker class of pixels.

    The level that makes the variance between the two classes largest; in the middle, where
    an empty stretch of the histogram makes several equally good.
    """
    levels = np.arange(len(histogram))
    n_dark = np.cumsum(histogram, dtype=np.float64)
    sum_dark = np.cumsum(histogram * levels, dtype=np.float64)
    n, mean = n_dark[-1], sum_dark[-1] / n_dark[-1]
    # Where a class is empty, both terms of the fraction are 0.
    variance = (mean * n_dark - sum_dark) ** 2 / np.maximum(n_dark * (n - n_dark), 1)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-12))
    return int(best[0] + best[-1]) // 2


def stride(n_pixels: int) -> int:
    """Return the steps of rows and columns of a page for Otsu's threshold."""
    return max(1, math.isqrt(n_pixels // _SAMPLE))


def otsu_of(pixels: np.ndarray) -> int:
    """Return Otsu's threshold of the pixels of an array of uint8."""
    # Pillow counts quicker than numpy.
    return otsu_threshold(np.array(Image.fromarray(pixels.reshape(1, -1)).histogram()))

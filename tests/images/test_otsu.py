"""Otsu's threshold."""

import numpy as np

from skhcr.images._otsu import otsu_of, otsu_threshold, stride


def test_otsu_threshold():
    histogram = np.zeros(256, dtype=int)
    histogram[[20, 180]] = [5, 3]
    assert otsu_threshold(histogram) == 99  # the middle of 20..179, which all split alike
    histogram = np.zeros(256, dtype=int)
    histogram[[0, 1, 10, 11]] = 4
    assert otsu_threshold(histogram) in range(1, 10)
    rng = np.random.default_rng(0)
    pixels = np.concatenate([rng.normal(60, 10, 3000), rng.normal(190, 10, 9000)]).astype(int)
    assert 100 < otsu_threshold(np.bincount(pixels, minlength=256)) < 150


def test_the_threshold_of_pixels_is_that_of_their_histogram():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 20), np.uint8)
    assert otsu_of(pixels) == otsu_threshold(np.bincount(pixels.ravel(), minlength=256))
    assert otsu_of(pixels[::2, 1::3]) == otsu_threshold(
        np.bincount(pixels[::2, 1::3].ravel(), minlength=256)
    )


def test_large_pages_are_sampled():
    assert [stride(n) for n in (1, 2**17, 2**19, 9 * 2**17)] == [1, 1, 2, 3]

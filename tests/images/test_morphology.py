"""Masks grow and shrink as ndimage's do, which takes longer."""

import numpy as np
import pytest
from scipy import ndimage

from skhcr.images._morphology import close, dilate, erode, largest_of_squares


@pytest.mark.parametrize("reach", [1, 2, 3, 6, 40])
def test_dilation_and_erosion(reach):
    mask = np.random.default_rng(reach).random((33, 50)) < 0.03
    size = 2 * reach + 1
    np.testing.assert_array_equal(dilate(mask, reach), ndimage.maximum_filter(mask, size))
    square = np.ones((3, 3))
    expected = ndimage.binary_erosion(~mask, square, iterations=reach, border_value=1)
    np.testing.assert_array_equal(erode(~mask, reach), expected)


def test_closing_fills_gaps_narrower_than_the_square():
    image = np.full((20, 20), 9, np.uint8)
    image[:, 5:8] = image[10:16] = 0
    closed = close(image, 5)
    assert (closed[:9] == 9).all()
    assert (closed[11:15] == 0).all()


def test_largest_of_squares():
    image = np.arange(35, dtype=np.uint8).reshape(5, 7)
    np.testing.assert_array_equal(largest_of_squares(image, 3), [[16, 19, 20], [30, 33, 34]])
    np.testing.assert_array_equal(largest_of_squares(image > 20, 3), [[False] * 3, [True] * 3])
    assert (largest_of_squares(image, 1) == image).all()

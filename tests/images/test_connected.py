"""Connected pieces, compared with SciPy's."""

import numpy as np
import pytest
from scipy import ndimage

from skhcr.images._connected import find_connected


def expected(mask):
    labels, n = ndimage.label(mask, np.ones((3, 3)))
    boxes = [(y.start, y.stop, x.start, x.stop) for y, x in ndimage.find_objects(labels)]
    return labels, np.bincount(labels.ravel(), minlength=n + 1)[1:], np.reshape(boxes, (-1, 4))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (20, 30), (61, 7)])
@pytest.mark.parametrize("share", [0, 0.02, 0.1, 0.3, 0.5, 0.9, 1])
def test_pieces_are_those_of_scipy(shape, share):
    for seed in range(5):
        mask = np.random.default_rng(seed).random(shape) < share

        found = find_connected(mask)

        for one, other in zip(found, expected(mask), strict=True):
            np.testing.assert_array_equal(one, other)
        assert found.labels.dtype == np.int32


def test_pixels_touch_at_corners_but_not_around_the_edges():
    mask = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]) > 0

    found = find_connected(mask)

    np.testing.assert_array_equal(
        found.labels, [[0, 0, 1], [2, 0, 0], [0, 2, 0], [0, 0, 0], [0, 0, 3]]
    )
    np.testing.assert_array_equal(found.areas, [1, 2, 1])
    np.testing.assert_array_equal(found.boxes, [[0, 1, 2, 3], [1, 3, 0, 2], [4, 5, 2, 3]])


def test_parts_and_transposed_masks():
    mask = np.random.default_rng(0).random((40, 50)) < 0.2

    for view in (mask[3:30, 5:41], mask.T, mask[::2, ::-1]):
        for one, other in zip(find_connected(view), expected(view), strict=True):
            np.testing.assert_array_equal(one, other)

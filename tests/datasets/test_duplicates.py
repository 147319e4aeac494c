import warnings

import numpy as np
import pytest

from skhcr.datasets import deduplicate

# Rows 0, 2 and 5 are equal, and so are 1 and 4.
IMAGES = np.array([3, 1, 3, 2, 1, 3], dtype=np.uint8)[:, None, None] * np.ones((2, 3), np.uint8)


def test_the_first_copies_are_kept_in_their_order():
    np.testing.assert_array_equal(deduplicate(IMAGES), [0, 1, 3])
    np.testing.assert_array_equal(deduplicate(IMAGES.reshape(6, -1)), [0, 1, 3])


def test_one_pixel_makes_another_image():
    images = np.zeros((3, 8, 8), dtype=np.uint8)
    images[1, 7, 7] = 1
    np.testing.assert_array_equal(deduplicate(images), [0, 1])


def test_views_are_compared_by_their_values():
    wide = np.zeros((2, 4, 4), dtype=np.uint8)
    wide[1, :, 1::2] = 9
    np.testing.assert_array_equal(deduplicate(wide[:, :, ::2]), [0])
    np.testing.assert_array_equal(deduplicate(wide.transpose(0, 2, 1)), [0, 1])


def test_copies_of_the_same_label():
    np.testing.assert_array_equal(deduplicate(IMAGES, list("cacbac")), [0, 1, 3])


def test_copies_with_different_labels_are_all_excluded():
    with pytest.warns(
        UserWarning, match=r"^Excluded 1 image whose .* c at index 0 and d at index 5\.$"
    ):
        rows = deduplicate(IMAGES, list("cacbad"))
    np.testing.assert_array_equal(rows, [1, 3])


def test_without_labels_there_is_nothing_to_warn_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(deduplicate(IMAGES)) == 3


def test_no_images():
    assert deduplicate(np.empty((0, 2, 2))).tolist() == []


def test_paths_are_refused_as_images():
    with pytest.raises(ValueError, match=r"array of numbers .* shape \(2,\) and dtype <U5"):
        deduplicate(np.array(["a.png", "b.png"]))


def test_as_many_labels_as_images():
    with pytest.raises(ValueError, match=r"each of the 6 images\. Got an array of shape \(5,\)"):
        deduplicate(IMAGES, [0] * 5)


def test_numbers_that_are_equal_make_copies():
    images = np.array([[[0.0, 1.0]], [[-0.0, 1.0]]])
    assert deduplicate(images).tolist() == [0]


def test_images_without_a_label_are_not_disputed():
    images = np.arange(3)[:, None, None]
    assert deduplicate(images, [1.0, np.nan, 2.0]).tolist() == [0, 1, 2]

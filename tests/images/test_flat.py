"""Flat rows of pixels, by all that take them without being told their shape."""

import numpy as np
import pytest

from skhcr import CNNClassifier, ImageAugmenter
from skhcr.datasets import load_pixel_csv
from skhcr.images._flat import as_images, square_shape
from skhcr.inspection import PredictionGalleryDisplay

IN_COLOR = (
    "Rows of 12 values are not square images of one channel, but may be 2 x 2 pixels in color"
)


@pytest.mark.parametrize(("n_values", "side"), [(1, 1), (4, 2), (784, 28)])
def test_a_square_number_of_values_is_a_square_image(n_values, side, recwarn):
    assert square_shape(n_values, "", pad=True) == square_shape(n_values, "") == (side, side, 1)
    assert not recwarn


@pytest.mark.parametrize(
    ("n_values", "side", "problem"),
    [
        (2, 2, "Rows of 2 values are not square images"),
        (3, 2, "Rows of 3 values are not square images"),
        (785, 29, "Rows of 785 values are not square images"),
        (12, 4, IN_COLOR),
    ],
)
def test_other_rows_are_refused_or_padded(n_values, side, problem):
    with pytest.raises(ValueError, match=f"^{problem}. Do this.$"):
        square_shape(n_values, "Do this.")
    padded = f"^{problem}: they are zero-padded to {side} x {side}. Do this.$"
    with pytest.warns(UserWarning, match=padded):
        assert square_shape(n_values, "Do this.", pad=True) == (side, side, 1)


def test_rows_are_padded_with_zeros():
    rows = np.array([[1, 2, 3], [4, 5, 6]])
    gray = as_images(rows, (2, 2, 1))[..., 0]
    np.testing.assert_array_equal(gray, [[[1, 2], [3, 0]], [[4, 5], [6, 0]]])
    np.testing.assert_array_equal(as_images(rows, (1, 1, 3)), [[[[1, 2, 3]]], [[[4, 5, 6]]]])


def test_all_that_guess_a_shape_say_the_same(tmp_path):
    rows = np.ones((2, 12))
    path = tmp_path / "letters.csv"
    np.savetxt(path, rows, delimiter=",")
    refusals = [
        lambda: ImageAugmenter().preview(rows),
        lambda: PredictionGalleryDisplay(images=rows, y_true=[0, 1], y_pred=[0, 1]).plot(),
        lambda: load_pixel_csv(path, label_column=None),
    ]
    for refusal in refusals:
        with pytest.raises(ValueError, match=f"^{IN_COLOR}"):
            refusal()
    with pytest.warns(UserWarning, match=f"^{IN_COLOR}"):
        CNNClassifier(epochs=1).fit(rows, [0, 1])

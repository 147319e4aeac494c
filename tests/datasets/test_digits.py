import numpy as np
from sklearn.datasets import load_digits

from skhcr.datasets import load_digit_images


def test_levels_are_scaled_exactly():
    original, digits = load_digits(), load_digit_images()
    assert digits.images.dtype == np.uint8
    assert digits.images.shape == (1797, 8, 8)
    levels = [round(level * 255 / 16) for level in range(17)]
    assert (levels[0], levels[1], levels[8], levels[16]) == (0, 16, 128, 255)
    np.testing.assert_array_equal(digits.images, np.take(levels, original.images.astype(int)))


def test_the_bunch_agrees_with_itself_and_with_scikit_learn():
    original, digits = load_digits(), load_digit_images()
    np.testing.assert_array_equal(digits.data.reshape(-1, 8, 8), digits.images)
    np.testing.assert_array_equal(digits.target, original.target)
    np.testing.assert_array_equal(digits.target_names, np.arange(10))
    assert "Alpaydin" in digits.DESCR


def test_return_X_y():
    digits = load_digit_images()
    images, target = load_digit_images(return_X_y=True)
    np.testing.assert_array_equal(images, digits.images)
    np.testing.assert_array_equal(target, digits.target)

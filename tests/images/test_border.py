import numpy as np

from skhcr.images._border import border_median


def test_border_median_does_not_look_inside():
    pixels = np.full((1, 4, 5), 30)
    pixels[0, 1:3, 1:4] = 200
    pixels[0, 0, 0] = 99

    assert border_median(pixels) == [30]


def test_border_median_of_a_single_pixel_is_that_pixel():
    assert border_median(np.array([[[8]]])) == [8]


def test_border_median_is_that_of_every_channel_and_image():
    images = np.zeros((2, 5, 5, 2), np.uint8)
    images[0, ..., 0] = 30
    images[1, ..., 1] = 60
    images[:, 1:-1, 1:-1] = 255
    images[:, 0, :3] = 255

    np.testing.assert_array_equal(border_median(images), [[30, 0], [0, 60]])

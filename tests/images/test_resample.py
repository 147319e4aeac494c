"""Sizes change by true area averages and linear interpolation."""

import numpy as np
import pytest
from PIL import Image

from skhcr.images._resample import fit_within, pad, resize


def area_mean(pixels, size):
    """Compute area averages by counting sub-pixels: slow, plain, exact."""
    height, width = pixels.shape
    fine = np.kron(pixels.astype(float), np.ones(size))  # each pixel becomes size[0] x size[1]
    return fine.reshape(size[0], height, size[1], width).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("shape", "size"),
    [((4, 6), (2, 3)), ((7, 5), (3, 2)), ((9, 9), (8, 8)), ((6, 6), (1, 1)), ((8, 3), (5, 3))],
)
def test_shrinking_is_the_mean_of_the_area(shape, size):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    result = resize(Image.fromarray(pixels), size)
    assert result.shape == (*size, 1)
    assert result.dtype == np.uint8
    assert np.abs(result[:, :, 0] - area_mean(pixels, size)).max() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("shape", "size"), [((45, 61), (4, 5)), ((64, 48), (4, 4)), ((37, 4), (3, 4))]
)
def test_reduction_in_two_steps_is_close_to_the_mean_of_the_area(shape, size):
    y, x = np.indices(shape)
    pixels = (127.5 + 127.5 * np.sin(y / 5) * np.cos(x / 7)).astype(np.uint8)
    result = resize(Image.fromarray(pixels), size)[:, :, 0]
    assert np.abs(result - area_mean(pixels, size)).max() <= 3


def test_two_steps_keep_ramps_in_place():
    # A wrong extent of the last, partial block would shift the whole ramp.
    ramp = np.tile(np.linspace(0, 255, 1199), (3, 1)).round().astype(np.uint8)
    result = resize(Image.fromarray(ramp), (3, 32))[0, :, 0]
    expected = (np.arange(32) + 0.5) * 255 / 32
    assert np.abs(result - expected).max() <= 1.1


def test_enlarging_interpolates_between_pixel_centers():
    image = Image.fromarray(np.array([[0, 100]], dtype=np.uint8))
    np.testing.assert_array_equal(resize(image, (2, 4))[:, :, 0], [[0, 25, 75, 100]] * 2)


def test_axes_are_treated_alone():
    image = Image.fromarray(np.array([[0, 100], [20, 120]], dtype=np.uint8))
    np.testing.assert_array_equal(resize(image, (1, 4))[:, :, 0], [[10, 35, 85, 110]])


def test_colors_stay_apart():
    pixels = np.zeros((6, 6, 3), dtype=np.uint8)
    pixels[:, :3, 0], pixels[:3, :, 2] = 200, 100
    result = resize(Image.fromarray(pixels), (2, 2))
    assert result.tolist() == [[[200, 0, 100], [0, 0, 100]], [[200, 0, 0], [0, 0, 0]]]


def test_same_size_is_not_changed():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize(Image.fromarray(pixels), (5, 7)), pixels)


def test_constant_images_stay_constant():
    for size in ((3, 3), (5, 11), (40, 2), (64, 64)):
        assert (resize(Image.new("L", (17, 23), 201), size) == 201).all()


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((900, 1200), (32, 32), (24, 32)),
        ((10, 5), (32, 32), (32, 16)),
        ((1000, 1), (32, 32), (32, 1)),
        ((3, 3), (8, 4), (4, 4)),
    ],
)
def test_fit_within(shape, size, expected):
    assert fit_within(*shape, size) == expected


def test_pad_centers_in_the_color_of_the_border():
    pixels = np.full((1, 2, 3), (10, 20, 30), dtype=np.uint8)
    result = pad(pixels, (3, 2))
    assert result.shape == (3, 2, 3)
    assert (result == (10, 20, 30)).all()
    ink = np.zeros((5, 3, 1), dtype=np.uint8)
    ink[2, 1] = 255
    assert np.argwhere(pad(ink, (5, 7))).tolist() == [[2, 3, 0]]

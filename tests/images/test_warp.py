import numpy as np
import pytest
from scipy import ndimage

from skhcr.images._warp import (
    PATCH_SIDES,
    add_noise,
    affine_inverse,
    elastic_fields,
    erase_patches,
    warp,
)


def images_of(shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


def moved(images, *, rotation=0.0, scale=(1.0, 1.0), shear=0.0, shift=(0.0, 0.0), fill="edge"):
    """Warp every image in the same way."""
    n = len(images)
    matrices = affine_inverse(np.full(n, rotation), np.tile(scale, (n, 1)), np.full(n, shear))
    return warp(images, matrices, np.tile(shift, (n, 1)), fill=fill)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.float32, np.float64, np.bool_])
@pytest.mark.parametrize("shape", [(3, 8, 8, 1), (2, 5, 9, 3), (1, 1, 1, 1), (2, 1, 4, 1)])
@pytest.mark.parametrize("fill", ["edge", "background"])
def test_moving_nothing_changes_nothing(shape, dtype, fill):
    images = images_of(shape, dtype)

    result = moved(images, fill=fill)

    assert result.dtype == images.dtype
    np.testing.assert_array_equal(result, images)


def test_doubles_are_not_rounded_to_singles():
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 1)) + 1e9

    np.testing.assert_array_equal(moved(images), images)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_shift_by_whole_pixels_moves_pixels_exactly(dtype):
    images = images_of((3, 7, 9, 2), dtype)

    down_left = moved(images, shift=(2, -3))

    np.testing.assert_array_equal(down_left[:, 2:, :-3], images[:, :-2, 3:])
    np.testing.assert_array_equal(down_left[:, 2:, -3:], images[:, :-2, -1:].repeat(3, axis=2))
    np.testing.assert_array_equal(down_left[:, :2, :-3], images[:, :1, 3:].repeat(2, axis=1))


def test_background_moves_in_from_outside():
    images = np.full((2, 6, 6, 1), 10, np.uint8)
    images[1] = 200
    images[:, 2, -2:] = 90  # a stroke that leaves the image

    right_to_left = moved(images, shift=(0, -2), fill="background")

    np.testing.assert_array_equal(right_to_left[:, :, :-2], images[:, :, 2:])
    assert np.all(right_to_left[0, :, -2:] == 10)
    assert np.all(right_to_left[1, :, -2:] == 200)
    assert np.all(moved(images, shift=(0, -2), fill="edge")[:, 2, -2:] == 90)


@pytest.mark.parametrize("fill", ["edge", "background"])
def test_far_outside_there_is_only_fill(fill):
    images = np.full((1, 4, 4, 1), 7.5, np.float32)
    images[0, 1:3, 1:3] = 1.0

    assert np.all(moved(images, shift=(50, 50), fill=fill) == 7.5)


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_those_of_rot90(side, quarters):
    images = images_of((2, side, side, 3))

    turned = moved(images, rotation=quarters * np.pi / 2)

    np.testing.assert_array_equal(turned, np.rot90(images, quarters, axes=(1, 2)))


def test_doubling_keeps_the_center_and_spreads_the_middle():
    images = np.zeros((1, 5, 5, 1), np.float32)
    images[0, :, :, 0] = np.arange(5) * 10

    twice = moved(images, scale=(2, 2))[0, :, :, 0]

    np.testing.assert_array_equal(twice, np.tile([10, 15, 20, 25, 30], (5, 1)))


def test_height_and_width_scale_separately():
    images = np.zeros((1, 5, 5, 2), np.float32)
    images[0, ..., 0] = np.arange(5)[:, None]
    images[0, ..., 1] = np.arange(5)

    result = moved(images, scale=(2, 1))[0]

    np.testing.assert_array_equal(result[:, 0, 0], [1, 1.5, 2, 2.5, 3])
    np.testing.assert_array_equal(result[0, :, 1], [0, 1, 2, 3, 4])


def test_shear_moves_lower_rows_to_the_right():
    images = np.zeros((1, 5, 5, 1), np.uint8)
    images[0, :, 2] = 255

    slanted = moved(images, shear=1)[0, :, :, 0]

    np.testing.assert_array_equal(slanted, np.eye(5, dtype=np.uint8) * 255)


def test_each_image_moves_in_its_own_way():
    images = images_of((3, 6, 6, 1))
    shifts = np.array([[0, 0], [1, 0], [0, 2]])

    result = warp(images, np.tile(np.eye(2), (3, 1, 1)), shifts, fill="edge")

    np.testing.assert_array_equal(result[0], images[0])
    np.testing.assert_array_equal(result[1, 1:], images[1, :-1])
    np.testing.assert_array_equal(result[2, :, 2:], images[2, :, :-2])


def test_displacements_are_added_to_where_a_pixel_is_read():
    images = images_of((1, 4, 4, 1))
    displacements = np.zeros((1, 2, 4, 4), np.float32)
    displacements[0, 0, 1, 2] = 2
    displacements[0, 1, 0, 0] = 1

    result = warp(images, np.eye(2)[None], np.zeros((1, 2)), displacements, fill="edge")

    expected = images.copy()
    expected[0, 1, 2] = images[0, 3, 2]
    expected[0, 0, 0] = images[0, 0, 1]
    np.testing.assert_array_equal(result, expected)


def test_interpolation_is_that_of_scipy():
    images = images_of((4, 11, 13, 2), np.float64)
    rng = np.random.default_rng(1)
    matrices = affine_inverse(
        rng.uniform(-1, 1, 4), rng.uniform(0.7, 1.4, (4, 2)), rng.normal(size=4)
    )
    shifts = rng.uniform(-3, 3, (4, 2))

    result = warp(images, matrices, shifts, fill="edge")

    center = np.array([5, 6])
    for i in range(4):
        for channel in range(2):
            expected = ndimage.affine_transform(
                images[i, ..., channel],
                matrices[i],
                center - matrices[i] @ (center + shifts[i]),
                order=1,
                mode="nearest",
            )
            np.testing.assert_allclose(result[i, ..., channel], expected, atol=1e-3)


def test_affine_inverse_undoes_scale_then_shear_then_rotation():
    angle, shear, scale = 0.3, 0.2, np.array([1.25, 0.8])
    cos, sin = np.cos(angle), np.sin(angle)
    forward = np.array([[cos, -sin], [sin, cos]]) @ [[1, 0], [shear, 1]] @ np.diag(scale)

    (inverse,) = affine_inverse(np.array([angle]), scale[None], np.array([shear]))

    np.testing.assert_allclose(inverse @ forward, np.eye(2), atol=1e-12)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 100.0])
def test_elastic_fields_have_unit_variance_everywhere(sigma):
    fields = elastic_fields(4000, 6, 9, sigma=sigma, rng=np.random.default_rng(0))

    assert fields.shape == (4000, 2, 6, 9)
    assert fields.dtype == np.float32
    np.testing.assert_allclose(fields.mean(axis=0), 0, atol=0.08)
    np.testing.assert_allclose(fields.std(axis=0), 1, atol=0.08)


def test_elastic_fields_are_smooth_and_smoother_with_sigma():
    def step(sigma):
        fields = elastic_fields(50, 32, 32, sigma=sigma, rng=np.random.default_rng(0))
        return np.abs(np.diff(fields, axis=-1)).mean()

    # Gaussian smoothing makes neighbors correlate by exp(-1 / 4 sigma ** 2).
    def expected(sigma):
        return np.sqrt(2 * (1 - np.exp(-1 / (4 * sigma**2)))) * np.sqrt(2 / np.pi)

    assert step(4) == pytest.approx(expected(4), rel=0.1)
    assert step(2) == pytest.approx(expected(2), rel=0.1)


@pytest.mark.parametrize("shape", [(40, 40), (20, 60)])
def test_erased_patches_are_small_rectangles_of_background(shape):
    images = np.full((500, *shape, 2), 255, np.uint8)
    background = np.tile(np.array([3, 5], np.uint8), (500, 1))

    erased = erase_patches(images, background, probability=1, rng=np.random.default_rng(0))

    patch = np.all(erased == [3, 5], axis=-1)
    assert np.all(erased[~patch] == 255)
    in_rows, in_columns = patch.any(axis=2), patch.any(axis=1)
    np.testing.assert_array_equal(patch, in_rows[:, :, None] & in_columns[:, None, :])
    for side, hit in zip(shape, (in_rows, in_columns), strict=True):
        lengths = hit.sum(axis=1)
        low, high = (round(side * fraction) for fraction in PATCH_SIDES)
        assert set(lengths) == set(range(low, high + 1))
        assert hit.any(axis=0).all()  # any place can be hit
        assert np.all(np.abs(np.diff(hit.astype(int), axis=1)).sum(axis=1) <= 2)  # in one piece


def test_erase_chooses_images_by_probability():
    images = np.ones((4000, 10, 10, 1), np.float32)
    background = np.zeros((4000, 1), np.float32)

    erased = erase_patches(images, background, probability=0.3, rng=np.random.default_rng(0))

    assert np.any(erased == 0, axis=(1, 2, 3)).mean() == pytest.approx(0.3, abs=0.03)
    assert np.all(images == 1)


@pytest.mark.parametrize(("dtype", "top"), [(np.float32, 1.0), (np.uint8, 200), (np.float64, 16.0)])
def test_noise_is_a_fraction_of_the_range_and_stays_in_it(dtype, top):
    images = np.full((10, 30, 30, 1), top / 2, dtype)
    images[:, 0, 0], images[:, 0, 1] = 0, top

    noisy = add_noise(images, images, std=0.1, rng=np.random.default_rng(0))

    assert noisy.dtype == dtype
    assert noisy.min() >= 0
    assert noisy.max() <= top
    inner = noisy[:, 1:].astype(float)
    assert inner.mean() == pytest.approx(top / 2, rel=0.01)
    assert inner.std() == pytest.approx(0.1 * top, rel=0.05)


def test_noise_leaves_blank_images_blank():
    images = np.full((2, 4, 4, 1), 255, np.uint8)

    noisy = add_noise(images, images, std=0.5, rng=np.random.default_rng(0))

    np.testing.assert_array_equal(noisy, images)

"""PixelScaler: one scale per dtype, whatever the data."""

import numpy as np
import pandas as pd
import pytest

from skhcr.images import AugmentedImages, ImageAugmenter, PixelScaler


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.array([[0, 51, 255]], dtype=np.uint8), [[0, 0.2, 1]]),
        (np.array([[0, 13107, 65535]], dtype=np.uint16), [[0, 0.2, 1]]),
        (np.array([[0, 51, 255]], dtype=np.int64), [[0, 0.2, 1]]),
        (np.array([[False, True]]), [[0, 1]]),
        (np.array([[0, 0.25, 1]]), [[0, 0.25, 1]]),
        ([[0, 51]], [[0, 0.2]]),
        (pd.DataFrame({"a": [51], "b": [255]}), [[0.2, 1]]),
    ],
)
def test_scale(X, expected):
    result = PixelScaler().transform(X)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, np.array(expected, dtype=np.float32))


def test_dark_images_are_not_stretched():
    assert PixelScaler().transform(np.full((1, 2, 2), 51, dtype=np.uint8)).max() == np.float32(0.2)


@pytest.mark.parametrize("shape", [(2, 6), (2, 3, 4), (2, 3, 4, 1), (2, 3, 4, 3)])
def test_shapes_and_way_back(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    scaler = PixelScaler().fit(X)
    scaled = scaler.transform(X)
    assert scaled.shape == shape
    back = scaler.inverse_transform(scaled)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, X)


def test_all_levels_come_back():
    X = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(PixelScaler().inverse_transform(PixelScaler().transform(X)), X)


def test_augmentation_is_handed_on():
    X = np.full((2, 4, 4, 1), 51, dtype=np.uint8)
    augmented = ImageAugmenter(rotation=10).fit_transform(X)
    for scaled in (PixelScaler().transform(augmented), PixelScaler().transform(augmented[:1])):
        assert type(scaled) is AugmentedImages
        assert scaled.augmentation == augmented.augmentation
        assert scaled.dtype == np.float32
    scaled_floats = PixelScaler().transform(augmented / 255)
    assert type(scaled_floats) is AugmentedImages


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([[0, 255.0]]), r"float64 pixels must lie in 0\.\.1, .* from 0.0 to 255.0"),
        (np.array([[-0.5, 1.0]]), "from -0.5"),
        (np.array([[0, np.nan]]), "nan"),
        (np.array([[0, 256]]), r"must lie in 0\.\.255.*use dtype uint16"),
        (np.array([[-1, 5]]), "from -1 to 5"),
        (np.array([["a"]]), "array of numbers, got dtype <U1"),
        (np.array([np.zeros((2, 2)), np.zeros((3, 3))], dtype=object), "Give ImageLoader a size"),
        (np.zeros(3), r"one image per row, got shape \(3,\)"),
        (np.zeros((0, 4, 4)), "X is empty"),
    ],
)
def test_bad_input(X, message):
    with pytest.raises(ValueError, match=message):
        PixelScaler().transform(X)


@pytest.mark.parametrize("X", [[[1.5]], [[-0.1]], [[np.nan]]])
def test_inverse_refuses_values_outside_of_0_to_1(X):
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        PixelScaler().inverse_transform(X)


def test_feature_names():
    names = PixelScaler().get_feature_names_out(["a", "b"])
    assert names.tolist() == ["a", "b"]
    assert names.dtype == object
    with pytest.raises(ValueError, match="input_features"):
        PixelScaler().get_feature_names_out()

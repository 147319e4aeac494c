"""The light of the paper, and the strength of ink on it."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from skhcr.images._paper import blurred


@pytest.mark.parametrize("shape", [(1, 1), (2, 70), (64, 65), (129, 200)])
def test_blurred_pages_are_those_of_pillow(shape):
    for seed, levels in enumerate(([0, 255], [3, 9], [254, 256])):
        pixels = np.random.default_rng(seed).integers(*levels, shape, np.uint8)

        expected = Image.fromarray(pixels).filter(ImageFilter.BoxBlur(1))

        np.testing.assert_array_equal(blurred(pixels), expected)

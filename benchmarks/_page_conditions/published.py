"""Test images as they were published, and real pages with more on them.

These conditions take an image of the data set, of uint8, instead of a letter: AHCD's and MNIST's,
of 32 and 28 pixels; English pages of 1200 x 900; photographs of Russian letters of 32 x 32.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ._page import condition, laid_on

PAGES = ("english", "russian-letters")  # whose images show paper


def _enlarged(pixels, rng):
    """Return small photographs as larger cameras would take them."""
    if max(pixels.shape[:2]) > 100:
        return pixels
    scale = rng.uniform(5, 9)
    size = [round(scale * side) for side in pixels.shape[1::-1]]
    return np.asarray(Image.fromarray(pixels).resize(size, Image.BICUBIC))


@condition("as published")
def test_images(pixels, rng):
    return pixels


@condition("as published", models=("russian-letters",))
def on_squared_paper(pixels, rng):
    return pixels


@condition("as published", models=("russian-letters",))
def enlarged(pixels, rng):
    return _enlarged(pixels, rng)


@condition("as published", models=("russian-letters",))
def enlarged_on_squared_paper(pixels, rng):
    return _enlarged(pixels, rng)


@condition("as published", models=PAGES)
def real_page_on_a_table(pixels, rng):
    table = np.full(3, rng.uniform(20, 120)) + rng.uniform(-12, 12, 3)
    page = _enlarged(pixels, rng)
    return laid_on(page, table, rng, rng.uniform(0.03, 0.25, 4), rng.uniform(-5, 5), grain=5)


@condition("as published", models=PAGES)
def real_page_in_a_frame(pixels, rng):
    page = _enlarged(pixels, rng).copy()
    width = rng.integers(1, 6)
    for side in range(4):
        np.rot90(page, side)[:width] = rng.uniform(0, 60)
    return page


@condition("as published", models=PAGES)
def real_page_in_shadow(pixels, rng):
    page = _enlarged(pixels, rng)
    h, w = page.shape[:2]
    mask = Image.new("L", (w, h))
    x, lean = rng.uniform(0.2, 0.8) * w, rng.uniform(-0.3, 0.3) * h
    edge = [(x, -1), (x + lean, h), (2 * w, h), (2 * w, -1)]
    ImageDraw.Draw(mask).polygon(edge, 255)
    shadow = np.asarray(mask.filter(ImageFilter.GaussianBlur(rng.uniform(0.003, 0.02) * w)))
    factors = 1 - rng.uniform(0.2, 0.55) * shadow[..., np.newaxis] / 255
    return np.rint(page * factors).astype(np.uint8)

"""Pages on which there is nothing to read."""

import io

import numpy as np
from PIL import Image

from ._page import BLUE, Page, condition, laid_on, ruled


@condition("nothing")
def blank(letter, rng):
    return Page(letter, rng).as_array(rng, noise=rng.uniform(0, 8))


@condition("nothing")
def only_noise(letter, rng):
    shape = Page(letter, rng).shape
    if rng.random() < 0.5:
        return rng.integers(0, 256, shape).astype(np.uint8)
    return np.clip(rng.normal(128, rng.uniform(10, 60), shape), 0, 255).astype(np.uint8)


@condition("nothing")
def ramp(letter, rng):
    page = Page(letter, rng)
    y, x = (np.linspace(0, 1, n) for n in page.shape)
    angle = rng.uniform(0, np.pi / 2)
    ramp = np.cos(angle) * x + np.sin(angle) * y[:, np.newaxis]
    return np.clip(255 * ramp / ramp.max(), 0, 255).astype(np.uint8)


@condition("nothing")
def transparent(letter, rng):
    return np.zeros((*Page(letter, rng).shape, 4), np.uint8)


@condition("nothing")
def blank_on_a_table(letter, rng):
    pixels = Page(letter, rng).as_array(rng)
    return laid_on(pixels, np.full(3, rng.uniform(20, 120)), rng, rng.uniform(0.1, 0.4, 4), grain=4)


@condition("nothing")
def blank_with_ruling(letter, rng):
    return ruled(Page(letter, rng), rng, BLUE, squared=rng.random() < 0.5).as_array(rng)


@condition("nothing")
def blank_with_a_shadow(letter, rng):
    page = Page(letter, rng)
    page.ink[:] = 0
    return _shaded_blank(page, rng)


def _shaded_blank(page, rng):
    h, w = page.shape
    x = rng.uniform(0.2, 0.8) * w
    mask = page.mask(lambda d: d.rectangle((x, -1, w, h), 255), rng.uniform(0.5, 6))
    return page.light(1 - rng.uniform(0.2, 0.6) * mask).as_array(rng)


@condition("nothing")
def black(letter, rng):
    return 255 - Page(letter, rng, paper=(250, 250, 250)).as_array(rng)


@condition("nothing")
def blank_in_a_frame(letter, rng):
    pixels = Page(letter, rng).as_array(rng)
    width = rng.integers(1, 5)
    for side in range(4):
        np.rot90(pixels, side)[:width] = rng.uniform(0, 60)
    return pixels


@condition("nothing")
def empty_box_of_a_form(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    left, top, right, bottom = rng.uniform(0.05, 0.25, 4)
    box = (left * w, top * h, (1 - right) * w, (1 - bottom) * h)
    color, width = np.full(3, rng.uniform(0, 130)), round(rng.uniform(2, 5))
    page.draw(lambda d: d.rectangle(box, outline=255, width=width), color)
    return page.as_array(rng)


@condition("nothing")
def first_page_of_several_is_blank(letter, rng):
    page = Page(letter, rng)
    blank = Image.fromarray(page.as_array(rng))
    file = io.BytesIO()
    written = Image.fromarray(page.write().as_array(rng))
    blank.save(file, "TIFF", save_all=True, append_images=[written])
    return file.getvalue()

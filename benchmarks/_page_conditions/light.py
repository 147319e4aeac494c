"""Light that changes over the page: shadows with an edge, folds, glare."""

import numpy as np
from PIL import Image

from ._page import Page, condition


def _shaded(letter, rng, depth, blur, place):
    page = Page(letter, rng).write()
    h, w = page.shape
    left, _top, right, _bottom = page.box
    x = rng.uniform(left, right) if place == "over" else rng.uniform(0.2, 0.7) * left
    angle = rng.uniform(-0.3, 0.3)
    polygon = [(-9 * w, -h), (x - angle * h, -h), (x + angle * h * 2, 2 * h), (-9 * w, 2 * h)]
    mask = page.mask(lambda d: d.polygon(polygon, 255), blur)
    for _ in range(rng.integers(4)):
        mask = np.rot90(mask)
    if mask.shape != page.shape:
        mask = np.asarray(Image.fromarray(mask).resize(page.shape[::-1]))
    return page.light(1 - depth * mask).as_array(rng)


@condition("light")
def shadow_over_the_letter(letter, rng):
    return _shaded(letter, rng, rng.uniform(0.35, 0.65), rng.uniform(0.5, 3), "over")


@condition("light")
def shadow_beside_the_letter(letter, rng):
    return _shaded(letter, rng, rng.uniform(0.35, 0.65), rng.uniform(0.5, 3), "beside")


@condition("light")
def faint_shadow(letter, rng):
    return _shaded(letter, rng, rng.uniform(0.12, 0.25), rng.uniform(0.5, 3), "over")


@condition("light")
def shadow_with_a_wide_edge(letter, rng):
    return _shaded(letter, rng, rng.uniform(0.35, 0.6), rng.uniform(8, 20), "over")


@condition("light")
def shadow_of_a_phone(letter, rng):
    page = Page(letter, rng).write()
    h, w = page.shape
    left, top, right, bottom = page.box
    x, y = rng.uniform(left, right), rng.uniform(top, bottom)
    mask = page.mask(
        lambda d: d.rounded_rectangle((x, y, x + 2 * w, y + 2 * h), 0.1 * w, 255),
        rng.uniform(1, 5),
    )
    return page.light(1 - rng.uniform(0.35, 0.65) * mask).as_array(rng)


@condition("light")
def shadow_of_a_hand(letter, rng):
    page = Page(letter, rng).write()
    h, w = page.shape
    finger = rng.uniform(0.12, 0.2) * w
    top = rng.uniform(0.4, 0.7) * h
    lines = [
        ((w * (0.35 + 0.22 * i), top + rng.uniform(-0.1, 0.1) * h), (w * (0.6 + 0.1 * i), 1.5 * h))
        for i in range(4)
    ]

    def hand(d):
        for (x0, y0), end in lines:
            d.line((x0, y0, *end), 255, round(finger))
            d.ellipse((x0 - finger / 2, y0 - finger / 2, x0 + finger / 2, y0 + finger / 2), 255)

    mask = page.mask(hand, rng.uniform(2, 6))
    return page.light(1 - rng.uniform(0.3, 0.6) * mask).as_array(rng)


@condition("light")
def fold(letter, rng):
    page = Page(letter, rng).write()
    _h, w = page.shape
    x = rng.uniform(0.2, 0.8) * w
    sharp = np.clip((np.arange(w) - x) / rng.uniform(2, 8), 0, 1)
    fall = np.exp(-np.maximum(np.arange(w) - x, 0) / (0.4 * w))
    return page.light(
        np.broadcast_to(1 - rng.uniform(0.2, 0.45) * sharp * fall, page.shape)
    ).as_array(rng)


@condition("light")
def glare(letter, rng):
    page = Page(letter, rng, paper=np.full(3, rng.uniform(150, 190))).write()
    h, w = page.shape
    left, top, right, bottom = page.box
    x, y = rng.uniform(left, right), rng.uniform(top, bottom)
    rows, columns = np.indices(page.shape)
    radius = rng.uniform(0.2, 0.45) * max(h, w)
    spot = np.exp(-(((columns - x) ** 2 + (rows - y) ** 2) / radius**2))
    page.colors += (rng.uniform(60, 130) * spot)[..., np.newaxis]
    return page.as_array(rng)

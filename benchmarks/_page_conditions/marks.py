"""Other marks than the letter: pieces of other letters, crumbs, hairs, holes, stamps."""

import numpy as np
from PIL import Image, ImageFont

from ._page import Page, condition, free_place


@condition("marks")
def piece_of_a_neighbor(letter, rng):
    page = Page(letter, rng, room=(1.5, 2.2))
    h, w = page.shape
    other = np.roll(letter, rng.integers(3, 20), axis=0)[::-1]
    size = round(page.side)
    ink = np.asarray(Image.fromarray(other).resize((size, size), Image.BICUBIC)) / 255
    side = rng.integers(2)
    seen = max(4, round(rng.uniform(0.3, 0.8) * (page.box[0] if side else w - page.box[2])))
    seen = min(seen, size)
    top = min(max(0, page.box[1]), h - size) if h > size else 0
    ink = ink[:h]
    area = page.colors[top : top + ink.shape[0]]
    if side:
        part, ink = area[:, :seen], ink[:, -seen:]
    else:
        part, ink = area[:, w - seen :], ink[:, :seen]
    part += ink[..., np.newaxis] * (page.pen - part)
    return page.write().as_array(rng)


@condition("marks")
def line_of_writing_above(letter, rng):
    page = Page(letter, rng, room=(1.6, 2.4))
    w = page.shape[1]
    depth = round(rng.uniform(0.2, 0.7) * page.box[1])
    xs = np.arange(rng.uniform(0, 0.2) * w, w, rng.uniform(0.25, 0.5) * page.side)
    t = max(2, round(0.07 * page.side))
    page.draw(
        lambda d: [d.line((x, -10, x + rng.uniform(-20, 20), depth), 255, t) for x in xs], page.pen
    )
    return page.write().as_array(rng)


@condition("marks")
def crumb(letter, rng):
    page = Page(letter, rng, room=(1.8, 2.6))
    r = rng.uniform(0.02, 0.05) * page.side
    x, y = free_place(page, rng, 0.6 * page.side)
    page.draw(lambda d: d.ellipse((x - r, y - 0.7 * r, x + r, y + 0.7 * r), 255), (90, 70, 50))
    return page.write().as_array(rng)


@condition("marks")
def hair(letter, rng):
    page = Page(letter, rng, room=(1.8, 2.6))
    x, y = free_place(page, rng, 0.7 * page.side)
    r = rng.uniform(0.1, 0.25) * page.side
    start = rng.uniform(0, 360)
    page.draw(
        lambda d: d.arc((x - r, y - r, x + r, y + r), start, start + rng.uniform(60, 150), 255, 2),
        (60, 50, 45),
    )
    return page.write().as_array(rng)


@condition("marks")
def punch_hole(letter, rng):
    page = Page(letter, rng, room=(2, 2.8))
    h = page.shape[0]
    r = rng.uniform(0.08, 0.16) * page.side
    x = r + rng.uniform(0.05, 0.3) * page.box[0]
    y = rng.uniform(0.2, 0.8) * h
    page.draw(
        lambda d: d.ellipse((x - r, y - r, x + r, y + r), 255), np.full(3, rng.uniform(0, 90))
    )
    return page.write().as_array(rng)


@condition("marks")
def dust(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    places = rng.uniform(0, 1, (rng.integers(5, 40), 2)) * (w, h)
    page.draw(
        lambda d: [
            d.ellipse((x - r, y - r, x + r, y + r), 255)
            for (x, y) in places
            for r in [rng.uniform(0.5, 1.6)]
        ],
        (70, 70, 70),
    )
    return page.write().as_array(rng)


@condition("marks")
def date_stamp(letter, rng):
    page = Page(letter, rng, room=(2.2, 3))
    h, w = page.shape
    size = round(rng.uniform(0.08, 0.14) * page.side)
    font = ImageFont.load_default(max(9, size))
    text = f"{rng.integers(2000, 2030)}-{rng.integers(10, 13)}-{rng.integers(10, 29)}"
    x, y = w - 7 * size, (h - 1.6 * size if rng.random() < 0.5 else 0.4 * size)
    page.draw(lambda d: d.text((x, y), text, 255, font), (200, 90, 40))
    return page.write().as_array(rng)


@condition("marks")
def stain(letter, rng):
    page = Page(letter, rng, room=(1.8, 2.6))
    x, y = free_place(page, rng, 0.5 * page.side)
    r = rng.uniform(0.15, 0.35) * page.side
    page.draw(
        lambda d: d.ellipse((x - r, y - r, x + r, y + r), 255), (190, 160, 110), 0.6, blur=0.2 * r
    )
    return page.write().as_array(rng)

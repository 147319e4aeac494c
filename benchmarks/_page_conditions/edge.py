"""What is not paper at the edge: frames, cell borders, scanners, tables, windows."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ._page import Page, condition, laid_on


@condition("edge")
def frame_of_one_pixel(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    pixels[[0, -1]] = 0
    pixels[:, [0, -1]] = 0
    return pixels


@condition("edge")
def frame_in_part(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    width = rng.integers(1, 5)
    for side in rng.permutation(4)[: rng.integers(1, 4)]:
        np.rot90(pixels, side)[:width] = rng.uniform(0, 60)
    return pixels


@condition("edge")
def cell_borders(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    t, color = round(rng.uniform(2, 7)), np.full(3, rng.uniform(0, 120))
    inset = [round(0.04 * rng.uniform(0, 1) * max(h, w)) for _ in range(4)]
    left, top, right, bottom = inset[0], inset[1], w - 1 - inset[2], h - 1 - inset[3]
    page.draw(
        lambda d: [
            d.line(line, 255, t)
            for line in (
                (left, 0, left, h),
                (right, 0, right, h),
                (0, top, w, top),
                (0, bottom, w, bottom),
            )
        ],
        color,
    )
    return page.write().as_array(rng)


@condition("edge")
def rest_of_cell_borders(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    t, color = round(rng.uniform(2, 6)), np.full(3, rng.uniform(0, 120))
    lines = [(0, 0, 0, h), (w - 1, 0, w - 1, h), (0, 0, w, 0), (0, h - 1, w, h - 1)]
    chosen = [lines[i] for i in rng.permutation(4)[: rng.integers(1, 4)]]
    page.draw(lambda d: [d.line(line, 255, t) for line in chosen], color)
    return page.write().as_array(rng)


@condition("edge")
def scanner_strip(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    for side in rng.permutation(4)[: rng.integers(1, 3)]:
        width = round(rng.uniform(0.02, 0.1) * min(pixels.shape[:2]))
        strip = np.rot90(pixels, side)[:width]
        strip[:] = np.clip(rng.normal(rng.uniform(0, 40), 6, strip.shape[:2]), 0, 255)[..., None]
    return pixels


@condition("edge")
def open_lid(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    right, bottom = rng.uniform(0.1, 0.7, 2)
    return laid_on(pixels, (20, 20, 22), rng, (0, 0, right, bottom), grain=2)


@condition("edge")
def on_a_table(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    table = np.full(3, rng.uniform(20, 110)) + rng.uniform(-12, 12, 3)
    return laid_on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=3)


@condition("edge")
def on_a_wooden_table(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    table = np.array([(120, 82, 50), (90, 60, 40), (150, 110, 75)][rng.integers(3)])
    return laid_on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=rng.uniform(6, 16))


@condition("edge")
def on_a_light_table(letter, rng):
    pixels = Page(letter, rng, paper=(248, 248, 246)).write().as_array(rng)
    table = np.full(3, rng.uniform(140, 190))
    return laid_on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=3)


@condition("edge")
def table_on_one_side(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    margins = np.zeros(4)
    margins[rng.integers(4)] = rng.uniform(0.1, 0.6)
    return laid_on(pixels, np.full(3, rng.uniform(20, 120)), rng, margins, grain=5)


@condition("edge")
def table_in_a_corner(letter, rng):
    page = Page(letter, rng).write()
    h, w = page.shape
    x, y = rng.uniform(0.15, 0.5) * w, rng.uniform(0.15, 0.5) * h
    corner = [(0, 0), (x, 0), (0, y)]
    if rng.random() < 0.5:
        corner = [(w - a, b) for a, b in corner]
    if rng.random() < 0.5:
        corner = [(a, h - b) for a, b in corner]
    left, top, _right, _bottom = page.box
    inside = page.mask(lambda d: d.polygon(corner, 255))
    if (inside * page.ink).any():
        corner = [(0, 0), (0.4 * left, 0), (0, 0.4 * top)]
    page.draw(lambda d: d.polygon(corner, 255), np.full(3, rng.uniform(20, 110)))
    return page.as_array(rng)


@condition("edge")
def turned_on_a_table(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    table = np.full(3, rng.uniform(20, 120)) + rng.uniform(-15, 15, 3)
    angle = rng.uniform(3, 12) * rng.choice([-1, 1])
    return laid_on(pixels, table, rng, rng.uniform(0, 0.3, 4), angle=angle, grain=5)


@condition("edge")
def gutter(letter, rng):
    page = Page(letter, rng).write()
    w = page.shape[1]
    width = rng.uniform(0.06, 0.18) * w
    x = np.arange(w) if rng.random() < 0.5 else np.arange(w)[::-1]
    fall = 1 - rng.uniform(0.6, 0.95) * np.exp(-x / width * 2)
    return page.light(np.broadcast_to(fall, page.shape)).as_array(rng)


@condition("edge")
def dark_window_frame(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    bar = rng.uniform(0.05, 0.12)
    framed = laid_on(pixels, (45, 45, 48), rng, (0.01, bar, 0.01, 0.01)).copy()
    y = round(bar * max(pixels.shape[:2]) / 2)
    image = Image.fromarray(framed)
    for i in range(3):
        x = image.width - y * (i + 1) * 1.5
        ImageDraw.Draw(image).ellipse((x - y / 4, y * 3 / 4, x + y / 4, y * 5 / 4), (200, 200, 200))
    return np.asarray(image)


@condition("edge")
def light_window_frame(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    framed = laid_on(pixels, (222, 222, 222), rng, (0.01, 0.08, 0.01, 0.01)).copy()
    framed[[0, -1]] = framed[:, [0, -1]] = 120
    image = Image.fromarray(framed)
    y = 0.04 * max(pixels.shape[:2])
    for i, color in enumerate([(255, 95, 87), (254, 188, 46), (40, 200, 64)]):
        x = y * (1 + 1.3 * i)
        ImageDraw.Draw(image).ellipse((x - y / 3, y * 2 / 3, x + y / 3, y * 4 / 3), color)
    return np.asarray(image)


@condition("edge")
def rounded_transparent_corners(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    if rng.random() < 0.5:
        pixels = 255 - pixels
    h, w = pixels.shape[:2]
    alpha = Image.new("L", (w, h))
    radius = rng.uniform(0.06, 0.2) * min(h, w)
    ImageDraw.Draw(alpha).rounded_rectangle((0, 0, w - 1, h - 1), radius, 255)
    return np.dstack([pixels, np.asarray(alpha)])


@condition("edge")
def figure_of_a_plot(letter, rng):
    square = np.pad(letter, 4)
    if rng.random() < 0.5:
        square = 255 - square
    scale = rng.integers(6, 10)
    inner = np.kron(square, np.ones((scale, scale), np.uint8))
    h, w = inner.shape
    left, top = round(0.14 * w), round(0.1 * h)
    page = np.full((round(1.3 * h), round(1.3 * w)), 255, np.uint8)
    page[top : top + h, left : left + w] = inner
    image = Image.fromarray(page)
    d = ImageDraw.Draw(image)
    d.rectangle((left, top, left + w, top + h), outline=0, width=2)
    font = ImageFont.load_default(max(9, round(0.045 * h)))
    for i in range(0, square.shape[0], 10):
        d.line((left - 5, top + scale * i, left, top + scale * i), 0, 1)
        d.text((2, top + scale * i - 5), str(i), 0, font)
        d.line((left + scale * i, top + h, left + scale * i, top + h + 5), 0, 1)
        d.text((left + scale * i - 4, top + h + 7), str(i), 0, font)
    return np.asarray(image)


@condition("edge")
def scan_turned_on_black(letter, rng):
    image = Image.fromarray(Page(letter, rng, room=(1.7, 2.6)).write().as_array(rng))
    angle = rng.uniform(1, 6) * rng.choice([-1, 1])
    return np.asarray(image.rotate(angle, Image.BICUBIC, fillcolor=(0, 0, 0)))

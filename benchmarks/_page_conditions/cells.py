"""Letters cut out, as from a form or a grid: little room around them, few pixels, cut borders."""

import io

import numpy as np
from PIL import Image

from ._page import BLUE, GRAY_BLUE, Page, condition, laid_on, ruled


def _cell(letter, rng, **options):
    """Return a page with little room; the letter is as high as in scans of 100 to 300 dpi."""
    return Page(letter, rng, room=(1.12, 1.5), scale=rng.uniform(1.5, 5), **options)


def _sides(rng):
    """Return one to four sides, by which times a picture is turned to have them above."""
    return rng.permutation(4)[: rng.integers(1, 5)]


@condition("cells")
def cell(letter, rng):
    return _cell(letter, rng).write().as_array(rng)


@condition("cells")
def cell_light_on_dark(letter, rng):
    return 255 - cell(letter, rng)


@condition("cells")
def small_cell(letter, rng):
    image = Image.fromarray(cell(letter, rng))
    image.thumbnail([int(rng.integers(28, 49))] * 2, Image.BOX)
    return np.asarray(image)


@condition("cells")
def cell_as_jpeg(letter, rng):
    file = io.BytesIO()
    Image.fromarray(cell(letter, rng)).save(file, "JPEG", quality=int(rng.integers(20, 60)))
    return np.asarray(Image.open(file))


@condition("cells")
def cell_with_whole_borders(letter, rng):
    pixels = cell(letter, rng)
    width = rng.integers(1, 5)
    border = np.full(3, rng.uniform(0, 130))
    return laid_on(
        laid_on(pixels, border, rng, [width / max(pixels.shape)] * 4),
        (240,) * 3,
        rng,
        rng.uniform(0.01, 0.06, 4),
    )


@condition("cells")
def cell_with_cut_borders(letter, rng):
    pixels = cell(letter, rng)
    color = rng.uniform(0, 130)
    for side in _sides(rng):
        np.rot90(pixels, side)[: rng.integers(1, 5)] = color
    return pixels


@condition("cells")
def cell_with_slanting_borders(letter, rng):
    page = _cell(letter, rng)
    h, w = page.shape
    color, width = np.full(3, rng.uniform(0, 130)), round(rng.uniform(1, 4))
    a, b, c, d = rng.uniform(0, 0.025, 4) * max(h, w)
    for line in ((0, a, w, b), (c, 0, d, h), (0, h - b, w, h - a), (w - d, 0, w - c, h)):
        if rng.random() < 0.7:
            page.draw(lambda drawing, line=line: drawing.line(line, 255, width), color)
    return page.write().as_array(rng)


@condition("cells")
def cell_with_a_scanner_strip(letter, rng):
    pixels = cell(letter, rng)
    strip = np.rot90(pixels, rng.integers(4))
    strip[: max(1, round(rng.uniform(0.03, 0.12) * len(strip)))] = rng.uniform(0, 40)
    return pixels


@condition("cells")
def cell_with_a_part_of_the_next(letter, rng):
    page = _cell(letter, rng)
    pixels = page.write().as_array(rng)
    other = np.rot90(cell(letter, rng), 2)
    other = np.asarray(Image.fromarray(other).resize(pixels.shape[1::-1], Image.BICUBIC))
    other = np.clip(other.astype(float) + pixels.mean() - other.mean(), 0, 255)
    left, _, right, _ = page.box
    width = pixels.shape[1]
    if rng.random() < 0.5:
        seen = round(rng.uniform(0.5, 0.9) * left)
        pixels[:, :seen] = other[:, width - seen - round(0.1 * width) : width - round(0.1 * width)]
    else:
        seen = round(rng.uniform(0.5, 0.9) * (width - right))
        pixels[:, width - seen :] = other[:, round(0.1 * width) : round(0.1 * width) + seen]
    return pixels


@condition("cells")
def cell_in_part_in_shadow(letter, rng):
    page = _cell(letter, rng).write()
    h, w = page.shape
    x, lean = rng.uniform(0.1, 0.9) * w, rng.uniform(-0.4, 0.4) * h
    edge = [(x, -1), (x + lean, h), (2 * w, h), (2 * w, -1)]
    shadow = page.mask(lambda d: d.polygon(edge, 255), rng.uniform(0.5, 3))
    return page.light(1 - rng.uniform(0.2, 0.6) * shadow).as_array(rng)


@condition("cells")
def cell_of_ruled_paper(letter, rng):
    return ruled(_cell(letter, rng), rng, BLUE, squared=False).write().as_array(rng)


@condition("cells")
def cell_of_squared_paper(letter, rng):
    return ruled(_cell(letter, rng), rng, GRAY_BLUE, squared=True).write().as_array(rng)


@condition("cells")
def cell_on_a_table(letter, rng):
    table = np.full(3, rng.uniform(20, 120))
    angle = rng.uniform(-6, 6)
    return laid_on(cell(letter, rng), table, rng, rng.uniform(0.02, 0.2, 4), angle, grain=4)


@condition("cells")
def cell_with_a_crumb(letter, rng):
    page = _cell(letter, rng)
    h, w = page.shape
    r = rng.uniform(0.015, 0.035) * page.side
    left, top, right, bottom = page.box
    x = rng.choice([left / 2, (w + right) / 2])
    y = rng.choice([top / 2, (h + bottom) / 2])
    page.draw(lambda d: d.ellipse((x - r, y - r, x + r, y + r), 255), (90, 70, 50))
    return page.write().as_array(rng)

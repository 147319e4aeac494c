"""A page to write a letter on, and what several kinds of conditions draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

CONDITIONS: dict[str, dict[str, Callable]] = {}
MODELS_OF: dict[str, tuple[str, ...]] = {}  # of conditions that are not for all of them
BLUE, GRAY_BLUE, RED = (120, 160, 215), (150, 180, 220), (215, 110, 110)


def condition(kind: str, models: tuple[str, ...] | None = None) -> Callable:
    """Register a condition under its function's name, for all pretrained models or some."""

    def register(function: Callable) -> Callable:
        name = function.__name__.replace("_", " ")
        CONDITIONS.setdefault(kind, {})[name] = function
        if models is not None:
            MODELS_OF[name] = models
        return function

    return register


class Page:
    """A letter and the paper it will be written on.

    Attributes
    ----------
    colors : ndarray of float of shape (h, w, 3)
        The paper, 0 to 255, with all that is printed or drawn on it so far.
    ink : ndarray of float of shape (h, w)
        Share of every pixel that the letter's ink covers.
    box : (int, int, int, int)
        Left, top, right and bottom of the letter.
    """

    def __init__(self, letter, rng, *, room=(1.4, 2.6), scale=None, pen=None, paper=None):
        scale = rng.uniform(6, 12) if scale is None else scale
        rows, columns = np.flatnonzero(letter.max(1)), np.flatnonzero(letter.max(0))
        letter = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = (max(2, round(scale * side)) for side in letter.shape)
        ink = Image.fromarray(letter).resize((width, height), Image.BICUBIC)
        side = max(height, width)
        shape = [max(n + 2, round(side * rng.uniform(*room))) for n in (height, width)]
        free = [(shape[0] - height) / 2, (shape[1] - width) / 2]
        top, left = (round(f * rng.uniform(0.7, 1.3)) for f in free)
        self.ink = np.zeros(shape, np.float32)
        self.ink[top : top + height, left : left + width] = np.asarray(ink) / 255
        self.box = (left, top, left + width, top + height)
        self.scale = scale
        level = rng.uniform(205, 250)
        paper = level + rng.uniform(-6, 4, 3) if paper is None else np.array(paper, float)
        self.colors = np.full((*shape, 3), paper, np.float32)
        self.pen = rng.uniform(10, 80) + rng.uniform(-8, 8, 3) if pen is None else np.array(pen)

    @property
    def shape(self):
        """Height and width."""
        return self.ink.shape

    @property
    def side(self):
        """The longer side of the letter."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    def draw(self, draw_shapes, color, opacity=1.0, blur=0.0):
        """Draw shapes on the page: `draw_shapes` is given an ImageDraw to draw in 255 on."""
        mask = Image.new("L", self.shape[::-1])
        draw_shapes(ImageDraw.Draw(mask))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        share = np.asarray(mask, np.float32)[..., np.newaxis] * np.float32(opacity / 255)
        self.colors += share * (np.asarray(color, np.float32) - self.colors)
        return self

    def write(self):
        """Write the letter."""
        self.colors += self.ink[..., np.newaxis] * (self.pen.astype(np.float32) - self.colors)
        return self

    def light(self, factors):
        """Let less light fall on the page, by a factor for every pixel."""
        self.colors *= factors[..., np.newaxis].astype(np.float32)
        return self

    def as_array(self, rng, noise=None):
        """Return the page as pixels, with a little noise."""
        noise = rng.uniform(0, 4) if noise is None else noise
        grain = rng.standard_normal(self.shape, np.float32) * np.float32(noise)
        colors = self.colors + grain[..., np.newaxis]
        return np.clip(np.rint(colors, colors), 0, 255, colors).astype(np.uint8)

    def mask(self, draw_shapes, blur=0.0):
        """Return a mask of 0 to 1 in which shapes are drawn."""
        image = Image.new("L", self.shape[::-1])
        draw_shapes(ImageDraw.Draw(image))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)) if blur else image) / 255


def laid_on(pixels, table, rng, margins, angle=0.0, grain=0.0):
    """Lay a page on a table: margins left, top, right and bottom, in shares of its longer side."""
    h, w = pixels.shape[:2]
    left, top, right, bottom = (round(m * max(h, w)) for m in margins)
    shape = (h + top + bottom, w + left + right)
    texture = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), (1, 12))
    colors = np.array(table, np.float32) + np.float32(12 * grain) * texture[..., np.newaxis]
    colors = np.clip(colors, 0, 255).astype(np.uint8)
    image = Image.fromarray(colors)
    paper = Image.fromarray(pixels).convert("RGBA")
    if angle:
        paper = paper.rotate(angle, Image.BICUBIC, expand=True)
    x = left + (w - paper.width) // 2
    y = top + (h - paper.height) // 2
    image.paste(paper, (x, y), paper)
    return np.asarray(image)


def ruled(page, rng, color, *, squared, gap=None, width=None):
    """Draw ruling or squares on a page, a little aslant."""
    h, w = page.shape
    gap = rng.uniform(0.25, 0.9) * page.side if gap is None else gap
    width = rng.uniform(1, 3) if width is None else width
    slope = np.tan(np.radians(rng.uniform(-1.5, 1.5)))
    start = rng.uniform(0, gap)

    def lines(d):
        for y in np.arange(start - gap, h + 2 * gap, gap):
            d.line((0, y, w, y + slope * w), 255, round(width))
        if squared:
            for x in np.arange(start - gap, w + 2 * gap, gap):
                d.line((x, 0, x - slope * h, h), 255, round(width))

    return page.draw(lines, color, blur=0.4)


def free_place(page, rng, size):
    """Return a place where a mark of a size does not touch the letter."""
    h, w = page.shape
    left, top, right, bottom = page.box
    gap = size / 2 + 0.08 * page.side
    for _ in range(200):
        x, y = rng.uniform(size / 2, w - size / 2), rng.uniform(size / 2, h - size / 2)
        if not (left - gap < x < right + gap and top - gap < y < bottom + gap):
            return x, y
    return size / 2, size / 2

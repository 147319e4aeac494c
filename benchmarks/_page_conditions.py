"""Characters on pages as people have them: conditions with random parameters.

Every condition takes a :class:`Page`, whose letter is not drawn yet, and a random generator, and
returns what a camera or scanner would make of it: an RGB, RGBA or gray array of uint8.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

CONDITIONS: dict[str, dict[str, Callable]] = {}


def condition(kind: str) -> Callable:
    """Register a condition under its function's name."""

    def register(function: Callable) -> Callable:
        name = function.__name__.strip("_").replace("_", " ")
        CONDITIONS.setdefault(kind, {})[name] = function
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
        self.ink = np.zeros(shape)
        self.ink[top : top + height, left : left + width] = np.asarray(ink) / 255
        self.box = (left, top, left + width, top + height)
        self.scale = scale
        level = rng.uniform(205, 250)
        paper = level + rng.uniform(-6, 4, 3) if paper is None else np.array(paper, float)
        self.colors = np.broadcast_to(paper, (*shape, 3)).copy()
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
        share = np.asarray(mask)[..., np.newaxis] / 255 * opacity
        self.colors += share * (np.asarray(color, float) - self.colors)
        return self

    def write(self):
        """Write the letter."""
        self.colors += self.ink[..., np.newaxis] * (self.pen - self.colors)
        return self

    def light(self, factors):
        """Let less light fall on the page, by a factor for every pixel."""
        self.colors *= factors[..., np.newaxis]
        return self

    def as_array(self, rng, noise=None):
        """Return the page as pixels, with a little noise."""
        noise = rng.uniform(0, 4) if noise is None else noise
        colors = self.colors + rng.normal(0, max(noise, 1e-9), self.shape)[..., np.newaxis]
        return np.clip(np.rint(colors), 0, 255).astype(np.uint8)

    def mask(self, draw_shapes, blur=0.0):
        """Return a mask of 0 to 1 in which shapes are drawn."""
        image = Image.new("L", self.shape[::-1])
        draw_shapes(ImageDraw.Draw(image))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)) if blur else image) / 255


def _on(pixels, table, rng, margins, angle=0.0, grain=0.0):
    """Lay a page on a table: margins left, top, right and bottom, in shares of its longer side."""
    h, w = pixels.shape[:2]
    left, top, right, bottom = (round(m * max(h, w)) for m in margins)
    shape = (h + top + bottom, w + left + right)
    texture = rng.normal(0, 1, shape)
    texture = ndimage.gaussian_filter(texture, (1, 12)) * 12
    colors = np.array(table, float) * np.ones((*shape, 1)) + (grain * texture)[..., np.newaxis]
    colors = np.clip(colors, 0, 255).astype(np.uint8)
    image = Image.fromarray(colors)
    paper = Image.fromarray(pixels).convert("RGBA")
    if angle:
        paper = paper.rotate(angle, Image.BICUBIC, expand=True)
    x = left + (w - paper.width) // 2
    y = top + (h - paper.height) // 2
    image.paste(paper, (x, y), paper)
    return np.asarray(image)


# ------------------------------------------------------------------ pages as they should be


@condition("clean")
def clean(letter, rng):
    return Page(letter, rng).write().as_array(rng)


@condition("clean")
def light_on_dark(letter, rng):
    return 255 - Page(letter, rng).write().as_array(rng)


@condition("clean")
def pencil(letter, rng):
    return Page(letter, rng, pen=np.full(3, rng.uniform(105, 150))).write().as_array(rng)


@condition("clean")
def colored_pen(letter, rng):
    pens = [(190, 40, 40), (30, 60, 180), (20, 130, 60), (120, 40, 150)]
    return Page(letter, rng, pen=pens[rng.integers(4)]).write().as_array(rng)


@condition("clean")
def kraft_paper(letter, rng):
    return Page(letter, rng, paper=(186, 150, 110)).write().as_array(rng, noise=6)


@condition("clean")
def noise(letter, rng):
    return Page(letter, rng).write().as_array(rng, noise=rng.uniform(8, 16))


@condition("clean")
def blur(letter, rng):
    image = Image.fromarray(Page(letter, rng).write().as_array(rng))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(1, 4))))


@condition("clean")
def jpeg(letter, rng):
    file = io.BytesIO()
    image = Image.fromarray(Page(letter, rng).write().as_array(rng))
    image.save(file, "JPEG", quality=int(rng.integers(15, 40)))
    return np.asarray(Image.open(file))


@condition("clean")
def turned(letter, rng):
    image = Image.fromarray(letter).resize((128, 128), Image.BICUBIC)
    image = image.rotate(rng.uniform(-15, 15), Image.BICUBIC, expand=True)
    return Page(np.asarray(image), rng, scale=rng.uniform(1.5, 3)).write().as_array(rng)


@condition("clean")
def tight_crop(letter, rng):
    page = Page(letter, rng, paper=(240, 240, 238))
    left, top, right, bottom = page.box
    return page.write().as_array(rng)[top:bottom, left:right]


@condition("clean")
def tight_crop_light_on_dark(letter, rng):
    return 255 - tight_crop(letter, rng)


@condition("clean")
def small_on_a_large_page(letter, rng):
    return Page(letter, rng, scale=rng.uniform(1.5, 3), room=(14, 22)).write().as_array(rng)


@condition("clean")
def show_through(letter, rng):
    page = Page(letter, rng)
    back = np.roll(page.ink[:, ::-1], round(0.3 * page.side), axis=1)
    page.colors -= 18 * ndimage.gaussian_filter(back, 3)[..., np.newaxis]
    return page.write().as_array(rng)


@condition("clean")
def soft_shadow(letter, rng):
    page = Page(letter, rng).write()
    y, x = (np.linspace(-1, 1, n) for n in page.shape)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.5)
    ramp = (np.cos(angle) * x + np.sin(angle) * y[:, np.newaxis]) / np.sqrt(2)
    return page.light(1 - depth * (ramp + 1) / 2).as_array(rng)


@condition("clean")
def vignette(letter, rng):
    page = Page(letter, rng).write()
    y, x = (np.linspace(-1, 1, n) for n in page.shape)
    radius = x**2 + y[:, np.newaxis] ** 2
    return page.light(1 - rng.uniform(0.1, 0.25) * radius).as_array(rng)


# ------------------------------------------------------------------ what is not paper at the edge


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
    return _on(pixels, (20, 20, 22), rng, (0, 0, right, bottom), grain=2)


@condition("edge")
def on_a_table(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    table = np.full(3, rng.uniform(20, 110)) + rng.uniform(-12, 12, 3)
    return _on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=3)


@condition("edge")
def on_a_wooden_table(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    table = np.array([(120, 82, 50), (90, 60, 40), (150, 110, 75)][rng.integers(3)])
    return _on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=rng.uniform(6, 16))


@condition("edge")
def on_a_light_table(letter, rng):
    pixels = Page(letter, rng, paper=(248, 248, 246)).write().as_array(rng)
    table = np.full(3, rng.uniform(140, 190))
    return _on(pixels, table, rng, rng.uniform(0.05, 0.4, 4), grain=3)


@condition("edge")
def table_on_one_side(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    margins = np.zeros(4)
    margins[rng.integers(4)] = rng.uniform(0.1, 0.6)
    return _on(pixels, np.full(3, rng.uniform(20, 120)), rng, margins, grain=5)


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
    return _on(pixels, table, rng, rng.uniform(0, 0.3, 4), angle=angle, grain=5)


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
    framed = _on(pixels, (45, 45, 48), rng, (0.01, bar, 0.01, 0.01)).copy()
    y = round(bar * max(pixels.shape[:2]) / 2)
    image = Image.fromarray(framed)
    for i in range(3):
        x = image.width - y * (i + 1) * 1.5
        ImageDraw.Draw(image).ellipse((x - y / 4, y * 3 / 4, x + y / 4, y * 5 / 4), (200, 200, 200))
    return np.asarray(image)


@condition("edge")
def light_window_frame(letter, rng):
    pixels = Page(letter, rng).write().as_array(rng)
    framed = _on(pixels, (222, 222, 222), rng, (0.01, 0.08, 0.01, 0.01)).copy()
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


# ------------------------------------------------------------------ light


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


# ------------------------------------------------------------------ lines


def _ruled(page, rng, color, *, squared, gap=None, width=None):
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


BLUE, GRAY_BLUE, RED = (120, 160, 215), (150, 180, 220), (215, 110, 110)


@condition("lines")
def blue_ruling(letter, rng):
    return _ruled(Page(letter, rng), rng, BLUE, squared=False).write().as_array(rng)


@condition("lines")
def blue_pen_on_blue_ruling(letter, rng):
    page = Page(letter, rng, pen=(35, 60, 170))
    return _ruled(page, rng, BLUE, squared=False).write().as_array(rng)


@condition("lines")
def dark_ruling(letter, rng):
    color = np.full(3, rng.uniform(40, 110))
    return _ruled(Page(letter, rng), rng, color, squared=False).write().as_array(rng)


@condition("lines")
def narrow_ruling(letter, rng):
    page = Page(letter, rng)
    gap = rng.uniform(0.12, 0.2) * page.side
    return _ruled(page, rng, BLUE, squared=False, gap=gap).write().as_array(rng)


@condition("lines")
def squared_paper(letter, rng):
    return _ruled(Page(letter, rng), rng, GRAY_BLUE, squared=True).write().as_array(rng)


@condition("lines")
def dark_squared_paper(letter, rng):
    color = np.full(3, rng.uniform(90, 140))
    return _ruled(Page(letter, rng), rng, color, squared=True).write().as_array(rng)


@condition("lines")
def pencil_on_squared_paper(letter, rng):
    page = Page(letter, rng, pen=np.full(3, rng.uniform(95, 130)))
    return _ruled(page, rng, GRAY_BLUE, squared=True).write().as_array(rng)


@condition("lines")
def margin_line(letter, rng):
    page = Page(letter, rng)
    h, w = page.shape
    left, _, right, _ = page.box
    x = rng.choice([rng.uniform(0.2, 0.9) * left, w - rng.uniform(0.2, 0.9) * (w - right)])
    lean = rng.uniform(-0.02, 0.02) * h
    page.draw(lambda d: d.line((x, 0, x + lean, h), 255, round(rng.uniform(2, 5))), RED)
    return page.write().as_array(rng)


@condition("lines")
def margin_and_ruling(letter, rng):
    page = _ruled(Page(letter, rng), rng, BLUE, squared=False)
    h = page.shape[0]
    x = rng.uniform(0.3, 0.9) * page.box[0]
    page.draw(lambda d: d.line((x, 0, x, h), 255, 3), RED)
    return page.write().as_array(rng)


def _boxed(letter, rng, pad, *, width=None, **options):
    page = Page(letter, rng, **options)
    left, top, right, bottom = page.box
    p = pad * page.side
    width = max(1, round(rng.uniform(2, 6))) if width is None else width
    cx, cy, half = (left + right) / 2, (top + bottom) / 2, page.side / 2 + p
    box = (cx - half, cy - half, cx + half, cy + half)
    color = np.full(3, rng.uniform(0, 130)) if rng.random() < 0.7 else RED
    page.draw(lambda d: d.rectangle(box, outline=255, width=width), color)
    return page.write().as_array(rng)


@condition("lines")
def box_of_a_form(letter, rng):
    return _boxed(letter, rng, rng.uniform(0.08, 0.3), room=(2, 2.8))


@condition("lines")
def box_of_a_form_cut_off(letter, rng):
    return _boxed(letter, rng, rng.uniform(0.25, 0.5), room=(1.4, 1.7))


@condition("lines")
def row_of_boxes(letter, rng):
    page = Page(letter, rng, room=(1.6, 2.4))
    _h, w = page.shape
    left, top, right, bottom = page.box
    half = page.side * rng.uniform(0.58, 0.75)
    cx, cy = (left + right) / 2, (top + bottom) / 2
    color, t = np.full(3, rng.uniform(0, 140)), round(rng.uniform(2, 5))

    def boxes(d):
        for y in (cy - half, cy + half):
            d.line((0, y, w, y), 255, t)
        for n in range(-3, 4):
            x = cx + (2 * n + 1) * half
            d.line((x, cy - half, x, cy + half), 255, t)

    return page.draw(boxes, color).write().as_array(rng)


@condition("lines")
def underline(letter, rng):
    page = Page(letter, rng)
    left, _, right, bottom = page.box
    y = bottom + rng.uniform(0.06, 0.2) * page.side
    extra = rng.uniform(0.2, 0.6) * page.side
    t = round(rng.uniform(2, 5))
    color = page.pen if rng.random() < 0.5 else RED
    tilt = rng.uniform(-3, 3)
    page.draw(lambda d: d.line((left - extra, y, right + extra, y + tilt), 255, t), color)
    return page.write().as_array(rng)


@condition("lines")
def written_on_a_line(letter, rng):
    page = Page(letter, rng)
    w = page.shape[1]
    y = page.box[3] - rng.uniform(0, 0.06) * page.side
    t, color = round(rng.uniform(2, 5)), np.full(3, rng.uniform(20, 140))
    page.draw(lambda d: d.line((0, y, w, y + rng.uniform(-4, 4)), 255, t), color)
    return page.write().as_array(rng)


@condition("lines")
def written_between_two_lines(letter, rng):
    page = Page(letter, rng)
    w = page.shape[1]
    _, top, _, bottom = page.box
    t, color = round(rng.uniform(1, 4)), np.full(3, rng.uniform(20, 150))
    ys = top + rng.uniform(-0.1, 0.2) * page.side, bottom + rng.uniform(-0.05, 0.1) * page.side
    page.draw(lambda d: [d.line((0, y, w, y), 255, t) for y in ys], color)
    return page.write().as_array(rng)


# ------------------------------------------------------------------ marks


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


def _free_place(page, rng, size):
    """Return a place where a mark of a size does not touch the letter."""
    h, w = page.shape
    left, top, right, bottom = page.box
    gap = size / 2 + 0.08 * page.side
    for _ in range(200):
        x, y = rng.uniform(size / 2, w - size / 2), rng.uniform(size / 2, h - size / 2)
        if not (left - gap < x < right + gap and top - gap < y < bottom + gap):
            return x, y
    return size / 2, size / 2


@condition("marks")
def crumb(letter, rng):
    page = Page(letter, rng, room=(1.8, 2.6))
    r = rng.uniform(0.02, 0.05) * page.side
    x, y = _free_place(page, rng, 0.6 * page.side)
    page.draw(lambda d: d.ellipse((x - r, y - 0.7 * r, x + r, y + 0.7 * r), 255), (90, 70, 50))
    return page.write().as_array(rng)


@condition("marks")
def hair(letter, rng):
    page = Page(letter, rng, room=(1.8, 2.6))
    x, y = _free_place(page, rng, 0.7 * page.side)
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
    x, y = _free_place(page, rng, 0.5 * page.side)
    r = rng.uniform(0.15, 0.35) * page.side
    page.draw(
        lambda d: d.ellipse((x - r, y - r, x + r, y + r), 255), (190, 160, 110), 0.6, blur=0.2 * r
    )
    return page.write().as_array(rng)


# ------------------------------------------------------------------ nothing to read


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
    return _on(pixels, np.full(3, rng.uniform(20, 120)), rng, rng.uniform(0.1, 0.4, 4), grain=4)


@condition("nothing")
def blank_with_ruling(letter, rng):
    return _ruled(Page(letter, rng), rng, BLUE, squared=rng.random() < 0.5).as_array(rng)


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

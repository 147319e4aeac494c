"""Pages composed of single handwritten characters, and their ground truth."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from skhcr import InkNormalizer

from ._splits import AHCD, ENGLISH_PAGES, MNIST

# By the pretrained model that reads them; it was trained on none of their test characters.
_CHARACTERS = {"digits": MNIST, "english": ENGLISH_PAGES, "arabic-letters": AHCD}
SHAPE = 1000, 800  # rows and columns of a page, as a scan of A5 at 120 dpi
_TEXT = """
apple bread chair dance eagle fresh grape horse image joker knife lemon music night ocean paper
queen river stone table under value water youth zebra box cup dog fan gas hat ink jam key log map
net oil pen rug sun tip van win yes zip quiz jazz lynx fjord judge pixel mixed
"""
WORDS = _TEXT.split()
# How high letters are, and how deep they reach below the line, in heights of capitals: 0.66 is the
# median of the training writers of Chars74K.
_SMALL, _DEEP = "acemnorsuvwxz", "gpqy"


class WrittenPage(NamedTuple):
    """A page and its ground truth.

    Attributes
    ----------
    model : str
        The pretrained model that knows its characters.
    pixels : ndarray of uint8
        The page.
    boxes : ndarray of int of shape (n, 4)
        Left, top, right and bottom of the characters' ink, in reading order.
    labels : list of str
        The characters.
    lines : list of str
        Its text, with a space between words.
    crops : list of ndarray of uint8
        Every character by itself on paper, as one cut out by hand would be.
    """

    model: str
    pixels: np.ndarray
    boxes: np.ndarray
    labels: list[str]
    lines: list[str]
    crops: list[np.ndarray]


# ------------------------------------------------------------------ characters


@cache
def _pool(model: str, part: str):
    """Return images of characters and, by label, which of them show it."""
    split = _CHARACTERS[model].split(0)
    images, labels = (split.X_test, split.y_test) if part == "test" else (split.X, split.y)
    labels = np.asarray(labels).astype(str)
    return images, {label: np.flatnonzero(labels == label) for label in np.unique(labels)}


@cache
def _ink(model: str, part: str, index: int) -> np.ndarray:
    """Return a character's ink, 0 to 1: cut out of its photograph, or in the frame it has."""
    image = _pool(model, part)[0][index]
    if model == "english":
        image = InkNormalizer(96, margin=0).transform([image])[0, :, :, 0]
        rows, columns = np.flatnonzero(image.max(1) > 64), np.flatnonzero(image.max(0) > 64)
        image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = image.astype(np.float32) / 255
    return _without_rests(ink) if model == "arabic-letters" else ink


def _without_rests(ink: np.ndarray) -> np.ndarray:
    """Return a letter without the rests of its form's lines and neighbors at the frame's edge."""
    labels, n = ndimage.label(ink > 0.1, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=n + 1)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    is_rest = np.isin(np.arange(n + 1), edges) & (areas < 0.15 * areas[1:].sum())
    is_rest[0] = False
    return np.where(is_rest[labels], 0, ink)


class _Writer:
    """Writes characters of a model onto a page with one pen."""

    def __init__(self, model: str, part: str, rng: np.random.Generator) -> None:
        self.model, self.part, self.rng = model, part, rng
        self.ink = np.zeros(SHAPE, np.float32)
        self.boxes: list[tuple[int, int, int, int]] = []
        self.labels: list[str] = []
        self.crops: list[np.ndarray] = []

    def draw(self, label: str, height: float) -> tuple[np.ndarray, float]:
        """Return a character's ink for lines of a height, and how far it reaches below its line."""
        chosen = self.rng.choice(_pool(self.model, self.part)[1][label])
        ink = _ink(self.model, self.part, int(chosen))
        height *= self.rng.uniform(0.9, 1.1)
        if self.model == "arabic-letters":
            factor, below = 1.9 * height / len(ink), 0.0
        elif self.model == "english":
            part = 0.66 if label in _SMALL else 0.9 if label in _DEEP else 1
            below = 0.3 * height if label in (*_DEEP, "j") else 0.0
            factor = min(part * height / len(ink), 1.2 * height / ink.shape[1])
        else:
            factor, below = height / 20, 0.0  # digits of MNIST are 20 pixels high
        size = [max(2, round(factor * side)) for side in ink.shape[::-1]]
        ink = np.clip(np.asarray(Image.fromarray(ink).resize(size, Image.BICUBIC)), 0, 1)
        seen = ink > 0.3
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if self.model == "arabic-letters":  # as it stands in its frame
            below = max(0.0, rows[-1] + 1 - 0.8 * len(ink))
        return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], below

    def write(self, label: str, ink: np.ndarray, left: float, top: float) -> None:
        """Write a character at a place."""
        left, top = round(left), round(top)
        height, width = ink.shape
        place = self.ink[top : top + height, left : left + width]
        np.maximum(place, ink, out=place)
        self.boxes.append((left, top, left + width, top + height))
        self.labels.append(label)
        side = round(1.6 * max(ink.shape))
        crop = np.zeros((side, side), np.float32)
        y, x = (side - height) // 2, (side - width) // 2
        crop[y : y + height, x : x + width] = ink
        self.crops.append(np.rint(235 - 195 * crop).astype(np.uint8))


def _lines_of(words: Callable[[], str], writer: _Writer, slope: float, direction: int) -> list[str]:
    """Write lines of words from the top to the bottom of a page; return them."""
    rng = writer.rng
    height = rng.uniform(34, 64)
    gap, space = rng.uniform(0.16, 0.4) * height, rng.uniform(1.0, 1.6) * height
    pitch = rng.uniform(1.9, 2.6) * height
    rows, columns = SHAPE
    margin = rng.uniform(60, 110)
    lines, base = [], margin + 1.2 * height + max(0.0, -slope * columns * direction)
    if direction < 0:
        base = margin + 1.2 * height + max(0.0, slope * columns)
    while base + max(slope * columns * direction, 0.0) + 0.5 * height < rows - 40:
        tilt = slope + rng.uniform(-0.01, 0.01)
        x, texts, is_full = margin, [], False
        while not is_full:
            word, start = words(), len(writer.labels)
            drawn = [(label, *writer.draw(label, height)) for label in word]
            gaps = [gap * rng.uniform(0.7, 1.3) for _ in drawn]
            length = sum(ink.shape[1] + g for (_, ink, _), g in zip(drawn, gaps, strict=True))
            is_full = x + length > columns - 60
            if is_full:
                break
            for (label, ink, below), after in zip(drawn, gaps, strict=True):
                width = ink.shape[1]
                left = x if direction > 0 else columns - x - width
                line = base + tilt * (left + width / 2 - (0 if direction > 0 else columns))
                top = line + below + rng.uniform(-0.05, 0.05) * height - len(ink)
                writer.write(label, ink, left, top)
                x += width + after
            x += space * rng.uniform(0.85, 1.2)
            texts.append("".join(writer.labels[start:]))
            is_full = rng.random() < 0.1
        if texts:
            lines.append(" ".join(texts))
        base += pitch
    return lines


# ------------------------------------------------------------------ kinds of pages


def _number(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("0123456789"), rng.integers(2, 7)))


def _word(rng: np.random.Generator) -> str:
    word = str(rng.choice(WORDS))
    return [word, word.upper(), word.capitalize()][rng.integers(3)]


def _digits(part, rng):
    writer = _Writer("digits", part, rng)
    return writer, _lines_of(lambda: _number(rng), writer, 0.0, 1), None


def _words(part, rng):
    writer = _Writer("english", part, rng)
    return writer, _lines_of(lambda: _word(rng), writer, 0.0, 1), None


def _sloping(part, rng):
    model, new = [("digits", _number), ("english", _word)][rng.integers(2)]
    writer = _Writer(model, part, rng)
    slope = np.tan(np.radians(rng.uniform(1.5, 6))) * rng.choice([-1, 1])
    return writer, _lines_of(lambda: new(rng), writer, slope, 1), None


def _arabic(part, rng):
    writer = _Writer("arabic-letters", part, rng)
    letters = sorted(_pool("arabic-letters", part)[1])
    slope = np.tan(np.radians(rng.uniform(-1.5, 1.5)))
    new = lambda: "".join(rng.choice(letters, rng.integers(2, 7)))  # noqa: E731
    return writer, _lines_of(new, writer, slope, -1), None


def _form(part, rng):
    """Fields of boxes, most of them filled from the left."""
    model = ["digits", "english"][rng.integers(2)]
    writer = _Writer(model, part, rng)
    side = rng.uniform(44, 76)
    width, pitch = side * rng.uniform(0.85, 1.0), side * rng.uniform(1.5, 2.4)
    is_apart = rng.random() < 0.4
    between = side * rng.uniform(0.15, 0.4) if is_apart else 0.0
    rows, columns = SHAPE
    lines, boxes, top = [], [], rng.uniform(60, 140)
    left = rng.uniform(50, 90)
    most = int((columns - left - 50) // (width + between))
    letters = "0123456789" if model == "digits" else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    while top + side < rows - 50:
        n = int(rng.integers(max(2, most // 2), most + 1))
        n_filled = int(rng.integers(1, n + 1))
        line = ""
        for place in range(n):
            x = left + place * (width + between)
            boxes.append((x, top, x + width, top + side))
            if place >= n_filled or rng.random() < 0.06:
                line += " "
                continue
            label = str(rng.choice(list(letters)))
            ink, _ = writer.draw(label, side * rng.uniform(0.55, 0.72))
            if ink.shape[1] > 0.85 * width:
                size = (round(0.8 * width), max(2, round(0.8 * width * len(ink) / ink.shape[1])))
                ink = np.asarray(Image.fromarray(ink).resize(size, Image.BILINEAR))
            free = width - ink.shape[1], side - len(ink)
            x += free[0] * rng.uniform(0.25, 0.75)
            y = top + free[1] * rng.uniform(0.25, 0.75)
            writer.write(label, ink, x, y)
            line += label
        lines.append(line.rstrip())
        top += pitch
    line = max(1, round(rng.uniform(1.5, 3.5)))
    return writer, lines, (boxes, line, rng.uniform(0, 140))


KINDS = {
    "rows of digits": _digits,
    "words": _words,
    "sloping lines": _sloping,
    "forms with boxes": _form,
    "Arabic letters": _arabic,
}


# ------------------------------------------------------------------ conditions


def _mask(draw_shapes, blur=0.0):
    image = Image.new("L", SHAPE[::-1])
    draw_shapes(ImageDraw.Draw(image))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)) if blur else image) / 255


def _paint(colors, share, color):
    colors += share[..., np.newaxis] * (np.asarray(color, float) - colors)


def _ruling(colors, rng):
    gap, slope = rng.uniform(40, 70), rng.uniform(-6, 6)
    ys = np.arange(rng.uniform(40, 100), SHAPE[0], gap)
    width = round(rng.uniform(1, 2))
    lines = lambda d: [d.line((0, y, SHAPE[1], y + slope), 255, width) for y in ys]  # noqa: E731
    _paint(colors, _mask(lines, 0.4), (125, 160, 215))


def _margin_line(colors, rng):
    x, lean = rng.uniform(15, 40), rng.uniform(-5, 5)
    line = lambda d: d.line((x, 0, x + lean, SHAPE[0]), 255, round(rng.uniform(2, 4)))  # noqa: E731
    _paint(colors, _mask(line), (215, 110, 110))


def _frame(colors, rng):
    inset, width = rng.uniform(10, 25), round(rng.uniform(2, 5))
    right, bottom = SHAPE[1] - 1 - inset, SHAPE[0] - 1 - inset
    box = lambda d: d.rectangle((inset, inset, right, bottom), outline=255, width=width)  # noqa: E731
    _paint(colors, _mask(box), (40, 40, 40))


def _hard_shadow(colors, rng):
    x, lean = rng.uniform(0.2, 0.8) * SHAPE[1], rng.uniform(-200, 200)
    corners = [(-9, -9), (x, -9), (x + lean, SHAPE[0] + 9), (-9, SHAPE[0] + 9)]
    mask = _mask(lambda d: d.polygon(corners, fill=255), rng.uniform(2, 9))
    colors *= 1 - rng.uniform(0.3, 0.5) * mask[..., np.newaxis]


def _soft_shadow(colors, rng):
    y, x = (np.linspace(-1, 1, n) for n in SHAPE)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.5)
    ramp = (np.cos(angle) * x + np.sin(angle) * y[:, np.newaxis]) / np.sqrt(2)
    colors *= (1 - depth * (ramp + 1) / 2)[..., np.newaxis]


def _crumbs(colors, rng):
    for _ in range(rng.integers(5, 15)):
        x, y, r = rng.uniform(0, SHAPE[1]), rng.uniform(0, SHAPE[0]), rng.uniform(0.8, 1.6)
        dot = lambda d, x=x, y=y, r=r: d.ellipse((x - r, y - r, x + r, y + r), 255)  # noqa: E731
        _paint(colors, _mask(dot), (90, 70, 50))


BEFORE_INK = {"ruling": _ruling, "margin line": _margin_line, "frame": _frame, "crumbs": _crumbs}
AFTER_INK = {"shadow with an edge": _hard_shadow, "soft shadow": _soft_shadow}


def _scanner_strip(pixels, boxes, rng):
    width = round(rng.uniform(8, 24))
    pixels[:, :width] = pixels[:width] = rng.uniform(0, 40)
    return pixels, boxes


def _on_a_table(pixels, boxes, rng):
    left, top, right, bottom = (round(n) for n in rng.uniform(20, 160, 4))
    shape = (pixels.shape[0] + top + bottom, pixels.shape[1] + left + right)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, shape), (1, 10)) * 40
    table = np.full(3, rng.uniform(30, 110)) + rng.uniform(-12, 12, 3)
    out = np.clip(table + grain[..., np.newaxis], 0, 255).astype(np.uint8)
    out[top : top + len(pixels), left : left + pixels.shape[1]] = pixels
    return out, np.add(boxes, [left, top, left, top])


def _jpeg(pixels, boxes, rng):
    image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(rng.uniform(0.6, 1.2)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(25, 50)))
    return np.asarray(Image.open(file)).copy(), boxes


def _inverted(pixels, boxes, rng):
    return 255 - pixels, boxes


OF_PIXELS = {
    "scanner strip": _scanner_strip,
    "on a table": _on_a_table,
    "blurred JPEG": _jpeg,
    "light on dark": _inverted,
}
CONDITIONS = [*BEFORE_INK, *AFTER_INK, *OF_PIXELS]


def compose(kind: str, condition: str | None, seed: list[int], part: str = "test") -> WrittenPage:
    """Write a page of a kind, and let a condition befall it, None for a clean page."""
    rng = np.random.default_rng(seed)
    writer, lines, form = KINDS[kind](part, rng)
    level = rng.uniform(215, 248)
    colors = np.empty((*SHAPE, 3))
    colors[:] = level + rng.uniform(-6, 4, 3)
    if condition in BEFORE_INK:
        BEFORE_INK[condition](colors, rng)
    if form is not None:
        boxes, width, gray = form

        def draw(d):
            for box in boxes:
                d.rectangle([round(n) for n in box], outline=255, width=width)

        _paint(colors, _mask(draw), np.full(3, gray))
    pen = [rng.uniform(15, 80) + rng.uniform(-8, 8, 3), np.array([40, 60, 160])][rng.integers(2)]
    _paint(colors, writer.ink, pen)
    if condition in AFTER_INK:
        AFTER_INK[condition](colors, rng)
    colors += rng.normal(0, rng.uniform(0.5, 4), SHAPE)[..., np.newaxis]
    pixels, places = np.clip(np.rint(colors), 0, 255).astype(np.uint8), np.array(writer.boxes)
    if condition in OF_PIXELS:
        pixels, places = OF_PIXELS[condition](pixels, places, rng)
    return WrittenPage(writer.model, pixels, places, writer.labels, lines, writer.crops)

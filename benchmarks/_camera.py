"""Sheets that are filled in with real characters, and pictures of them as a camera takes them."""

import io
from typing import NamedTuple

import cv2
import numpy as np
import pypdfium2
from PIL import Image

from skhcr.sheets._layout import PAPERS
from skhcr.sheets._photograph import MARGIN
from skhcr.sheets._warp import projected

_WARM = (1.0, 0.97, 0.9)
# An image with this many pixels along a side is all that is in its box, edges included.
WHOLE = 140
_FREE = 0.4  # millimeters between a character and the edge of its box, at least
_DENSITY = 10  # pixels of a millimeter of the sheet before it is photographed
_EXIF_TURNED = {0: 1, 90: 6, 180: 3, 270: 8}


class Picture(NamedTuple):
    """A file, and where the insides of the boxes are on the upright image."""

    data: bytes
    corners: np.ndarray


def filled(pdf, number, page, characters, rng):
    """Return a completed page of a document, in gray.

    Parameters
    ----------
    pdf : path
        The document.
    number : int
        Index of the page.
    page : SheetPage
        What is on it.
    characters : list of (ndarray or None)
        What to write into its boxes: light on dark; nothing for None.
    """
    document = pypdfium2.PdfDocument(pdf)
    scale = _DENSITY * 25.4 / 72
    sheet = np.asarray(document[number].render(scale=scale).to_pil().convert("L")).copy()
    document.close()
    for box, character in zip(page.grid.boxes(page.n_cells), characters, strict=True):
        if character is None:
            continue
        inside = box[2] - box[0] - 2 * MARGIN
        is_whole = len(character) >= WHOLE
        side = inside if is_whole else rng.uniform(0.5, 0.8) * inside
        free = 0.0 if is_whole else inside - side - 2 * _FREE
        left, top = box[:2] + MARGIN + (not is_whole) * _FREE + rng.uniform(0, free, 2)
        n = round(side * _DENSITY)
        ink = np.asarray(Image.fromarray(character).resize((n, n), Image.BICUBIC)) / 255
        y, x = round(top * _DENSITY), round(left * _DENSITY)
        part = sheet[y : y + n, x : x + n]
        part[:] = np.minimum(part, 255 - rng.uniform(150, 225) * np.clip(1.2 * ink - 0.1, 0, 1))
    return sheet


def photographed(sheet, page, paper, condition, rng):
    """Return a picture of a sheet under a condition, as a file."""
    size = np.array(PAPERS[paper])
    dpi, angle, tilt, bend, shadow, blur, noise, quality, turn = condition(rng)
    density = dpi / 25.4
    middle = size / 2
    outline = np.array([[0, 0], [size[0], 0], size, [0, size[1]]])
    a = np.deg2rad(angle)
    turned = (outline - middle) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    ends = turned * density + rng.uniform(-tilt, tilt, (4, 2)) * density * size.max()
    border = (0.06 if tilt or angle % 90 else 0.0) * density * size.max()
    ends -= ends.min(axis=0) - border
    width, height = np.ceil(ends.max(axis=0) + border).astype(int)
    to_pixels = cv2.getPerspectiveTransform(outline.astype(np.float32), ends.astype(np.float32))
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) + 0.5 for n in (width, height)))
    places = projected(np.linalg.inv(to_pixels), np.stack([x, y], axis=-1))
    places = places - _bent(places, size, bend)
    maps = (places * _DENSITY - 0.5).astype(np.float32)
    softened = cv2.GaussianBlur(sheet, (0, 0), max(0.1, 0.4 * _DENSITY / density))
    grain = rng.standard_normal(x.shape, np.float32)
    table = 90 + 25 * np.sin(0.02 * x + 0.05 * y) + 6 * grain
    levels = cv2.remap(softened, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR).astype(np.float32)
    is_paper = ((places >= 0) & (places < size)).all(axis=-1)
    levels = np.where(is_paper, 0.9 * levels, table)
    if shadow:
        levels *= _light(width, height, shadow, rng)
    if blur:
        levels = cv2.GaussianBlur(levels, (0, 0), blur)
    levels = np.clip(levels + noise * rng.permutation(grain), 0, 255)
    image = Image.fromarray(levels.astype(np.uint8))
    if tilt:  # a warm light
        image = Image.merge("RGB", [image.point(lambda v, part=part: part * v) for part in _WARM])
    exif = Image.Exif()
    exif[0x0112] = _EXIF_TURNED[turn]
    content = io.BytesIO()
    image.rotate(turn, expand=True).save(content, "JPEG", quality=quality, exif=exif)
    boxes = page.grid.boxes(page.n_cells) + MARGIN * np.array([1, 1, -1, -1])
    squares = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    return Picture(content.getvalue(), projected(to_pixels, squares + _bent(squares, size, bend)))


def _bent(places, size, bend):
    """Return how far paper that curls up moves its points, in millimeters."""
    x, y = np.moveaxis(2 * places / size - 1, -1, 0)
    along, across = bend * (1 - x**2), 0.6 * bend * (1 - y**2) * x
    return np.stack([across, along], axis=-1)


def _light(width, height, shadow, rng):
    """Return how much light every pixel gets: less on one side, or behind an edge."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    a = rng.uniform(0, 2 * np.pi)
    along = np.cos(a) * x + np.sin(a) * y
    light = 1 - 0.2 * shadow * (1 + along)
    edge = 1 / (1 + np.exp(-(along - rng.uniform(-0.5, 0.5)) * 60))
    return light * (1 - 0.55 * shadow * edge)


def _condition(
    dpi=150, angle=2.0, tilt=0.0, bend=0.0, shadow=0.0, blur=0.0, noise=2.0, quality=90, turns=(0,)
):
    def draw(rng):
        return (
            dpi,
            rng.uniform(-angle, angle),
            tilt,
            rng.uniform(0.5, 1) * bend * rng.choice([-1, 1]),
            shadow,
            blur,
            noise,
            quality,
            rng.choice(turns),
        )

    return draw


CONDITIONS = {
    "scan, 100 dpi": _condition(dpi=100),
    "scan, 300 dpi": _condition(dpi=300, angle=1.0),
    "turned by any angle": _condition(angle=180.0),
    "photograph at an angle": _condition(tilt=0.06, angle=15.0, blur=0.7, noise=4.0, quality=80),
    "100 dpi, at an angle": _condition(dpi=100, tilt=0.05, angle=15.0, noise=4.0, quality=80),
    "shadow with an edge": _condition(tilt=0.03, shadow=1.0, blur=0.7, noise=4.0),
    "stored lying down": _condition(tilt=0.03, turns=(90, 180, 270), noise=3.0),
    "strong JPEG": _condition(tilt=0.03, blur=0.7, noise=4.0, quality=35),
    "paper that curls": _condition(tilt=0.03, bend=2.0, blur=0.5, noise=3.0),
}

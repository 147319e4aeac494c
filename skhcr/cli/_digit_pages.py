"""scikit-learn's handwritten digits, written with pens on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from skhcr.datasets import load_digit_images

PAPERS = [(250, 250, 248), (246, 238, 218), (226, 233, 240), (214, 190, 158)]
INKS = [(28, 28, 32), (24, 48, 140), (70, 70, 76), (150, 30, 36)]
COLUMNS, ROWS = 8, 5


def write_digits(folder: Path, *, seed: int = 0) -> int:
    """Write the digits as files in ``data``, and the last of them on a page.

    ``data`` has a folder for each digit. ``page.png`` has the digits that are in no file, and
    ``page.txt`` has their labels.

    Returns
    -------
    n_files : int
        The number of files in ``data``.
    """
    rng = np.random.default_rng(seed)
    digits = load_digit_images()
    n_files = len(digits.target) - ROWS * COLUMNS
    numbers = dict.fromkeys(digits.target_names, 0)
    for image, digit in zip(digits.images[:n_files], digits.target[:n_files], strict=True):
        numbers[digit] += 1
        suffix = rng.choice([".png", ".jpg"])
        path = folder / "data" / str(digit) / f"{numbers[digit]:04d}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _scan(image, rng).save(path, quality=85, compress_level=1)

    written = digits.images[n_files:].reshape(ROWS, COLUMNS, 8, 8)
    _page(written, rng).save(folder / "page.png")
    rows = ["".join(map(str, row)) for row in digits.target[n_files:].reshape(ROWS, COLUMNS)]
    (folder / "page.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return n_files


def _scan(image: np.ndarray, rng: np.random.Generator) -> Image.Image:
    width, height = (int(side) for side in rng.integers(150, 251, size=2))
    scan = _paper((width, height), rng, ruled=rng.random() < 0.3, shadow=rng.random() < 0.3)
    side = int(min(width, height) * rng.uniform(0.55, 0.8))
    left, top = (int(rng.integers(8, length - side - 7)) for length in (width, height))
    _write(scan, image, (left, top), side, rng.uniform(0.32, 0.46), INKS[rng.integers(len(INKS))])
    return _noisy(scan, rng)


def _page(written: np.ndarray, rng: np.random.Generator) -> Image.Image:
    side, pitch = 62, 88
    page = _paper((COLUMNS * pitch + 80, ROWS * 108 + 80), rng, ruled=False, shadow=True)
    for row, images in enumerate(written):
        for column, image in enumerate(images):
            dx, dy = rng.integers(-5, 6, size=2)
            place = (52 + column * pitch + int(dx), 58 + row * 108 + int(dy))
            _write(page, image, place, side, 0.4, INKS[1])
    return _noisy(page, rng)


def _paper(
    size: tuple[int, int], rng: np.random.Generator, *, ruled: bool, shadow: bool
) -> Image.Image:
    paper = Image.new("RGB", size, PAPERS[rng.integers(len(PAPERS))])
    if ruled:
        pen = ImageDraw.Draw(paper)
        for line in range(int(rng.integers(5, 40)), size[1], int(rng.integers(36, 60))):
            pen.line((0, line, size[0], line), fill=(150, 180, 210), width=1)
    if shadow:
        x = np.linspace(0, 1, size[0]) if rng.random() < 0.5 else np.linspace(1, 0, size[0])
        y = np.linspace(0, 1, size[1])[:, None]
        light = 1 - rng.uniform(0.15, 0.4) * np.clip(x + 0.5 * y - 0.3, 0, 1)
        paper = Image.fromarray((np.asarray(paper) * light[..., None]).astype(np.uint8))
    return paper


def _write(
    paper: Image.Image,
    image: np.ndarray,
    place: tuple[int, int],
    side: int,
    level: float,
    color: tuple[int, int, int],
) -> None:
    """Ink all that is lighter than `level` in the enlarged image: a low level is a broad pen."""
    padded = Image.fromarray(np.pad(image, 1)).resize((side, side), Image.Resampling.BICUBIC)
    smooth = padded.filter(ImageFilter.GaussianBlur(side / 50))
    ink = np.clip((np.asarray(smooth) / 255 - level) * 8 + 0.5, 0, 1)
    paper.paste(color, place, Image.fromarray((230 * ink).astype(np.uint8)))


def _noisy(scan: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(scan) + rng.normal(0, 3, size=(scan.height, scan.width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

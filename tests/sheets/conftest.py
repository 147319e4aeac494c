"""Sheets that are filled in, and photographs of them.

The camera of the benchmark draws random conditions, which must stay as they were measured. Source
distributions contain the tests without the benchmarks, so the tests have a camera of their own.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

cv2 = pytest.importorskip("cv2")
pypdfium2 = pytest.importorskip("pypdfium2")

from skhcr.sheets import draw_sheets  # noqa: E402
from skhcr.sheets._layout import PAPERS  # noqa: E402
from skhcr.sheets._photograph import MARGIN  # noqa: E402
from skhcr.sheets._warp import projected  # noqa: E402

DENSITY = 8  # pixels of a millimeter of a sheet


def drawn(path, number=0):
    """Return a page of a document as it is printed, in gray."""
    document = pypdfium2.PdfDocument(path)
    page = document[number].render(scale=DENSITY * 25.4 / 72).to_pil().convert("L")
    document.close()
    return np.asarray(page).copy()


def write(sheet, box, character):
    """Write a character, light on dark, into a box of a sheet."""
    left, top, right, _ = box
    side = round(0.6 * (right - left) * DENSITY)
    ink = np.asarray(Image.fromarray(character).resize((side, side), Image.BICUBIC))
    x, y = (round((start + 0.2 * (right - left)) * DENSITY) for start in (left, top))
    part = sheet[y : y + side, x : x + side]
    np.minimum(part, 255 - (0.8 * ink).astype(np.uint8), out=part)


def photograph(sheet, paper="a4", *, dpi=150, degrees=0.0, tilt=0.0, shadow=0.0, bend=0.0, seed=0):
    """Return a photograph of a sheet on a table, and how millimeters become pixels."""
    rng = np.random.default_rng(seed)
    size, density = np.array(PAPERS[paper]), dpi / 25.4
    outline = np.array([[0, 0], [size[0], 0], size, [0, size[1]]])
    a = np.deg2rad(degrees)
    turned = (outline - size / 2) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    ends = density * (turned + rng.uniform(-tilt, tilt, (4, 2)) * size.max())
    border = 8 * density if tilt or degrees % 90 else 0
    ends += border - ends.min(axis=0)
    width, height = np.ceil(ends.max(axis=0) + border).astype(int)
    to_pixels = cv2.getPerspectiveTransform(outline.astype(np.float32), ends.astype(np.float32))
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) + 0.5 for n in (width, height)))
    places = projected(np.linalg.inv(to_pixels), np.stack([x, y], axis=-1))
    places = places - bent(places, size, bend)
    maps = (places * DENSITY - 0.5).astype(np.float32)
    soft = cv2.GaussianBlur(sheet, (0, 0), max(0.1, 0.4 * DENSITY / density))
    table = 90 + 8 * rng.standard_normal(x.shape, np.float32)
    levels = cv2.remap(soft, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR)
    is_paper = ((places >= 0) & (places < size)).all(axis=-1)
    levels = np.where(is_paper, 0.9 * levels, table)
    levels = levels * np.where(x + 0.3 * y > 0.6 * width, 1 - shadow, 1)
    levels = np.clip(levels + 3 * rng.standard_normal(x.shape, np.float32), 0, 255)
    return Image.fromarray(levels.astype(np.uint8)), to_pixels


def bent(places, size, bend):
    """Return how far paper that curls up moves its points."""
    x, y = np.moveaxis(2 * places / size - 1, -1, 0)
    return np.stack([0.5 * bend * (1 - y**2) * x, bend * (1 - x**2)], axis=-1)


def insides(page, to_pixels, size, bend=0.0):
    """Return the corners of what is to be cut of every box, on a photograph."""
    boxes = page.grid.boxes(page.n_cells) + MARGIN * np.array([1, 1, -1, -1])
    squares = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    return projected(to_pixels, squares + bent(squares, size, bend))


def overlap(found, true):
    """Return the intersection of two convex quadrangles, by their union."""
    found, true = (corners.astype(np.float32) for corners in (found, true))
    common, _ = cv2.intersectConvexConvex(found, true)
    return common / (cv2.contourArea(found) + cv2.contourArea(true) - common)


@pytest.fixture(scope="session")
def digit_images():
    """Handwritten digits, light on dark, by their labels."""
    images, target = load_digits(return_X_y=True)
    images = np.round(images * 255 / 16).astype(np.uint8).reshape(-1, 8, 8)
    return {str(digit): images[target == digit] for digit in range(10)}


@pytest.fixture(scope="session")
def sheet(digit_images, tmp_path_factory):
    """A sheet of digits by Anna, of which every ninth box is empty."""
    path = tmp_path_factory.mktemp("sheet") / "sheet.pdf"
    (page,) = draw_sheets("0123456789", path, copies=4, writers=["anna"])
    pixels = drawn(path)
    is_written = np.arange(page.n_cells) % 9 != 8
    for i, (label, box) in enumerate(
        zip(page.cell_labels(), page.grid.boxes(page.n_cells), strict=True)
    ):
        if is_written[i]:
            write(pixels, box, digit_images[label][i])
    return SimpleNamespace(path=path, page=page, pixels=pixels, is_written=is_written)


@pytest.fixture(scope="session")
def camera():
    """Functions that draw sheets, fill them in, photograph them and compare what was cut."""
    return SimpleNamespace(
        drawn=drawn, write=write, photograph=photograph, insides=insides, overlap=overlap
    )

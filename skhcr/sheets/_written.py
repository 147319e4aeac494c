"""Classification of boxes: empty, a character, or doubtful."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from ..images._crop import in_clearest_channel
from ..images._paper import find_ink
from ._layout import Grid

# Boxes are analyzed at this many pixels per millimeter. Lengths and areas are in millimeters.
_DENSITY = 6
# Smaller pieces of ink are grain of the paper, and less ink than this is none.
_SPECK, _LEAST_INK = 0.06, 0.12
# Ink at the edge that is no thicker is a remainder of the line of the box.
_LINE = 0.45
# A character is small if it is smaller than this share of the others of its label; without
# others, than this length, unless it is a mark.
_SMALL, _SMALL_LETTER = 0.35, 2.0
# A character with this many times more ink than the others of its label is crossed out, and so is
# one that encloses this many more pieces of paper.
_MORE_INK, _MORE_HOLES, _LEAST_HOLE = 3.0, 3, 0.05
# Minimum number of characters of a label for a comparison; fewer are compared with the whole page.
_LEAST_SAMPLES = 3

Reason = Literal["touches the edge of its box", "very little ink", "crossed out, or much more ink"]
_TOUCHES: Reason = "touches the edge of its box"
_LITTLE: Reason = "very little ink"
_CROSSED: Reason = "crossed out, or much more ink"


class _Ink(NamedTuple):
    area: float
    extent: float
    touches: bool
    n_holes: int


def judge(
    images: Sequence[np.ndarray], labels: Sequence[str], grid: Grid, side: float
) -> list[str | None]:
    """Return None for an empty box, "" for a character, or the doubt, for every box.

    Parameters
    ----------
    images : sequence of ndarray of uint8
        The insides of all boxes of a page, straightened.
    labels : sequence of str
        Their labels.
    grid : Grid
        Their arrangement.
    side : float
        Their side in millimeters.
    """
    n = round(side * _DENSITY)
    inks = [_measured(mask) for mask in _masks(images, n, grid)]
    is_written = np.array([ink.area >= _LEAST_INK for ink in inks])
    areas, extents, _, n_holes = (np.array(values) for values in zip(*inks, strict=True))
    names = np.array(labels)
    answers: list[str | None] = [None] * len(inks)
    for i in np.flatnonzero(is_written):
        others = is_written & (names == names[i])
        others[i] = False
        if others.sum() >= _LEAST_SAMPLES - 1:
            is_small = extents[i] < _SMALL * np.median(extents[others])
        else:
            others = is_written
            is_small = extents[i] < _SMALL_LETTER and not _is_mark(names[i])
        is_crossed = areas[i] > _MORE_INK * np.median(areas[others]) or n_holes[
            i
        ] >= _MORE_HOLES + np.median(n_holes[others])
        answers[i] = (
            _CROSSED if is_crossed else _TOUCHES if inks[i].touches else _LITTLE if is_small else ""
        )
    return answers


def _is_mark(label: str) -> bool:
    return all(unicodedata.category(character)[0] in "PSM" for character in label)


def _masks(images: Sequence[np.ndarray], n: int, grid: Grid) -> list[np.ndarray]:
    """Return the ink in the boxes; paper and light are estimated from all of them together."""
    columns = min(grid.columns, len(images))
    rows = -(-len(images) // columns)
    mosaic = Image.new("RGB", (columns * n, rows * n))
    places = []
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        place = (columns - 1 - column if grid.is_rtl else column) * n, row * n
        places.append(place)
        # Places after the last box are filled with what is in the line above.
        image = Image.fromarray(images[i if i < len(images) else i - columns])
        mosaic.paste(image.resize((n, n), Image.Resampling.BILINEAR), place)
    ink = find_ink(in_clearest_channel(mosaic), "dark-on-light")
    mask = ink.strength >= ink.least
    return [mask[y : y + n, x : x + n] for x, y in places[: len(images)]]


def _measured(mask: np.ndarray) -> _Ink:
    """Return the amount and extent of ink in a box, and whether it touches the edge."""
    pieces, _ = ndimage.label(mask, np.ones((3, 3)))
    line = round(_LINE * _DENSITY)
    kept, touches = [], False
    for number, (y, x) in enumerate(ndimage.find_objects(pieces), start=1):
        area = int((pieces[y, x] == number).sum()) / _DENSITY**2
        at_edge = y.start == 0 or x.start == 0 or y.stop == len(mask) or x.stop == len(mask)
        is_line = at_edge and min(y.stop - y.start, x.stop - x.start) <= line
        if is_line or area < _SPECK:
            continue
        kept.append((area, y, x))
        touches |= at_edge
    if not kept:
        return _Ink(0.0, 0.0, False, 0)
    high = max(y.stop for _, y, _ in kept) - min(y.start for _, y, _ in kept)
    wide = max(x.stop for _, _, x in kept) - min(x.start for _, _, x in kept)
    paper, _ = ndimage.label(np.pad(~mask, 1, constant_values=True))
    n_holes = int((np.bincount(paper[~np.pad(mask, 1)])[2:] >= _LEAST_HOLE * _DENSITY**2).sum())
    return _Ink(sum(area for area, *_ in kept), max(high, wide) / _DENSITY, touches, n_holes)

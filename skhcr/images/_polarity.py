"""Which side of Otsu's threshold the ink of a page is on."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from ._border import FRAME, MOST_OF_FRAME, border_median, edge_of
from ._connected import find_connected
from ._morphology import close, dilate, erode, highest_around, lowest_around, odd
from ._otsu import otsu_of

# Pixels that differ from the paper by less than this many gray levels are paper.
MIN_CONTRAST = 16
# Lengths are shares of the longer side of the page. Strokes are not thicker than this, except for
# the thickest on tightly cropped images.
THICKEST_STROKE = 0.24
# Smaller images are cropped letters, not pages: their edges are paper, except for a frame of a few
# pixels.
SMALL = 64
# Neighbors at the edge of a stroke differ by more than this share of its contrast.
_GRADUAL = 0.12
# Thin parts with less contrast than this share of the strongest do not determine the polarity.
_DEEP = 0.4
_STROKES = (1 / 50, 1 / 28, 1 / 16, 1 / 9)
# A letter that fills its image spans this share of its height and width, and this share if it does
# not touch the edges.
_REACHES, _REACHES_ALONE = 0.85, 0.9
# Its largest piece spans as much of one of them and this share of the other; dots reach further.
_LEAST_BODY = 0.5
# A sheet of paper is at least this share of an image. Ink covers at most so much of an image, and
# so much of its border.
_LEAST_SHEET, _MOST_INK, _MOST_INK_AT_EDGE = 0.25, 0.5, 0.3
# Thin parts are compared by their ratio to the paper, which is the same in light and in shadow.
# Darker levels are the grain of dark tables.
_DARKEST = 48
_RATIOS = np.log(np.maximum(np.arange(256), _DARKEST) / _DARKEST) / math.log(255 / _DARKEST)
_RATIOS = np.rint(255 * _RATIOS).astype(np.uint8)
# Light parts of less contrast are the grain of dark tables; light ink is rarely so pale.
_LEAST_DARK, _LEAST_LIGHT = MIN_CONTRAST // 2, MIN_CONTRAST
_LEVELS = _DARKEST * np.exp(np.arange(256) / 255 * math.log(255 / _DARKEST))


def is_ink_dark(reduced: np.ndarray, pixels: np.ndarray) -> bool:
    """Return whether ink is darker than paper.

    Paper is on the same side of Otsu's threshold as most of the border. If the ink would then be
    too much or too solid, as with a frame, a table or a shadow, or if levels change gradually, as
    under a lamp, the thin parts of the page decide.
    """
    threshold = otsu_of(reduced)
    is_border_light = int(border_median(pixels[np.newaxis])[0]) > threshold
    is_dark = reduced <= threshold
    is_ink = is_dark if is_border_light else ~is_dark
    if max(reduced.shape) < SMALL:
        inner = is_ink[FRAME:-FRAME, FRAME:-FRAME]
        is_framed = min(inner.shape) > FRAME and edge_of(inner).mean() > MOST_OF_FRAME
        return bool(is_border_light != is_framed)
    fills_image = is_cut_closely(is_ink) and not _is_sheet(_largest(is_ink)[1], is_ink.size)
    is_much = is_ink.mean() > _MOST_INK or edge_of(is_ink).mean() > _MOST_INK_AT_EDGE
    is_much = is_much and min(reduced.shape) >= SMALL  # a strip may be cropped to a bar
    if fills_image or not (is_much or _is_solid(is_ink) or _is_gradual(reduced, is_dark)):
        return is_border_light
    dark, light = _thin_parts(_RATIOS[reduced])
    # Only strong ones: the grain of a table is equally dark and light.
    least = _DEEP * max(int(dark.max()), int(light.max()))
    n_dark, n_light = (int(depth[depth > least].sum(dtype=np.int64)) for depth in (dark, light))
    if n_dark == n_light == 0:  # a blank sheet on a table, or a solid mark on paper
        return bool(is_border_light != (is_ink.mean() > _LEAST_SHEET))
    return n_dark > n_light


def _is_gradual(reduced: np.ndarray, is_dark: np.ndarray) -> bool:
    """Return whether many pixels between dark and light are not stroke edges."""
    if is_dark.all() or not is_dark.any():
        return False
    dark, light = reduced[is_dark].mean(), reduced[~is_dark].mean()
    third = (light - dark) / 3
    is_between = (reduced > dark + third) & (reduced < light - third)
    if is_between.mean() <= 0.1:
        return False
    steps = highest_around(reduced, 3) - lowest_around(reduced, 3)
    return bool(np.mean(is_between & (steps < _GRADUAL * (light - dark))) > 0.1)


def _is_solid(region: np.ndarray) -> bool:
    """Return whether a region is paper, a table, a frame or a shadow rather than ink."""
    touches_edge = edge_of(region).any()
    if not touches_edge and math.prod(_extent(region)) <= _LEAST_SHEET:
        return False
    longer = max(region.shape)
    (y, x), piece = _largest(region)
    if touches_edge or piece.sum() > _LEAST_SHEET * region.size:
        reach = odd(THICKEST_STROKE * longer) // 2
        thick = dilate(erode(np.pad(region, reach + 1), reach), reach)
        if thick.sum() > 0.5 * region.sum():
            return True
    height, width = region.shape
    n_sides = (y.start == 0) + (x.start == 0) + (y.stop == height) + (x.stop == width)
    if n_sides >= 3 and min((y.stop - y.start) / height, (x.stop - x.start) / width) < 0.45:
        return True  # a strip along one side
    return _is_sheet(piece, region.size)


def _is_sheet(piece: np.ndarray, size: int) -> bool:
    """Return whether a piece is a rectangle, straight or slightly rotated, with a letter in it."""
    filled = ndimage.binary_fill_holes(piece)
    part_of_box, part_of_filled = filled.mean(), piece.sum() / filled.sum()
    is_rectangle = (part_of_box > 0.68 and part_of_filled > 0.8) or (
        part_of_box > 0.95 and part_of_filled > 0.5
    )
    return bool(filled.sum() > _LEAST_SHEET * size and is_rectangle)


def _largest(region: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the box of the largest connected piece of a region, and the piece in it."""
    labels, areas, boxes = find_connected(region)
    if not len(areas):
        return (slice(0, 1), slice(0, 1)), np.ones((1, 1), bool)
    number = int(areas.argmax())
    top, bottom, left, right = boxes[number]
    box = slice(top, bottom), slice(left, right)
    return box, labels[box] == number + 1


def _thin_parts(page: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much darker, and how much lighter, pixels are than their surroundings.

    At several scales, from fine to coarse: parts that are found are removed, as the gaps between
    thin lines would otherwise be found, too.
    """
    longer = max(page.shape)
    dark, light = [], []
    for size in sorted({odd(share * longer) for share in _STROKES}):
        darker, lighter = _filled(page, size), 255 - _filled(255 - page, size)
        levels = _LEVELS[page]
        dark.append((darker - page) * (_LEVELS[darker] - levels >= _LEAST_DARK))
        light.append((page - lighter) * (levels - _LEVELS[lighter] >= _LEAST_LIGHT))
        page = darker + lighter - page
    return np.stack(dark), np.stack(light)


def _filled(page: np.ndarray, size: int) -> np.ndarray:
    """Return a page without its thin dark parts, except for the corners of thick ones."""
    filled = close(page, size)
    for _ in range(size // 2):
        filled = np.maximum(page, lowest_around(filled, 3))
    return filled


def is_cut_closely(is_dark: np.ndarray) -> bool:
    """Return whether one piece spans the image, like a letter that fills it.

    It touches the edges in places, but does not run along them like a table. If it hardly touches
    them, it must come very near and must not be a sheet of paper in a frame.
    """
    contacts = [end.mean() for end in (is_dark[0], is_dark[-1], is_dark[:, 0], is_dark[:, -1])]
    meets = np.count_nonzero(contacts) >= 2
    least = _REACHES if meets else _REACHES_ALONE
    if max(contacts) >= 0.75 or min(_extent(is_dark)) <= least:
        return False
    if erode(np.pad(is_dark, 1), int(0.2 * max(is_dark.shape))).any():
        return False
    _, piece = _largest(is_dark)
    spans = np.divide(piece.shape, is_dark.shape)
    is_body = max(spans) > least and min(spans) > _LEAST_BODY
    if not is_body or piece.sum() <= 0.7 * is_dark.sum():
        return False
    return bool(meets or ndimage.binary_fill_holes(piece).mean() < 0.95)


def _extent(mask: np.ndarray) -> tuple[float, float]:
    """Return the shares of the height and of the width that contain something."""
    places = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
    height, width = (int(np.ptp(found)) + 1 if len(found) else 0 for found in places)
    return height / mask.shape[0], width / mask.shape[1]

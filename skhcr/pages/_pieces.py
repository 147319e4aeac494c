"""The connected pieces of a page's ink that may be writing."""

from __future__ import annotations

import math

import numpy as np

from ..images._connected import find_connected
from ..images._crop import PageInk
from ..images._paper import reduction
from ._strips import erase_lines, reference_size

# A piece of a smaller share of the square of the pen's width is a speck.
_SPECK = 0.35
# Pieces with fewer pixels are always specks.
_LEAST_AREA = 4
# Anything weaker than this is not ink.
_LEAST_STRENGTH = 16
# A page has no more relevant pieces.
_MOST = 3000
# A piece larger than this share of the page is not a character, nor is a piece that touches an edge
# of the page along this share of it.
_LARGEST, _ALONG_EDGE = 0.7, 0.2
# A piece that touches an edge and is this many times as large as characters is not a character
# either.
_LARGE_AT_EDGE = 2.5
# Marks that are faint, such as dots that were only tapped: from this share of the strength of ink
# on, as thick as this share of the pen, round enough, and smaller than this share of characters.
_FAINT, _FAINT_PEN, _FAINT_ASPECT, _FAINT_SIZE = 0.5, 0.35, 2.5, 0.36
# The grain of a table: on a surface darker than this share of the paper, and weaker than this or
# than this share of the writing on the paper.
_DARK, _WEAK, _WEAKER = 0.8, 40, 0.5


class Pieces:
    """Places, sizes and pens of connected pieces, in no particular order.

    Parameters
    ----------
    mask : ndarray of bool of shape (h, w)
        Where there is ink.
    page : PageInk
        The ink.

    Attributes
    ----------
    labels : ndarray of int of shape (h, w)
        1 more than the index of the piece that a pixel belongs to, 0 where there is none.
    boxes : ndarray of int of shape (n, 4)
        Left, top, right and bottom.
    areas : ndarray of int of shape (n,)
        Pixels.
    pen : float
        Width of the strokes, in pixels.
    scale : float
        Size of the characters, in pixels: their longer side.
    is_faint : ndarray of bool of shape (n,)
        Pieces that are too faint for ink and may only be marks of a character.
    """

    def __init__(self, mask: np.ndarray, page: PageInk) -> None:
        labels, areas, boxes = _connected(mask)
        is_kept = areas >= _LEAST_AREA
        labels, areas, boxes = _renumbered(labels, is_kept), areas[is_kept], boxes[is_kept]
        pens = _pens(labels, areas)
        is_kept = _is_writing(labels, areas, boxes, page)
        self.pen = _weighted_median(pens[is_kept], areas[is_kept])
        is_kept &= areas >= _SPECK * self.pen**2
        sizes = _sizes(boxes)
        self.scale = _weighted_median(sizes[is_kept], areas[is_kept])
        height, width = mask.shape
        is_at_edge = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2:] == (width, height)).any(axis=1)
        is_kept &= ~(is_at_edge & (sizes > _LARGE_AT_EDGE * self.scale))
        if is_kept.sum() > _MOST:
            is_kept &= areas >= np.sort(areas[is_kept])[-_MOST]
        self.labels = _renumbered(labels, is_kept)
        self.boxes, self.areas = boxes[is_kept], areas[is_kept]
        self.is_faint = np.zeros(len(self.areas), bool)
        self._add_faint_marks(mask, page)

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def sizes(self) -> np.ndarray:
        """The longer sides."""
        return _sizes(self.boxes)

    def _add_faint_marks(self, mask: np.ndarray, page: PageInk) -> None:
        n_sigmas = math.sqrt(2 * math.log(mask.size + 1))
        least = max(_FAINT * page.ink.least, n_sigmas * page.ink.noise, _LEAST_STRENGTH)
        strength = page.ink.strength.copy()
        faint = strength >= least
        erase_lines(faint, strength)
        labels, areas, boxes = _connected(faint)
        is_kept = (areas >= _SPECK * self.pen**2) & (areas <= (_FAINT_SIZE * self.scale) ** 2)
        n_inked = np.bincount(labels[self.labels > 0], minlength=len(areas) + 1)[1:]
        is_kept &= n_inked == 0
        labels, areas, boxes = _renumbered(labels, is_kept), areas[is_kept], boxes[is_kept]
        pens = _pens(labels, areas)
        sides = boxes[:, 2:] - boxes[:, :2]
        is_kept = (pens >= _FAINT_PEN * self.pen) & (_sizes(boxes) < _FAINT_SIZE * self.scale)
        is_kept &= sides.max(axis=1, initial=0) <= _FAINT_ASPECT * sides.min(
            axis=1, initial=1 << 30
        )
        if is_kept.sum() > len(self):  # something else than dots
            return
        labels = _renumbered(labels, is_kept)
        self.labels = np.where(labels > 0, labels + len(self), self.labels)
        self.is_faint = np.concatenate([self.is_faint, np.ones(is_kept.sum(), bool)])
        self.boxes = np.concatenate([self.boxes, boxes[is_kept]])
        self.areas = np.concatenate([self.areas, areas[is_kept]])


def _connected(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the labels and areas of connected pieces, and left, top, right and bottom."""
    labels, areas, boxes = find_connected(mask)
    return labels, areas, boxes[:, [2, 0, 3, 1]]


def _pens(labels: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the stroke widths that match the lengths and areas of pieces."""
    mask = labels > 0
    outline = np.bincount(labels[mask & ~_inner(mask)], minlength=len(areas) + 1)[1:]
    return 2 * areas / np.maximum(outline, 1)


def _sizes(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)


def _renumbered(labels: np.ndarray, is_kept: np.ndarray) -> np.ndarray:
    numbers = np.zeros(len(is_kept) + 1, np.int32)
    numbers[1:][is_kept] = np.arange(1, 1 + is_kept.sum())
    return numbers[labels]


def _inner(mask: np.ndarray) -> np.ndarray:
    """Return which pixels have all four neighbors in the mask; those at the edge count as inner."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return inner


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    if not len(values):
        return 1.0
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])


def _is_writing(
    labels: np.ndarray, areas: np.ndarray, boxes: np.ndarray, page: PageInk
) -> np.ndarray:
    """Return the pieces that are not frames, tables or shadows."""
    height, width = reference_size(labels.shape)
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    is_writing = (heights < _LARGEST * height) & (widths < _LARGEST * width)
    edges = (labels[0], width), (labels[-1], width), (labels[:, 0], height), (labels[:, -1], height)
    for edge, length in edges:
        contacts = np.bincount(edge, minlength=len(areas) + 1)[1:]
        is_writing &= contacts < _ALONG_EDGE * length
    is_inked = labels > 0
    inked, strength = labels[is_inked], page.ink.strength[is_inked]
    sums = np.bincount(inked, strength, minlength=len(areas) + 1)[1:]
    strengths = sums / np.maximum(areas, 1)
    factor = reduction(labels.shape)
    surface = page.ink.surface
    rows = np.minimum((boxes[:, 1] + boxes[:, 3]) // 2 // factor, surface.shape[0] - 1)
    columns = np.minimum((boxes[:, 0] + boxes[:, 2]) // 2 // factor, surface.shape[1] - 1)
    is_dark = surface[rows, columns] < _DARK * surface.max()
    lit = is_writing & ~is_dark
    usual = _weighted_median(strengths[lit], areas[lit]) if lit.any() else 0.0
    return is_writing & ~(is_dark & (strengths < max(_WEAK, _WEAKER * usual)))

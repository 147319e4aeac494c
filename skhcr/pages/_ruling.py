"""Lines of the paper, as distinct from strokes of characters that are on a line by chance."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..images._connected import find_connected
from ..images._crop import PageInk
from ._strips import erase_lines, reference_size

# A character covers a smaller share of the page's height, and of its width.
_HIGHEST, _WIDEST = 0.95, 0.5
# It is at most this many times as large as most characters.
_LARGEST = 2.2
# If a character meets a line by chance, more than this share of it is outside of the line.
_LEFT = 0.25
# Ruling is broken into pieces of this share of the page's width together, an upright line into so
# many above each other.
_PIECES, _N_PIECES = 0.2, 3


def without_lines(page: PageInk) -> PageInk:
    """Return a page without the lines of its paper.

    A piece as large as a character that touches no line is a character, if most of it is not a
    line: the bars of 7 7 7 in a row are not lines, nor is a 1 half as high as the page.
    """
    mask, strength = page.mask.copy(), page.ink.strength.copy()
    erase_lines(mask, strength)
    erased = page.mask & ~mask
    if not erased.any():
        return page
    labels, areas, boxes = find_connected(page.mask)
    top, bottom, left, right = boxes.T
    heights, widths = bottom - top, right - left
    height, width = reference_size(mask.shape)
    may_be = (heights < _HIGHEST * height) & (widths < _WIDEST * width)
    if not may_be.any():
        return page._replace(mask=mask, ink=page.ink._replace(strength=strength))
    sizes = np.maximum(heights, widths)
    order = np.argsort(sizes[may_be])
    sums = np.cumsum(areas[may_be][order])
    usual = sizes[may_be][order][np.searchsorted(sums, sums[-1] / 2)]
    remaining = 1 - np.bincount(labels[erased], minlength=len(areas) + 1)[1:] / areas
    may_be &= sizes <= _LARGEST * usual
    is_line, is_upright = remaining <= _LEFT, heights > widths
    # Of ruling there is more than what meets characters: it is long, or broken into pieces.
    is_ruled = (~may_be & (widths >= _WIDEST * mask.shape[1]) & (remaining < 1)).any()
    is_ruled |= widths[is_line & ~is_upright].sum() > _PIECES * mask.shape[1]
    middles = (left + right) / 2
    is_above = np.abs(np.subtract.outer(middles[is_line], middles)) < 0.3 * usual
    is_broken = is_above.sum(axis=0) >= _N_PIECES  # an upright line, in pieces
    is_character = may_be & np.where(is_line, is_upright & ~is_broken, not is_ruled)
    is_kept = np.concatenate([[False], is_character])[labels]
    near = ndimage.maximum_filter(is_kept, 3)
    strength = np.where(near, page.ink.strength, strength)
    return page._replace(mask=mask | is_kept, ink=page.ink._replace(strength=strength))

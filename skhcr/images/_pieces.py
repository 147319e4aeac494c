"""Selection of the connected pieces of ink that form the letter."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from ._connected import Connected, find_connected
from ._morphology import erode, highest_around, largest_of_squares, lowest_around
from ._paper import Ink, reduction
from ._polarity import MIN_CONTRAST, SMALL
from ._several import are_several

# If no connected piece has this share of the image, there are only specks and no ink.
_LEAST_INK = 1 / 2**15
# A page has fewer relevant pieces.
_MOST_PIECES = 200
# The paper below a piece is sampled at some of its pixels.
_SAMPLE = 256
# Pieces below this share of the main piece are specks, also at the edge of an image cropped to the
# letter, that is, one whose main piece spans this share of its height or width.
_SPECK, _SPECK_AT_EDGE = 0.006, 0.01
_FILLS = 0.85
# A piece this near to a side, as a share of the longer one, touches it; the pale ends of strokes
# may reach so much further than the pieces.
_NEAR, _PALE_END = 0.01, 0.08
# The pieces of a letter that fills its image touch less than this share of the sides.
_MOST_CONTACT = 0.4
# A piece belongs to the letter if the gap is no larger than this part of the letter's size.
_GAP, _GAP_OF_SPECKS = 0.6, 0.3
# A letter is drawn with one pen, at most this many times as thick as its main piece.
_THINNER, _THICKER = 0.25, 2.0
# A piece paler than this share of it and this many times thicker does not belong to it.
_PALER, _THICKER_AND_PALER = 0.75, 1.4
# A piece at the edge that extends less far into the image is not a letter,
_FLAT = 0.03
# nor is a piece there that is smaller than this share of it.
_LEAST_AT_EDGE = 0.12

# Weights for the main piece: for touching one side of the image, for touching more, and for running
# along more than this share of a side; a piece in a corner loses this much.
_AT_A_SIDE, _AT_MORE_SIDES, _ALONG, _ALONG_A_SIDE = 0.35, 0.25, 0.7, 0.02
_OFF_THE_MIDDLE = 0.6
# A strip or table along a side covers so much of it, a frame so much of every side.
_STRIP, _FRAME = 0.9, 0.5
# Surfaces darker than this share of the lightest are not paper; strength below which there is
# grain.
_DARKER, _GRAIN = 0.8, 40
# A hole beside the letter is this share of its size away, and this many times as wide as its pen.
_BESIDE, _WIDER_THAN_DOTS = 0.1, 1.2
# The solidity of a disc, and half of the logarithm of its aspect, differ by less from those of a
# circle.
_NOT_A_DISC = 0.06
# Weight of a round piece if there is a thinner one nearly as large.
_HOLE, _NEARLY_AS_LARGE = 0.1, 0.8
# A small piece beside a letter is this share of its size away; one above or below it, this share
# to the side. In smaller letters, such a piece may be the end of a stroke with a gap.
_SMALL, _ASIDE, _FAR_ASIDE, _LEAST_SIZE = 0.35, 0.15, 0.3, 40
# A table touches a side of the image with so much of its length, and covers so much of its box.
_TOUCHING, _COVERED = 0.8, 0.42
# A shadow is paler than this, and thicker than this share of the image.
_PALE, _BROAD = 150, 0.07
# Where it enters the image, it is this many times as broad as its mean thickness.
_ENTERS = 1.25
# The sides of a box lie within this share of it and have fewer gaps than this share; its corners
# are nearer than this share to those of the upright rectangle around it.
_SIDES, _GAPS, _CORNERS = 0.2, 0.1, 0.1
# The darkness of a letter is this percentile of its pixels; half of its outline is at least as
# steep as this share of it.
_DARK_PART, _STEEP = 90, 0.16
# Strokes of fewer pixels of the reduced page are steep.
_FINE = 6
# Solid pieces, and round ones, cover so much of their boxes; round ones are nearly square.
_SOLID, _ROUND, _LEAST_ASPECT, _MOST_ASPECT = 0.6, 0.68, 0.75, 1.33


class Letter(NamedTuple):
    """The pieces that make up a letter.

    Attributes
    ----------
    mask : ndarray of bool of shape (height, width)
        Their pixels in their box.
    box : (slice, slice)
        Rows and columns of the image.
    is_several : bool
        Whether there are probably several letters, of which these pieces may be one or more.
    """

    mask: np.ndarray
    box: tuple[slice, slice]
    is_several: bool = False


def find_letter(mask: np.ndarray, ink: Ink) -> Letter | None:
    """Return the letter among the pieces of a mask; None if there is none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    connected = find_connected(mask[top:bottom, left:right])
    areas = connected.areas
    if areas.max() < _LEAST_INK * mask.size:
        return None
    large = np.sort(np.argsort(-areas, kind="stable")[:_MOST_PIECES])
    large = large[areas[large] >= _SPECK * areas.max() / 2]
    pieces = _Pieces(connected, large, (top, left), mask.shape, ink)
    is_ink = pieces.are_ink()
    if not is_ink.any():
        return None
    if not is_ink.all():
        large = large[is_ink]
        pieces = _Pieces(connected, large, (top, left), mask.shape, ink)
    main = pieces.main()
    if main is None:
        return None
    is_candidate = pieces.candidates(main)
    is_part, (start, stop, first, last) = pieces.parts_of_letter(main, is_candidate)
    kept = np.zeros((stop - start, last - first), bool)
    for number, (y, y_end, x, x_end) in zip(large[is_part], pieces.boxes[is_part], strict=True):
        piece = connected.labels[y - top : y_end - top, x - left : x_end - left] == number + 1
        kept[y - start : y_end - start, x - first : x_end - first] |= piece
    is_several = are_several(pieces.boxes[is_candidate], pieces.pens[main])
    letter = Letter(kept, (slice(start, stop), slice(first, last)), is_several)
    is_fine = pieces.pens[main] < _FINE * reduction(mask.shape)
    if is_fine and pieces.strengths[main] > 2 * MIN_CONTRAST:  # with edges, for sure
        return letter
    return letter if _is_drawn(letter, ink.strength) else None


def _is_drawn(letter: Letter, strength: np.ndarray) -> bool:
    """Return whether a letter is clearly darker than the paper, with edges, on a reduced page.

    Reflections, folds and shadows fade gradually, but so do letters in blurred close crops.
    """
    shares = np.divide(letter.mask.shape, strength.shape)
    if max(strength.shape) < SMALL or max(shares) > _FILLS:
        return True
    factor = reduction(strength.shape)
    reach = 2 * factor
    box = tuple(slice(max(0, side.start - reach), side.stop + reach) for side in letter.box)
    mask = np.zeros(strength[box].shape, bool)
    top, left = (side.start - outer.start for side, outer in zip(letter.box, box, strict=True))
    height, width = letter.mask.shape
    mask[top : top + height, left : left + width] = letter.mask
    levels = np.asarray(Image.fromarray(strength[box]).reduce(factor))
    mask = largest_of_squares(mask, factor)
    darkness = float(np.percentile(levels[mask], _DARK_PART))
    steps = (highest_around(levels, 3) - lowest_around(levels, 3))[mask & ~erode(mask, 1)]
    return darkness >= MIN_CONTRAST and float(np.median(steps)) >= _STEEP * darkness


def _inner(piece: np.ndarray) -> int:
    """Return the number of pixels of a piece with all four neighbors in it."""
    rows = piece[1:-1, 1:-1] & piece[:-2, 1:-1] & piece[2:, 1:-1]
    return int(np.count_nonzero(rows & piece[1:-1, :-2] & piece[1:-1, 2:]))


def _is_box(piece: np.ndarray) -> bool:
    """Return whether a piece is the outline of a rectangle, upright or slightly rotated."""
    height, width = piece.shape
    if min(height, width) < _LEAST_SIZE:
        return False
    y, x = int(_SIDES * height), int(_SIDES * width)
    if piece[y:-y, x:-x].any():
        return False
    sides = piece[:y].any(axis=0), piece[-y:].any(axis=0), piece[:, :x].any(1), piece[:, -x:].any(1)
    if min(side.mean() for side in sides) < 1 - _GAPS:
        return False
    rows = np.arange(height)
    views = piece, piece[::-1], piece[:, ::-1], piece[::-1, ::-1]
    furthest = max(int((rows + view.argmax(axis=1)).min()) for view in views)
    return furthest <= _CORNERS * (height + width) / 2


class _Pieces:
    """Positions, sizes, shapes and surroundings of connected pieces.

    `pens` is the thickness of a stroke with the length and area of a piece.
    """

    def __init__(
        self,
        connected: Connected,
        numbers: np.ndarray,
        origin: tuple[int, int],
        shape: tuple[int, ...],
        ink: Ink,
    ) -> None:
        areas, boxes = connected.areas[numbers], connected.boxes[numbers]
        self.areas, self.shape = areas, shape
        top, left = origin
        self.boxes = boxes + np.array([top, top, left, left])
        self.heights = self.boxes[:, 1] - self.boxes[:, 0]
        self.widths = self.boxes[:, 3] - self.boxes[:, 2]
        self.sizes = np.maximum(self.heights, self.widths)
        solidity = areas / (self.heights * self.widths)
        self.solidity = solidity
        self.is_solid = solidity > _SOLID
        aspects = self.heights / self.widths
        self.is_round = solidity > _ROUND
        self.is_round &= (aspects > _LEAST_ASPECT) & (aspects < _MOST_ASPECT)
        self.is_disc = np.abs(solidity - math.pi / 4) < _NOT_A_DISC
        self.is_disc &= np.abs(np.log(aspects)) < 2 * _NOT_A_DISC
        self.pens = np.empty(len(areas))
        height, width = shape
        self.is_at = self.boxes == [0, height, 0, width]  # top, bottom, left, right
        self.contacts = np.empty((len(areas), 4))
        sides = width, width, height, height
        self.strengths = np.empty(len(areas))
        self.darkest, self.levels = np.empty(len(areas)), np.empty(len(areas))
        self.is_box, self.reaches_middle = np.zeros((2, len(areas)), bool)
        factor = reduction(shape)
        is_even = ink.surface.min() == ink.surface.max()
        for i, (start, stop, first, last) in enumerate(boxes):
            piece = connected.labels[start:stop, first:last] == numbers[i] + 1
            start, stop, first, last = self.boxes[i]
            ends = piece[0], piece[-1], piece[:, 0], piece[:, -1]
            contacts = [end.sum() / side for end, side in zip(ends, sides, strict=True)]
            self.contacts[i] = self.is_at[i] * contacts
            self.pens[i] = 2 * areas[i] / (areas[i] - _inner(piece))
            inked = ink.strength[start:stop, first:last][piece]
            self.strengths[i] = inked.sum(dtype=np.int64) / areas[i]
            below = ink.surface[:1, :1]
            if not is_even:
                some = np.flatnonzero(piece)[:: max(1, areas[i] // _SAMPLE)]
                rows, columns = np.divmod(some, piece.shape[1])
                below = ink.surface[(start + rows) // factor, (first + columns) // factor]
            self.is_box[i] = solidity[i] < _COVERED and _is_box(piece)
            middle = tuple(
                slice(max(0, side // 4 - begin), max(0, 3 * side // 4 - begin))
                for side, begin in ((height, start), (width, first))
            )
            self.reaches_middle[i] = piece[middle].any()
            self.darkest[i], self.levels[i] = below.min(), below.mean()
        self.brightest = float(ink.surface.max())
        self.is_cropped = self._is_cropped()

    def _is_cropped(self) -> bool:
        """Return whether the image is cropped to a letter of these pieces.

        They extend to all four sides, and the largest one to two of them, of which it touches one.
        Together they touch less of the sides than frames and tables.
        """
        height, width = self.shape
        contact = (self.contacts * [width, width, height, height]).sum() / (2 * (height + width))
        gaps = np.abs(self.boxes - [0, height, 0, width])
        meets = gaps <= _PALE_END * max(self.shape)
        is_large = self.areas >= _SPECK_AT_EDGE * self.areas.max()
        largest = (self.areas * self.strengths * self.levels**2).argmax()
        touches = gaps[largest].min() <= max(1, _NEAR * max(self.shape))
        meets_all = meets[is_large].any(axis=0).all() and meets[largest].sum() >= 2
        return bool(touches and meets_all and contact < _MOST_CONTACT)

    def are_ink(self) -> np.ndarray:
        """Return which pieces may be ink, rather than tables, shadows or boxes of forms.

        A table lies along a side of the image, and not also at the opposite one like a stroke to
        which an image is cropped. If it covers little of its box and reaches the middle, a letter
        is joined to it. A shadow is broad and pale, and enters a page from outside.
        """
        height, width = self.shape
        longer = max(height, width)
        lengths = self.contacts * [width, width, height, height]
        is_far = np.abs(self.boxes - [0, height, 0, width])[:, [1, 0, 3, 2]] > _PALE_END * longer
        is_along = (lengths > _TOUCHING * self.sizes[:, np.newaxis]) & is_far
        is_table = is_along.any(axis=1) & (self.solidity > _COVERED)
        is_strip = ((self.contacts > _STRIP) & is_far).any(axis=1) & ~self.reaches_middle
        is_table |= is_strip & (not self.is_cropped)
        is_shadow = (self.strengths < _PALE) & (self.pens > _BROAD * longer)
        is_page = not self.is_cropped and reduction(self.shape) > 1
        is_shadow &= (lengths.sum(axis=1) > _ENTERS * self.pens) & is_page
        return ~(is_table | is_shadow | self.is_box)

    def main(self) -> int | None:
        """Return the main piece of the letter; None if there is no letter.

        The strongest and largest piece, on the lightest surface, near the middle. A piece that
        touches the edge weighs less, and almost nothing if it does so along most of a side.
        """
        height, width = self.shape
        n_sides = self.is_at.sum(axis=1)
        middle = np.hypot(
            (self.boxes[:, 0] + self.boxes[:, 1]) / (2 * height) - 0.5,
            (self.boxes[:, 2] + self.boxes[:, 3]) / (2 * width) - 0.5,
        )
        weights = self.areas * self.strengths * (self.levels / max(self.levels.max(), 1)) ** 2
        if not self.is_cropped:
            weights *= np.select(
                [self.contacts.max(axis=1) > _ALONG, n_sides > 1, n_sides == 1],
                [_ALONG_A_SIDE, _AT_MORE_SIDES, _AT_A_SIDE],
                1,
            )
        weights *= 1 - _OFF_THE_MIDDLE * np.minimum(1, 1.2 * middle)
        # Frames, tables and strips along a side.
        is_strip = (self.contacts.max(axis=1) > _STRIP) & (n_sides == 3) & self.is_solid
        is_strip &= np.minimum(self.heights / height, self.widths / width) < _FILLS
        weights[is_strip | (self.contacts.min(axis=1) > _FRAME)] = 0
        # The rest of a line that the edge cuts off.
        is_flat = self.heights < _FLAT * height, self.widths < _FLAT * width
        weights[is_flat[0] & self.is_at[:, :2].any(axis=1)] = 0
        weights[is_flat[1] & self.is_at[:, 2:].any(axis=1)] = 0
        # The grain of a table.
        weights[(self.strengths < _GRAIN) & (self.levels < _DARKER * self.brightest)] = 0
        # Punched holes.
        for i in np.flatnonzero(self.is_round):
            is_letter = (self.sizes > _NEARLY_AS_LARGE * self.sizes[i]) & (
                _THICKER * self.pens < self.pens[i]
            )
            weights[i] *= _HOLE if is_letter.any() else 1
        main = int(weights.argmax())
        is_cut_off = n_sides[main] and self.sizes[main] < _LEAST_AT_EDGE * max(self.shape)
        return None if not weights[main] or is_cut_off else main

    def candidates(self, main: int) -> np.ndarray:
        """Return the pieces that are drawn like the main piece, including itself."""
        shares = self.areas / self.areas[main]
        # A piece cut off by the image edge belongs to a neighbor, unless the image is cropped to
        # the letter.
        start, stop, first, last = self.boxes[main]
        fills = max((stop - start) / self.shape[0], (last - first) / self.shape[1]) > _FILLS
        if fills or self.is_cropped:
            is_cut_off = self.is_at.any(axis=1) & (shares < _SPECK_AT_EDGE)
        else:
            is_cut_off = (self.is_at & ~self.is_at[main]).any(axis=1)
        # The grain of a table is weaker or smaller than strokes that a shadow cuts off.
        is_grain = (self.strengths < 0.6 * self.strengths[main]) | (shares < 0.15)
        is_elsewhere = is_grain & (self.levels < _DARKER * self.darkest[main])
        # Hairs and holes are not drawn with the letter's pen.
        is_of_pen = self.pens > _THINNER * self.pens[main]
        is_of_pen &= ~(self.is_round & (self.pens > _THICKER * self.pens[main]))
        is_of_pen &= ~self._is_hole_beside(main) & ~self._is_crumb_beside(main)
        # Nor are shadows, which are paler, too.
        is_paler = self.strengths < _PALER * self.strengths[main]
        is_of_pen &= ~(is_paler & (self.pens > _THICKER_AND_PALER * self.pens[main]))
        is_candidate = (shares >= _SPECK) & is_of_pen & ~is_cut_off & ~is_elsewhere
        is_candidate[main] = True
        return is_candidate

    def _is_hole_beside(self, main: int) -> np.ndarray:
        """Return which pieces are discs beside the main piece, wider than its pen.

        Dots are above, below or within the letter, or as small as the pen.
        """
        is_beside = self._gaps(main, 1) > _BESIDE * self.sizes[main]
        return self.is_disc & is_beside & (self.sizes > _WIDER_THAN_DOTS * self.pens[main])

    def _is_crumb_beside(self, main: int) -> np.ndarray:
        """Return which pieces are small and beside the main piece, where letters have no dots."""
        size = self.sizes[main]
        aside, above = self._gaps(main, 1), self._gaps(main, 0)
        is_aside = ((aside > _ASIDE * size) & (above <= 0)) | (aside > _FAR_ASIDE * size)
        return is_aside & (self.sizes < _SMALL * size) & (size >= _LEAST_SIZE)

    def _gaps(self, main: int, axis: int) -> np.ndarray:
        """Return the vertical gaps of pieces to the main piece, or the horizontal ones."""
        starts, stops = self.boxes[:, 2 * axis : 2 * axis + 2].T
        return np.maximum(starts - stops[main], starts[main] - stops)

    def parts_of_letter(
        self, main: int, is_candidate: np.ndarray
    ) -> tuple[np.ndarray, tuple[int, int, int, int]]:
        """Return the candidates that are pieces of a letter, and the box around them."""
        is_large = self.areas / self.areas[main] > 0.01
        gaps = np.where(is_large, _GAP, _GAP_OF_SPECKS) * self.sizes[main]
        is_part = np.arange(len(gaps)) == main
        top, bottom, left, right = self.boxes.T
        while True:
            start, stop = top[is_part].min(), bottom[is_part].max()
            first, last = left[is_part].min(), right[is_part].max()
            distance = np.max([start - bottom, top - stop, first - right, left - last], axis=0)
            grown = is_part | (is_candidate & (distance <= gaps))
            if (grown == is_part).all():
                return is_part, (int(start), int(stop), int(first), int(last))
            is_part = grown

"""``find_characters``: the characters of a page, in reading order."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import ndimage

from ..images._connected import find_connected
from ..images._crop import PageInk, find_page_ink, in_clearest_channel, strokes_of
from ..images._decode import decode
from ..images._errors import ImageFailure, ImageLoadError
from ..images._pieces import Letter
from ..images._sources import describe
from ._boxes import Form, find_form, is_empty, is_speck
from ._characters import group_pieces
from ._frame import find_frame
from ._pieces import Pieces
from ._polarity import find_polarity
from ._rows import find_lines, find_words
from ._ruling import without_lines

Box = tuple[int, int, int, int]

# The soft edges of strokes extend this far beyond the ink, as a share of its size.
_SOFT = 0.03
# In a box of a form: ink that touches its edge and is a smaller share of its ink is from a
# neighbor.
_FROM_NEXT_DOOR = 0.2
# So is ink smaller than this share of the box.
_SMALL = 0.3
# If nothing else is found, ink that spans this share of the page probably joins its characters.
_SPANS = 0.7


@dataclass(frozen=True, eq=False)
class Character:
    """A character found on a page.

    Attributes
    ----------
    box : (int, int, int, int)
        Left, top, right and bottom in pixels of the upright image; right and bottom are exclusive.
    line : int
        Index of its line, from the top.
    word : int
        Index of its word in the line, in reading order.
    image : ndarray of uint8 of shape (side, side)
        The isolated character, dark on white, in a square in which it keeps its size relative to
        the others of its page.
    cell : (int, int, int, int) or None
        The inside of its box on a form, if there is one.
    """

    box: Box
    line: int
    word: int
    image: np.ndarray = field(repr=False)
    cell: Box | None = None


class Cell(NamedTuple):
    """A box of a form.

    Attributes
    ----------
    box : (int, int, int, int)
        Left, top, right and bottom of its inside.
    line, word : int
        Its line, and its field in the line: adjacent boxes.
    """

    box: Box
    line: int
    word: int


class Found(NamedTuple):
    """The characters and boxes found on a page."""

    characters: list[Character]
    cells: list[Cell]


def find_characters(
    image: Any,
    direction: Literal["ltr", "rtl"] = "ltr",
    *,
    boxes: bool | None = None,
    polarity: Literal["auto", "light-on-dark", "dark-on-light"] = "auto",
    margin: float = 0.125,
    background: int = 255,
    max_pixels: int | None = None,
) -> list[Character]:
    """Find the characters of a page, in reading order.

    The characters must be separate, as in hand-printed text, rows of letters, worksheets and forms;
    joined script is not segmented.

    Parameters
    ----------
    image : path, bytes, open file, PIL image or array
        The page, in any format supported by :class:`skhcr.ImageLoader`. Photographs are rotated
        upright according to their EXIF data.
    direction : {"ltr", "rtl"}, default="ltr"
        Reading direction of lines: left to right, or right to left.
    boxes : bool, default=None
        Whether the page is a form with a box for every character. On a form, only the contents of
        boxes are found. None detects forms: there must be at least two boxes of the same size whose
        lines strokes do not cross, unlike on squared paper. True also accepts a single box as a
        form.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        Polarity of ink and paper.
    margin : float, default=0.125
        Minimum fraction of a character's image, in [0, 0.5), that stays empty on each side.
    background : int, default=255
        Gray level in [0, 255] that shows through transparent pixels.
    max_pixels : int, default=None
        An image with more pixels is refused without decoding; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.

    Returns
    -------
    list of Character
        In reading order: line by line, with the box, the line, the word and the image of each.

    Raises
    ------
    skhcr.ImageLoadError
        If the image cannot be read.

    Warns
    -----
    UserWarning
        If nothing is found because a line or a frame joins all the ink.

    See Also
    --------
    read_page : Read them.

    Notes
    -----
    Paper, light and ink are separated as in :class:`skhcr.InkNormalizer`: frames, tables, shadows,
    ruled lines and margins are not characters. Dots and accents belong to the letter above or below
    them. Strokes belong to the same letter if one is above the other or starts at the end of the
    other. Lines may slope. In a line cut out of a page, characters may be as high as the image.
    Touching letters are found as one; :func:`read_page` splits them if its model recognizes both.

    In its image, a character keeps its size relative to the others of its line: a comma stays
    small.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> from skhcr.pages import find_characters
    >>> page = Image.new("L", (300, 120), 255)
    >>> pen = ImageDraw.Draw(page)
    >>> pen.line([(40, 30), (40, 90)], fill=0, width=8)
    >>> pen.ellipse([(80, 30), (120, 90)], outline=0, width=8)
    >>> for character in find_characters(page):
    ...     print(character.box, character.line, character.word)
    (37, 30, 45, 91) 0 0
    (80, 30, 121, 91) 0 0
    """
    return find_on_page(
        image,
        direction,
        boxes=boxes,
        polarity=polarity,
        margin=margin,
        background=background,
        max_pixels=max_pixels,
    ).characters


def find_on_page(
    image: Any,
    direction: Literal["ltr", "rtl"],
    *,
    boxes: bool | None,
    polarity: Literal["auto", "light-on-dark", "dark-on-light"],
    margin: float,
    background: int,
    max_pixels: int | None,
) -> Found:
    """Find the characters of a page and the boxes of its form."""
    if direction not in ("ltr", "rtl"):
        raise ValueError(f"direction must be 'ltr' or 'rtl', got {direction!r}.")
    if not 0 <= margin < 0.5:
        raise ValueError(f"margin must be at least 0 and less than 0.5, got {margin!r}.")
    try:
        decoded = decode(image, mode=None, background=background, max_pixels=max_pixels)
    except Exception as error:
        failure = ImageFailure(0, describe(image), error)
        raise ImageLoadError([failure], 1, "Choose another file.") from error
    pixels = in_clearest_channel(decoded.image)
    page = _find_ink(pixels, find_polarity(pixels) if polarity == "auto" else polarity)
    if page is None:
        return Found([], [])
    step = 1 if direction == "ltr" else -1
    found = None if boxes is False else find_form(page.mask, page.ink.strength, 1 if boxes else 2)
    if found is None:
        return Found(_without_form(page, step, margin), [])
    form, mask = found
    return _in_form(page._replace(mask=mask), form, step, margin)


def _find_ink(pixels: np.ndarray, polarity: str) -> PageInk | None:
    """Return the ink of a page, or of the area within a frame around it.

    A frame darker than the letters would otherwise be the only ink.
    """
    page = find_page_ink(pixels, polarity)
    within = None if page is None else find_frame(page.mask)
    if page is None or within is None:
        return page
    top, left = page.corner
    y, x = within
    inside = find_page_ink(
        pixels[top + y.start : top + y.stop, left + x.start : left + x.stop], polarity
    )
    if inside is None:
        return None
    down, across = inside.corner
    return inside._replace(corner=(top + y.start + down, left + x.start + across))


def _without_form(page: PageInk, step: int, margin: float) -> list[Character]:
    page = without_lines(page)
    pieces = Pieces(page.mask, page)
    numbers = group_pieces(pieces)
    if not (numbers >= 0).any():
        _warn_of_joined_ink(page.mask)
        return []
    found = np.array([_around(pieces.boxes[numbers == n]) for n in range(numbers.max() + 1)])
    lines = find_lines(found, pieces.scale)
    order = np.lexsort((step * (found[:, 0] + found[:, 2]), lines))
    found, lines = found[order], lines[order]
    words = find_words(found, lines, pieces.scale, step)
    places = np.append(np.argsort(order), -1)  # pieces outside of characters have the index -1
    owners = np.concatenate([[-1], places[numbers]])[pieces.labels]
    sides = _sides(found, lines, margin)
    return [
        Character(
            _shifted(found[i], page),
            int(lines[i]),
            int(words[i]),
            _cut(page, owners, i, found[i], sides[i]),
        )
        for i in range(len(found))
    ]


def _warn_of_joined_ink(mask: np.ndarray) -> None:
    height, width = mask.shape
    for top, bottom, left, right in find_connected(mask).boxes:
        span = max((bottom - top) / height, (right - left) / width)
        if span >= _SPANS:
            warnings.warn(
                f"No character was found: one connected piece of ink spans {span:.0%} of the "
                "page. If it is a character, leave more paper around it. If a line or a frame "
                "touches all characters, erase it. Straight lines are removed automatically if the "
                "image is large enough: use a higher resolution.",
                stacklevel=5,
            )
            return


def _in_form(page: PageInk, form: Form, step: int, margin: float) -> Found:
    cells, scale = form.boxes, float(np.median(form.boxes[:, 3] - form.boxes[:, 1]))
    lines = find_lines(cells, scale)
    order = np.lexsort((step * (cells[:, 0] + cells[:, 2]), lines))
    cells, lines = cells[order], lines[order]
    words = find_words(cells, lines, scale, step)
    numbers = np.concatenate([[-1], np.argsort(order)])[form.inside]
    owners = np.where(page.mask, numbers, -1)
    characters = []
    for i, cell in enumerate(cells):
        box = _written_in(owners, i, cell)
        if box is None:
            continue
        side = round(max(cell[3] - cell[1], cell[2] - cell[0]) / (1 - 2 * margin) * 0.8)
        characters.append(
            Character(
                _shifted(box, page),
                int(lines[i]),
                int(words[i]),
                _cut(page, owners, i, box, max(side, _least_side(box, margin))),
                _shifted(cell, page),
            )
        )
    return Found(
        characters,
        [
            Cell(_shifted(cell, page), int(line), int(word))
            for cell, line, word in zip(cells, lines, words, strict=True)
        ],
    )


def _written_in(owners: np.ndarray, number: int, cell: np.ndarray) -> np.ndarray | None:
    """Return the box of the character in a cell; None if empty. Remove other pieces."""
    left, top, right, bottom = cell
    inside = owners[top:bottom, left:right]
    labels, n = ndimage.label(inside == number, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    if not n or is_empty(int(areas.max()), cell):
        return None
    is_kept = areas >= 0.02 * areas.max()
    for index, (y, x) in enumerate(ndimage.find_objects(labels)):
        near = 2
        at_edge = (
            y.start <= near
            or x.start <= near
            or y.stop >= bottom - top - near
            or x.stop >= right - left - near
        )
        is_small = max(y.stop - y.start, x.stop - x.start) < _SMALL * min(inside.shape)
        if at_edge and (is_small or areas[index] < _FROM_NEXT_DOOR * areas.max()):
            is_kept[index] = False
    if not is_kept.any():
        return None
    is_kept = np.concatenate([[False], is_kept])[labels]
    inside[(inside == number) & ~is_kept] = -1
    rows, columns = np.flatnonzero(is_kept.any(axis=1)), np.flatnonzero(is_kept.any(axis=0))
    if is_speck(rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0], cell):
        return None
    return np.array(
        [left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1], np.intp
    )


def _sides(found: np.ndarray, lines: np.ndarray, margin: float) -> np.ndarray:
    """Return the sides of the characters' images, large enough for their line and themselves."""
    heights = found[:, 3] - found[:, 1]
    sides = np.empty(len(found), np.intp)
    for line in range(lines.max() + 1):
        members = lines == line
        high = float(np.percentile(heights[members], 75))
        sides[members] = [
            max(round(high / (1 - 2 * margin)), _least_side(box, margin)) for box in found[members]
        ]
    return sides


def _least_side(box: np.ndarray, margin: float) -> int:
    return int(np.ceil(max(box[2] - box[0], box[3] - box[1]) / (1 - 2 * margin)))


def _cut(page: PageInk, owners: np.ndarray, number: int, box: np.ndarray, side: int) -> np.ndarray:
    """Return an isolated character, dark on white, centered in a square."""
    soft = max(1, round(_SOFT * max(box[2] - box[0], box[3] - box[1])))
    left, top = max(0, box[0] - soft), max(0, box[1] - soft)
    place = slice(top, box[3] + soft), slice(left, box[2] + soft)
    strokes = strokes_of(Letter(owners[place] == number, place), page.ink)
    image = np.zeros((side, side), np.uint8)
    y, x = ((side - n) // 2 for n in strokes.shape)
    y0, x0 = max(0, -y), max(0, -x)
    strokes = strokes[y0 : y0 + side, x0 : x0 + side]
    y, x = max(0, y), max(0, x)
    image[y : y + strokes.shape[0], x : x + strokes.shape[1]] = strokes
    return 255 - image


def _around(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _shifted(box: np.ndarray, page: PageInk) -> Box:
    """Return a box in pixels of the whole page."""
    top, left = page.corner
    return int(box[0]) + left, int(box[1]) + top, int(box[2]) + left, int(box[3]) + top

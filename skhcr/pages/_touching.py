"""Touching characters: candidates for a split into two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ._find import Character

# It is so many times as wide as most characters of the page; in lines that are read from the right,
# where letters are wide by themselves, so many.
_WIDE, _WIDE_FROM_RIGHT = 1.55, 2.2
# They touch in the middle part of it, in a stroke no thicker than this share of the height, above
# and below which there is so much less ink than on both sides, together.
_MIDDLE, _THICKEST, _LESS = (0.25, 0.75), 0.5, 0.3
_INK = 128  # gray level of a character's image


def halves(characters: list[Character], direction: str) -> dict[int, tuple[Character, Character]]:
    """Return, by index, the two parts of each character that may be two.

    Shape alone does not decide this: m is as wide as two letters, and its arches are as thin as the
    point where two letters touch. The model decides.
    """
    widths = np.array([one.box[2] - one.box[0] for one in characters], float)
    if not len(widths):
        return {}
    least = (_WIDE if direction == "ltr" else _WIDE_FROM_RIGHT) * np.median(widths)
    found = {}
    for index in np.flatnonzero(widths > least):
        if characters[index].cell is None:
            parts = _divided(characters[index])
            if parts is not None:
                found[int(index)] = parts if direction == "ltr" else parts[::-1]
    return found


def _divided(character: Character) -> tuple[Character, Character] | None:
    ink = character.image < _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(columns) < 4:
        return None
    top, left = rows[0], columns[0]
    ink = ink[top : rows[-1] + 1, left : columns[-1] + 1]
    height, width = ink.shape
    # Distance of ink from the upper and the lower end, in every column.
    above = np.where(ink.any(axis=0), ink.argmax(axis=0), height)
    below = np.where(ink.any(axis=0), ink[::-1].argmax(axis=0), height)
    best, place = height * _THICKEST, None
    for x in range(round(_MIDDLE[0] * width), round(_MIDDLE[1] * width)):
        free = sum(
            max(0, side[x] - max(side[:x].min(initial=height), side[x:].min(initial=height)))
            for side in (above, below)
        )
        thickness = height - above[x] - below[x]
        if free >= _LESS * height and thickness < best:
            best, place = thickness, left + x
    if place is None:
        return None
    first, second = slice(place), slice(place, None)
    return _part(character, top, left, first), _part(character, top, left, second)


def _part(character: Character, top: int, left: int, columns: slice) -> Character:
    """Return the part of a character in some columns of its image, centered."""
    image = np.full_like(character.image, 255)
    image[:, columns] = character.image[:, columns]
    ink = image < _INK
    rows, inked = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    x, y = character.box[0] - left, character.box[1] - top
    box = inked[0] + x, rows[0] + y, inked[-1] + 1 + x, rows[-1] + 1 + y
    side = len(image)
    shift = (side - 1 - rows[0] - rows[-1]) // 2, (side - 1 - inked[0] - inked[-1]) // 2
    left_, top_, right, bottom = (int(n) for n in box)
    return replace(character, box=(left_, top_, right, bottom), image=np.roll(image, shift, (0, 1)))

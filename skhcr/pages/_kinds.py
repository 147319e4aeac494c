"""Kinds of letters: uppercase, lowercase or digit, and the room that they take in a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

# Lowercase letters of Latin, Greek and Cyrillic that are as high as capitals, and letters that
# reach below the baseline.
_HIGH = set("bdfhijkltßþβδζθλξφψбф")
_DEEP = set("gjpqyþβγζημξρςφχψруф")
# Unicode's class of accents above a letter, which make it as high as a capital.
_ABOVE = 230
# The depth of these differs among writers.
_SOME_DEEP = set("fzJQYЗзДдЦцЩщ")


class Case(IntEnum):
    """Whether a label is a letter of a script with case, and which."""

    LOWER = 0
    UPPER = 1
    DIGIT = 2
    NONE = 3


class Height(IntEnum):
    """Height of a letter above the baseline: as x, or as capitals."""

    SMALL = 0
    HIGH = 1
    ANY = 2


class Depth(IntEnum):
    """Whether a letter reaches below the baseline."""

    NONE = 0
    DEEP = 1
    ANY = 2


class Kinds(NamedTuple):
    """The kinds of a model's labels.

    Attributes
    ----------
    of_labels : ndarray of int of shape (n_labels,)
        The kind of every label.
    cases, heights, depths : ndarray of int of shape (n_kinds,)
        `Case`, `Height` and `Depth` of every kind.
    """

    of_labels: np.ndarray
    cases: np.ndarray
    heights: np.ndarray
    depths: np.ndarray


def kinds_of(names: Sequence[str]) -> Kinds | None:
    """Return the kinds of labels; None if no two of them differ only in their case."""
    kinds = {name: _kind(name) for name in names}
    if not any(kind[0] == Case.LOWER and name.upper() in kinds for name, kind in kinds.items()):
        return None
    found = sorted(set(kinds.values()))
    of_labels = np.array([found.index(kinds[name]) for name in names])
    return Kinds(of_labels, *np.array(found).T)


def _kind(name: str) -> tuple[Case, Height, Depth]:
    decomposed = unicodedata.normalize("NFD", name)
    letter, accents = decomposed[:1], [unicodedata.combining(mark) for mark in decomposed[1:]]
    if letter.isascii() and letter.isdecimal() and not accents:
        return Case.DIGIT, Height.HIGH, Depth.NONE
    if letter.lower() == letter.upper() or not all(accents):
        return Case.NONE, Height.ANY, Depth.ANY  # no script with case, or several letters
    is_below = any(accent != _ABOVE for accent in accents)
    some_deep = letter in _SOME_DEEP or is_below
    depth = Depth.DEEP if letter in _DEEP else Depth.ANY if some_deep else Depth.NONE
    if letter == letter.upper():
        return Case.UPPER, Height.HIGH, depth
    is_high = letter in _HIGH or _ABOVE in accents
    return Case.LOWER, Height.HIGH if is_high else Height.SMALL, depth

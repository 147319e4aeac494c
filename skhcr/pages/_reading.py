"""What was read on a page: ``PageReading``, and its ``ReadCharacter``."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from ._find import Box, Cell

# Digits run from left to right in right-to-left lines.
_DIGITS = ("EN", "AN")


@dataclass(frozen=True, eq=False)
class ReadCharacter:
    """A classified character on a page.

    Attributes
    ----------
    box : (int, int, int, int)
        Left, top, right and bottom in pixels of the upright image.
    line, word : int
        Indices of its line and of its word in the line.
    label : object
        The predicted label: one of the model's ``classes_``.
    probability : float
        Its probability among the allowed labels, given the context.
    alternatives : list of (label, float)
        The most probable labels, at most five, and their probabilities, given the context. The
        first is `label`, unless a list of words changed it.
    image : ndarray of uint8
        The isolated character, as passed to the model.
    cell : (int, int, int, int) or None
        The inside of its box on a form, if there is one.
    unknown : bool or None
        Whether it looks like none of the model's letters, so that its label is a guess. None if the
        model does not support it, or it was not requested.
    """

    box: Box
    line: int
    word: int
    label: Any
    probability: float
    alternatives: list[tuple[Any, float]]
    image: np.ndarray = field(repr=False)
    cell: Box | None = None
    unknown: bool | None = None


@dataclass(frozen=True, eq=False)
class PageReading:
    """The text of a page.

    Attributes
    ----------
    characters : list of ReadCharacter
        In reading order.
    cells : list of Cell
        The boxes of the form, in reading order, including empty ones; an empty list if there is no
        form.
    direction : {"ltr", "rtl"}
        Reading direction of lines.
    texts : dict of str to str
        Texts that replace labels.
    """

    characters: list[ReadCharacter]
    cells: list[Cell]
    direction: Literal["ltr", "rtl"]
    texts: Mapping[str, str]

    @cached_property
    def lines(self) -> list[list[str]]:
        """Words, line by line. An empty box between others is a space in its word."""
        places = sorted(
            {(one.line, one.word) for one in self.characters}
            | {(cell.line, cell.word) for cell in self.cells}
        )
        return [
            [self._word(*place) for place in of_line]
            for _, of_line in groupby(places, key=itemgetter(0))
        ]

    @property
    def text(self) -> str:
        """The text, with line breaks between lines and spaces between words."""
        return "\n".join(" ".join(words).rstrip() for words in self.lines)

    def _word(self, line: int, word: int) -> str:
        members = [one for one in self.characters if (one.line, one.word) == (line, word)]
        texts = [self.text_of(character) for character in members]
        if self.cells:
            written = dict(zip((character.cell for character in members), texts, strict=True))
            cells = [cell for cell in self.cells if (cell.line, cell.word) == (line, word)]
            texts = [written.get(cell.box, " ") for cell in cells]
        return "".join(_digits_forward(texts) if self.direction == "rtl" else texts)

    def text_of(self, character: ReadCharacter) -> str:
        """Return the text of a character."""
        label = str(character.label)
        return self.texts.get(label, label)

    def to_dict(self) -> dict[str, Any]:
        """Return the text and the characters in JSON types."""
        as_dict: dict[str, Any] = {
            "text": self.text,
            "characters": [
                {
                    "box": list(character.box),
                    "line": character.line,
                    "word": character.word,
                    "label": character.label,
                    "probability": round(character.probability, 6),
                    "alternatives": [
                        [label, round(probability, 6)]
                        for label, probability in character.alternatives
                    ],
                    **({} if character.unknown is None else {"unknown": character.unknown}),
                }
                for character in self.characters
            ],
        }
        if self.cells:
            as_dict["boxes"] = [
                {"box": list(cell.box), "line": cell.line, "word": cell.word} for cell in self.cells
            ]
        return as_dict


def _digits_forward(texts: list[str]) -> list[str]:
    ordered: list[str] = []
    for is_digit, run in groupby(
        texts, key=lambda text: bool(text) and unicodedata.bidirectional(text[0]) in _DIGITS
    ):
        found = list(run)
        ordered += found[::-1] if is_digit else found
    return ordered

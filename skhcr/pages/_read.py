"""``read_page``: the text of a page, character by character."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from .._unknown import proba_and_unknown
from .._unwrap import fitted_steps
from ..images._known_count import known_count
from ..persistence import ExportedClassifier
from ..pretrained import load_pretrained
from ._choose import choose_words, only_allowed
from ._find import Box, Cell, Character, find_on_page
from ._touching import halves

# Fraction of a character's image that stays empty on each side. A straight stroke that runs over
# half of its image would be a line of the paper for models that look for ink.
_MARGIN, _MARGIN_FOR_INK = 0.125, 0.28
_N_ALTERNATIVES = 5
# Touching characters are split if both parts have a higher probability than this and than the
# whole.
_SURE = 0.7
# Digits run from left to right in right-to-left lines.
_DIGITS = ("EN", "AN")
_RIGHT_TO_LEFT = ("R", "AL")


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
        Its probability among the allowed labels.
    alternatives : list of (label, float)
        The most probable labels, at most five, and their probabilities. The first is `label`,
        unless a list of words changed it.
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
    image: np.ndarray
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


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _digits_forward(texts: list[str]) -> list[str]:
    ordered: list[str] = []
    for is_digit, run in groupby(
        texts, key=lambda text: bool(text) and unicodedata.bidirectional(text[0]) in _DIGITS
    ):
        found = list(run)
        ordered += found[::-1] if is_digit else found
    return ordered


def read_page(
    model: Any,
    image: Any,
    *,
    direction: Literal["ltr", "rtl"] | None = None,
    boxes: bool | None = None,
    allowed: Collection[Any] | Mapping[Any, Collection[Any]] | None = None,
    words: Collection[str] | None = None,
    texts: Mapping[str, str] | None = None,
    polarity: Literal["auto", "light-on-dark", "dark-on-light"] = "auto",
    background: int = 255,
    max_pixels: int | None = None,
    mark_unknown: bool = True,
) -> PageReading:
    """Read a page of separate characters.

    Parameters
    ----------
    model : estimator, ExportedClassifier or str
        The classifier of single characters: a fitted pipeline, a loaded or an exported model, or
        any object with ``predict_proba`` and ``classes_`` that accepts a list of gray images of any
        size; or the name of a pretrained model, which is loaded in every call.
    image : path, bytes, open file, PIL image or array
        The page, in any format supported by :class:`skhcr.ImageLoader`. Photographs are rotated
        upright according to their EXIF data.
    direction : {"ltr", "rtl"}, default=None
        Reading direction of lines: left to right, or right to left. None uses the direction of most
        of the model's labels, or of their texts.
    boxes : bool, default=None
        Whether the page is a form with a box for every character; None detects forms. See
        :func:`find_characters`.
    allowed : collection of labels, or mapping, default=None
        The allowed labels: ``"0123456789"``, or a list of them. A mapping has those of a line,
        ``{0: "0123456789"}``, or of one word or field in it, ``{(0, 1): "ABC"}``; other places are
        not restricted.
    words : collection of str, default=None
        Expected words. The most probable word with the right number of letters is used, if the
        model considers each of its letters possible.
    texts : mapping of str to str, default=None
        Texts that replace labels: ``{"alif": "ا"}``.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        Polarity of ink and paper.
    background : int, default=255
        Gray level in [0, 255] that shows through transparent pixels.
    max_pixels : int, default=None
        An image with more pixels is refused without decoding; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.
    mark_unknown : bool, default=True
        Whether to mark characters that look like none of the model's letters, if it has
        ``score_samples``.

    Returns
    -------
    PageReading
        With the text, and the box, label, probability and alternatives of every character.

    Raises
    ------
    skhcr.ImageLoadError
        If the image cannot be read.
    ValueError
        If an allowed label is not one of the model's, or the model does not accept the images.
    TypeError
        If the model is not a fitted classifier.

    See Also
    --------
    find_characters : Only find the characters.
    skhcr.inspection.PageDisplay : Draw the result on the page.

    Notes
    -----
    The model receives each character separately, dark on white, at its size relative to the others
    of its line. If the model begins with an :class:`skhcr.InkNormalizer`, this scales the character
    to the size of the model's training images.

    A character that is much wider than the others may be two touching characters. It is split at a
    thin point if the model is confident about both parts, and more confident than about the whole.

    Probabilities are normalized over the allowed labels: they add up to 1.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> from skhcr import load_pretrained
    >>> from skhcr.pages import read_page
    >>> page = Image.new("L", (320, 150), 255)
    >>> pen = ImageDraw.Draw(page)
    >>> for x in (30, 110, 230):
    ...     pen.line([(x, 40), (x + 50, 40), (x + 20, 110)], fill=30, width=8, joint="curve")
    >>> reading = read_page(load_pretrained("digits", exported=True), page)
    >>> reading.text
    '77 7'
    >>> reading.characters[2].box
    (230, 37, 285, 112)
    """
    if isinstance(model, str):
        model = load_pretrained(model)
    classes = _classes_of(model)
    texts = dict(texts or {})
    if direction is None:
        direction = _direction_of([texts.get(str(label), str(label)) for label in classes])
    found = find_on_page(
        image,
        direction,
        boxes=boxes,
        polarity=polarity,
        margin=_MARGIN_FOR_INK if _looks_for_ink(model) else _MARGIN,
        background=background,
        max_pixels=max_pixels,
    )
    found_characters, probabilities, is_unknown = _divided(
        found.characters,
        _answers(model, found.characters, len(classes)),
        halves(found.characters, direction),
        model,
    )
    places = [(character.line, character.word) for character in found_characters]
    if allowed is not None:
        probabilities = only_allowed(allowed, probabilities, classes, places)
    codes = probabilities.argmax(axis=1)
    if words is not None:
        names = [texts.get(str(label), str(label)) for label in classes]
        codes = choose_words(words, codes, probabilities, names, places)
    characters = []
    for index, character in enumerate(found_characters):
        row, code = probabilities[index], codes[index]
        best = np.argsort(-row, kind="stable")[:_N_ALTERNATIVES]
        characters.append(
            ReadCharacter(
                character.box,
                character.line,
                character.word,
                _plain(classes[code]),
                float(row[code]),
                [(_plain(classes[other]), float(row[other])) for other in best if row[other] > 0],
                character.image,
                character.cell,
                None if is_unknown is None or not mark_unknown else bool(is_unknown[index]),
            )
        )
    return PageReading(characters, found.cells, direction, texts)


def _classes_of(model: Any) -> np.ndarray:
    classes = getattr(model, "classes_", None)
    if classes is None or not hasattr(model, "predict_proba"):
        raise TypeError(
            "The model must be fitted and have predict_proba and classes_, such as a pipeline that "
            f"begins with an InkNormalizer, or the name of a pretrained model; got {model!r}."
        )
    return np.asarray(classes)


def _looks_for_ink(model: Any) -> bool:
    if isinstance(model, ExportedClassifier):
        return model._looks_for_ink
    from ..images import InkNormalizer  # which needs scikit-learn, unlike exported models

    return any(isinstance(step, InkNormalizer) for step in fitted_steps(model))


def _direction_of(texts: Sequence[str]) -> Literal["ltr", "rtl"]:
    kinds = [unicodedata.bidirectional(text[0]) for text in texts if text]
    n_from_right = sum(kind in _RIGHT_TO_LEFT for kind in kinds)
    return "rtl" if 2 * n_from_right > len(kinds) else "ltr"


def _divided(
    characters: list[Character],
    answers: tuple[np.ndarray, np.ndarray | None],
    parts: Mapping[int, tuple[Character, Character]],
    model: Any,
) -> tuple[list[Character], np.ndarray, np.ndarray | None]:
    """Return characters, with one replaced by two if the model is more confident about both."""
    probabilities, is_unknown = answers
    of_parts, are_unknown = _answers(
        model, [part for pair in parts.values() for part in pair], probabilities.shape[1]
    )
    rows: list[np.ndarray] = []
    marks: list[Any] = []
    whole: Any = [] if is_unknown is None else is_unknown
    halved: Any = [] if are_unknown is None else are_unknown
    out: list[Character] = []
    places = {index: place for place, index in enumerate(parts)}
    for index, character in enumerate(characters):
        if index in places:
            place = 2 * places[index]
            of_both = of_parts[place : place + 2]
            if of_both.max(axis=1).min() > max(_SURE, probabilities[index].max()):
                out += parts[index]
                rows += list(of_both)
                marks += list(halved[place : place + 2])
                continue
        out.append(character)
        rows.append(probabilities[index])
        marks += list(whole[index : index + 1])
    return (
        out,
        np.array(rows).reshape(len(out), probabilities.shape[1]),
        None if is_unknown is None else np.array(marks, dtype=bool),
    )


def _answers(
    model: Any, characters: list[Character], n_classes: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return probabilities, and which characters are unknown; None if a model has no scores."""
    if not characters:
        return np.empty((0, n_classes)), np.empty(0, dtype=bool)
    images = [character.image for character in characters]
    try:
        with known_count():
            answers, is_unknown = proba_and_unknown(model, images)
        probabilities = np.asarray(answers, dtype=float)
    except ValueError as error:
        if len({image.shape for image in images}) == 1:
            raise
        raise ValueError(
            "The model does not accept images of different sizes. Add a step before it that "
            "finds the ink and resizes the images: make_pipeline(InkNormalizer(size=(28, 28)), "
            f"FrozenEstimator(model)). Its error: {error}"
        ) from error
    if probabilities.shape != (len(images), n_classes):
        raise ValueError(
            f"The model must return an array of shape {(len(images), n_classes)}, a row for every "
            f"character and a column for every label; got {probabilities.shape}."
        )
    return probabilities, is_unknown

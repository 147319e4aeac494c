"""``read_page``: the text of a page, character by character."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from .._answers import check_probabilities
from .._unknown import proba_and_unknown
from .._unwrap import fitted_steps
from ..images._known_count import known_count
from ..persistence import ExportedClassifier
from ..pretrained import load_pretrained
from ._choose import choose_words, only_allowed
from ._context import Context, in_context
from ._find import Character, find_on_page
from ._reading import PageReading, ReadCharacter
from ._touching import halves

# Fraction of a character's image that stays empty on each side. A straight stroke that runs over
# half of its image would be a line of the paper for models that look for ink.
_MARGIN, _MARGIN_FOR_INK = 0.125, 0.28
_N_ALTERNATIVES = 5
# Touching characters are split if both parts have a higher probability than this and than the
# whole.
_SURE = 0.7
_RIGHT_TO_LEFT = ("R", "AL")


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def read_page(
    model: Any,
    image: Any,
    *,
    direction: Literal["ltr", "rtl"] | None = None,
    boxes: bool | None = None,
    allowed: Collection[Any] | Mapping[Any, Collection[Any]] | None = None,
    words: Collection[str] | None = None,
    context: Context | None = "word",
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
        model considers each of its letters possible. The words also stand for their capitalized and
        uppercase forms.
    context : {"word", "line"} or None, default="word"
        Information besides the shape of a character, for models with both cases of a letter.
        "line" uses the height of the character in its line, which distinguishes c from C. "word"
        also uses the other characters of its word: most words are lowercase, capitalized,
        uppercase or a number, which distinguishes O from 0. None uses only the shape.
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
        If an allowed label is not one of the model's, the context is unknown, or the model does not
        accept the images.
    TypeError
        If the model is not a fitted classifier, or a key of `allowed` is not a place.

    Warns
    -----
    UserWarning
        If nothing is found because a line or a frame joins all the ink.

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

    Probabilities are normalized over the allowed labels: they add up to 1. If the model has both
    cases of a letter, they also depend on the `context`; other models are not affected by it.

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
    names = [texts.get(str(label), str(label)) for label in classes]
    if direction is None:
        direction = _direction_of(names)
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
    alone = probabilities
    probabilities = in_context(alone, names, found_characters, context)
    codes = probabilities.argmax(axis=1)
    if words is not None:
        # The list takes the place of the assumptions about words.
        in_lines = in_context(alone, names, found_characters, None if context is None else "line")
        codes = choose_words(words, codes, in_lines, names, places)
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
        if len({image.shape for image in images}) == 1 or _looks_for_ink(model):
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
    check_probabilities(probabilities)
    return probabilities, is_unknown

"""Restriction of a model's predictions to allowed labels and expected words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, groupby
from numbers import Integral
from typing import Any

import numpy as np

from .._messages import did_you_mean

Place = tuple[int, int]

# A word of the list is used only if every letter of it has at least this probability.
_LEAST = 0.002


def only_allowed(
    allowed: Collection[Any] | Mapping[Any, Collection[Any]],
    probabilities: np.ndarray,
    classes: np.ndarray,
    places: Sequence[Place],
) -> np.ndarray:
    """Return the probabilities among the allowed labels, for all characters or by place.

    Parameters
    ----------
    allowed : collection of labels, or mapping of places to such
        Places are numbers of lines, or (line, word).
    probabilities : ndarray of shape (n, n_classes)
        Probabilities of the model.
    classes : ndarray of shape (n_classes,)
        Its labels.
    places : sequence of (int, int)
        Line and word of every character.
    """
    if not isinstance(allowed, Mapping):
        return _among(probabilities, _mask(allowed, classes))
    out = probabilities.copy()
    for place in allowed:
        _check_place(place)
    masks = {place: _mask(labels, classes) for place, labels in allowed.items()}
    for index, (line, word) in enumerate(places):
        mask = masks.get((line, word), masks.get(line))
        if mask is not None:
            out[index] = _among(probabilities[index : index + 1], mask)[0]
    return out


def _check_place(place: Any) -> None:
    numbers = place if isinstance(place, tuple) and len(place) == 2 else (place,)
    if not all(isinstance(number, Integral) for number in numbers):
        raise TypeError(
            "The keys of allowed must be places: the number of a line, or (line, word); got "
            f"{place!r}."
        )


def _mask(allowed: Collection[Any], classes: np.ndarray) -> np.ndarray:
    names = [str(label) for label in classes]
    wanted = {str(label) for label in allowed}
    unknown = sorted(wanted.difference(names))
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is allowed, but the model does not have this "
            f"label.{did_you_mean(unknown[0], names)} Its labels are {', '.join(names)}."
        )
    if not wanted:
        raise ValueError("No label is allowed; pass at least one, or do not pass allowed.")
    return np.array([name in wanted for name in names])


def _among(probabilities: np.ndarray, mask: np.ndarray) -> np.ndarray:
    rows = np.where(mask, np.maximum(probabilities, np.finfo(float).tiny), 0)
    return rows / rows.sum(axis=1, keepdims=True)


def choose_words(
    words: Collection[str],
    codes: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    places: Sequence[Place],
) -> np.ndarray:
    """Return the labels of the most probable words of a list, where one is plausible.

    Parameters
    ----------
    words : collection of str
        The words.
    codes : ndarray of int of shape (n,)
        The predicted label of every character.
    probabilities : ndarray of shape (n, n_classes)
        Probability of every label.
    names : sequence of str
        Texts of the labels.
    places : sequence of (int, int)
        Line and word of every character.
    """
    if isinstance(words, str):
        raise TypeError(f"words must be a list of words, got the string {words!r}.")
    by_length = _encoded(words, names)
    codes, start = codes.copy(), 0
    for _, group in groupby(places):
        stop = start + len(list(group))
        known = by_length.get(stop - start)
        if known is not None:
            # The probability of each letter of every known word.
            of_letters = probabilities[np.arange(start, stop), known]
            is_plausible = (of_letters >= _LEAST).all(axis=1)
            if is_plausible.any():
                scores = np.where(
                    is_plausible, np.log(np.maximum(of_letters, _LEAST)).sum(axis=1), -np.inf
                )
                codes[start:stop] = known[scores.argmax()]
        start = stop
    return codes


def _encoded(words: Collection[str], names: Sequence[str]) -> dict[int, np.ndarray]:
    """Return the words as label indices, by length, without words of other letters.

    A word stands also for its capitalized and uppercase forms.
    """
    code_of = {name: code for code, name in enumerate(names)}
    by_length: dict[int, list[list[int]]] = {}
    for word in _with_capitals(words):
        codes = [code_of.get(letter, -1) for letter in str(word)]
        if codes and -1 not in codes:
            by_length.setdefault(len(codes), []).append(codes)
    return {length: np.array(known, np.intp) for length, known in by_length.items()}


def _with_capitals(words: Collection[str]) -> list[str]:
    """Return the words, and their capitalized and uppercase forms."""
    forms = ((word, word[:1].upper() + word[1:], word.upper()) for word in map(str, words))
    return list(dict.fromkeys(chain.from_iterable(forms)))

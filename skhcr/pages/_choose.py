"""Among a model's answers, those that are allowed, and those that make a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from .._messages import did_you_mean

Place = tuple[int, int]

# A word of the list is read only if every letter of it has this probability at least.
_LEAST = 0.002


def only_allowed(
    allowed: Collection[Any] | Mapping[Any, Collection[Any]],
    probabilities: np.ndarray,
    classes: np.ndarray,
    places: Sequence[Place],
) -> np.ndarray:
    """Return the probabilities among the labels that are allowed, for all or in some places.

    Parameters
    ----------
    allowed : collection of labels, or mapping of places to such
        Places are numbers of lines, or (line, word).
    probabilities : ndarray of shape (n, n_classes)
        What the model says.
    classes : ndarray of shape (n_classes,)
        Its labels.
    places : sequence of (int, int)
        Line and word of every character.
    """
    if not isinstance(allowed, Mapping):
        return _among(probabilities, _mask(allowed, classes))
    out = probabilities.copy()
    masks = {place: _mask(labels, classes) for place, labels in allowed.items()}
    for index, (line, word) in enumerate(places):
        mask = masks.get((line, word), masks.get(line))
        if mask is not None:
            out[index] = _among(probabilities[index : index + 1], mask)[0]
    return out


def _mask(allowed: Collection[Any], classes: np.ndarray) -> np.ndarray:
    names = [str(label) for label in classes]
    wanted = {str(label) for label in allowed}
    unknown = sorted(wanted.difference(names))
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is allowed, but the model does not know this label."
            f"{did_you_mean(unknown[0], names)} Its labels are {', '.join(names)}."
        )
    if not wanted:
        raise ValueError("No label is allowed; name one at least, or leave allowed out.")
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
    """Return the labels that make the most probable word of a list, where one is plausible.

    Parameters
    ----------
    words : collection of str
        The words.
    codes : ndarray of int of shape (n,)
        The label of every character as it was read.
    probabilities : ndarray of shape (n, n_classes)
        Probability of every label.
    names : sequence of str
        Texts of the labels.
    places : sequence of (int, int)
        Line and word of every character.
    """
    if isinstance(words, str):
        raise TypeError(f"words must be a list of words, got the text {words!r}.")
    by_length = _encoded(words, names)
    codes, start = codes.copy(), 0
    for _, group in groupby(places):
        stop = start + len(list(group))
        known = by_length.get(stop - start)
        if known is not None:
            # Of every known word, the probability of each of its letters.
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
    """Return the words as numbers of labels, by length; those of other letters are left out."""
    code_of = {name: code for code, name in enumerate(names)}
    by_length: dict[int, list[list[int]]] = {}
    for word in words:
        codes = [code_of.get(letter, -1) for letter in str(word)]
        if codes and -1 not in codes:
            by_length.setdefault(len(codes), []).append(codes)
    return {length: np.array(known, np.intp) for length, known in by_length.items()}

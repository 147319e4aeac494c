"""Joint classification of one writer's letters, from probabilities alone.

A network's probabilities for a letter contain more than its label: they measure its similarity to
all other letters. Their direction points to a class, with a deviation toward similar classes. A
writer's letters of a class deviate in the same way, so their mean - the writer's prototype of the
class - describes how the writer's letters of the class look. A letter is compared with these
prototypes instead of the general ones, which point straight to their classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Chosen on writers held out from AHCD's training images; see the writers benchmark.
STRENGTH, SHRINKAGE = 1.0, 0.25
# Number of letters of a class for half of the strength: one or two do not separate habit from
# chance.
_HALF = 3
# Roots of probabilities, so that very unlikely classes also count.
_ROOT = 4
# More rounds gain little, and are worse if some classes have many letters and others none.
_ROUNDS = 2
_FEWEST_CLASSES = 3  # two classes have only one direction
_MOST_ODDS = 9.0  # of certain letters, which must not change


class KnownLetters(NamedTuple):
    """A writer's letters whose labels are known."""

    sums: np.ndarray  # (n_classes, n_classes), of the directions of a class' letters
    counts: np.ndarray  # (n_classes,)


def known_letters(probabilities: np.ndarray, encoded: np.ndarray) -> KnownLetters:
    """Return the statistics of labeled letters.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        A classifier's probabilities for them.
    encoded : ndarray of int, shape (n,)
        The indices of their labels among the classes.
    """
    of_class = np.eye(probabilities.shape[1])[encoded]
    return KnownLetters(of_class.T @ _directions(probabilities), of_class.sum(axis=0))


def read_together(
    probabilities: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    strength: float = STRENGTH,
    shrinkage: float = SHRINKAGE,
    is_letter: ArrayLike | None = None,
    known: KnownLetters | None = None,
) -> np.ndarray:
    """Return the probabilities of letters, adapted to the other letters of their writer.

    Like :class:`WriterAdapter`, for existing probabilities.

    Parameters
    ----------
    probabilities : array-like of shape (n, n_classes)
        A classifier's probabilities for the letters.
    groups : array-like of shape (n,), default=None
        The writer of each letter. None: all are by one writer.
    strength, shrinkage : float
        See :class:`WriterAdapter`.
    is_letter : array-like of bool, shape (n,), default=None
        Rows that are letters; others, such as blank images, are not changed and not used. None:
        all.
    known : KnownLetters or None, default=None
        Letters of the one writer whose labels are known.

    Returns
    -------
    ndarray of shape (n, n_classes)
        Rows that sum to 1.

    Raises
    ------
    ValueError
        If there are not as many groups as letters.

    Examples
    --------
    This writer's first letter always looks a little like the second, and the last letter is
    ambiguous:

    >>> import numpy as np
    >>> from skhcr.writers import read_together
    >>> alone = np.array([[0.7, 0.2, 0.1]] * 9 + [[0.45, 0.46, 0.09]])
    >>> int(alone[-1].argmax()), int(read_together(alone)[-1].argmax())
    (1, 0)
    """
    together = np.array(probabilities, dtype=np.float64)
    writers = np.zeros(len(together)) if groups is None else np.asarray(groups)
    if writers.shape != together.shape[:1]:
        raise ValueError(
            f"groups must name the writer of each of the {len(together)} letters; its shape is "
            f"{writers.shape}."
        )
    is_used = np.ones(len(together), dtype=bool) if is_letter is None else np.asarray(is_letter)
    for writer in np.unique(writers):
        rows = (writers == writer) & is_used
        together[rows] = _of_one_writer(together[rows], strength, shrinkage, known)
    return together


def _of_one_writer(
    probabilities: np.ndarray, strength: float, shrinkage: float, known: KnownLetters | None
) -> np.ndarray:
    n, n_classes = probabilities.shape
    if n_classes < _FEWEST_CLASSES or n < (2 if known is None else 1):
        return probabilities
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    letters, general = _directions(probabilities), _directions(np.eye(n_classes))
    odds = _odds_by_distance(probabilities)
    sums, n_known = (0.0, 0.0) if known is None else known
    for _ in range(_ROUNDS):
        weights = _weights(probabilities)
        n_letters = weights.sum(axis=0) + n_known
        of_writer = weights.T @ letters + sums + shrinkage * general
        of_writer /= (n_letters + shrinkage)[:, np.newaxis]
        # Half of the difference of the squared distance to the general prototypes.
        nearer = letters @ (of_writer - general).T
        nearer -= ((of_writer**2).sum(axis=1) - (general**2).sum(axis=1)) / 2
        relied_on = strength * _reliance(n_letters)
        probabilities = _softmax(logarithms + relied_on * odds[:, np.newaxis] * nearer)
    return probabilities


def _directions(probabilities: np.ndarray) -> np.ndarray:
    roots = _roots(probabilities)
    return roots / np.maximum(_lengths(roots), np.finfo(np.float64).tiny)


def _roots(probabilities: np.ndarray) -> np.ndarray:
    roots = probabilities ** (1 / _ROOT)
    return roots - roots.mean(axis=1, keepdims=True)


def _lengths(roots: np.ndarray) -> np.ndarray:
    return np.linalg.norm(roots, axis=1, keepdims=True)


def _odds_by_distance(probabilities: np.ndarray) -> np.ndarray:
    """Return the log odds of each letter's two best classes per unit of their distance.

    That is the weight of half the difference of the squared distances to their general prototypes.
    A larger weight would move an ambiguous letter to a distant class.
    """
    second, first = np.sort(probabilities, axis=1)[:, -2:].T ** (1 / _ROOT)
    second = np.maximum(second, 1e-9)
    gaps = first - second
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(gaps > 1e-3, np.log(first / second) / gaps, 1 / first)
    n_classes = probabilities.shape[1]
    lengths = _lengths(_roots(probabilities))[:, 0] * np.sqrt(1 - 1 / n_classes)
    return np.minimum(_ROOT * slopes * lengths, _MOST_ODDS)


def _weights(probabilities: np.ndarray) -> np.ndarray:
    """Return the weight of each letter for each class: its certainty for its own class, else 0.

    Ambiguous letters would distort the prototypes of both classes.
    """
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    return np.where(probabilities == first[:, np.newaxis], (first - second)[:, np.newaxis], 0)


def _reliance(n_letters: np.ndarray) -> float:
    """Return the reliability of the prototypes, from the mean number of letters per class.

    Classes are counted by the exponential of their entropy: 28 classes count as about two if two of
    them have nearly all letters.
    """
    shares = n_letters[n_letters > 0] / n_letters.sum()
    n_classes = np.exp(-(shares * np.log(shares)).sum())
    per_class = n_letters.sum() / n_classes
    return float(per_class**4 / (per_class**4 + _HALF**4))


def _softmax(logarithms: np.ndarray) -> np.ndarray:
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

"""What one writer's letters, read together, tell of each other: from probabilities alone.

A network's answer to a letter says more than its label: how much the letter looks like all others.
Its direction points to a class, and is bent to what the letter is mixed up with. A writer's letters
of a class are bent alike, so their mean - the writer's prototype of the class - tells how the
writer's letters of the class look. A letter is compared with these instead of the general
prototypes, which point straight to their classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Chosen on writers held out of AHCD's training images; see the benchmark of writers.
STRENGTH, SHRINKAGE = 1.0, 0.25
# Letters of a class of which half of the strength is relied on: of one or two, nobody knows what
# they have in common and what is chance.
_HALF = 3
# Roots of probabilities, so that those of classes that are out of the question count, too.
_ROOT = 4
# More rounds gain little, and lose where some classes have many letters and others none.
_ROUNDS = 2
_FEWEST_CLASSES = 3  # an answer for two has one direction only
_MOST_ODDS = 9.0  # of certain letters, which nothing is to change


class KnownLetters(NamedTuple):
    """A writer's letters whose labels are known."""

    sums: np.ndarray  # (n_classes, n_classes), of the directions of a class' letters
    counts: np.ndarray  # (n_classes,)


def known_letters(probabilities: np.ndarray, encoded: np.ndarray) -> KnownLetters:
    """Return what labeled letters tell.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        What a classifier answers to them.
    encoded : ndarray of int, shape (n,)
        The places of their labels among the classes.
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
    """Return the probabilities of letters, with a view to the other letters of their writer.

    What :class:`WriterAdapter` does with the answers of its estimator, for answers that are there
    already.

    Parameters
    ----------
    probabilities : array-like of shape (n, n_classes)
        What a classifier answers to each of the letters.
    groups : array-like of shape (n,), default=None
        The writer of each letter. None: all are by one writer.
    strength, shrinkage : float
        See :class:`WriterAdapter`.
    is_letter : array-like of bool, shape (n,), default=None
        Which rows are letters; others, such as blank images, stay as they are, and tell nothing.
        None: all.
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
    Of a writer whose first letter always looks a little like the second, the last one may be
    either:

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
    counts = np.ones(len(together), dtype=bool) if is_letter is None else np.asarray(is_letter)
    for writer in np.unique(writers):
        rows = (writers == writer) & counts
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
        # Half of what the squared distance to the general prototypes is larger.
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
    """Return the logarithm of the odds of each letter's two best classes, by their distances.

    That is how much half the difference of the squared distances to their general prototypes stands
    for. No more is taken away from these, or a doubtful letter would go to what it is far from.
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
    """Return how much each letter tells of each class: of its own what is certain, else nothing.

    Letters that may be of two classes would pull the prototypes of both towards them.
    """
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    return np.where(probabilities == first[:, np.newaxis], (first - second)[:, np.newaxis], 0)


def _reliance(n_letters: np.ndarray) -> float:
    """Return how far the letters of a class, on average of the classes that there are, suffice.

    Classes are counted by the exponential of their entropy: 28 of which two have nearly all letters
    are about two.
    """
    shares = n_letters[n_letters > 0] / n_letters.sum()
    n_classes = np.exp(-(shares * np.log(shares)).sum())
    per_class = n_letters.sum() / n_classes
    return float(per_class**4 / (per_class**4 + _HALF**4))


def _softmax(logarithms: np.ndarray) -> np.ndarray:
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

"""Joint classification of one writer's letters.

A network's features and its probabilities describe a letter by more than its label. Both have a
general prototype of each class, and a writer's letters of a class deviate from it in the same way,
so their mean is the writer's prototype of the class. Letters are compared with the writer's
prototypes instead of the general ones: first by the features, if there are any, then by the
probabilities. These measure the similarity to all classes: their direction points to a class, with
a deviation toward similar classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# All chosen on training writers; see the writers benchmark.
STRENGTH, SHRINKAGE = 1.0, 0.25
_OF_FEATURES = 5  # log odds per difference of two cosines
# Intraclass correlations of the features of a writer without and with habits. The mean of both is
# assumed until there are enough pairs of letters of the same class.
_CORRELATIONS, _PRIOR_PAIRS = (0.12, 0.22), 5
_LEAST = 1e-9  # certainty or variance
# Number of letters of a class for half of the strength: one or two do not separate habit from
# chance.
_HALF = 3
# Roots of probabilities, so that very unlikely classes also count.
_ROOT = 4
# More rounds gain little, and are worse if some classes have many letters and others none.
_ROUNDS = 2
_FEWEST_CLASSES = 3  # two classes have only one direction
_MOST_ODDS = 9.0  # of certain letters, which must not change


class LetterFeatures(NamedTuple):
    """A network's features of letters, whitened, and those of the general prototypes."""

    letters: np.ndarray  # (n, n_features)
    prototypes: np.ndarray  # (n_classes, n_features)

    def take(self, rows: np.ndarray) -> LetterFeatures:
        """Return the features of some letters."""
        return LetterFeatures(self.letters[rows], self.prototypes)


class KnownLetters(NamedTuple):
    """A writer's letters whose labels are known."""

    sums: np.ndarray  # (n_classes, n_classes), of the directions of a class' probabilities
    counts: np.ndarray  # (n_classes,)
    features: np.ndarray | None = None  # (n, n_features), of length 1
    encoded: np.ndarray | None = None  # (n,), the indices of their labels


def known_letters(
    probabilities: np.ndarray, encoded: np.ndarray, features: LetterFeatures | None = None
) -> KnownLetters:
    """Return the statistics of labeled letters.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        A classifier's probabilities for them.
    encoded : ndarray of int, shape (n,)
        The indices of their labels among the classes.
    features : LetterFeatures or None, default=None
        Their features.
    """
    of_class = np.eye(probabilities.shape[1])[encoded]
    of_length_one = None if features is None else _of_length_one(features.letters)
    sums = of_class.T @ _directions(probabilities)
    return KnownLetters(sums, of_class.sum(axis=0), of_length_one, encoded)


def read_together(
    probabilities: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    strength: float = STRENGTH,
    shrinkage: float = SHRINKAGE,
    is_letter: ArrayLike | None = None,
    known: KnownLetters | None = None,
    features: LetterFeatures | None = None,
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
    features : LetterFeatures or None, default=None
        The features of the letters, from the network with these probabilities. None: the
        probabilities alone are used.

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
        alone = together[rows]
        if alone.shape[1] >= _FEWEST_CLASSES and len(alone) >= (2 if known is None else 1):
            of_writer = None if features is None else features.take(rows)
            together[rows] = _of_one_writer(alone, of_writer, strength, shrinkage, known)
    return together


def _of_one_writer(
    probabilities: np.ndarray,
    features: LetterFeatures | None,
    strength: float,
    shrinkage: float,
    known: KnownLetters | None,
) -> np.ndarray:
    if features is not None:
        probabilities, has_habits = _by_features(
            probabilities, features, strength, shrinkage, known
        )
        strength *= has_habits
    return _by_probabilities(probabilities, strength, shrinkage, known)


def _by_features(
    probabilities: np.ndarray,
    features: LetterFeatures,
    strength: float,
    shrinkage: float,
    known: KnownLetters | None,
) -> tuple[np.ndarray, float]:
    """Return the probabilities, and from 0 to 1 how clearly the writer has habits."""
    logarithms, (n, n_classes) = _logarithms(probabilities), probabilities.shape
    letters, general = map(_of_length_one, features)
    labels = np.zeros((0, n_classes))
    if known is not None and known.features is not None:
        letters = np.concatenate([letters, known.features])
        labels = np.eye(n_classes)[known.encoded]
    for _ in range(_ROUNDS):
        weights = np.concatenate([_weights(probabilities), labels])
        centered, has_habits = _centered(letters, weights, general)
        sums, counts = weights.T @ centered + shrinkage * general, weights.sum(axis=0) + shrinkage
        # The prototypes for a letter are those of the writer's other letters.
        unlabeled, own = centered[:n], weights[:n]
        to_itself = (unlabeled**2).sum(axis=1, keepdims=True)
        to_writer = (unlabeled @ sums.T - own * to_itself) / (counts - own)
        nearer = to_writer - unlabeled @ general.T
        probabilities = _softmax(logarithms + strength * has_habits * _OF_FEATURES * nearer)
    return probabilities, has_habits


def _centered(
    letters: np.ndarray, weights: np.ndarray, general: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return letters without the deviation that all have in common, and the writer's habits.

    Letters of a class that one writer writes in one way deviate from the general prototype in the
    same way: their intraclass correlation is high. It is low if a class has several forms, or if
    the letters are by several writers, and then their mean does not describe further letters.
    """
    certainties = np.maximum(weights.sum(axis=1), _LEAST)
    prototypes = general[weights.argmax(axis=1)]

    def deviations(letters: np.ndarray) -> np.ndarray:
        cosines = (letters * prototypes).sum(axis=1)
        return letters - np.average(cosines, weights=certainties) * prototypes

    centered = letters - np.average(deviations(letters), axis=0, weights=certainties)
    of_letters = deviations(centered)
    squares = (of_letters**2).sum(axis=1)
    n_pairs = (weights.sum(axis=0) ** 2).sum() - (certainties**2).sum()
    of_pairs = ((weights.T @ of_letters) ** 2).sum() - (certainties**2 * squares).sum()
    correlation = of_pairs / max(np.average(squares, weights=certainties), _LEAST)
    correlation += _PRIOR_PAIRS * np.mean(_CORRELATIONS)
    correlation /= max(n_pairs, 0) + _PRIOR_PAIRS
    without_habits, with_habits = _CORRELATIONS
    share = (correlation - without_habits) / (with_habits - without_habits)
    return centered, float(np.clip(share, 0, 1))


def _by_probabilities(
    probabilities: np.ndarray, strength: float, shrinkage: float, known: KnownLetters | None
) -> np.ndarray:
    n_classes = probabilities.shape[1]
    logarithms = _logarithms(probabilities)
    letters, general = _directions(probabilities), _directions(np.eye(n_classes))
    odds = _odds_by_distance(probabilities)
    sums, n_known = (0.0, 0.0) if known is None else known[:2]
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


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))


def _directions(probabilities: np.ndarray) -> np.ndarray:
    return _of_length_one(_roots(probabilities))


def _of_length_one(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(_lengths(vectors), np.finfo(np.float64).tiny)


def _roots(probabilities: np.ndarray) -> np.ndarray:
    roots = probabilities ** (1 / _ROOT)
    return roots - roots.mean(axis=1, keepdims=True)


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1, keepdims=True)


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

"""The most confused pairs of classes."""

from __future__ import annotations

import numpy as np
from sklearn.utils.multiclass import unique_labels


def rank_confusions(
    y_true: np.ndarray, y_pred: np.ndarray, merge: bool, rank_by: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all confused pairs of labels, their counts and their shares, the worst first."""
    labels = unique_labels(y_true, y_pred)
    n = len(labels)
    # Not by scikit-learn's confusion_matrix, which warns of a single class.
    cells = n * np.searchsorted(labels, y_true) + np.searchsorted(labels, y_pred)
    confusions = np.bincount(cells, minlength=n * n).reshape(n, n)
    sizes = confusions.sum(axis=1)
    np.fill_diagonal(confusions, 0)
    if merge:
        # Each pair once, in its more frequent direction.
        is_counted = np.triu(confusions >= confusions.T) | np.tril(confusions > confusions.T, -1)
        one, other = np.nonzero(is_counted & (confusions > 0))
        counts = np.stack([confusions[one, other], confusions[other, one]], axis=1)
        shares = counts.sum(axis=1) / (sizes[one] + sizes[other])
    else:
        one, other = np.nonzero(confusions)
        counts = confusions[one, other][:, None]
        shares = counts[:, 0] / sizes[one]
    totals = counts.sum(axis=1)
    # lexsort takes the last key first, and keeps the order of the labels where all are equal.
    order = np.lexsort((-totals, -shares) if rank_by == "share" else (-shares, -totals))
    pairs = np.stack([labels[one], labels[other]], axis=1)
    return pairs[order], counts[order], shares[order]


def find_examples(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    pairs: np.ndarray,
    n_directions: int,
    n_examples: int,
    rng: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of images, and the pair and direction that each is an example of."""
    shuffled = rng.permutation(len(y_true))
    rows, places = [], []
    for number, (one, other) in enumerate(pairs):
        for direction in range(n_directions):
            true, predicted = (one, other) if direction == 0 else (other, one)
            is_such = (y_true[shuffled] == true) & (y_pred[shuffled] == predicted)
            found = shuffled[is_such][:n_examples]
            rows.append(found)
            places.extend([(number, direction)] * len(found))
    return np.concatenate([[], *rows]).astype(int), np.array(places, int).reshape(-1, 2)

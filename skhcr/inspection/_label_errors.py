"""Probable label errors, from held-out probabilities of a classifier."""

from __future__ import annotations

import numpy as np


def probable_label_errors(encoded: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the rows whose labels are probably wrong, the most probable first.

    A label counts as wrong if another class is more probable, and at least as probable as on
    average for the rows with this other label: the threshold depends on the class and the
    classifier. This is the rule of confident learning [1]_.

    Parameters
    ----------
    encoded : ndarray of int of shape (n,)
        Columns of the labels.
    probabilities : ndarray of shape (n, n_classes)
        Probabilities of every class, from a classifier that was not trained on the rows.

    References
    ----------
    .. [1] C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident learning: estimating uncertainty
       in dataset labels", JAIR 70, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from skhcr.inspection._label_errors import probable_label_errors
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.05, 0.95]])
    >>> probable_label_errors(np.array([0, 0, 1, 1, 0]), probabilities)
    array([4])
    """
    rows = np.arange(len(encoded))
    n_classes = probabilities.shape[1]
    counts = np.bincount(encoded, minlength=n_classes)
    own = probabilities[rows, encoded]
    sums = np.bincount(encoded, own, n_classes)
    enough = np.divide(sums, counts, out=np.full(n_classes, np.inf), where=counts > 0)
    others = np.where(probabilities >= enough, probabilities, -np.inf)
    others[rows, encoded] = -np.inf
    lead = others.max(axis=1) - own
    return np.flatnonzero(lead > 0)[np.argsort(-lead[lead > 0], kind="stable")]

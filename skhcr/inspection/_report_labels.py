"""Labels of images beside those of a classifier, which may be numbers instead of strings."""

from __future__ import annotations

from typing import Any

import numpy as np


def of_one_kind(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return comparable labels: labels from files are strings, those of a model may be numbers."""
    if y_true.dtype.kind in "USO" and y_pred.dtype.kind in "biuf":
        return y_true.astype(str), y_pred.astype(str)
    return y_true, y_pred


def encoded(y_true: np.ndarray, estimator: Any) -> np.ndarray | None:
    """Return the columns of the labels' probabilities, or None if some have none."""
    labels, known = of_one_kind(y_true, np.asarray(estimator.classes_))
    if not np.isin(labels, known).all():
        return None
    order = np.argsort(known)
    return order[np.searchsorted(known, labels, sorter=order)]

"""The choice of the images to show, and their predictions."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from .._messages import counted
from ._pictures import take

Select = Literal["random", "wrong", "per_class", "first"]

_NEEDS_LABELS = ("wrong", "per_class")


class Predictions(NamedTuple):
    """Images with their labels."""

    images: Any
    y_true: np.ndarray | None
    y_pred: np.ndarray
    probability: np.ndarray | None

    def of(self, rows: np.ndarray) -> Predictions:
        """Return some rows."""
        rest = (None if values is None else values[rows] for values in self[1:])
        return Predictions(take(self.images, rows), *rest)  # type: ignore[arg-type]

    def surest_mistakes(self, n: int) -> Predictions:
        """Return the mistakes by decreasing probability, or in their order if it is unknown."""
        rows = np.flatnonzero(self.y_true != self.y_pred)
        if not len(rows):
            raise ValueError(
                f"No mistake in {counted(len(self.y_pred), 'image')}: there is nothing to show."
            )
        if self.probability is not None:
            rows = rows[np.argsort(-self.probability[rows], kind="stable")]
        return self.of(rows[:n])


def predict_some(
    estimator: Any, X: Any, y: ArrayLike | None, *, n_samples: int, select: Select, seed: Any
) -> Predictions:
    """Return the images to show and their predictions.

    Only these images are classified, except for "wrong", which classifies all.
    """
    y_true = None if y is None else column_or_1d(y)
    rows = _rows_to_look_at(X, y_true, n_samples, select, seed)
    X = take(X, rows)
    y_pred = np.asarray(estimator.predict(X))
    probability = None
    if hasattr(estimator, "predict_proba"):
        columns = np.searchsorted(estimator.classes_, y_pred)
        probability = estimator.predict_proba(X)[np.arange(len(y_pred)), columns]
    predictions = Predictions(X, None if y_true is None else y_true[rows], y_pred, probability)
    return predictions.surest_mistakes(n_samples) if select == "wrong" else predictions


def select_some(
    predictions: Predictions, *, n_samples: int, select: Select, seed: Any
) -> Predictions:
    """Return the predictions to show."""
    check_consistent_length(*predictions[1:])
    rows = _rows_to_look_at(predictions.images, predictions.y_true, n_samples, select, seed)
    if select == "wrong":
        return predictions.surest_mistakes(n_samples)
    return predictions.of(rows)


def _rows_to_look_at(
    X: Any, y: np.ndarray | None, n_samples: int, select: Select, seed: Any
) -> np.ndarray:
    """Return the rows to show, or all of them if mistakes are requested."""
    check_consistent_length(X, y)
    if select not in ("random", "wrong", "per_class", "first"):
        raise ValueError(
            f"select must be 'random', 'wrong', 'per_class' or 'first', got {select!r}."
        )
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, got {n_samples!r}.")
    if y is None and select in _NEEDS_LABELS:
        raise ValueError(f"select={select!r} needs the true labels: pass y.")
    rows = np.arange(len(X))
    if select == "wrong":
        return rows
    if select == "first":
        return rows[:n_samples]
    rows = check_random_state(seed).permutation(rows)
    if y is None or select == "random":
        return rows[:n_samples]
    return np.concatenate([rows[y[rows] == label][:n_samples] for label in np.unique(y)])

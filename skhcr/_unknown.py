"""Detection of images that look like none of the letters of a model."""

from __future__ import annotations

from typing import Any

import numpy as np


def proba_and_unknown(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return probabilities, and which images are unknown; None if a model has no scores.

    Images are read once.
    """
    probabilities, scores = proba_and_scores(model, X)
    return probabilities, None if scores is None else scores < threshold(model)


def threshold(model: Any) -> float:
    """Return the score below which images are unknown."""
    return model.offset_ if hasattr(model, "offset_") else _last_step(model).offset_


def proba_and_scores(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return probabilities and normality scores; None if a model has no scores."""
    if hasattr(model, "_proba_and_scores"):
        return model._proba_and_scores(X)
    from ._unwrap import fitted_steps, transformed

    *before, last = fitted_steps(model)
    if hasattr(last, "_proba_and_scores"):
        reader = last._proba_and_scores
    elif hasattr(last, "offset_") and hasattr(last, "score_samples"):
        reader = _both_of(last)
    else:
        return model.predict_proba(X), None
    return reader(transformed(before, X))


def _last_step(model: Any) -> Any:
    from ._unwrap import final_estimator  # which imports scikit-learn; exported models need none

    return final_estimator(model)


def _both_of(classifier: Any) -> Any:
    return lambda X: (classifier.predict_proba(X), classifier.score_samples(X))

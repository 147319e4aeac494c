"""The outputs of classifiers for images that are read once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._one_writer import LetterFeatures


class Outputs(NamedTuple):
    """Probabilities, normality scores and features; None if a classifier does not have these."""

    probabilities: np.ndarray
    scores: np.ndarray | None = None
    features: LetterFeatures | None = None


def outputs(model: Any, X: Any, *, with_features: bool = False) -> Outputs:
    """Return the outputs of a fitted classifier or pipeline, without features by default."""
    if hasattr(model, "_outputs"):
        return model._outputs(X, with_features)
    from ._unwrap import fitted_steps, transformed

    *before, last = fitted_steps(model)
    if hasattr(last, "_outputs"):
        return last._outputs(transformed(before, X), with_features)
    if hasattr(last, "offset_") and hasattr(last, "score_samples"):
        X = transformed(before, X)
        return Outputs(last.predict_proba(X), last.score_samples(X))
    return Outputs(model.predict_proba(X))

"""Detection of images that look like none of the letters of a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._outputs import outputs


def proba_and_unknown(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return probabilities, and which images are unknown; None if a model has no scores.

    Images are read once.
    """
    probabilities, scores, _ = outputs(model, X)
    return probabilities, None if scores is None else scores < threshold(model)


def threshold(model: Any) -> float:
    """Return the score below which images are unknown."""
    return model.offset_ if hasattr(model, "offset_") else _last_step(model).offset_


def _last_step(model: Any) -> Any:
    from ._unwrap import final_estimator  # which imports scikit-learn; exported models need none

    return final_estimator(model)

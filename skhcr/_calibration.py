"""Probabilities that say how often a classifier is right."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

# Temperatures beyond these bounds turn every answer into a certainty or into a shrug.
_LOWEST, _HIGHEST = 0.05, 20.0


def best_temperature(probabilities: np.ndarray, codes: np.ndarray) -> float:
    """Return the temperature whose probabilities have the smallest log loss.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        What a network says of rows that it has not been trained on.
    codes : ndarray of shape (n,)
        The columns of their true labels.
    """
    columns = np.arange(probabilities.shape[1])
    best = minimize_scalar(
        lambda t: log_loss(codes, with_temperature(probabilities, np.exp(t)), labels=columns),
        bounds=np.log([_LOWEST, _HIGHEST]),
        method="bounded",
    )
    return float(np.exp(best.x))


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logarithms by a temperature and bring the rows back to a sum of 1."""
    if temperature == 1.0:
        return probabilities
    powers = (probabilities / probabilities.max(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)

"""Calibration of probabilities."""

from __future__ import annotations

import numpy as np

# Temperatures outside these bounds make all probabilities extreme or uniform.
_LOWEST, _HIGHEST = 0.05, 20.0


def best_temperature(
    probabilities: np.ndarray, codes: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return the temperature with the smallest log loss.

    As in Platt scaling [1]_, the targets are slightly smoothed. Otherwise a network that classifies
    every row correctly would get the lowest temperature, as if it could never be wrong.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        Predictions of a network for held-out rows.
    codes : ndarray of shape (n,)
        The columns of their true labels.
    weights : ndarray of shape (n,), default=None
        Weights of the rows.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", 1999.
    """
    from scipy.optimize import minimize_scalar  # not needed for prediction
    from scipy.special import log_softmax

    n, n_classes = probabilities.shape
    doubt = 1 / (n + 2)
    targets = np.full((n, n_classes), doubt / n_classes)
    targets[np.arange(n), codes] += 1 - doubt
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))

    def loss(log_temperature: float) -> float:
        answers = log_softmax(logarithms / np.exp(log_temperature), axis=1)
        return float(-np.average((targets * answers).sum(axis=1), weights=weights))

    best = minimize_scalar(loss, bounds=np.log([_LOWEST, _HIGHEST]), method="bounded")
    return float(np.exp(best.x))


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logarithms by a temperature and normalize the rows to a sum of 1."""
    if temperature == 1.0:
        return probabilities
    powers = (probabilities / probabilities.max(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def calibration_error(is_right: np.ndarray, confidence: np.ndarray, n_bins: int) -> float:
    """Return the expected calibration error, in bins of equal width."""
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    sums = [np.bincount(bins, weights, n_bins) for weights in (is_right, confidence)]
    return float(np.abs(sums[0] - sums[1]).sum() / len(bins))

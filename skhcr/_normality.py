"""Similarity of images to the training images, based on the network's features.

The training letters of each class lie around a center in feature space, with the same spread for
all classes. An image far from every center relative to this spread (Mahalanobis distance) is not
such a letter, nor is an image with little evidence for any class. Held-out rows bring both scores
to one scale, and their sum is the result.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Normality = dict[str, np.ndarray]
FeaturesOf = Callable[[np.ndarray], np.ndarray]

KEPT = 0.99  # share of held-out letters whose score is at least the threshold
DIGITS = 2  # of a score; further digits depend on the batch
_MOST_ROWS, _MOST_HELD_OUT = 5_000, 2_000  # more rows do not help
_ONE_IN = 5  # training rows sets the scale if none are held out
_BYTES = {"float16": 2, "float32": 4, "float64": 8}
_NAMES = ("mean", "scale", "whitening", "centers", "distances", "evidence")


def learn_normality(
    features_of: FeaturesOf, train: Any, held_out: Any, seed: int
) -> tuple[Normality, float]:
    """Return the parameters of the scores, and the threshold for unknown letters.

    Parameters
    ----------
    features_of : function
        Maps images to their features, see :class:`skhcr._keras._features.Features`.
    train, held_out : LabeledImages, LabeledImages or None
        The training rows of the network, and other rows. At most some thousands of each are used.
    seed : int
        Seed for their selection.
    """
    rng = np.random.default_rng(seed)
    rows = _some(train.rows, _MOST_ROWS, rng)
    features, encoded = features_of(train.images[rows]), train.encoded[rows]
    if held_out is not None:
        others = features_of(held_out.images[_some(held_out.rows, _MOST_HELD_OUT, rng)])
    else:
        is_other = np.arange(len(rows)) % _ONE_IN == _ONE_IN - 1
        others = features[is_other] if is_other.any() else features
        features, encoded = features[~is_other], encoded[~is_other]
    return fit_normality(features, encoded, others)


def _some(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(rows)[:most]


def fit_normality(
    features: np.ndarray, encoded: np.ndarray, held_out: np.ndarray
) -> tuple[Normality, float]:
    """Return the parameters of :func:`normality`, and the threshold, from features of letters.

    Parameters
    ----------
    features : ndarray of shape (n, n_channels + 1)
        Features of training letters.
    encoded : ndarray of shape (n,)
        The indices of their labels.
    held_out : ndarray of shape (m, n_channels + 1)
        Features of other letters, which set the scale and the threshold.
    """
    channels = np.asarray(features[:, :-1], dtype=np.float64)
    mean, scale = channels.mean(axis=0), channels.std(axis=0)
    scale[scale <= 1e-3 * scale.max(initial=0)] = 1
    standard = (channels - mean) / scale
    codes = np.unique(encoded)
    centers = np.stack([standard[encoded == code].mean(axis=0) for code in codes])
    whitening = _whitening(standard - centers[np.searchsorted(codes, encoded)])
    kept = {
        "mean": mean.astype(np.float32),
        "scale": scale.astype(np.float32),
        "whitening": _halved(whitening),
        "centers": _halved(centers @ whitening),
    }
    parts = {"distances": _distances(kept, held_out), "evidence": held_out[:, -1]}
    kept |= {name: _place_and_spread(values) for name, values in parts.items()}
    return kept, float(np.quantile(normality(kept, held_out), 1 - KEPT))


def _halved(values: np.ndarray) -> np.ndarray:
    """Return values in half precision, which changes scores less than natural variation does."""
    is_in_range = np.abs(values).max(initial=0) < np.finfo(np.float16).max
    return values.astype(np.float16 if is_in_range else np.float32)


def _whitening(residuals: np.ndarray) -> np.ndarray:
    """Return the matrix that whitens the residuals."""
    n, n_channels = residuals.shape
    if not n_channels:
        return np.zeros((0, 0))
    covariance = residuals.T @ residuals / n
    least = max(np.trace(covariance) / n_channels, 1e-12)
    shrinkage = n_channels / (n + n_channels)  # few rows do not determine all directions
    covariance = (1 - shrinkage) * covariance + shrinkage * least * np.eye(n_channels)
    return np.linalg.inv(np.linalg.cholesky(covariance)).T


def _place_and_spread(values: np.ndarray) -> np.ndarray:
    low, middle, high = np.quantile(np.asarray(values, np.float64), [0.1, 0.5, 0.9])
    return np.array([middle, high - low if high > low else 1.0])


def normality(kept: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Return the scores of features; higher means more like a letter. float64 of shape (n,)."""
    place, spread = kept["distances"]
    of_evidence, spread_of_evidence = kept["evidence"]
    far = (_distances(kept, features) - place) / spread
    near = (features[:, -1].astype(np.float64) - of_evidence) / spread_of_evidence
    return np.round(near - far, DIGITS)


def _distances(kept: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Return the squared distances from the nearest centers."""
    whitening, centers = (kept[name].astype(np.float64) for name in ("whitening", "centers"))
    placed = (features[:, :-1].astype(np.float64) - kept["mean"]) / kept["scale"] @ whitening
    squares = (placed**2).sum(axis=1)[:, None] - 2 * placed @ centers.T + (centers**2).sum(axis=1)
    return squares.min(axis=1)


def as_json(kept: Normality) -> dict[str, dict[str, Any]]:
    """Return the parameters of the scores in JSON types."""
    return {
        name: {
            "dtype": str(array.dtype),
            "shape": array.shape,
            "base64": base64.b64encode(array.tobytes()).decode(),
        }
        for name, array in kept.items()
    }


def from_json(described: Any) -> Normality:
    """Return the parameters from the result of :func:`as_json`, without checks."""
    return {
        str(name): np.frombuffer(
            base64.b64decode(array["base64"], validate=True), np.dtype(f"f{_BYTES[array['dtype']]}")
        ).reshape(array["shape"])
        for name, array in described.items()
    }


def check_normality(kept: Any, offset: Any) -> None:
    """Raise an error for invalid parameters from a file.

    Raises
    ------
    ValueError
        If its parts do not match, or are not finite.
    """
    is_right = isinstance(kept, dict) and kept.keys() == set(_NAMES)
    if is_right:
        arrays = [kept[name] for name in _NAMES]
        is_right = all(
            isinstance(array, np.ndarray) and array.dtype.kind == "f" and np.isfinite(array).all()
            for array in arrays
        )
    if is_right:
        shapes = {name: kept[name].shape for name in _NAMES}
        centers = shapes.pop("centers")
        n = kept["mean"].size
        wanted = dict.fromkeys(("mean", "scale"), (n,)) | {"whitening": (n, n)}
        wanted |= dict.fromkeys(("distances", "evidence"), (2,))
        is_right = shapes == wanted and len(centers) == 2 and centers[0] > 0 and centers[1] == n
        is_right = is_right and bool(kept["scale"].all()) and bool(kept["distances"][1])
        is_right = is_right and bool(kept["evidence"][1])
    if not (is_right and isinstance(offset, float) and np.isfinite(offset)):
        raise ValueError("the parameters of its normality scores are damaged")

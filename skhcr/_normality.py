"""Similarity of images to the training images, based on the network's features.

The training letters of each class lie around a center in feature space, with the same spread for
all classes. Features are whitened by this spread, so that an image that is far from every center
(Mahalanobis distance) is not such a letter, nor is an image with little evidence for any class.
A ridge regression weights the whitened features, the distance and the evidence: it separates the
training letters from images that are composed of them. Held-out rows set the scale of the scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._composed import composed
from ._one_writer import LetterFeatures

Normality = dict[str, np.ndarray]
FeaturesOf = Callable[[np.ndarray], np.ndarray]

KEPT = 0.99  # share of held-out letters whose score is at least the threshold
DIGITS = 2  # of a score; further digits depend on the batch
_MOST_ROWS, _MOST_HELD_OUT = 5_000, 2_000  # more rows do not help
_MOST_COMPOSED = 600  # training rows; every kind of composed images has as many
_ONE_IN = 5  # training rows sets the scale without held-out rows
_PENALTY = 50  # of the regression, divided by the number of rows
# Exports compute in single precision, which does not determine smaller distances, nor others if the
# variance within classes is a smaller share of the variance, as in copies of a few images.
_LEAST_VARIANCE, _LEAST_DISTANCE = 1e-4, 1.0
_COMMON = ("mean", "scale", "whitening", "centers")
_REGRESSION = ("weights", "answers")
# The sum of distance and evidence: of networks without maps, and of versions before the regression.
_SUM = ("distances", "evidence")


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
    letters = train.images[rows]
    features, encoded = features_of(letters), train.encoded[rows]
    if held_out is not None:
        others = features_of(held_out.images[_some(held_out.rows, _MOST_HELD_OUT, rng)])
    else:
        is_other = np.arange(len(rows)) % _ONE_IN == _ONE_IN - 1
        others = features[is_other] if is_other.any() else features
        features, encoded = features[~is_other], encoded[~is_other]
    no_letters = map(features_of, composed(letters[:_MOST_COMPOSED], rng))
    return fit_normality(features, encoded, others, np.concatenate(list(no_letters)))


def _some(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(rows)[:most]


def fit_normality(
    features: np.ndarray, encoded: np.ndarray, held_out: np.ndarray, no_letters: np.ndarray
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
    no_letters : ndarray of shape (k, n_channels + 1)
        Features of images that are no letters.
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
        "whitening": _in_half_precision(whitening),
        "centers": _in_half_precision(centers @ whitening),
    }
    exact = in_double_precision(kept)
    if channels.shape[1]:
        inputs = [_inputs(exact, rows) for rows in (features, no_letters)]
        kept["weights"] = _ridge_regression(*inputs).astype(np.float32)
        kept["answers"] = _place_and_spread(_inputs(exact, held_out) @ kept["weights"])
    else:
        _, distances = _placed(exact, held_out)
        kept["distances"] = _place_and_spread(distances)
        kept["evidence"] = _place_and_spread(held_out[:, -1])
    return kept, float(np.quantile(normality(kept, held_out), 1 - KEPT))


def _ridge_regression(letters: np.ndarray, no_letters: np.ndarray) -> np.ndarray:
    """Return the weights of the inputs, where letters and other images count equally."""
    inputs = np.concatenate([letters, no_letters])
    counts = [len(letters), len(no_letters)]
    targets = np.repeat([1.0, -1.0], counts)
    shares = np.repeat([0.5 / count for count in counts], counts)[:, None]
    mean = (shares * inputs).sum(axis=0)
    scale = np.sqrt((shares * (inputs - mean) ** 2).sum(axis=0))
    scale[scale <= 1e-6 * scale.max()] = np.inf  # a constant has no weight
    standard = (inputs - mean) / scale
    covariance = (shares * standard).T @ standard
    penalty = _PENALTY / len(inputs) * np.eye(len(covariance))
    return np.linalg.solve(covariance + penalty, (shares * standard).T @ targets) / scale


def _in_half_precision(values: np.ndarray) -> np.ndarray:
    """Return values in half precision, which changes scores less than natural variation does."""
    is_in_range = np.abs(values).max(initial=0) < np.finfo(np.float16).max
    return values.astype(np.float16 if is_in_range else np.float32)


def in_double_precision(kept: Mapping[str, np.ndarray]) -> Normality:
    """Return the parameters for exact scores; converting them once makes later calls faster."""
    return {name: values.astype(np.float64, copy=False) for name, values in kept.items()}


def _whitening(residuals: np.ndarray) -> np.ndarray:
    """Return the matrix that whitens the residuals."""
    n, n_channels = residuals.shape
    if not n_channels:
        return np.zeros((0, 0))
    covariance = residuals.T @ residuals / n
    shrinkage = n_channels / (n + n_channels)  # few rows do not determine all directions
    added = max(shrinkage * np.trace(covariance) / n_channels, _LEAST_VARIANCE)
    covariance = (1 - shrinkage) * covariance + added * np.eye(n_channels)
    return np.linalg.inv(np.linalg.cholesky(covariance)).T


def _place_and_spread(values: np.ndarray) -> np.ndarray:
    low, middle, high = np.quantile(np.asarray(values, np.float64), [0.1, 0.5, 0.9])
    return np.array([middle, high - low if high > low else 1.0])


def normality(kept: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Return the scores of features; higher means more like a letter. float64 of shape (n,)."""
    scores = unrounded_normality(in_double_precision(kept), features.astype(np.float64))
    return np.round(scores, DIGITS)


def prototypes(kept: Mapping[str, np.ndarray] | None, n_classes: int) -> np.ndarray | None:
    """Return the centers of classes, with which `WriterAdapter` compares whitened features.

    Return None unless every class has one.
    """
    if kept is None or not kept["centers"].size or len(kept["centers"]) != n_classes:
        return None
    return kept["centers"]


def letter_features(
    kept: Mapping[str, np.ndarray], features: np.ndarray, n_classes: int
) -> LetterFeatures | None:
    """Return the whitened features of letters, with the prototypes, in double precision."""
    centers = prototypes(kept, n_classes)
    if centers is None:
        return None
    exact = in_double_precision(kept)
    return LetterFeatures(whitened(exact, features.astype(np.float64)), exact["centers"])


def unrounded_normality(kept: Mapping[str, np.ndarray], features: Any, ops: Any = np) -> Any:
    """Return the scores with NumPy, or as tensors with ``keras.ops``."""
    if "weights" in kept:
        place, spread = map(float, kept["answers"])
        return (ops.matmul(_inputs(kept, features, ops), kept["weights"]) - place) / spread
    (place, spread), (usual, its_spread) = (map(float, kept[name]) for name in _SUM)
    _, distances = _placed(kept, features, ops)
    return (features[:, -1] - usual) / its_spread - (distances - place) / spread


def _inputs(kept: Mapping[str, np.ndarray], features: Any, ops: Any = np) -> Any:
    """Return the inputs of the regression, of shape (n, 2 * n_channels + 2)."""
    placed, distances = _placed(kept, features, ops)
    logarithms = ops.log(ops.maximum(distances, _LEAST_DISTANCE))[:, None]
    return ops.concatenate([placed, ops.abs(placed), logarithms, features[:, -1:]], axis=1)


def _placed(kept: Mapping[str, np.ndarray], features: Any, ops: Any = np) -> tuple[Any, Any]:
    """Return the whitened features, and their squared distances from the nearest centers."""
    centers = kept["centers"]
    placed = whitened(kept, features, ops)
    squares = ops.sum(placed**2, axis=1)[:, None] + (centers**2).sum(axis=1)
    return placed, ops.min(squares - 2 * ops.matmul(placed, centers.T), axis=1)


def whitened(kept: Mapping[str, np.ndarray], features: Any, ops: Any = np) -> Any:
    """Return features whose spread within a class is 1 in every direction."""
    return ops.matmul((features[:, :-1] - kept["mean"]) / kept["scale"], kept["whitening"])


def check_normality(kept: Any, offset: Any) -> None:
    """Raise an error for invalid parameters from a file.

    Raises
    ------
    ValueError
        If its parts do not match, or are not finite.
    """
    if not (_is_right(kept) and isinstance(offset, float) and np.isfinite(offset)):
        raise ValueError("the parameters of its normality scores are damaged")


def _is_right(kept: Any) -> bool:
    if not isinstance(kept, dict):
        return False
    last = _REGRESSION if "weights" in kept else _SUM
    if kept.keys() != {*_COMMON, *last}:
        return False
    arrays = kept.values()
    if not all(isinstance(array, np.ndarray) and array.dtype.kind == "f" for array in arrays):
        return False
    shapes = {name: array.shape for name, array in kept.items()}
    centers, n = shapes.pop("centers"), kept["mean"].size
    wanted: dict[str, tuple[int, ...]] = {"mean": (n,), "scale": (n,), "whitening": (n, n)}
    wanted |= dict.fromkeys(last, (2,)) | ({"weights": (2 * n + 2,)} if "weights" in kept else {})
    if shapes != wanted or len(centers) != 2 or not centers[0] or centers[1] != n:
        return False
    spreads = [kept[name][1] for name in last if name != "weights"]
    return bool(all(np.isfinite(array).all() for array in arrays) and kept["scale"].all()) and all(
        spreads
    )

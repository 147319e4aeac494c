"""Scores of how normal images are, ours and others', on the same features; higher: more normal."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from skhcr import InkNormalizer, load_exported, load_pretrained

from ._known_letters import others, own
from .pretrained import FOLDER

NAMES = ("skhcr", "maximum softmax", "energy", "Mahalanobis", "k-NN")
BOTH = "skhcr and maximum softmax"
_TRAINING_ROWS = 1_500  # of each of two sets
_NEIGHBOR = 10
_BATCH = 256
_ink = InkNormalizer((32, 32), on_blank="ignore")


def framed(pages) -> np.ndarray:
    """Return what all pretrained models see of pages."""
    return _ink.transform(pages)


class Reader:
    """A pretrained model, which gives everything that is compared of what it sees of pages.

    Parameters
    ----------
    name : str
        The pretrained model.
    """

    def __init__(self, name: str) -> None:
        self.exported = load_exported(FOLDER / f"{name}.onnx")
        self._classes = np.asarray(self.exported.classes_).astype(str)
        self._network = load_pretrained(name)[-1]._network
        images, labels = _training_images(name)
        features = self._features(images)
        self._others = {"Mahalanobis": _mahalanobis(features, labels), "k-NN": _nearest(features)}

    def __call__(self, images: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the scores by their names, and the most probable labels."""
        outputs, features = self.exported._compute(images), self._features(images)
        probabilities = outputs["probabilities"]
        found = {
            "skhcr": outputs["score"],
            "maximum softmax": probabilities.max(axis=1),
            "energy": features[:, -1],
            **{name: score(features) for name, score in self._others.items()},
        }
        return found, self._classes[probabilities.argmax(axis=1)]

    def _features(self, images: np.ndarray) -> np.ndarray:
        return np.asarray(self._network.features(images, _BATCH))


def _training_images(name: str) -> tuple[np.ndarray, np.ndarray]:
    parts = [of(name, "train", _TRAINING_ROWS) for of in (own, others)]
    images = np.concatenate([framed(rows.images) for rows in parts])
    return images, np.concatenate([rows.target for rows in parts])


def _mahalanobis(features: np.ndarray, labels: np.ndarray) -> Callable:
    """Return the negative squared distance from the nearest class, by the common covariance."""
    channels = features[:, :-1]
    codes = np.unique(labels, return_inverse=True)[1]
    centers = np.stack([channels[codes == code].mean(axis=0) for code in range(codes.max() + 1)])
    precision = LedoitWolf(assume_centered=True).fit(channels - centers[codes]).precision_
    root = np.linalg.cholesky(precision)

    def score(rows):
        placed, whitened = rows[:, :-1] @ root, centers @ root
        squares = (placed**2).sum(axis=1)[:, None] - 2 * placed @ whitened.T
        return -(squares + (whitened**2).sum(axis=1)).min(axis=1)

    return score


def _nearest(features: np.ndarray) -> Callable:
    """Return the negative distance from the tenth nearest of the training rows, all of length 1."""

    def direction(rows):
        channels = rows[:, :-1]
        return channels / np.maximum(np.linalg.norm(channels, axis=1, keepdims=True), 1e-12)

    index = NearestNeighbors(n_neighbors=_NEIGHBOR).fit(direction(features))
    return lambda rows: -index.kneighbors(direction(rows))[0][:, -1]


def auroc(letters: np.ndarray, no_letters: np.ndarray) -> float:
    """Return how often a letter has a higher score than what is none; ties count half."""
    is_letter = np.repeat([1, 0], [len(letters), len(no_letters)])
    return float(roc_auc_score(is_letter, np.concatenate([letters, no_letters])))


def mean_rank(scores: list[np.ndarray]) -> np.ndarray:
    """Return the mean ranks of images by several scores, as another score."""
    return np.mean([rankdata(values) for values in scores], axis=0)


def accuracy_without(scores: np.ndarray, right: np.ndarray, refused: float) -> float:
    """Return the accuracy on what is left where the lowest scores, a share, are refused."""
    order = np.argsort(scores, kind="stable")[round(refused * len(scores)) :]
    return float(right[order].mean())

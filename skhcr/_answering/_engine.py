"""Prediction with ONNX Runtime, from a network's configuration and weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._convert import FEATURES, to_onnx
from ._session import Session, in_batches


class Engine:
    """Predictions of a network.

    The result for a row does not depend on the other rows.

    Parameters
    ----------
    config : str or dict
        Keras configuration of the network.
    weights : sequence of ndarray
        Its weights, in Keras' order.

    Attributes
    ----------
    image_shape : tuple of int
        Height, width and channels of the input.
    n_outputs : int
        Number of outputs: one for every class, or a single probability of the second.
    n_features : int
        Number of its features.

    Raises
    ------
    CannotConvert
        If a part of the network is not supported.
    """

    def __init__(self, config: str | dict[str, Any], weights: Sequence[np.ndarray]) -> None:
        model, self.image_shape, self.n_outputs, self.n_features = to_onnx(config, weights)
        self._session = Session(model)

    def predict(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the probability of every class, float64 of shape (n, n_classes).

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images.
        batch_size : int
            Maximum number of images per batch.
        shift : int, default=0
            Maximum shift, in pixels, in test-time augmentation.
        """
        answers = in_batches(self._session, images, self.n_outputs, batch_size, shift=shift)
        return probabilities_of(answers)

    def features(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the features of images, float64 of shape (n, n_features).

        See :class:`skhcr._keras._features.Features`.
        """

        def answer(batch: np.ndarray) -> np.ndarray:
            return self._session(batch, FEATURES)

        return in_batches(answer, images, self.n_features, batch_size)


def probabilities_of(answers: np.ndarray) -> np.ndarray:
    """Return a network's outputs as probabilities of all classes."""
    if answers.shape[1] == 1:
        return np.hstack([1 - answers, answers])
    return answers / answers.sum(axis=1, keepdims=True)

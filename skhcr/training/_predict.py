"""From images to probabilities, whatever number of them."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


class Predictor:
    """A model compiled once for batches of any size.

    A row's answer does not depend on the rows that travel with it: a lone row is computed as a
    pair, because matrix products with a single row add up in another order.
    """

    def __init__(self, model: keras.Model) -> None:
        self._image_shape = model.input_shape[1:]
        self._n_outputs = model.output_shape[-1]
        signature = [tf.TensorSpec((None, *self._image_shape), tf.float32)]
        self._call = tf.function(
            lambda images: model(images, training=False), input_signature=signature
        )

    def __call__(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the network's answers, float64 of shape (n, n_outputs)."""
        answers = np.empty((len(images), self._n_outputs))
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size].astype(np.float32)
            pair = np.repeat(batch, 2, axis=0) if len(batch) == 1 else batch
            answers[start : start + len(batch)] = self._call(pair).numpy()[: len(batch)]
        return answers

"""Prediction for any number of images."""

from __future__ import annotations

from typing import Any

import joblib
import keras
import numpy as np
import tensorflow as tf

from .._answering._session import in_batches
from ._devices import has_gpu
from ._process import check_process


class Predictor:
    """A model compiled once for batches of any size.

    The result for a row does not depend on the other rows: a single row is computed as a pair,
    because matrix products with a single row sum in another order.
    """

    def __init__(self, model: keras.Model) -> None:
        self._image_shape = model.input_shape[1:]
        self._n_outputs = model.output_shape[-1]
        signature = [tf.TensorSpec((None, *self._image_shape), tf.float32)]
        self._function = tf.function(
            lambda images: model(images, training=False), input_signature=signature
        )

    @property
    def _call(self) -> Any:
        """The traced function; TensorFlow counts the retracing of functions, not of this object.

        It would count those of all networks as one, and warn of the fifth.
        """
        return self._function.get_concrete_function()

    def trace(self) -> None:
        """Trace the model with its present layers, unless already done."""
        _ = self._call

    def __call__(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the network's outputs, float64 of shape (n, n_outputs).

        With a shift, they are averaged over all views shifted by up to this many pixels.
        """
        check_process()
        call = self._call

        def answer(batch: np.ndarray) -> np.ndarray:
            pair = np.repeat(batch, 2, axis=0) if len(batch) == 1 else batch
            return call(tf.constant(pair)).numpy()[: len(batch)]

        n_threads = 1 if len(images) <= batch_size else _n_threads()
        return in_batches(
            answer, images, self._n_outputs, batch_size, shift=shift, n_threads=n_threads
        )


def _n_threads() -> int:
    """Return the number of parallel batches.

    Operations on the small maps of a batch do not use all cores; parallel batches do.
    """
    if has_gpu():
        return 1
    return tf.config.threading.get_intra_op_parallelism_threads() or joblib.cpu_count()

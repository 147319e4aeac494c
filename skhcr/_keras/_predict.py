"""From images to probabilities, whatever number of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import keras
import numpy as np
import tensorflow as tf

from ._features import Features
from ._process import check_process


class Predictor:
    """A model compiled once for batches of any size.

    A row's answer does not depend on the rows that travel with it: a lone row is computed as a
    pair, because matrix products with a single row add up in another order.
    """

    def __init__(self, model: keras.Model | Features) -> None:
        self._image_shape = model.input_shape[1:]
        self._n_outputs = model.output_shape[-1]
        signature = [tf.TensorSpec((None, *self._image_shape), tf.float32)]
        self._function = tf.function(
            lambda images: model(images, training=False), input_signature=signature
        )

    @property
    def _call(self) -> Any:
        """What was traced; TensorFlow counts how often a function, not this, is traced anew.

        It would count those of all networks as one, and warn of the fifth.
        """
        return self._function.get_concrete_function()

    def trace(self) -> None:
        """Look at the model's layers as they are now, unless that has been done."""
        _ = self._call

    def __call__(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the network's answers, float64 of shape (n, n_outputs).

        With a shift they are the average over all views moved by up to so many pixels.
        """
        check_process()
        answers = np.empty((len(images), self._n_outputs))

        call = self._call

        def answer(start: int) -> None:
            batch = images[start : start + batch_size].astype(np.float32)
            pair = np.repeat(batch, 2, axis=0) if len(batch) == 1 else batch
            views = [call(tf.constant(view)).numpy()[: len(batch)] for view in _moved(pair, shift)]
            answers[start : start + len(batch)] = np.mean(views, axis=0)

        starts = range(0, len(images), batch_size)
        n_threads = min(len(starts), _n_threads()) if len(starts) > 1 else 1
        if n_threads < 2:
            for start in starts:
                answer(start)
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                for _ in pool.map(answer, starts):
                    pass
        return answers


def _n_threads() -> int:
    """Return how many batches to compute at once.

    Operations on the small maps of a batch do not keep all cores busy, batches side by side do.
    """
    if tf.config.list_physical_devices("GPU"):
        return 1
    return tf.config.threading.get_intra_op_parallelism_threads() or joblib.cpu_count()


def _moved(images: np.ndarray, shift: int) -> Iterator[np.ndarray]:
    """Yield the images moved by up to `shift` pixels; their border is repeated outside."""
    if not shift:
        yield images
        return
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    for top in range(2 * shift + 1):
        for left in range(2 * shift + 1):
            yield padded[:, top : top + height, left : left + width]

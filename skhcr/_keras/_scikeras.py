"""The only module that uses scikeras.

The scikeras wrapper runs Keras' ``fit``: it takes the compiled model, the callbacks and the number
of epochs, and resumes at an epoch. It validates and copies its input arrays, so it gets only row
numbers; its encoders, which subclasses may replace, convert them to the data set of batches. skhcr
itself does everything else that scikeras offers (cloning, parameters, labels, seeds, pickling),
because scikeras is no longer developed: without it, ``fit_keras`` would be one call of
``model.fit``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np


@contextmanager
def _keras_left_as_it_was() -> Iterator[None]:
    """Remove the pickling methods that importing scikeras adds to Keras classes."""
    touched = [
        (keras.Model, "__reduce__"),
        (keras.Model, "__deepcopy__"),
        (keras.losses.Loss, "__reduce__"),
        (keras.metrics.Metric, "__reduce__"),
        (keras.optimizers.Optimizer, "__reduce__"),
    ]
    before = [vars(owner).get(name) for owner, name in touched]
    try:
        yield
    finally:
        for (owner, name), method in zip(touched, before, strict=True):
            if method is not None:
                setattr(owner, name, method)
            elif name in vars(owner):
                delattr(owner, name)


if "scikeras" in sys.modules:  # imported by the user: Keras is not changed
    from scikeras.wrappers import BaseWrapper
else:
    with _keras_left_as_it_was():
        from scikeras.wrappers import BaseWrapper


class _Constant:
    """An encoder that returns one value for every input."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def fit(self, rows: np.ndarray) -> _Constant:
        return self

    def transform(self, rows: np.ndarray) -> Any:
        return self.value


class KerasDriver(BaseWrapper):
    """scikeras' wrapper, fed by a ``tf.data.Dataset`` instead of arrays."""

    def __init__(self, model: Any = None, *, dataset: Any = None, **kwargs: Any) -> None:
        super().__init__(model, **kwargs)
        self.dataset = dataset

    @property
    def feature_encoder(self) -> _Constant:
        return _Constant(self.dataset)

    @property
    def target_encoder(self) -> _Constant:
        return _Constant(None)  # the dataset yields the targets with the images


def fit_keras(
    model: keras.Model,
    batches: Any,
    *,
    validation_batches: Any,
    epochs: int,
    epochs_done: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Train a compiled model on batches, from the epoch after the completed ones."""

    def compiled_model() -> keras.Model:
        return model

    driver = KerasDriver(
        compiled_model,
        dataset=batches.dataset(),
        epochs=epochs - epochs_done,
        callbacks=callbacks,
        shuffle=False,  # the batches are shuffled, by their own seed
        verbose=0,
        fit__validation_data=None if validation_batches is None else validation_batches.dataset(),
    )
    rows = np.arange(batches.n_rows)
    driver.fit(rows[:, np.newaxis], rows, initial_epoch=epochs_done)

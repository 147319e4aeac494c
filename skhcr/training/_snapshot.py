"""A model as it was before a fit that may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras


def snapshot(model: keras.Model) -> Callable[[], None]:
    """Return a function that puts back a model's weights, and which of its layers are trained.

    An optimizer that has moved on, or has been replaced, is taken away: the model must be compiled
    anew.
    """
    trainable = [(layer, layer.trainable) for layer in _layers(model)]
    weights = model.get_weights()
    optimizer, n_steps = model.optimizer, _n_steps(model)

    def put_back() -> None:
        for layer, flag in trainable:
            layer.trainable = flag
        model.set_weights(weights)
        if model.optimizer is not optimizer or _n_steps(model) != n_steps:
            model.optimizer = None

    return put_back


def _n_steps(model: keras.Model) -> int:
    return 0 if model.optimizer is None else int(model.optimizer.iterations)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield all layers, those that hold others before these."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)

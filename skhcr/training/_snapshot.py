"""A model as it was before a fit that may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras

from ._loan import Loan


def snapshot(loan: Loan) -> Callable[[], None]:
    """Return a function that puts back a model's weights, and which of its layers are trained.

    An optimizer that has moved on, or has been replaced, is taken away: the model must be compiled
    anew.
    """
    model = loan.model
    trainable = [(layer, layer.trainable) for layer in _layers(model)]
    weights = model.get_weights()
    optimizer, n_steps = _optimizer(model), _n_steps(model)

    def put_back() -> None:
        loan.hand_out()
        for layer, flag in trainable:
            layer.trainable = flag
        model.set_weights(weights)
        if _optimizer(model) is not optimizer or _n_steps(model) != n_steps:
            model.optimizer = None

    return put_back


def _optimizer(model: keras.Model) -> keras.optimizers.Optimizer | None:
    return getattr(model, "optimizer", None)  # not there before the model is compiled


def _n_steps(model: keras.Model) -> int:
    optimizer = _optimizer(model)
    return 0 if optimizer is None else int(optimizer.iterations)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield all layers, those that hold others before these."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)

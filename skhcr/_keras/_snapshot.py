"""A model as it was before a fit that may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras

from ._loan import Loan


def snapshot(loan: Loan) -> Callable[[], None]:
    """Return a function that puts back all values of a model, and which layers are trained.

    An optimizer that has been replaced is taken away: the model must be compiled anew.
    """
    model = loan.model
    trainable = [(layer, layer.trainable) for layer in _layers(model)]
    optimizer = _optimizer(model)
    values = [
        (variable, keras.ops.convert_to_numpy(variable))
        for variable in [*model.variables, *getattr(optimizer, "variables", [])]
    ]

    def put_back() -> None:
        loan.hand_out()
        for layer, flag in trainable:
            layer.trainable = flag
        for variable, value in values:
            variable.assign(value)
        if _optimizer(model) is not optimizer:
            model.optimizer = None

    return put_back


def _optimizer(model: keras.Model) -> keras.optimizers.Optimizer | None:
    return getattr(model, "optimizer", None)  # not there before the model is compiled


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield all layers, those that hold others before these."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)

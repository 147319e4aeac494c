"""A model's state as plain data, and its restoration after a failed fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from .._answering._keeping import keeps_optimizers, kept
from ..networks._parts import essentials
from ._batch_norm import fuse_batch_norms
from ._random import seeded_build
from ._restrictions import check_parts


def model_to_state(model: keras.Model) -> dict[str, Any]:
    """Return a model as plain data: configuration, weights and random states.

    It contains no training state, unless requested by :func:`skhcr._answering._keeping.keeping`.
    """
    config = essentials(json.loads(model.to_json()))
    state = {
        "config": json.dumps(config),
        "weights": [kept(weight) for weight in model.get_weights()],
        "random": [keras.ops.convert_to_numpy(state) for state in _random_states(model)],
        "dtype_policy": model.dtype_policy.name,  # of the model itself, which to_json leaves out
    }
    if keeps_optimizers() and model.optimizer is not None:
        variables = model.optimizer.variables
        state["optimizer"] = [keras.ops.convert_to_numpy(variable) for variable in variables]
    return state


def model_from_state(state: dict[str, Any]) -> keras.Model:
    """Rebuild a model from :func:`model_to_state`, uncompiled."""
    config = essentials(json.loads(state["config"]))
    check_parts(config, state["weights"])
    with seeded_build(0, state["dtype_policy"]):
        model = keras.saving.deserialize_keras_object(config)
    model.set_weights(state["weights"])
    if "random" in state:  # states of earlier versions may lack it
        for variable, value in zip(_random_states(model), state["random"], strict=True):
            variable.assign(value)
    fuse_batch_norms(model)
    return model


def _random_states(model: keras.Model) -> list[Any]:
    """Return the random states of dropout and similar layers."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def set_optimizer(model: keras.Model, variables: list[np.ndarray]) -> None:
    """Give the optimizer of a compiled model its variables from :func:`model_to_state`."""
    for variable, value in zip(optimizer_variables(model), variables, strict=True):
        variable.assign(value)


def variables_of(model: keras.Model) -> list[Any]:
    """Return all variables: weights, random states, and those of the optimizer."""
    variables = list(model.variables)
    if model.compiled:
        variables += optimizer_variables(model)
    return variables


def optimizer_variables(model: keras.Model) -> list[Any]:
    """Return the variables of a compiled model's optimizer, created if missing."""
    if not model.optimizer.built:  # loss scaling would take a second set of its own
        model.optimizer.build(model.trainable_variables)
    return model.optimizer.variables


def snapshot(model: keras.Model) -> Callable[[], None]:
    """Return a function that restores all values of a model, and its trainable layers.

    A replaced optimizer is removed: the model must be compiled again.
    """
    trainable = [(layer, layer.trainable) for layer in _layers(model)]
    optimizer = _optimizer(model)
    values = [
        (variable, keras.ops.convert_to_numpy(variable))
        for variable in [*model.variables, *getattr(optimizer, "variables", [])]
    ]

    def restore() -> None:
        for layer, flag in trainable:
            layer.trainable = flag
        for variable, value in values:
            variable.assign(value)
        if _optimizer(model) is not optimizer:
            model.optimizer = None

    return restore


def _optimizer(model: keras.Model) -> keras.optimizers.Optimizer | None:
    return getattr(model, "optimizer", None)  # not there before the model is compiled


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield all layers, those that hold others before these."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)

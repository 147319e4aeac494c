"""Models that were built and trained elsewhere, in the shape of our own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ..networks._base import NORMALIZATION
from ._model import model_from_state, model_to_state


def core_of(model: keras.Model) -> tuple[keras.Model, bool]:
    """Return the network in a model, and whether the model begins with our normalization."""
    layers = model.layers
    if model.name != "skhcr" or not isinstance(layers[-1], keras.Model):
        return model, False
    return layers[-1], layers[1].name == NORMALIZATION


def adopt(model: keras.Model, order: np.ndarray) -> dict[str, Any]:
    """Return the state of a copy with its outputs in another order.

    Raises
    ------
    ValueError
        If the order is another and the model does not end with a dense layer of several units.
    """
    copy = model_from_state(model_to_state(model))
    core, _ = core_of(copy)
    if core is copy:
        inputs = keras.Input(core.input_shape[1:], name="image")
        copy = keras.Model(inputs, core(inputs), name="skhcr")
    if np.any(np.diff(order) != 1):
        last = next(layer for layer in reversed(core.layers) if layer.weights)
        is_for_classes = isinstance(last, keras.layers.Dense) and last.units == len(order)
        if is_for_classes:
            last.set_weights([weights[..., order] for weights in last.get_weights()])
        if not (is_for_classes and _answers_in_order(copy, model, order)):
            raise ValueError("The classes of a model that ends like this one must be sorted.")
    return model_to_state(copy)


def _answers_in_order(copy: keras.Model, model: keras.Model, order: np.ndarray) -> bool:
    sample = np.random.default_rng(0).random((2, *model.input_shape[1:]), np.float32)
    answers, expected = (np.asarray(m(sample, training=False)) for m in (copy, model))
    return np.allclose(answers, expected[:, order], atol=1e-4)

"""A trained model with the preprocessing and postprocessing of a classifier."""

from __future__ import annotations

import json
from collections.abc import Mapping

import keras
import numpy as np

from .._normality import prototypes, unrounded_normality, whitened
from ._features import Features
from ._state import model_from_state, model_to_state

# The layer that computes scores, in the names of all that it computes.
SCORE = "skhcr_score"


def serving_model(
    model: keras.Model,
    *,
    scale: float,
    shift: int,
    temperature: float,
    normality: Mapping[str, np.ndarray] | None = None,
) -> keras.Model:
    """Return a model from pixels to probabilities, in 32 bits.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    scale : float
        Factor for the pixels.
    shift, temperature : int, float
        `test_time_shift` and `temperature_` of the classifier.
    normality : mapping of str to ndarray, default=None
        Parameters of the classifier's scores; they add an output ``score``, before rounding, and
        ``whitened_features`` if every class has a prototype. The first output in alphabetical order
        stays ``probabilities``.
    """
    ops = keras.ops
    inputs = keras.Input(model.input_shape[1:], dtype="float32", name="image")
    images = inputs if scale == 1 else keras.layers.Rescaling(scale, dtype="float32")(inputs)
    model = _in_32_bits(model)
    outputs = {}
    if normality is None:
        answers = _mean_over_views(model, images, shift)
    else:
        answers, features = Features(model).answers_and_features(images)
        outputs["score"] = _Score(normality, name=SCORE)(features)
        if prototypes(normality, max(model.output_shape[-1], 2)) is not None:
            outputs["whitened_features"] = _Whitened(normality, name=f"{SCORE}_features")(features)
        if shift:
            answers = _mean_over_views(model, images, shift)
    if model.output_shape[-1] == 1:
        answers = ops.concatenate([1 - answers, answers], axis=1)
    if temperature != 1:
        answers = (answers / ops.max(answers, axis=1, keepdims=True)) ** (1 / temperature)
    answers = answers / ops.sum(answers, axis=1, keepdims=True)
    return keras.Model(inputs, {"probabilities": answers, **outputs})


class _OfNormality(keras.layers.Layer):
    """A function of :mod:`skhcr._normality`."""

    def __init__(self, normality: Mapping[str, np.ndarray], name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self._known = {key: values.astype(np.float32) for key, values in normality.items()}


class _Score(_OfNormality):
    def call(self, features: keras.KerasTensor) -> keras.KerasTensor:
        return unrounded_normality(self._known, features, keras.ops)


class _Whitened(_OfNormality):
    def call(self, features: keras.KerasTensor) -> keras.KerasTensor:
        return whitened(self._known, features, keras.ops)


def _mean_over_views(
    model: keras.Model, images: keras.KerasTensor, shift: int
) -> keras.KerasTensor:
    """Return the mean output for the images shifted by up to `shift` pixels."""
    if not shift:
        return model(images)
    ops = keras.ops
    height, width = images.shape[1:3]
    for _ in range(shift):  # a symmetric border of one pixel repeats the edge
        images = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    views = [
        images[:, top : top + height, left : left + width]
        for top in range(2 * shift + 1)
        for left in range(2 * shift + 1)
    ]
    answers = model(ops.concatenate(views, axis=0))
    return ops.mean(ops.reshape(answers, (len(views), -1, answers.shape[-1])), axis=0)


def _in_32_bits(model: keras.Model) -> keras.Model:
    if not model.dtype_policy.name.startswith("mixed"):
        return model
    state = model_to_state(model)
    policy = state["dtype_policy"]
    config = state["config"].replace(json.dumps({"name": policy})[1:-1], '"name": "float32"')
    return model_from_state({**state, "config": config, "dtype_policy": "float32"})

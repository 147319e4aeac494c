"""Giving a model its loss and its optimizer."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import tensorflow as tf


def compile_model(
    model: keras.Model,
    *,
    optimizer: Any,
    learning_rate: float | None,
    weight_decay: float | None,
    label_smoothing: float,
) -> None:
    """Compile a model for training; see :class:`skhcr.CNNClassifier` for the parameters."""
    losses, metrics = keras.losses, keras.metrics
    is_binary = model.output_shape[-1] == 1
    loss = losses.BinaryCrossentropy if is_binary else losses.CategoricalCrossentropy
    accuracy = metrics.BinaryAccuracy if is_binary else metrics.CategoricalAccuracy
    model.compile(
        optimizer=_fresh_optimizer(optimizer, learning_rate, weight_decay),
        loss=loss(label_smoothing=label_smoothing),
        metrics=[accuracy(name="accuracy")],
    )
    _leave_nothing_behind(model)


def _leave_nothing_behind(model: keras.Model) -> None:
    """Spare a search the memory of every network that it has ever trained."""
    # Variables that are made while the training function is traced are not freed with it:
    # TensorFlow keeps, for each, two graphs that tell whether it has a value yet.
    model.optimizer.build(model.trainable_variables)
    # On one device there are no gradients of others to be added, and of that sum, which has a
    # gradient of its own, TensorFlow would keep the graph of the whole step.
    if not tf.distribute.has_strategy():
        model.optimizer._all_reduce_sum_gradients = _as_they_are


def _as_they_are(gradients: Any) -> Any:
    return gradients


def _fresh_optimizer(
    optimizer: Any,
    learning_rate: float | None,
    weight_decay: float | None,
) -> keras.optimizers.Optimizer:
    if isinstance(optimizer, keras.optimizers.Optimizer):
        config = optimizer.get_config()
        kind: Any = type(optimizer)
    elif isinstance(optimizer, str):
        kind, config = type(_named_optimizer(optimizer)), {}
    elif inspect.isclass(optimizer) and issubclass(optimizer, keras.optimizers.Optimizer):
        kind, config = optimizer, {}
    else:
        raise TypeError(
            f"optimizer must be the name of a Keras optimizer, an optimizer or its class, "
            f"got {optimizer!r}."
        )
    if learning_rate is not None:
        config["learning_rate"] = learning_rate
    if weight_decay is not None:
        # AdamW wants a number, all others are spared the work by None.
        none = 0.0 if issubclass(kind, keras.optimizers.AdamW) else None
        config["weight_decay"] = weight_decay or none
    fresh = kind.from_config(config) if config else kind()
    if fresh.weight_decay:
        # Decay is for the weights of convolutions and dense layers, not for offsets and scales.
        fresh.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return fresh


def _named_optimizer(name: str) -> keras.optimizers.Optimizer:
    try:
        return keras.optimizers.get(name)
    except ValueError as error:
        raise ValueError(
            f"optimizer={name!r} is not the name of a Keras optimizer; 'adamw', 'adam', 'sgd' and "
            f"'rmsprop' are."
        ) from error

"""Giving a model its loss and its optimizer."""

from __future__ import annotations

import inspect
from typing import Any

import keras


def compile_model(
    model: keras.Model,
    *,
    optimizer: Any,
    learning_rate: float | None,
    weight_decay: float | None,
    label_smoothing: float,
) -> None:
    """Compile a model for training; see :class:`skhcr.CNNClassifier` for the parameters."""
    losses = keras.losses
    loss = (
        losses.BinaryCrossentropy if model.output_shape[-1] == 1 else losses.CategoricalCrossentropy
    )
    model.compile(
        optimizer=_fresh_optimizer(optimizer, learning_rate, weight_decay),
        loss=loss(label_smoothing=label_smoothing),
        metrics=["accuracy"],
    )


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

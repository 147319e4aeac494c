"""The training settings of a network: loss, optimizer, schedule, epochs, callbacks."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from .._compat import skip_gradient_reduction
from ..networks._settings import usual_settings
from ._process import check_process

# For an optimizer given by name or class.
_LEARNING_RATE, _WEIGHT_DECAY = 1e-2, 0.05


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The training settings of a network.

    Parameters
    ----------
    optimizer, learning_rate, weight_decay, label_smoothing, schedule, epochs, restore_best_weights
        See :class:`skhcr.CNNClassifier`.
    patience : int or None, default=None
        Epochs without a better validation loss after which to stop; None never stops early.
    callbacks : list of Keras callbacks or None, default=None
        Further callbacks: instances, or classes or functions that make one.
    keep_interrupted : bool, default=False
        Whether to warn when the user interrupts after at least one epoch, and to return as if the
        fit had ended; otherwise the interrupt is raised.
    verbose : bool, default=False
        Whether to show a progress bar.
    """

    optimizer: Any
    learning_rate: float | str | None
    weight_decay: float | str | None
    label_smoothing: float
    schedule: str
    epochs: int
    patience: int | None = None
    restore_best_weights: bool = True
    callbacks: Any = None
    keep_interrupted: bool = False
    verbose: bool = False

    @property
    def set_learning_rate(self) -> float | None:
        """The learning rate to be set; None leaves the optimizer its own."""
        return self._unless_own(self.learning_rate, _LEARNING_RATE)

    @property
    def set_weight_decay(self) -> float | None:
        """The weight decay to be set; None leaves the optimizer its own."""
        return self._unless_own(self.weight_decay, _WEIGHT_DECAY)

    def _unless_own(self, given: Any, usual: float) -> float | None:
        if given != "auto":
            return given
        return None if isinstance(self.optimizer, keras.optimizers.Optimizer) else usual

    def compile(self, model: keras.Model) -> None:
        """Give a model its loss and a new optimizer.

        Raises
        ------
        ValueError, TypeError
            If `optimizer` is unknown, or not an optimizer.
        """
        check_process()
        with usual_settings():
            self._compile(model)
        _limit_memory(model)

    def _compile(self, model: keras.Model) -> None:
        losses, metrics = keras.losses, keras.metrics
        is_binary = model.output_shape[-1] == 1
        loss = losses.BinaryCrossentropy if is_binary else losses.CategoricalCrossentropy
        accuracy = metrics.BinaryAccuracy if is_binary else metrics.CategoricalAccuracy
        model.compile(
            optimizer=_new_optimizer(self.optimizer, self.set_learning_rate, self.set_weight_decay),
            loss=loss(label_smoothing=self.label_smoothing),
            metrics=[accuracy(name="accuracy")],
        )

    def compiles_as(self, other: Recipe) -> bool:
        """Whether both recipes compile a model alike; a learning rate can be set later."""
        return (self.optimizer, self.weight_decay, self.label_smoothing) == (
            other.optimizer,
            other.weight_decay,
            other.label_smoothing,
        )

    def identity(self) -> tuple[Any, ...]:
        """Return everything, besides the compiled model and the data, that distinguishes a fit."""
        return (
            self.epochs,
            self.schedule,
            self.learning_rate,
            self.patience,
            self.restore_best_weights,
        )


def _limit_memory(model: keras.Model) -> None:
    """Avoid keeping the memory of every network that a search has trained."""
    # Variables that are made while the training function is traced are not freed with it:
    # TensorFlow keeps, for each, two graphs that check whether it has a value.
    model.optimizer.build(model.trainable_variables)
    # On one device there are no gradients of others to be added, and of that sum, which has a
    # gradient of its own, TensorFlow would keep the graph of the whole step.
    if not tf.distribute.has_strategy():
        skip_gradient_reduction(model.optimizer)


def _new_optimizer(
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
        # AdamW needs a number; None saves the work for all others.
        none = 0.0 if issubclass(kind, keras.optimizers.AdamW) else None
        config["weight_decay"] = weight_decay or none
    new = kind.from_config(config) if config else kind()
    if new.weight_decay:
        # Decay applies to the weights of convolutions and dense layers, not to offsets and scales.
        new.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return new


def _named_optimizer(name: str) -> keras.optimizers.Optimizer:
    try:
        return keras.optimizers.get(name)
    except ValueError as error:
        raise ValueError(
            f"optimizer={name!r} is not the name of a Keras optimizer; 'adamw', 'adam', 'sgd' and "
            f"'rmsprop' are."
        ) from error

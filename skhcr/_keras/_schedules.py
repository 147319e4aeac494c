"""Learning rate schedules."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

# One-cycle: a rise over this share of the steps, from this share of the peak, down to that one.
_RISE, _START, _END = 0.25, 0.04, 1e-3
# Settings of ReduceLROnPlateau in the recipes that use it.
_PLATEAU_FACTOR, _PLATEAU_PATIENCE = 0.5, 3


class OneCycle(keras.callbacks.Callback):
    """Raises the learning rate linearly to its peak, and lowers it to nearly 0 along half a cosine.

    It is set before every batch and is not compiled: compiled functions work for all learning
    rates.
    """

    def __init__(self, peak: float, n_steps: int) -> None:
        super().__init__()
        rise = max(1, round(_RISE * n_steps))
        up = np.linspace(_START, 1, rise, endpoint=False)
        fall = np.arange(n_steps - rise) / max(1, n_steps - rise)
        down = _END + (1 - _END) * (1 + np.cos(np.pi * fall)) / 2
        self._rates = (peak * np.concatenate([up, down])).tolist()
        self._step = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch == 0 and self._step > 0:
            self._warn_if_moved()
        self.model.optimizer.learning_rate = self._rates[self._step]
        self._step += 1

    def _warn_if_moved(self) -> None:
        """Warn if a user callback has set another rate since the last batch."""
        expected, found = self._rates[self._step - 1], float(self.model.optimizer.learning_rate)
        if not np.isclose(found, expected, rtol=1e-5, atol=0):
            warnings.warn(
                f"Something in callbacks has set the learning rate to {found:.6g}, but "
                "schedule='onecycle' sets it before every batch: set schedule='constant' to use "
                "the callback's rate.",
                UserWarning,
                stacklevel=2,
            )


def callbacks_for(
    schedule: str,
    *,
    optimizer: keras.optimizers.Optimizer,
    set_rate: float | None,
    n_steps: int,
    validated: bool,
    users: Sequence[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Return the callback that changes the learning rate, if the user has not provided one.

    Parameters
    ----------
    schedule : {"auto", "onecycle", "plateau", "constant"}
        See :class:`skhcr.CNNClassifier`.
    optimizer : keras.optimizers.Optimizer
        The compiled model's.
    set_rate : float or None
        The learning rate that was set; None for the optimizer's own.
    n_steps : int
        Batches in the whole fit.
    validated : bool
        Whether there are validation rows.
    users : sequence of keras.callbacks.Callback
        The user's callbacks.

    Raises
    ------
    ValueError
        If both the schedule and the user's objects change the learning rate.
    """
    movers = _movers(optimizer, users)
    if schedule == "auto":
        schedule = "constant" if set_rate is None or movers else "onecycle"
    elif schedule != "constant" and movers:
        raise ValueError(
            f"schedule={schedule!r} and {movers[0]} would both change the learning rate: set "
            "schedule='auto' or 'constant', or remove the other."
        )
    if schedule == "onecycle":
        return [OneCycle(float(optimizer.learning_rate) if set_rate is None else set_rate, n_steps)]
    if schedule == "plateau":
        return [
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss" if validated else "loss",
                factor=_PLATEAU_FACTOR,
                patience=_PLATEAU_PATIENCE,
            )
        ]
    return []


def _movers(
    optimizer: keras.optimizers.Optimizer, users: Sequence[keras.callbacks.Callback]
) -> list[str]:
    """Return the names of objects that change the learning rate."""
    own = optimizer.get_config()
    own = own.get("inner_optimizer", {}).get("config", own)  # of a LossScaleOptimizer
    rate = own["learning_rate"]
    of_optimizer = [f"the {rate['class_name']} in optimizer"] if isinstance(rate, dict) else []
    kinds = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
    return of_optimizer + [
        f"the {type(callback).__name__} in callbacks"
        for callback in users
        if isinstance(callback, kinds)
    ]

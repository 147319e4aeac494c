"""How the learning rate moves while a network is trained."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

# One-cycle: a rise over this share of the steps, from this share of the peak, down to that one.
_RISE, _START, _END = 0.25, 0.04, 1e-3
# What ReduceLROnPlateau does in the recipes that use it.
_PLATEAU_FACTOR, _PLATEAU_PATIENCE = 0.5, 3


class OneCycle(keras.callbacks.Callback):
    """Raises the learning rate to its peak in a line, and lowers it to nearly 0 in half a cosine.

    It is set before every batch, and no part of what is compiled: functions compiled for one
    learning rate serve all.
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
        self.model.optimizer.learning_rate = self._rates[self._step]
        self._step += 1


def callbacks_for(
    schedule: str, *, peak: float | None, n_steps: int, validated: bool
) -> list[keras.callbacks.Callback]:
    """Return what moves the learning rate; nothing where it is left to the optimizer (None)."""
    if schedule == "onecycle" and peak is not None:
        return [OneCycle(peak, n_steps)]
    if schedule == "plateau":
        return [
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss" if validated else "loss",
                factor=_PLATEAU_FACTOR,
                patience=_PLATEAU_PATIENCE,
            )
        ]
    return []

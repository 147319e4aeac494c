"""How the learning rate moves while a network is trained."""

from __future__ import annotations

from typing import Any

import keras

# One-cycle: a linear rise over this share of the steps, starting at this share of the peak.
_RISE, _START = 0.25, 0.04
# What ReduceLROnPlateau does in the recipes that use it.
_PLATEAU_FACTOR, _PLATEAU_PATIENCE = 0.5, 3


def learning_rate_for(schedule: str, peak: float, n_steps: int) -> Any:
    """Return the number or Keras schedule to give to the optimizer."""
    if schedule != "onecycle":
        return peak
    rise = max(1, round(_RISE * n_steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=_START * peak,
        warmup_target=peak,
        warmup_steps=rise,
        decay_steps=max(1, n_steps - rise),
        alpha=1e-3,
    )


def callbacks_for(schedule: str, *, validated: bool) -> list[keras.callbacks.Callback]:
    """Return what the schedule needs to have called after an epoch."""
    if schedule != "plateau":
        return []
    return [
        keras.callbacks.ReduceLROnPlateau(
            monitor="val_loss" if validated else "loss",
            factor=_PLATEAU_FACTOR,
            patience=_PLATEAU_PATIENCE,
        )
    ]

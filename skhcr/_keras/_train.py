"""One fit: the batches through the model, under the recipe's callbacks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import keras
import numpy as np

from ._batches import Batches
from ._callbacks import EpochWatch, LearningRateLog, ProgressBar, Reporting, fresh_callbacks
from ._checkpoint import Checkpoint
from ._recipe import Recipe
from ._schedules import callbacks_for
from ._scikeras import fit_keras

# Logs of every epoch; user callbacks may log more.
_EVERY_EPOCH = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def train(
    model: keras.Model,
    batches: Batches,
    validation_batches: Batches | None,
    recipe: Recipe,
    *,
    detach: Callable[[], object],
    continued: bool,
    report: Any,
    checkpoint: Checkpoint | None,
) -> dict[str, list[float]]:
    """Train a compiled model and return its history.

    Parameters
    ----------
    model : keras.Model
        Compiled by the recipe.
    batches, validation_batches : Batches
        Training and validation batches; closed at the end. None turns validation off.
    recipe : Recipe
        The training settings.
    detach : callable
        Called if something may keep a reference to the model, or left it in an unknown state.
    continued : bool
        Whether the weights have been trained before, so that these may be the best ones.
    report : object with ``begin_epoch()`` and ``end_epoch() -> bool``, or None
        Called for every epoch; may return True to stop.
    checkpoint : Checkpoint or None
        The checkpoint for resuming, which is saved after every epoch.

    Raises
    ------
    ValueError
        If the weights are not finite at the end.
    """
    users = fresh_callbacks(recipe.callbacks)
    if not all(isinstance(callback, EpochWatch) for callback in users):
        detach()
    stopping = _early_stopping(recipe)
    restores = stopping is not None and recipe.restore_best_weights
    before = None
    if continued and restores and validation_batches is not None:
        scores = model.evaluate(validation_batches.dataset(), verbose=0, return_dict=True)
        before = scores["loss"], model.get_weights()
    stateful = [
        *callbacks_for(
            recipe.schedule,
            optimizer=model.optimizer,
            set_rate=recipe.set_learning_rate,
            n_steps=recipe.epochs * len(batches),
            validated=validation_batches is not None,
            users=users,
        ),
        *users,
        *([] if stopping is None else [stopping]),
    ]
    recorder = keras.callbacks.History()
    history = recorder.history
    epochs_done = 0
    if checkpoint is not None:
        checkpoint.watch(history, stateful)
        epochs_done = recipe.epochs if checkpoint.is_stopped else checkpoint.epochs_done

    with ExitStack() as stack:
        stack.enter_context(closing(batches))
        if validation_batches is not None:
            stack.enter_context(closing(validation_batches))
        begin_epoch = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: batches.begin_epoch(epoch + 1)
        )
        callbacks = [begin_epoch, LearningRateLog(), *stateful]
        if report is not None:
            callbacks.append(Reporting(report))
        if recipe.verbose:
            bar = ProgressBar(recipe.epochs, len(batches), done=epochs_done)
            callbacks.append(stack.enter_context(closing(bar)))
        callbacks.append(recorder)
        if checkpoint is not None:
            callbacks.append(checkpoint)
        try:
            fit_keras(
                model,
                batches,
                validation_batches=validation_batches,
                epochs=recipe.epochs,
                epochs_done=epochs_done,
                callbacks=callbacks,
            )
        except BaseException as error:
            detach()
            is_kept = recipe.keep_interrupted and isinstance(error, KeyboardInterrupt) and history
            if not is_kept:
                raise
            _end_interrupted(model, history, recipe.epochs, stopping)
    if before is not None and not any(loss < before[0] for loss in history["val_loss"]):
        model.set_weights(before[1])
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        if checkpoint is not None:
            checkpoint.delete()  # or the next fit would diverge at once
        raise ValueError(
            f"The training diverged: the loss is {history['loss'][-1]} after the last epoch. "
            f"Lower learning_rate."
        )
    return {name: [float(value) for value in values] for name, values in history.items()}


def _early_stopping(recipe: Recipe) -> keras.callbacks.EarlyStopping | None:
    if recipe.patience is None:
        return None
    return keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=recipe.patience,
        restore_best_weights=recipe.restore_best_weights,
    )


def _end_interrupted(
    model: keras.Model,
    history: dict[str, list[float]],
    epochs: int,
    stopping: keras.callbacks.EarlyStopping | None,
) -> None:
    """End an interrupted fit as Keras ends others, with the logs of whole epochs only, and warn."""
    n_epochs = min(len(history[name]) for name in _EVERY_EPOCH if name in history)
    for values in history.values():
        del values[n_epochs:]
    warnings.warn(
        f"The training was interrupted after {n_epochs} of {epochs} epochs; the trained weights "
        "are kept.",
        stacklevel=3,
    )
    model.optimizer.finalize_variable_values(model.trainable_weights)
    if stopping is not None and stopping.best_weights is not None:
        model.set_weights(stopping.best_weights)

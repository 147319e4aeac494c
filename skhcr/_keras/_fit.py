"""One fit: the feed through the model, under the recipe's callbacks."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from ._batches import Batches
from ._callbacks import EpochWatch, LearningRateLog, ProgressBar, Reporting, fresh_callbacks
from ._checkpoint import Checkpoint
from ._loan import Loan
from ._schedules import callbacks_for
from ._scikeras import fit_keras

# What every epoch ends with; callbacks of users' may tell more of some of them.
_EVERY_EPOCH = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def train(
    loan: Loan,
    feed: Batches,
    validation_batches: Batches | None,
    *,
    epochs: int,
    schedule: str,
    learning_rate: float | None,
    patience: int | None,
    restore_best_weights: bool,
    goes_on: bool,
    callbacks: Any,
    report: Any,
    checkpoint: Checkpoint | None,
    keeps_interrupted: bool,
    verbose: bool,
) -> dict[str, list[float]]:
    """Train the compiled model of a loan and return its history.

    Parameters
    ----------
    patience : int or None
        Epochs without a better validation loss after which to stop; None never stops early.
    restore_best_weights : bool
        Whether early stopping goes back to the weights of the best epoch.
    goes_on : bool
        Whether the weights have been trained before; then these may be the best ones.
    report : object with ``begin_epoch()`` and ``end_epoch() -> bool``, or None
        Told of every epoch; may answer True to stop.
    checkpoint : Checkpoint or None
        Where the fit goes on, if it was broken off, and keeps every epoch.
    keeps_interrupted : bool
        Whether to warn where the user interrupts, after an epoch at least, and to return as if the
        fit had ended; otherwise the interrupt is passed on.

    Raises
    ------
    ValueError
        If the weights are not finite at the end.
    """
    model = loan.model
    users = fresh_callbacks(callbacks)
    if not all(isinstance(callback, EpochWatch) for callback in users):
        loan.hand_out()  # they may keep it
    before = None
    if goes_on and patience is not None and validation_batches is not None and restore_best_weights:
        scores = model.evaluate(validation_batches.dataset(), verbose=0, return_dict=True)
        before = scores["loss"], model.get_weights()
    stateful = [
        *callbacks_for(
            schedule,
            peak=learning_rate,
            n_steps=epochs * len(feed),
            validated=validation_batches is not None,
        ),
        *users,
    ]
    stopping = None
    if patience is not None:
        stopping = keras.callbacks.EarlyStopping(
            monitor="val_loss", patience=patience, restore_best_weights=restore_best_weights
        )
        stateful.append(stopping)
    draws = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: feed.begin_epoch(epoch + 1)
    )
    chosen = [draws, LearningRateLog(), *stateful]
    if report is not None:
        chosen.append(Reporting(report))
    epochs_done = 0
    recorder = keras.callbacks.History()
    history = recorder.history
    if checkpoint is not None:
        checkpoint.watch(history, stateful)
        epochs_done = epochs if checkpoint.is_stopped else checkpoint.epochs_done
    bar = ProgressBar(epochs, len(feed), done=epochs_done) if verbose else None
    if bar is not None:
        chosen.append(bar)
    chosen.append(recorder)
    if checkpoint is not None:
        chosen.append(checkpoint)
    try:
        fit_keras(
            model,
            feed,
            validation_batches=validation_batches,
            epochs=epochs,
            epochs_done=epochs_done,
            callbacks=chosen,
        )
    except BaseException as error:
        loan.hand_out()  # nobody knows what state it is in
        if not (keeps_interrupted and isinstance(error, KeyboardInterrupt) and history):
            raise
        _end_after_whole_epochs(history, epochs)
        model.optimizer.finalize_variable_values(model.trainable_weights)  # as Keras' fit does
        if stopping is not None and stopping.best_weights is not None:
            model.set_weights(stopping.best_weights)
    finally:
        if bar is not None:
            bar.close()
        feed.close()
        if validation_batches is not None:
            validation_batches.close()
    if before is not None and not any(loss < before[0] for loss in history["val_loss"]):
        model.set_weights(before[1])
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        if checkpoint is not None:
            checkpoint.forget()  # or the next fit would diverge at once
        raise ValueError(
            f"The training diverged: the loss is {history['loss'][-1]} after the last epoch. "
            f"Lower learning_rate."
        )
    return {name: [float(value) for value in values] for name, values in history.items()}


def _end_after_whole_epochs(history: dict[str, list[float]], epochs: int) -> None:
    """Take what an epoch that was interrupted has left out of the history, and warn."""
    n_epochs = min(len(history[name]) for name in _EVERY_EPOCH if name in history)
    for values in history.values():
        del values[n_epochs:]
    warnings.warn(
        f"The training was interrupted after {n_epochs} of {epochs} epochs; what it has learned is "
        "kept.",
        stacklevel=3,
    )

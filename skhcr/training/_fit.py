"""One fit: the feed through the model, under the recipe's callbacks."""

from __future__ import annotations

from typing import Any

import keras

from ._callbacks import LearningRateLog, ProgressBar, Reporting, fresh_callbacks
from ._feed import Feed
from ._schedules import callbacks_for
from ._scikeras import fit_keras


def train(
    model: keras.Model,
    feed: Feed,
    validation_feed: Feed | None,
    *,
    epochs: int,
    schedule: str,
    patience: int | None,
    restore_best_weights: bool,
    callbacks: Any,
    report: Any,
    verbose: bool,
) -> dict[str, list[float]]:
    """Train a compiled model and return its history; a broken-off fit leaves the old weights.

    Parameters
    ----------
    patience : int or None
        Epochs without a better validation loss after which to stop; None never stops early.
    restore_best_weights : bool
        Whether early stopping goes back to the weights of the best epoch.
    report : object with ``begin_epoch()`` and ``end_epoch() -> bool``, or None
        Told of every epoch; may answer True to stop.
    """
    before = model.get_weights()
    chosen = [
        LearningRateLog(),
        *callbacks_for(schedule, validated=validation_feed is not None),
        *fresh_callbacks(callbacks),
    ]
    if report is not None:
        chosen.append(Reporting(report))
    if patience is not None:
        chosen.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=patience, restore_best_weights=restore_best_weights
            )
        )
    bar = ProgressBar(epochs, len(feed)) if verbose else None
    if bar is not None:
        chosen.append(bar)
    try:
        return fit_keras(
            model, feed, validation_feed=validation_feed, epochs=epochs, callbacks=chosen
        )
    except BaseException:
        model.set_weights(before)
        raise
    finally:
        if bar is not None:
            bar.close()

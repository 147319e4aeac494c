"""Callbacks between the epochs of a fit."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .._notebook import NotebookLine

_SECONDS = 0.5  # between changes of the line in a notebook
_WIDTH = 20  # of its bar, in letters


class LearningRateLog(keras.callbacks.Callback):
    """Puts the learning rate of each epoch into the history."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class Reporting(keras.callbacks.Callback):
    """Calls a report when epochs start and end; the report may request a stop."""

    def __init__(self, report: Any) -> None:
        super().__init__()
        self._report = report

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._report.begin_epoch()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._report.end_epoch():
            self.model.stop_training = True


class EpochWatch(keras.callbacks.Callback):
    """Calls a function after every epoch, which may end the fit; does not keep the model.

    Parameters
    ----------
    check : callable
        Called with the share of completed epochs and the logs of the last one; returns True to end
        the fit.
    """

    def __init__(self, check: Callable[[float, dict[str, Any]], bool]) -> None:
        super().__init__()
        self._check = check

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._check((epoch + 1) / self.params["epochs"], logs or {}):
            self.model.stop_training = True


class ProgressBar(keras.callbacks.Callback):
    """One progress bar for the whole fit: on a terminal, or as a line of text in a notebook.

    In a log, where nothing can be redrawn, about ten lines.
    """

    def __init__(self, epochs: int, n_batches: int, *, done: int = 0) -> None:
        super().__init__()
        self._epochs, self._n_batches, self._done = epochs, n_batches, done
        self._scores = ""
        self._console = Console()
        self._line = NotebookLine() if self._console.is_jupyter else None
        self._redraws = self._console.is_terminal and self._line is None
        self._shown_at = -math.inf

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._begin = time.perf_counter()
        self._done_before = self._done
        if self._redraws:
            self._progress = Progress(
                TextColumn("epoch"),
                MofNCompleteColumn(),
                BarColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[scores]}"),
                console=self._console,
            )
            self._task = self._progress.add_task(
                "fit", total=self._epochs, completed=self._done, scores=""
            )
            self._progress.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._redraws:
            self._progress.update(self._task, completed=self._done + (batch + 1) / self._n_batches)
        elif self._line is not None and time.perf_counter() - self._shown_at > _SECONDS:
            self._show(self._done + (batch + 1) / self._n_batches)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._done += 1
        scores = self._scores = _scores_as_text(logs or {})
        if self._redraws:
            self._progress.update(self._task, completed=self._done, scores=scores)
        elif self._line is not None:
            self._show(self._done)
        elif self._done * 10 // self._epochs > (self._done - 1) * 10 // self._epochs:
            seconds = time.perf_counter() - self._begin
            self._console.print(
                f"epoch {self._done}/{self._epochs}  {scores}  {seconds:.0f} s", highlight=False
            )

    def _show(self, done: float) -> None:
        """Write the line in a notebook."""
        assert self._line is not None
        self._shown_at = time.perf_counter()
        seconds = self._shown_at - self._begin
        left = seconds * (self._epochs - done) / max(done - self._done_before, 1e-9)
        filled = round(_WIDTH * done / self._epochs)
        bar = "█" * filled + "░" * (_WIDTH - filled)
        rest = f"  about {left:.0f} s left" if done < self._epochs else ""
        self._line.show(
            f"epoch {self._done}/{self._epochs} {bar} {seconds:.0f} s{rest}  {self._scores}"
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()

    def close(self) -> None:
        """Release the terminal, also when the fit was interrupted."""
        if self._redraws and hasattr(self, "_progress"):
            self._progress.stop()


def _scores_as_text(logs: dict[str, Any]) -> str:
    shown = ("loss", "accuracy", "val_loss", "val_accuracy")
    return "  ".join(f"{name} {logs[name]:.4f}" for name in shown if name in logs)


def fresh_callbacks(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Return callbacks that no other fit has used: copies of instances, new ones of classes.

    Raises
    ------
    TypeError
        If an entry is neither a Keras callback, nor a class or function that makes one.
    """
    if callbacks is None:
        return []
    entries = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    fresh = []
    for index, entry in enumerate(entries):
        is_instance = isinstance(entry, keras.callbacks.Callback)
        made = copy.deepcopy(entry) if is_instance else entry() if callable(entry) else entry
        if not isinstance(made, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must contain Keras callbacks, or classes or functions that make one; "
                f"entry {index} is {entry!r}."
            )
        fresh.append(made)
    return fresh

"""Calling scikit-learn's callbacks after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

State = Callable[[], dict[str, Any]]


class EpochReport:
    """The task tree of one fit: a root, and a leaf for every epoch."""

    def __init__(self, estimator: Any, data: dict[str, Any], epochs: int, state: State) -> None:
        self._estimator, self._data, self._state = estimator, data, state
        self._fit = estimator._init_callback_context(max_subtasks=epochs)
        self._fit.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_epoch(self) -> None:
        """Open the next epoch's task."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self) -> bool:
        """Close the epoch's task; return True if a callback requests a stop."""
        return self._end(self._epoch)

    def finish(self) -> None:
        """Close the fit's task."""
        self._end(self._fit)

    def _end(self, task: Any) -> bool:
        return bool(
            task.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=self._state, **self._data
            )
        )


def epoch_report(
    estimator: Any, X: Any, y: Any, sample_weight: Any, epochs: int, state: State
) -> EpochReport | None:
    """Return a report of this fit, or None if this scikit-learn has no callbacks.

    `epochs` is the planned number of epochs; `state` returns the fitted attributes as if the fit
    ended now.
    """
    if not hasattr(estimator, "_init_callback_context"):
        return None
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return EpochReport(estimator, {"X": X, "y": y, "metadata": metadata}, epochs, state)

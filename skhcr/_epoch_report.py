"""Telling scikit-learn's callbacks of every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class EpochReport:
    """The task tree of one fit: a root, and a leaf for every epoch."""

    def __init__(self, estimator: Any, X: Any, y: Any, state: Callable[[], dict[str, Any]]) -> None:
        self._estimator, self._state = estimator, state
        self._data = {"X": X, "y": y}
        self._fit = estimator._init_callback_context(max_subtasks=estimator.epochs)
        self._fit.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_epoch(self) -> None:
        """Open the next epoch's task."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self) -> bool:
        """Close the epoch's task; True where a callback asks to stop."""
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
    estimator: Any, X: Any, y: Any, state: Callable[[], dict[str, Any]]
) -> EpochReport | None:
    """Return a report of this fit, or None where this scikit-learn has no callbacks."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    return EpochReport(estimator, X, y, state)

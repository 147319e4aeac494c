"""The progress of a search, shown while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import optuna
from optuna.trial import TrialState
from rich.console import Console
from rich.live import Live

from .._notebook import NotebookLine
from ._states import finished_trials

_SECONDS = 1.0  # between looks at the study
_LINES = 10  # in a log, where nothing can be redrawn


class Progress:
    """A line with the number of trials, the best score, how many were pruned, and the time."""

    def __init__(
        self,
        study: optuna.Study,
        n_trials: int | None,
        *,
        shown: bool,
        timeout: float | None = None,
    ) -> None:
        self._study, self._n_trials, self._shown = study, n_trials, shown
        self._timeout, self._n_known = timeout, len(finished_trials(study))
        self._console = Console()
        self._begin = time.perf_counter()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        if self._shown:
            self._watch.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        if self._shown:
            self._watch.join()

    def _follow(self) -> None:
        if self._console.is_jupyter:
            line = NotebookLine()
            line.show(self._text())
            while not self._ended.wait(_SECONDS):
                line.show(self._text())
            line.show(self._text())
            return
        if self._console.is_terminal:
            with Live(self._text(), console=self._console) as live:
                while not self._ended.wait(_SECONDS):
                    live.update(self._text())
                live.update(self._text())
            return
        step = max(1, (self._n_trials or _LINES) // _LINES)
        said = 0
        while not self._ended.wait(_SECONDS):
            n_done = self._n_done()
            if n_done >= said + step:
                said = n_done
                self._console.print(self._text(), highlight=False)
        self._console.print(self._text(), highlight=False)

    def _n_done(self) -> int:
        return len(finished_trials(self._study))

    def _text(self) -> str:
        trials = finished_trials(self._study)
        states = [trial.state for trial in trials]
        done = str(len(trials))
        if self._n_trials is not None:
            done = f"{done}/{self._n_trials}"
        scores = [t.value for t in trials if t.state is TrialState.COMPLETE and t.value is not None]
        best = f"best {max(scores):.4f}  " if scores else ""
        counts = f"{states.count(TrialState.PRUNED)} pruned"
        if TrialState.FAIL in states:
            counts += f", {states.count(TrialState.FAIL)} failed"
        seconds = time.perf_counter() - self._begin
        left = self._seconds_left(len(trials), seconds)
        rest = "" if left is None else f", about {_as_text(left)} left"
        return f"trials {done}  {best}{counts}  {seconds:.0f} s{rest}"

    def _seconds_left(self, n_done: int, seconds: float) -> float | None:
        """Return the remaining time at the current pace; None if unknown."""
        n_new = n_done - self._n_known
        if self._n_trials is None or n_new < 1 or n_done >= self._n_trials:
            return None
        left = seconds / n_new * (self._n_trials - n_done)
        return left if self._timeout is None else max(0.0, min(left, self._timeout - seconds))


def _as_text(seconds: float) -> str:
    """Return a duration in the unit that suits it.

    Examples
    --------
    >>> from skhcr.model_selection._progress import _as_text
    >>> [_as_text(seconds) for seconds in (40, 600, 9000)]
    ['40 s', '10 min', '2.5 h']
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Let Optuna log only errors, because the search reports everything else."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

"""scikit-learn's callbacks on a search, if scikit-learn supports them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class TrialCallbacks:
    """Calls callbacks at the fits of all trials."""

    context: Any
    search: Any

    @contextmanager
    def fit(
        self, number: int, estimator: Any, X: Any, y: Any, params: Mapping[str, Any]
    ) -> Iterator[None]:
        """Call them when a fit begins and ends; its `number` is unique in the search."""
        data = _data(X, y, params)
        if self.context is None:
            yield
            return
        task = self.context.subcontext(task_name="candidate-split-evaluation", task_id=number)
        try:
            with task.propagate_callback_context(estimator):
                task.call_on_fit_task_begin(estimator=self.search, **data)
                yield
        finally:
            task.call_on_fit_task_end(estimator=self.search, **data)


class SearchCallbacks:
    """Calls callbacks at the trials of a search and at its last fit."""

    def __init__(self, search: Any, X: Any, y: Any, params: Mapping[str, Any]) -> None:
        self._search, self._data = search, _data(X, y, params)
        self._root: Any = None
        if hasattr(search, "_init_callback_context"):
            root = search._init_callback_context(max_subtasks=1 + bool(search.refit))
            self._root = root.call_on_fit_task_begin(estimator=search, **self._data)

    @contextmanager
    def trials(self) -> Iterator[TrialCallbacks]:
        """Call them when the trials begin and end."""
        if self._root is None:
            yield TrialCallbacks(None, self._search)
            return
        task = self._root.subcontext(
            task_name="search", max_subtasks=None, sequential_subtasks=False
        ).call_on_fit_task_begin(estimator=self._search)
        yield TrialCallbacks(task, self._search)
        task.call_on_fit_task_end(estimator=self._search)

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """Call them when the last fit begins and ends."""
        if self._root is None:
            yield
            return
        task = self._root.subcontext(task_name="refit-with-best-params")
        with task.propagate_callback_context(estimator):
            task.call_on_fit_task_begin(estimator=self._search, **self._data)
            yield
        task.call_on_fit_task_end(estimator=self._search, **self._data)

    def end(self) -> None:
        """Call them when the search ends."""
        if self._root is not None:
            self._root.call_on_fit_task_end(estimator=self._search, **self._data)


def _data(X: Any, y: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the callback arguments for the rows of a fit, as in scikit-learn's searches."""
    weights = params.get("sample_weight")
    return {"X": X, "y": y, "metadata": None if weights is None else {"sample_weight": weights}}

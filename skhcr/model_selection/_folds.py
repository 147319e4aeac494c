"""The folds of a search: one estimator at a time, fitted on one part and scored on the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from traceback import format_exc
from typing import Any

import numpy as np
from sklearn.base import clone

from .._compat import check_method_params, safe_split, score_rows
from ._pruning import EpochPruning

# From an estimator, its rows, labels and other parameters of `fit` to a context for the fit.
FitContext = Callable[[Any, Any, Any, dict[str, Any]], AbstractContextManager[None]]


@dataclass
class Folds:
    """Everything except the parameters: the estimator, the rows, and the scoring.

    Parameters
    ----------
    estimator : estimator
        Cloned for every fold.
    X, y : indexable
        The data.
    splits : list of (train, test)
        Row numbers, the same for all parameters.
    scorer : callable
        Returns one score or a dict of scores.
    fit_params, score_params : dict
        Passed to `fit` and to the scorer; values of the same length as `X` are split with it.
    groups : array-like or None
        Groups of rows that are not split when rows are held out to monitor the epochs.
    error_score : "raise" or float
        The score if a fit or a scorer fails.
    return_train_score : bool
        Whether to also score the training rows.
    """

    estimator: Any
    X: Any
    y: Any
    splits: list[tuple[np.ndarray, np.ndarray]]
    scorer: Any
    fit_params: dict[str, Any]
    score_params: dict[str, Any]
    groups: Any
    error_score: Any
    return_train_score: bool

    def is_promising(
        self, params: dict[str, Any], pruning: EpochPruning, context: FitContext
    ) -> bool:
        """Fit part of the first fold's training rows for some epochs, and score the others."""
        estimator = clone(self.estimator).set_params(**params)
        more = pruning.attach(estimator, self.groups)
        if more is not None:
            try:
                self._fit(estimator, 0, more, context)
            except Exception:
                if self.error_score == "raise":
                    raise
                return True  # the whole fit will show the error
        return pruning.is_promising

    def evaluate(self, params: dict[str, Any], fold: int, context: FitContext) -> dict[str, Any]:
        """Fit with these parameters on one fold and score the held-out rows.

        Returns
        -------
        dict
            ``test_scores`` and perhaps ``train_scores`` (a number or a dict of them), ``fit_time``
            and ``score_time`` in seconds, and ``fit_error``, a traceback or None.
        """
        train, test = self.splits[fold]
        estimator = clone(self.estimator).set_params(**params)
        X_test, y_test = safe_split(estimator, self.X, self.y, test, train)
        result: dict[str, Any] = {"fit_error": None, "score_time": 0.0}
        begin = time.perf_counter()
        try:
            self._fit(estimator, fold, {}, context)
        except Exception:
            if self.error_score == "raise":
                raise
            result["fit_time"] = time.perf_counter() - begin
            for name in ("test_scores", "train_scores")[: 1 + self.return_train_score]:
                result[name] = self._failed_scores()
            result["fit_error"] = format_exc()
            return result
        result["fit_time"] = time.perf_counter() - begin
        result["test_scores"] = self._score(estimator, X_test, y_test, test)
        result["score_time"] = time.perf_counter() - begin - result["fit_time"]
        if self.return_train_score:
            X_train, y_train = safe_split(estimator, self.X, self.y, train)
            result["train_scores"] = self._score(estimator, X_train, y_train, train)
        return result

    def _fit(self, estimator: Any, fold: int, more: dict[str, Any], context: FitContext) -> None:
        train, _ = self.splits[fold]
        params = check_method_params(self.X, {**self.fit_params, **more}, train)
        X_train, y_train = safe_split(estimator, self.X, self.y, train)
        labels = () if y_train is None else (y_train,)
        with context(estimator, X_train, y_train, params):
            estimator.fit(X_train, *labels, **params)

    def _score(self, estimator: Any, X: Any, y: Any, rows: np.ndarray) -> Any:
        params = check_method_params(self.X, self.score_params, rows)
        scores = score_rows(estimator, X, y, self.scorer, params, self.error_score)
        if not isinstance(scores, dict):
            return float(scores)
        return {name: float(score) for name, score in scores.items()}

    def _failed_scores(self) -> Any:
        names = getattr(self.scorer, "_scorers", None)
        return self.error_score if names is None else dict.fromkeys(names, self.error_score)

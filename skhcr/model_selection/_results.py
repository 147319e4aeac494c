"""The table of a search: ``cv_results_``, a row for every finished trial."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState
from sklearn.exceptions import FitFailedWarning

from ._states import FOLDS

_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def check_completed(trials: list[FrozenTrial], error_score: Any) -> None:
    """Warn of fits that failed, and raise an error if none of the finished trials is complete."""
    if not trials:
        raise ValueError("No trial was finished; give the search more time (timeout).")
    errors = [
        fold["fit_error"] for trial in trials for fold in _evaluated(trial) if fold["fit_error"]
    ]
    if errors:
        warnings.warn(
            f"{len(errors)} fits failed; their score is {error_score}. The first:\n{errors[0]}",
            FitFailedWarning,
            stacklevel=3,
        )
    if all(trial.state is not TrialState.COMPLETE for trial in trials):
        raise ValueError(
            f"None of the {len(trials)} trials was completed"
            + (f"; the first error was:\n{errors[0]}" if errors else ".")
        )


def fold_results(trials: list[FrozenTrial], n_splits: int) -> list[dict[str, Any]]:
    """Return times and scores of all folds, trial by trial; NaN where a fold was not evaluated."""
    all_scores = [fold["test_scores"] for trial in trials for fold in _evaluated(trial)]
    names = next((list(scores) for scores in all_scores if isinstance(scores, dict)), None)

    def result(fit_time: float, score_time: float, test_scores: Any) -> dict[str, Any]:
        if names is not None and not isinstance(test_scores, dict):
            test_scores = dict.fromkeys(names, test_scores)  # a fit that failed has one for all
        return {"fit_time": fit_time, "score_time": score_time, "test_scores": test_scores}

    results: list[dict[str, Any]] = []
    for trial in trials:
        evaluated = _evaluated(trial)
        results += [
            result(fold["fit_time"], fold["score_time"], fold["test_scores"]) for fold in evaluated
        ]
        results += [result(np.nan, np.nan, np.nan)] * (n_splits - len(evaluated))
    return results


def cv_results(
    trials: list[FrozenTrial],
    params: list[dict[str, Any]],
    folds: list[dict[str, Any]],
    format_results: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    """Return the table of trials with these parameters and results of their folds.

    Parameters
    ----------
    format_results : callable
        What scikit-learn's searches make the table with.
    """
    more = {
        "trial_number": [trial.number for trial in trials],
        "trial_state": [_STATES[trial.state] for trial in trials],
    }
    with warnings.catch_warnings():  # that means of pruned trials are not finite
        warnings.filterwarnings("ignore", ".*non-finite", UserWarning)
        return format_results(params, len(folds) // len(trials), folds, more)


def _evaluated(trial: FrozenTrial) -> list[dict[str, Any]]:
    return trial.user_attrs.get(FOLDS, [])

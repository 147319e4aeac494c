"""The table of a search: ``cv_results_``, a row for every finished trial."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from .._compat import check_fits
from .._messages import counted
from ._states import FOLDS

_OF_A_FOLD = ("fit_time", "score_time", "test_scores", "train_scores")
_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def check_completed(trials: list[FrozenTrial], error_score: Any) -> None:
    """Warn about failed fits, and raise an error if all failed, or no trial was completed.

    Scores that are all NaN are a valid result, as in scikit-learn's searches.
    """
    if not trials:
        raise ValueError("No trial was finished; increase the timeout.")
    check_fits([fold for trial in trials for fold in _evaluated(trial)], error_score)
    states = [trial.state for trial in trials]
    n_pruned = states.count(TrialState.PRUNED)
    if n_pruned and TrialState.COMPLETE not in states:
        others = " and the others have no finite score" if n_pruned < len(trials) else ""
        raise ValueError(
            f"No trial was completed: {n_pruned} of {counted(len(trials), 'trial')} pruned{others}."
            " Use another pruner, such as optuna.pruners.NopPruner()."
        )


def fold_results(trials: list[FrozenTrial], n_splits: int) -> list[dict[str, Any]]:
    """Return times and scores of all folds, trial by trial; NaN if a fold was not evaluated."""
    all_scores = [fold["test_scores"] for trial in trials for fold in _evaluated(trial)]
    names = next((list(scores) for scores in all_scores if isinstance(scores, dict)), None)

    def result(fold: dict[str, Any]) -> dict[str, Any]:
        # A fit that failed has one score for all; an earlier search scored no training rows.
        found = {name: fold.get(name, np.nan) for name in _OF_A_FOLD}
        for name in ("test_scores", "train_scores"):
            if names is not None and not isinstance(found[name], dict):
                found[name] = dict.fromkeys(names, found[name])
        return found

    results: list[dict[str, Any]] = []
    for trial in trials:
        evaluated = _evaluated(trial)
        results += map(result, evaluated + [{}] * (n_splits - len(evaluated)))
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
        The function with which scikit-learn's searches make the table.
    """
    more = {
        "trial_number": [trial.number for trial in trials],
        "trial_state": [_STATES[trial.state] for trial in trials],
    }
    with warnings.catch_warnings():
        if all(trial.state is not TrialState.FAIL for trial in trials):
            # The means of pruned trials are not finite.
            warnings.filterwarnings("ignore", ".*non-finite", UserWarning)
        return format_results(params, len(folds) // len(trials), folds, more)


def _evaluated(trial: FrozenTrial) -> list[dict[str, Any]]:
    return trial.user_attrs.get(FOLDS, [])

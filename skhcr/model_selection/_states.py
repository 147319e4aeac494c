"""States of the trials of a study."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial, TrialState

# Attributes of a trial: the results of its folds, whether its score is not a number, and whether
# it was withdrawn because another trial had its parameters.
FOLDS = "folds"
FIT_FAILED = "fit_failed"
REPEATS = "repeats"


def begun_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the finished and running trials."""
    trials = study.get_trials(deepcopy=False)
    return [trial for trial in trials if trial.state is TrialState.RUNNING or is_finished(trial)]


def finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that were completed, pruned or failed.

    Excludes trials whose process died and trials withdrawn before evaluation.
    """
    return [trial for trial in study.get_trials(deepcopy=False) if is_finished(trial)]


def is_finished(trial: FrozenTrial) -> bool:
    """Return whether the trial was evaluated."""
    if trial.state is TrialState.FAIL:
        return FIT_FAILED in trial.user_attrs
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)

"""One trial of a search, and the processes that run trials."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import optuna
from joblib import cpu_count
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial, TrialState

from ._callbacks import TrialCallbacks
from ._folds import Folds
from ._known import KnownSettings
from ._progress import quiet_optuna
from ._pruning import EpochPruning, find_classifier
from ._space import Space
from ._states import FIT_FAILED, FOLDS, REPEATS, begun_trials, is_finished
from ._storage import (
    WORKER,
    abandon_own_trials,
    fail_dead_trials,
    fail_own_trials,
    open_storage,
    this_worker,
)

# Reported values and steps of a trial: accuracies of its first epochs at the percentage of
# completed epochs, the mean score after the k-th fold at 100 k.
STEPS_PER_FOLD = 100

_POLL = 0.2  # seconds


class NoScoreError(Exception):
    """A fold has no finite score, and the search continues."""


class TrialWithdrawn(Exception):
    """A trial is not needed and does not count."""


@dataclass
class Objective:
    """The function that Optuna maximizes: the mean score over the folds of a trial's parameters.

    Parameters
    ----------
    folds : Folds
        Fits and scores.
    space : Space
        The distributions of the parameters.
    metric : str or None
        The score to maximize, of several.
    check_refit : callable
        Raises an error if several scores do not match the search's `refit`.
    prunes_epochs : bool
        Whether a trial may be pruned in its first epochs.
    callbacks : TrialCallbacks
        Calls scikit-learn's callbacks at every fit.
    """

    folds: Folds
    space: Space
    metric: str | None
    check_refit: Callable[[dict[str, float]], None]
    prunes_epochs: bool
    callbacks: TrialCallbacks

    def __call__(self, trial: optuna.Trial, params: dict[str, Any]) -> float:
        """Evaluate a trial; the results of each fold are saved with the trial."""
        first_fit = trial.number * (1 + len(self.folds.splits))
        if self.prunes_epochs:
            context = partial(self.callbacks.fit, first_fit)
            if not self.folds.is_promising(params, _epoch_pruning(trial), context):
                raise optuna.TrialPruned("pruned after some epochs")
        results: list[dict[str, Any]] = []
        for fold in range(len(self.folds.splits)):
            context = partial(self.callbacks.fit, first_fit + 1 + fold)
            result = self.folds.evaluate(params, fold, context)
            results.append(result)
            trial.set_user_attr(FOLDS, results)
            score = float(np.mean([self.score(result) for result in results]))
            if not np.isfinite(score):
                trial.set_user_attr(FIT_FAILED, True)
                raise NoScoreError
            if fold + 1 < len(self.folds.splits):
                trial.report(score, STEPS_PER_FOLD * (fold + 1))
                if trial.should_prune():
                    raise optuna.TrialPruned(f"pruned after fold {fold + 1}")
        return score

    def score(self, result: dict[str, Any]) -> float:
        """Return the score of a fold that counts."""
        scores = result["test_scores"]
        if not isinstance(scores, dict):
            return scores
        self.check_refit(scores)
        if self.metric is None:
            raise ValueError(
                f"There are several scores, {', '.join(scores)}: refit must be the name of the "
                "score to maximize."
            )
        return scores[self.metric]


def _epoch_pruning(trial: optuna.Trial) -> EpochPruning:
    def check(share: float, accuracy: float) -> bool:
        trial.report(accuracy, max(1, int(share * STEPS_PER_FOLD)))
        return not trial.should_prune()

    return EpochPruning(check)


@dataclass
class TrialLoop:
    """Runs trials of a study until there are enough; every process of a search gets a copy.

    Parameters
    ----------
    search : str
        Common key of the copies: if one of them is stopped, all are.
    """

    objective: Objective
    storage: Any
    study_name: str
    search: str
    sampler: optuna.samplers.BaseSampler
    pruner: optuna.pruners.BasePruner
    callbacks: Sequence[Callable[[optuna.Study, FrozenTrial], None]]
    n_trials: int | None
    deadline: float | None
    _n_repeats: int = field(default=0, init=False)  # of known settings, in a row
    _has_ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._known = KnownSettings(self.objective.space)

    def run(self, study: optuna.Study) -> bool:
        """Run trials until enough are finished or begun, or something ends the study.

        Returns
        -------
        bool
            Whether it ended because only known settings were drawn any more.
        """
        if not self._may_begin(study):
            return False
        try:
            study.optimize(
                self._evaluate, catch=(NoScoreError, TrialWithdrawn), callbacks=[self._go_on]
            )
        except KeyboardInterrupt:
            fail_own_trials(study)
            raise
        except AssertionError as error:
            # Of Optuna, where the storage did not keep how a trial ended.
            if isinstance(error.__context__, OSError | StorageInternalError):
                abandon_own_trials(study)
                raise error.__context__ from None
            raise
        if not self._has_ended:  # the sampler or a callback has stopped the study: for all
            study.set_user_attr(self._stopped, True)
        return not self._known.are_drawn_by_chance(study, self._n_repeats)

    @property
    def _stopped(self) -> str:
        return f"stopped {self.search}"

    def _may_begin(self, study: optuna.Study) -> bool:
        while self.deadline is None or time.time() < self.deadline:
            fail_dead_trials(study)
            if self._stopped in study.user_attrs or self._known.are_all(study):
                return False
            begun = begun_trials(study)
            if self.n_trials is None or len(begun) < self.n_trials:
                return self._known.are_drawn_by_chance(study, self._n_repeats)
            running = [trial for trial in begun if trial.state is TrialState.RUNNING]
            if all(WORKER in trial.user_attrs for trial in running):
                return False
            # A process may have died before it marked its trial.
            time.sleep(_POLL)
        return False

    def _evaluate(self, trial: optuna.Trial) -> float:
        trial.set_user_attr(WORKER, this_worker())
        # Several processes may begin at once; the storage numbers their trials one by one.
        earlier = [other for other in begun_trials(trial.study) if other.number < trial.number]
        if self.n_trials is not None and len(earlier) >= self.n_trials:
            raise TrialWithdrawn("Another process began the last trial in the same moment.")
        params = self.objective.space.draw(trial)
        self._n_repeats = self._n_repeats + 1 if self._known.has(trial) else 0
        if self._n_repeats:
            trial.set_user_attr(REPEATS, True)
            raise TrialWithdrawn("Another trial had these parameters.")
        return self.objective(trial, params)

    def _go_on(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Call the callbacks, and prepare the next trial, or let there be none."""
        if is_finished(trial):
            for callback in self.callbacks:
                callback(study, trial)
        if not self._may_begin(study):
            self._has_ended = True
            study.stop()
        elif self._n_repeats:
            study.sampler = self._known.sampler(study, self.sampler, trial.number)
        else:
            study.sampler = self.sampler


def run_worker(loop: TrialLoop, index: int, n_workers: int) -> bool:
    """Run trials in a separate process, with its share of the machine; see `TrialLoop.run`."""
    # TensorFlow reads this when it first computes.
    n_threads = max(1, cpu_count() // n_workers)
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(n_threads))
    if find_classifier(loop.objective.folds.estimator) is not None:
        from .._keras import use_one_gpu

        use_one_gpu(index)
    loop.sampler.reseed_rng()  # all processes got the same
    with quiet_optuna(), open_storage(loop.storage) as storage:
        return loop.run(
            optuna.load_study(
                study_name=loop.study_name,
                storage=storage,
                sampler=loop.sampler,
                pruner=loop.pruner,
            )
        )

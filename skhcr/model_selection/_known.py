"""The known settings of a study, and the replacement of repeated ones."""

from __future__ import annotations

from random import Random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GridSampler, PartialFixedSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from ._space import Space
from ._states import begun_trials


class KnownSettings:
    """The settings of a space in the trials of a study.

    Parameters
    ----------
    space : Space
        The space of the trials.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._finished: dict[int, str | None] = {}  # keys, by the number of the trial

    def has(self, trial: optuna.Trial) -> bool:
        """Return whether another trial had this one's setting, or has had it for longer."""
        mine = self._space.key(trial)
        return any(
            self._key(other) == mine
            for other in begun_trials(trial.study)
            if other.number < trial.number or other.state is not TrialState.RUNNING
        )

    def are_all(self, study: optuna.Study) -> bool:
        """Return whether the space has no other settings."""
        return self._space.size is not None and len(self._keys(study)) >= self._space.size

    def are_drawn_by_chance(self, study: optuna.Study, n_repeats: int) -> bool:
        """Return whether this many repeats in a row may be chance, for a space without a size.

        If all settings are equally likely, the last new one is missed in one of twenty cases.
        """
        return n_repeats < 10 + 3 * len(self._keys(study))

    def sampler(self, study: optuna.Study, sampler: BaseSampler, number: int) -> BaseSampler:
        """Return what draws in place of a sampler that repeats itself, in trial `number`."""
        if isinstance(sampler, GridSampler | PartialFixedSampler):
            return sampler  # it may draw from a part of the space only
        if self._space.size is None:
            return RandomSampler(seed=number)
        return _Fixed(self._space.first_without(self._keys(study), Random(number)))

    def _keys(self, study: optuna.Study) -> set[str]:
        return {key for trial in begun_trials(study) if (key := self._key(trial)) is not None}

    def _key(self, trial: FrozenTrial) -> str | None:
        if trial.state is TrialState.RUNNING:
            return self._space.key(trial)
        if trial.number not in self._finished:
            self._finished[trial.number] = self._space.key(trial)
        return self._finished[trial.number]


class _Fixed(BaseSampler):
    """Draws a setting that is fixed, None among its values or not."""

    def __init__(self, labels: dict[str, Any]) -> None:
        self._labels = labels

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self._labels[param_name]

"""Optuna's grid sampler, in studies whose processes may die."""

from __future__ import annotations

from optuna.samplers import BaseSampler, GridSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from ._states import REPEATS, is_finished


def whole_grid(sampler: BaseSampler) -> BaseSampler:
    """Return a grid sampler that omits no points; return any other sampler unchanged."""
    if type(sampler) is not GridSampler:
        return sampler
    whole = _WholeGrid.__new__(_WholeGrid)
    vars(whole).update(vars(sampler))
    return whole


class _WholeGrid(GridSampler):
    """Samples a point again if its process died, or its trial was withdrawn.

    For Optuna, such a trial has failed, and the point was visited.
    """

    def _get_unvisited_grid_ids(self, study: Study) -> list[int]:
        # Not of `study.get_trials`, which a pruner such as Hyperband's may have filtered.
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        running = [trial for trial in trials if trial.state is TrialState.RUNNING]
        tried = [trial for trial in trials if is_finished(trial)]
        begun = [trial.params for trial in running + tried]
        # Of a repeated point, another trial has the answer, or will have it if its process lives.
        repeats = [trial for trial in trials if REPEATS in trial.user_attrs]
        tried += [trial for trial in repeats if trial.params in begun]
        rest = set(range(len(self._all_grids))) - self._points(tried)
        return list(rest - self._points(running) or rest)

    def _points(self, trials: list[FrozenTrial]) -> set[int]:
        known = [trial.system_attrs for trial in trials if "grid_id" in trial.system_attrs]
        return {
            attributes["grid_id"]
            for attributes in known
            if self._same_search_space(attributes["search_space"])
        }

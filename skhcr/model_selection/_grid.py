"""Optuna's sampler of a grid, in studies whose processes may die."""

from __future__ import annotations

from optuna.samplers import BaseSampler, GridSampler
from optuna.study import Study
from optuna.trial import TrialState

from ._states import is_tried


def whole_grid(sampler: BaseSampler) -> BaseSampler:
    """Return a sampler of a grid that leaves out none of its points; any other as it is."""
    if type(sampler) is not GridSampler:
        return sampler
    whole = _WholeGrid.__new__(_WholeGrid)
    vars(whole).update(vars(sampler))
    return whole


class _WholeGrid(GridSampler):
    """Draws a point again whose process died, or whose trial was not needed then.

    To Optuna, such a trial has failed, and the point was visited.
    """

    def _get_unvisited_grid_ids(self, study: Study) -> list[int]:
        tried, running = set(), set()
        # Not of `study.get_trials`, which a pruner such as Hyperband's may have filtered.
        for trial in study._storage.get_all_trials(study._study_id, deepcopy=False):
            known = trial.system_attrs
            if "grid_id" in known and self._same_search_space(known["search_space"]):
                if is_tried(trial):
                    tried.add(known["grid_id"])
                elif trial.state is TrialState.RUNNING:
                    running.add(known["grid_id"])
        rest = set(range(len(self._all_grids))) - tried
        return list(rest - running or rest)

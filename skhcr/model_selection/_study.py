"""Opening a study, its defaults, checks that it belongs to the search, and a copy of it."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial
from sklearn.utils import check_random_state

from ._space import Space
from ._states import finished_trials
from ._trials import STEPS_PER_FOLD

_SPLITS = "splits"


def open_study(
    storage: optuna.storages.BaseStorage, name: str | None, space: Space, first: dict[str, Any]
) -> optuna.Study:
    """Return the study of this name, or a new one that first tries the parameters `first`, if any.

    Raises
    ------
    ValueError
        If its trials are, or may be, of another space.
    """
    try:
        study = optuna.create_study(storage=storage, study_name=name, direction="maximize")
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(study_name=name, storage=storage)
        space.check_told_apart(study.study_name)
        for trial in finished_trials(study):
            params_of(trial, space, study.study_name)
        return study
    if first:
        study.enqueue_trial(first)
    return study


def default_pruner() -> optuna.pruners.BasePruner:
    """Return the median pruner, which starts after five complete trials and checks whole folds.

    The first epochs of a fit on little data predict almost nothing about its result.
    """
    return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=STEPS_PER_FOLD)


def default_sampler(random_state: Any, n_trials: int) -> optuna.samplers.BaseSampler:
    """Return a sampler that does not repeat the first `n_trials`."""
    if random_state is None:
        return optuna.samplers.TPESampler()
    first = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    seed = np.random.SeedSequence([first, n_trials]).generate_state(1)[0]
    return optuna.samplers.TPESampler(seed=int(seed))


def check_is_continued(study: optuna.Study, splits: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Raise an error if the study contains trials of another kind of search."""
    if study.direction is not optuna.study.StudyDirection.MAXIMIZE:
        raise ValueError(f"The study {study.study_name!r} minimizes; scores are maximized.")
    digest = hashlib.blake2b(digest_size=16)
    for rows in splits:
        for part in rows:
            digest.update(np.asarray(part, dtype=np.int64).tobytes())
    known = study.user_attrs.get(_SPLITS)
    if known is None:
        study.set_user_attr(_SPLITS, digest.hexdigest())
    elif known != digest.hexdigest():
        raise ValueError(
            f"The study {study.study_name!r} has trials of other folds: other data, another cv, or "
            "a splitter that shuffles without a random_state. Use another study_name, or the same "
            "folds."
        )


def params_of(trial: FrozenTrial, space: Space, study_name: str) -> dict[str, Any]:
    """Return the parameters of a trial, or raise an error if it is of another search."""
    try:
        return space.draw(trial)
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"Trial {trial.number} of the study {study_name!r} is of another search, with other "
            f"parameters, values or another order of values ({error}). Use the "
            "param_distributions it had, or another study_name."
        ) from error


def in_memory(study: optuna.Study) -> optuna.Study:
    """Return a copy that needs no file or database."""
    copy = optuna.create_study(study_name=study.study_name, direction="maximize")
    copy.add_trials(study.get_trials(deepcopy=False))
    for name, value in study.user_attrs.items():
        copy.set_user_attr(name, value)
    return copy

"""A study: whether it is this search's, what a trial of it was, and a copy to keep."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from ._space import Space

_SPLITS = "splits"


def check_is_continued(study: optuna.Study, splits: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Raise an error if the study holds trials of another kind of search."""
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
    """Return the parameters that a trial had, or raise an error if it was of another search."""
    try:
        return space.draw(trial)
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"Trial {trial.number} of the study {study_name!r} is of another search, with other "
            f"parameters ({error}). Use another study_name."
        ) from error


def in_memory(study: optuna.Study) -> optuna.Study:
    """Return a copy that needs no file or database."""
    copy = optuna.create_study(study_name=study.study_name, direction="maximize")
    copy.add_trials(study.get_trials(deepcopy=False))
    for name, value in study.user_attrs.items():
        copy.set_user_attr(name, value)
    return copy

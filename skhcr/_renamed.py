"""Parameters that had other names once: estimators that were saved then are loaded all the same."""

from __future__ import annotations

from typing import Any

# By the class that has the parameters: old names and new ones.
_RENAMED = {
    "Augmentation": {"shift": "translation"},
    "AugmentationParameters": {"shift": "translation"},
    "CNNClassifier": {"checkpoint": "checkpoint_folder"},
    "ImageReader": {"cache": "cache_folder"},
}


def with_new_names(estimator: object, state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's saved state with the present names of its parameters.

    Parameters
    ----------
    estimator : object
        Its class, or one that this is derived from, is looked up among those that have renamed
        parameters.
    state : dict
        What ``__setstate__`` was given. It is not changed.
    """
    names: dict[str, str] = {}
    for kind in type(estimator).__mro__:
        names |= _RENAMED.get(kind.__name__, {})
    return {names.get(name, name): value for name, value in state.items()}

"""Parameters that had other names once, or came later: older files are loaded all the same."""

from __future__ import annotations

from typing import Any

# By the class that has the parameters: old names and new ones.
_RENAMED = {
    "Augmentation": {"shift": "translation"},
    "AugmentationParameters": {"shift": "translation"},
    "CNNClassifier": {"checkpoint": "checkpoint_folder"},
    "ImageReader": {"cache": "cache_folder"},
}
# By the class that has them: parameters that came later, and what estimators did before.
_ADDED: dict[str, dict[str, Any]] = {"InkNormalizer": {"on_blank": "warn", "stroke_width": 0.0}}


def with_new_names(estimator: object, state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's saved state with the present names of all its parameters.

    Parameters
    ----------
    estimator : object
        Its class, and those that it is derived from, are looked up.
    state : dict
        What ``__setstate__`` was given. It is not changed.
    """
    names: dict[str, str] = {}
    added: dict[str, Any] = {}
    for kind in type(estimator).__mro__:
        names |= _RENAMED.get(kind.__name__, {})
        added |= _ADDED.get(kind.__name__, {})
    return added | {names.get(name, name): value for name, value in state.items()}

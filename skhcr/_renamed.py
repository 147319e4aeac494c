"""Renamed and added parameters, so that older files still load."""

from __future__ import annotations

from typing import Any

# By class: old and new parameter names.
_RENAMED = {
    "Augmentation": {"shift": "translation"},
    "AugmentationParameters": {"shift": "translation"},
    "CNNClassifier": {"checkpoint": "checkpoint_folder"},
    "ImageReader": {"cache": "cache_folder"},
}
# By class: parameters added later, and the values that match earlier behavior.
_ADDED: dict[str, dict[str, Any]] = {
    "InkNormalizer": {"on_blank": "warn", "on_several": "warn", "stroke_width": 0.0}
}


def with_new_names(estimator: object, state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's saved state with the current names of all its parameters.

    Parameters
    ----------
    estimator : object
        Its class and base classes are looked up.
    state : dict
        The argument of ``__setstate__``. It is not changed.
    """
    names: dict[str, str] = {}
    added: dict[str, Any] = {}
    for kind in type(estimator).__mro__:
        names |= _RENAMED.get(kind.__name__, {})
        added |= _ADDED.get(kind.__name__, {})
    return added | {names.get(name, name): value for name, value in state.items()}

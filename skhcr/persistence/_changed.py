"""A copy of an estimator with other values for some of its parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

# These are local to a machine. Files of earlier versions have the shorter names.
_FOLDERS = ("cache", "cache_folder", "checkpoint", "checkpoint_folder", "memory")

Change = Callable[[Any, Any], Any]


def without_folder(name: Any, value: Any) -> Any:
    """Return the value of a parameter, None for a folder; and so for a list of folders to try."""
    if value is None or str(name).rpartition("__")[2] not in _FOLDERS:
        return value
    return [None] if isinstance(value, list | tuple | np.ndarray) else None


def changed(estimator: Any, change: Change) -> Any:
    """Return an estimator whose attributes, and items of dicts, are ``change(name, value)``.

    This includes nested objects. Changed objects and their containers are copied; all others are
    shared with the original, which other threads may be using.
    """
    return _changed(estimator, change, {})


def _changed(part: Any, change: Change, seen: dict[int, tuple[Any, Any]]) -> Any:
    if id(part) not in seen:
        seen[id(part)] = part, part  # the part, too, so that no other has its number
        seen[id(part)] = part, _copied_where_changed(part, change, seen)
    return seen[id(part)][1]


def _copied_where_changed(part: Any, change: Change, seen: dict[int, tuple[Any, Any]]) -> Any:
    kind: Any = type(part)
    if isinstance(part, dict):
        values = {}
        for name, value in list(part.items()):  # another thread may add attributes
            new = change(name, value)
            # Tried values are recorded and not tried again.
            if new is value and name != "cv_results_":
                new = _changed(value, change, seen)
            if new is not value:
                values[name] = new
        if values:
            part = copy.copy(part)
            part.update(values)
    elif kind in (list, tuple, set, frozenset):
        items = [_changed(item, change, seen) for item in part]
        if any(new is not old for new, old in zip(items, part, strict=True)):
            part = kind(items)
    elif isinstance(part, np.ndarray) and part.dtype == object:
        for place, item in np.ndenumerate(original := part):
            new = _changed(item, change, seen)
            if new is not item:
                part = part.copy() if part is original else part
                part[place] = new
    elif kind.__module__.partition(".")[0] in ("skhcr", "sklearn") and hasattr(part, "__dict__"):
        attributes = _changed(vars(part), change, seen)
        if attributes is not vars(part):
            part = object.__new__(kind)
            vars(part).update(attributes)
    return part

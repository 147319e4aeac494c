"""The versions that a file was saved with, and what they tell if it cannot be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from ._archive import LoadError

_RECORDED = ("skhcr", "scikit-learn", "keras", "tensorflow", "numpy", "skops")


def installed_versions() -> dict[str, str]:
    """Return the versions of all that has a part in what a file holds."""
    return {name: version(name) for name in _RECORDED}


@contextmanager
def naming_later_versions(saved_with: Any) -> Iterator[None]:
    """Begin what is said of a file that cannot be loaded with versions later than those installed.

    Parameters
    ----------
    saved_with : dict
        What :func:`installed_versions` was where the file was saved, or anything else that is
        written there.
    """
    try:
        yield
    except LoadError as error:
        later = _later(saved_with)
        if type(error) is not LoadError or not later:
            raise
        theirs = _listed([f"{name} {theirs}" for name, (theirs, _) in later.items()])
        ours = _listed([f"{name} {ours}" for name, (_, ours) in later.items()])
        raise LoadError(
            f"it was saved with {theirs}, and {ours} {'is' if len(later) == 1 else 'are'} "
            f"installed, which is the likely cause: update {_listed(list(later))}. "
            f"What failed: {error}"
        ) from error


def _later(saved_with: Any) -> dict[str, tuple[str, str]]:
    """Return of which packages a file has a later version, that version and the installed one."""
    if not isinstance(saved_with, dict):
        return {}
    found = {}
    for name, ours in installed_versions().items():
        theirs = re.match(r"\d{1,6}(\.\d{1,6}){1,3}", str(saved_with.get(name)))
        # What is saved is Keras', and TensorFlow has no part in it.
        if name != "tensorflow" and theirs and _numbers(theirs[0]) > _numbers(ours):
            found[name] = theirs[0], ours
    return found


def _numbers(release: str) -> list[int]:
    return [*map(int, re.findall(r"\d+", release)), 0, 0][:3]


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

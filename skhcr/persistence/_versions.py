"""The library versions in a file, and their use in error messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from ._archive import LoadError

_RECORDED = ("skhcr", "scikit-learn", "keras", "tensorflow", "numpy", "skops")


def installed_versions() -> dict[str, str]:
    """Return the versions of all libraries that affect the contents of a file."""
    return {name: version(name) for name in _RECORDED}


@contextmanager
def naming_later_versions(saved_with: Any) -> Iterator[None]:
    """Start the error of a file with library versions later than those installed.

    Parameters
    ----------
    saved_with : dict
        The result of :func:`installed_versions` when the file was saved, or any other value in an
        untrusted file.
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
            f"it was saved with {theirs}, but {ours} {'is' if len(later) == 1 else 'are'} "
            f"installed, which is the likely cause: update {_listed(list(later))}. The error: "
            f"{error}"
        ) from error


def _later(saved_with: Any) -> dict[str, tuple[str, str]]:
    """Return the packages with a later version in a file, that version and the installed one."""
    if not isinstance(saved_with, dict):
        return {}
    found = {}
    for name, ours in installed_versions().items():
        theirs = re.match(r"\d{1,6}(\.\d{1,6}){1,3}", str(saved_with.get(name)))
        # The saved data depends on Keras, not on TensorFlow.
        if name != "tensorflow" and theirs and _numbers(theirs[0]) > _numbers(ours):
            found[name] = theirs[0], ours
    return found


def _numbers(release: str) -> list[int]:
    return [*map(int, re.findall(r"\d+", release)), 0, 0][:3]


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

"""Parts of error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that offers the most similar of the known names, after a space.

    It is empty where none is similar. Upper and lower case are the same.
    """
    by_lower = {other.lower(): other for other in known}
    similar = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[similar[0]]!r}?" if similar else ""

"""What error messages have in common."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question after the known name that is most alike, with a space before it.

    It is empty where none is alike. Capital and small letters count as the same.
    """
    by_lower = {other.lower(): other for other in known}
    alike = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[alike[0]]!r}?" if alike else ""

"""Parts of error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

# Control characters (C0, C1), surrogates, line and paragraph separators, and direction marks. Marks
# that words need, such as U+200C, stay.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, keep: str = "") -> str:
    r"""Return an untrusted text in a form that is safe for a terminal, on one line.

    Control characters are escaped: ``\x1b``.

    Parameters
    ----------
    text : str
        The text.
    keep : str, default=""
        Characters to leave, such as a newline.
    """

    def written(match: re.Match[str]) -> str:
        return match[0] if match[0] in keep else match[0].encode("unicode_escape").decode()

    return UNPRINTABLE.sub(written, text)


def counted(n: int, one: str, several: str | None = None) -> str:
    """Return a number with its noun: ``1 class``, ``2 classes``."""
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that suggests the most similar known name, after a space.

    It is empty if none is similar. Case is ignored.
    """
    by_lower = {other.lower(): other for other in known}
    similar = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[similar[0]]!r}?" if similar else ""

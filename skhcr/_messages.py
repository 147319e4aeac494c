"""Parts of error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

# Controls (C0, C1), surrogates, ends of lines and paragraphs, and what turns the direction of text.
# Marks that letters of a word need, such as U+200C, stay.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, keep: str = "") -> str:
    r"""Return a text of unknown origin as a terminal may be given it, on one line.

    Commands of terminals and the like become what a program would write for them: ``\x1b``.

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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that offers the most similar of the known names, after a space.

    It is empty where none is similar. Upper and lower case are the same.
    """
    by_lower = {other.lower(): other for other in known}
    similar = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[similar[0]]!r}?" if similar else ""

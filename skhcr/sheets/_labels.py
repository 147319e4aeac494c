"""The labels and writers of sheets."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from .._lookalikes import warn_of_lookalikes
from .._messages import UNPRINTABLE

# In the names of files, "_" ends the writer.
WRITER = re.compile(r"[^\W_](?:[^\W_]|[ -](?=[^\W_])){0,39}")
_MOST_BYTES = 40
_JOINER = "\u200d"


def as_labels(labels: str | Iterable[str]) -> list[str]:
    """Return labels in Unicode's composed form (NFC).

    In a string, labels are separated by spaces; without spaces, every character is a label,
    together with its accents and other marks.

    Raises
    ------
    ValueError
        If there are no labels, or one is empty, too long, duplicate, or cannot be printed.
    """
    if isinstance(labels, str):
        text = unicodedata.normalize("NFC", labels).strip()
        found = text.split() if len(text.split()) > 1 else _characters(text)
    else:
        found = [unicodedata.normalize("NFC", str(label)).strip() for label in labels]
    if not found:
        raise ValueError("There are no labels; pass a string such as 'abc', or a list of labels.")
    for index, label in enumerate(found):
        if not label:
            raise ValueError(f"The label at index {index} is empty.")
        if UNPRINTABLE.search(label):
            raise ValueError(f"The label at index {index}, {label!r}, cannot be printed.")
        if len(label.encode()) > _MOST_BYTES:
            raise ValueError(
                f"The label at index {index}, {label!r}, is too long: it has "
                f"{len(label.encode())} bytes in UTF-8, but at most {_MOST_BYTES} are possible."
            )
    label, count = Counter(found).most_common(1)[0]
    if count > 1:
        raise ValueError(f"The label {label!r} occurs {count} times.")
    warn_of_lookalikes(found)
    return found


def _characters(text: str) -> list[str]:
    """Return characters with their marks."""
    found: list[str] = []
    for character in text:
        is_mark = unicodedata.category(character).startswith("M") or character == _JOINER
        if found and (is_mark or found[-1].endswith(_JOINER)):
            found[-1] += character
        else:
            found.append(character)
    return found


def check_writer(writer: str) -> str:
    """Return the name of a writer in Unicode's composed form, if it is valid in file names."""
    writer = unicodedata.normalize("NFC", str(writer)).strip()
    if not WRITER.fullmatch(writer):
        raise ValueError(
            f"{writer!r} cannot be the name of a writer: names have up to 40 letters and digits, "
            "with single spaces and hyphens between them."
        )
    return writer


def is_right_to_left(labels: Iterable[str]) -> bool:
    """Return whether most letters of the labels are of a right-to-left script."""
    kinds = [unicodedata.bidirectional(character) for label in labels for character in label]
    return sum(kind in ("R", "AL") for kind in kinds) > sum(kind == "L" for kind in kinds)

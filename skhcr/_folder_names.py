"""Portable names of class folders, and the labels that they stand for.

A label that is not a valid name, such as "/" or ".", is percent-encoded: "%2F", "%2E".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import unquote_to_bytes

# Not portable between file systems and shells.
_IMPOSSIBLE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%]|^[.~ ]|[. ]$')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_ESCAPED = re.compile(r"(?:[^%]|%[0-9A-F]{2})*")


def folder_name(label: str, others: Iterable[str] = ()) -> str:
    """Return the name of the folder for a label.

    Parameters
    ----------
    label : str
        The label.
    others : iterable of str
        The names of the other folders. If one differs only in case, which some file systems do not
        distinguish, letters are escaped.
    """
    label = unicodedata.normalize("NFC", label)
    others = list(others)
    for other in others:
        if label_of_folder(other) == label:
            return other
    name = _IMPOSSIBLE.sub(lambda match: _escaped(match[0]), label)
    if _RESERVED.fullmatch(name):
        name = _escaped(name[0]) + name[1:]
    if name.casefold() in {other.casefold() for other in others}:
        name = "".join(c if c.lower() == c.upper() else _escaped(c) for c in name)
    return name


def label_of_folder(name: str) -> str:
    """Return the label that a folder's name stands for, in Unicode's composed form (NFC)."""
    if "%" in name and _ESCAPED.fullmatch(name):
        with suppress(UnicodeDecodeError):
            name = unquote_to_bytes(name).decode()
    return unicodedata.normalize("NFC", name)


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())

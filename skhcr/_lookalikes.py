"""Different labels that look alike."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable

import numpy as np

# Compatibility forms of letters in Unicode: Arabic letters by their position in a word, and wide or
# narrow letters. Other forms, such as superscripts and mathematical letters, look different.
_FORMS = ("<initial>", "<medial>", "<final>", "<isolated>", "<wide>", "<narrow>")
_SHOWN = 3


def warn_of_lookalikes(labels: Iterable[str] | np.ndarray, stacklevel: int = 3) -> None:
    """Warn about labels that differ only in invisible ways.

    Parameters
    ----------
    labels : iterable of str
        The labels.
    stacklevel : int, default=3
        As in :func:`warnings.warn`.
    """
    alike: dict[str, list[str]] = {}
    for label in sorted(set(map(str, labels))):
        alike.setdefault(_as_seen(label), []).append(label)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        shown = "; ".join(" and ".join(map(_with_code_points, group)) for group in groups[:_SHOWN])
        warnings.warn(
            "Some labels look alike but are different classes: "
            f"{shown}{'; ...' if len(groups) > _SHOWN else ''}. They differ in invisible marks, "
            "spaces or forms of the same letter; use one spelling for each class.",
            UserWarning,
            stacklevel=stacklevel,
        )


def _as_seen(label: str) -> str:
    """Return a label without invisible marks and outer spaces, in the normal form of letters."""
    usual = "".join(
        unicodedata.normalize("NFKC", character)
        if unicodedata.decomposition(character).startswith(_FORMS)
        else character
        for character in label
        if unicodedata.category(character) not in ("Cf", "Cc")
        and not "\ufe00" <= character <= "\ufe0f"  # variation selectors
    )
    return " ".join(unicodedata.normalize("NFC", usual).split())


def _with_code_points(label: str) -> str:
    return f"{label!r} ({' '.join(f'U+{ord(character):04X}' for character in label)})"

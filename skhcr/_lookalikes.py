"""Labels that look alike and are not the same."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable

import numpy as np

# Forms of a letter that Unicode keeps for old encodings: Arabic letters by their place in a word,
# and wide or narrow letters. Others, such as superscripts and the letters of mathematics, are seen.
_FORMS = ("<initial>", "<medial>", "<final>", "<isolated>", "<wide>", "<narrow>")
_SHOWN = 3


def warn_of_lookalikes(labels: Iterable[str] | np.ndarray, stacklevel: int = 3) -> None:
    """Warn of labels that differ only in what is not seen.

    Parameters
    ----------
    labels : iterable of str
        The labels.
    stacklevel : int, default=3
        As :func:`warnings.warn` takes it.
    """
    alike: dict[str, list[str]] = {}
    for label in sorted(set(map(str, labels))):
        alike.setdefault(_as_seen(label), []).append(label)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        shown = "; ".join(" and ".join(map(_with_code_points, group)) for group in groups[:_SHOWN])
        warnings.warn(
            f"Some labels look alike but are classes of their own: {shown}"
            f"{'; ...' if len(groups) > _SHOWN else ''}. Invisible marks, spaces or forms of the "
            "same letter tell them apart; write each class in one way.",
            UserWarning,
            stacklevel=stacklevel,
        )


def _as_seen(label: str) -> str:
    """Return a label without its invisible marks and outer spaces, in the usual form of letters."""
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

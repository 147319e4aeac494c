"""Labels of any script as text that matplotlib can draw without a warning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_LAST_RESORT = re.compile(r"last ?resort", re.IGNORECASE)
_SHIPPED_WITH_MATPLOTLIB = "DejaVu Sans"
_LEFT_TO_RIGHT_MARK = "\u200e"


class LabelFonts:
    """Fonts that together hold the characters of some labels.

    The user's own font comes first, then the one that matplotlib brings along (Latin, Greek,
    Cyrillic, Arabic, …), and others of this machine only for characters that those lack.

    Parameters
    ----------
    labels : iterable of str
        All the texts to be drawn.

    Attributes
    ----------
    families : list of str
        For matplotlib's ``fontfamily``.
    missing : set of str
        Characters that no font on this machine holds.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        import matplotlib as mpl
        from matplotlib.font_manager import FontProperties, findfont, fontManager

        self.families = [*mpl.rcParams["font.family"], _SHIPPED_WITH_MATPLOTLIB]
        self.missing = {char for label in labels for char in label}
        for family in self.families:
            self.missing -= _characters(findfont(FontProperties(family=[family])))
        for font in fontManager.ttflist:
            if not self.missing:
                break
            # A "last resort" font has a box for every character, which tells nothing.
            if font.style != "normal" or _LAST_RESORT.search(font.name):
                continue
            held = _characters(font.fname)
            if self.missing & held:
                self.families.append(font.name)
                self.missing -= held

    def drawable(self, label: str) -> str:
        """Return the label with missing characters by number: a Han "日" as ``<U+65E5>``."""
        return "".join(f"<U+{ord(char):04X}>" if char in self.missing else char for char in label)


def in_order(*parts: str) -> str:
    """Return a line whose parts stand from left to right, whatever script they are of.

    An arrow between two Arabic letters would else stand in a line from right to left: "from a to b"
    would be drawn as "from b to a". The mark that prevents it has no width.
    """
    return _LEFT_TO_RIGHT_MARK + f"{_LEFT_TO_RIGHT_MARK} ".join(parts)


@cache
def _characters(font_file: str) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(font_file).get_charmap()))

"""Labels of any script as text that matplotlib draws without a warning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_LAST_RESORT = re.compile(r"last ?resort", re.IGNORECASE)
_SHIPPED_WITH_MATPLOTLIB = "DejaVu Sans"
_LEFT_TO_RIGHT_MARK = "\u200e"


class LabelFonts:
    """Fonts that together contain the characters of some labels.

    The user's font comes first, then the one that ships with matplotlib (Latin, Greek, Cyrillic,
    Arabic, …), then other installed fonts for missing characters only.

    Parameters
    ----------
    labels : iterable of str
        All texts to draw.

    Attributes
    ----------
    families : list of str
        For matplotlib's ``fontfamily``.
    missing : set of str
        Characters that no installed font contains.
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
            # A "last resort" font has a box for every character, which is useless.
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
    """Return a line whose parts run from left to right in any script.

    Otherwise, a line with an arrow between two Arabic letters would run from right to left: "from a
    to b" would be drawn as "from b to a". A mark without width prevents this.
    """
    return _LEFT_TO_RIGHT_MARK + f"{_LEFT_TO_RIGHT_MARK} ".join(parts)


@cache
def _characters(font_file: str) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(font_file).get_charmap()))

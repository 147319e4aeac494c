"""Characters on pages as people have them: conditions with random parameters.

There is a module for every kind of condition. A condition takes a letter, light on dark, and a
random generator, and returns what a camera or scanner would make of it: an RGB, RGBA or gray array
of uint8.
"""

from . import clean, edge, light, lines, marks, nothing  # noqa: F401
from ._page import CONDITIONS as _CONDITIONS

KINDS = ("clean", "edge", "light", "lines", "marks", "nothing")  # as the tables show them
CONDITIONS = {kind: _CONDITIONS[kind] for kind in KINDS}

__all__ = ["CONDITIONS"]

"""Characters on pages as people have them: conditions with random parameters.

There is a module for every kind of condition. A condition takes a letter, light on dark, and a
random generator, and returns what a camera or scanner would make of it: an array of pixels, or the
bytes of a file. Those of the kinds *several* and *as published* take something else than a letter.
"""

from . import (  # noqa: F401
    cells,
    clean,
    edge,
    files,
    light,
    lines,
    marks,
    nothing,
    pens,
    published,
    several,
)
from ._page import CONDITIONS as _CONDITIONS
from ._page import MODELS_OF

# As the tables show them.
KINDS = (
    "clean",
    "pens",
    "files",
    "edge",
    "light",
    "lines",
    "marks",
    "cells",
    "as published",
    "several",
    "nothing",
)
CONDITIONS = {kind: _CONDITIONS[kind] for kind in KINDS}

__all__ = ["CONDITIONS", "MODELS_OF"]

"""The layout of a sheet, in millimeters from the top left corner of the page."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Width and height. The markers identify the paper; add new ones at the end.
PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
CORNERS = ("top left", "top right", "bottom right", "bottom left")

# Markers are squares, so far from both edges of the page: few printers reach nearer to them.
MARKER, EDGE = 12.0, 10.0
# The code stands left of the marker at the top right. Its modules are as large as this, or
# smaller where they would be more than the side of the code has room for.
CODE_SIDE, CODE_GAP, MODULE = 33.0, 4.0, 0.8
# Boxes stand between these distances from the edges.
_LEFT, _TOP, _BOTTOM = 12.0, 47.0, 27.0
# A line of boxes has the labels above it, and a gap.
LABEL_HEIGHT, _GAP = 5.5, 1.5
_LEAST_GAP = 2.0
# Boxes of one label fill whole lines where that leaves at least so much of the width in use.
_LEAST_WIDTH = 0.6


class Grid(NamedTuple):
    """The boxes of a page, in tenths of millimeters.

    Attributes
    ----------
    columns : int
        Number of boxes in a line.
    left, top : int
        Position of the first line.
    size : int
        Side of a box.
    pitch_x, pitch_y : int
        Distance from one box, or line, to the next.
    is_rtl : int
        1 if lines start on the right, else 0.
    """

    columns: int
    left: int
    top: int
    size: int
    pitch_x: int
    pitch_y: int
    is_rtl: int

    def boxes(self, n: int) -> np.ndarray:
        """Return left, top, right and bottom of the first boxes, in millimeters."""
        rows, columns = np.divmod(np.arange(n), self.columns)
        if self.is_rtl:
            columns = self.columns - 1 - columns
        x = self.left + self.pitch_x * columns
        y = self.top + self.pitch_y * rows
        return np.stack([x, y, x + self.size, y + self.size], axis=1) / 10


def new_grid(paper: str, size: float, copies: int, is_rtl: bool) -> tuple[Grid, int]:
    """Return the boxes of a page, and the number of lines that fit."""
    width, height = PAPERS[paper]
    room = width - 2 * _LEFT
    pitch_y = size + LABEL_HEIGHT + _GAP
    most = int((room + _LEAST_GAP) // (size + _LEAST_GAP))
    rows = int((height - _BOTTOM - _TOP + _GAP) // pitch_y)
    if most < 1 or rows < 1 or size < 5:
        raise ValueError(
            f"cell_size={size:g} is not possible on this paper: it must be at least 5 millimeters, "
            f"and {min(room, height - _BOTTOM - _TOP - LABEL_HEIGHT):.0f} at most."
        )
    columns = next(
        (
            n
            for n in range(most, int(_LEAST_WIDTH * most), -1)
            if n % copies == 0 or copies % n == 0
        ),
        most,
    )
    pitch_y = (height - _BOTTOM - _TOP + _GAP) / rows if rows > 1 else pitch_y
    gap = min((room - columns * size) / max(1, columns - 1), size)
    left = (width - columns * size - (columns - 1) * gap) / 2
    numbers = (left, _TOP + LABEL_HEIGHT, size, size + gap, pitch_y)
    tenths = [int(10 * number) for number in numbers]
    return Grid._make([columns, *tenths, int(is_rtl)]), rows


def marker_corners(paper: str) -> np.ndarray:
    """Return the corners of the markers, an array of shape (4, 4, 2).

    Markers, and the corners of each, are in clockwise order from the top left.
    """
    width, height = PAPERS[paper]
    far = EDGE + MARKER
    starts = np.array(
        [[EDGE, EDGE], [width - far, EDGE], [width - far, height - far], [EDGE, height - far]]
    )
    square = MARKER * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    return starts[:, np.newaxis] + square


def code_box(paper: str, n_modules: int) -> tuple[float, float, float]:
    """Return left and top of the code, and the side of a module."""
    module = min(MODULE, CODE_SIDE / n_modules)
    right = PAPERS[paper][0] - EDGE - MARKER - CODE_GAP
    return right - n_modules * module, EDGE, module

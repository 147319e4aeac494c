"""An image of a sheet: its page and the positions of its boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._code import SheetPage, from_text
from ._code_reading import read_code
from ._errors import SheetError
from ._grid_fit import find_bend
from ._layout import PAPERS, marker_corners
from ._markers import find_markers
from ._opencv import opencv
from ._warp import projected, straightened

# Millimeters of a box along its edge that are not cut: its line, and what is left of doubt.
MARGIN = 0.45
# Pixels of a millimeter of what is cut: those of the image between these limits (100, 300 dpi).
_LEAST_DENSITY, _MOST_DENSITY = 4.0, 12.0


@dataclass(frozen=True, eq=False)
class Photograph:
    """A sheet in an image.

    Attributes
    ----------
    pixels : ndarray of uint8 of shape (h, w) or (h, w, 3)
        The image.
    page : SheetPage
        The contents of its code.
    corners : ndarray of float of shape (n_cells, 4, 2)
        The corners of the cut area of every box, clockwise from the top left of the sheet, in
        pixels of the image: x, y, of the edges of pixels.
    density : float
        Pixels of a millimeter of the paper, on average.
    """

    pixels: np.ndarray
    page: SheetPage
    corners: np.ndarray
    density: float

    def cut(self, index: int) -> np.ndarray:
        """Return the inside of a box, straightened."""
        density = min(max(self.density, _LEAST_DENSITY), _MOST_DENSITY)
        side = round((self.page.grid.size / 10 - 2 * MARGIN) * density)
        return straightened(self.pixels, self.corners[index], side, side)


def read_photograph(pixels: np.ndarray) -> Photograph:
    """Find the sheet in an image, read its code and find its boxes.

    Raises
    ------
    SheetError
        If markers are missing, or the code cannot be read.
    """
    cv2 = opencv()
    gray = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    paper, corners = find_markers(gray)
    width, height = PAPERS[paper]
    # Points are those of edges of pixels: the middle of the first one is at 0.5.
    to_pixels, _ = cv2.findHomography(
        marker_corners(paper).reshape(-1, 2), corners.reshape(-1, 2) + 0.5
    )
    if to_pixels is None:
        raise SheetError("The markers are not in the positions of a sheet.")
    outline = projected(to_pixels, np.array([[0, 0], [width, 0], [width, height], [0, height]]))
    density = float(np.sqrt(cv2.contourArea(outline.astype(np.float32)) / (width * height)))
    page = from_text(read_code(gray, paper, to_pixels))
    boxes = page.grid.boxes(page.n_cells)
    insides = boxes + MARGIN * np.array([1, 1, -1, -1])
    squares = insides[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    bend = find_bend(gray, to_pixels, paper, boxes)
    return Photograph(pixels, page, projected(to_pixels, squares + bend(squares)), density)

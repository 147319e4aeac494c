"""Thumbnails beside the rows of a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._image_grid import draw_image
from ._pictures import gray_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

_GAP = 0.4  # before a block of thumbnails, in cells
_FILLED = 0.92  # of a cell
_MOST = 0.45  # of the width of the chart


def n_cells(block_sizes: Sequence[int]) -> float:
    """Return the width of blocks of so many thumbnails, in cells."""
    return sum(size + _GAP for size in block_sizes)


def draw_thumbnails(
    ax: Axes,
    pictures: list[np.ndarray],
    cells: np.ndarray,
    block_sizes: Sequence[int],
    n_rows: int,
    headings: Sequence[str],
    im_kw: Mapping[str, Any] | None = None,
) -> np.ndarray:
    """Narrow a chart of rows, and draw thumbnails beside them at its right.

    Parameters
    ----------
    ax : Axes
        The chart: its rows are of equal height and fill it.
    pictures : list of ndarray
        All pictures.
    cells : ndarray of shape (n_pictures, 2)
        Row and block of each. The thumbnails of a block stand in the order of the list.
    block_sizes : sequence of int
        The room in each block, in thumbnails.
    n_rows : int
        Rows of the chart.
    headings : sequence of str
        The text above each block.
    im_kw : dict or None
        Keywords for ``imshow``.

    Returns
    -------
    ndarray of shape (n_rows,)
        The Axes of each row's thumbnails.
    """
    from matplotlib.patches import Rectangle

    width = n_cells(block_sizes)
    ax.set_axes_locator(_Place(ax, n_rows, width))
    axes = np.empty(n_rows, dtype=object)
    for row in range(n_rows):
        axes[row] = ax.inset_axes((0, 0, 1, 1))
        axes[row].set_axes_locator(_Place(ax, n_rows, width, row))
    starts = np.cumsum([_GAP, *(size + _GAP for size in block_sizes)])
    for start, size, heading in zip(starts, block_sizes, headings, strict=False):
        axes[0].text(start + size / 2, 1.05, heading, ha="center", va="bottom")
    shades = gray_range(pictures)
    filled = np.zeros((n_rows, len(block_sizes)), int)
    for picture, (row, block) in zip(pictures, cells, strict=True):
        height, breadth = _FILLED * np.array(picture.shape[:2]) / max(picture.shape[:2])
        left = starts[block] + filled[row, block] + (1 - breadth) / 2
        bottom = (1 - height) / 2
        filled[row, block] += 1
        extent = (left, left + breadth, bottom, bottom + height)
        draw_image(axes[row], picture, shades, {**(im_kw or {}), "extent": extent})
        outline = Rectangle((left, bottom), breadth, height, fill=False, ec="lightgray", lw=0.8)
        axes[row].add_patch(outline)
    for row_axes in axes:
        row_axes.set(xlim=(0, width), ylim=(0, 1), aspect="equal", anchor="W")
        row_axes.set_axis_off()
    return axes


class _Place:
    """The position of the chart within its area, or of the thumbnails of one of its rows."""

    def __init__(self, ax: Axes, n_rows: int, width: float, row: int | None = None) -> None:
        self.ax, self.n_rows, self.width, self.row = ax, n_rows, width, row

    def __call__(self, ax: Any, renderer: Any) -> Bbox:
        from matplotlib.transforms import Bbox

        room = self.ax.get_position(original=True)
        row_height = room.height / self.n_rows
        ratio = self.ax.figure.bbox.height / self.ax.figure.bbox.width
        thumbnails_width = min(self.width * row_height * ratio, _MOST * room.width)
        if self.row is None:
            return Bbox.from_bounds(room.x0, room.y0, room.width - thumbnails_width, room.height)
        bottom = room.y1 - (self.row + 1) * row_height
        return Bbox.from_bounds(room.x1 - thumbnails_width, bottom, thumbnails_width, row_height)

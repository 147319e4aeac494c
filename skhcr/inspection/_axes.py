"""The axes of a display that needs several, and how users name styles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def is_single(ax: Any) -> bool:
    """Whether these are axes by themselves, rather than a sequence of some."""
    from matplotlib.axes import Axes

    return isinstance(ax, Axes)


def grid_within(ax: Axes, n_rows: int, n_columns: int) -> np.ndarray:
    """Return new axes, in rows and columns, in the place of others, which are hidden."""
    ax.set_axis_off()
    figure, place = ax.figure, ax.get_subplotspec()
    if place is not None:
        grid: Any = place.subgridspec(n_rows, n_columns)
    else:
        box = ax.get_position()
        sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid = figure.add_gridspec(n_rows, n_columns, **sides)
    return np.array(
        [
            [figure.add_subplot(grid[row, column]) for column in range(n_columns)]
            for row in range(n_rows)
        ],
        dtype=object,
    )


def text_style(defaults: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the style of a text, for which matplotlib knows several names of one thing."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.text import Text

    return {**normalize_kwargs(dict(defaults), Text), **normalize_kwargs(dict(given or {}), Text)}

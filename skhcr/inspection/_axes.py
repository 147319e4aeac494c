"""The axes of a display that needs several, and the styles of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def is_single(ax: Any) -> TypeGuard[Axes]:
    """Whether this is a single Axes object, not a sequence."""
    from matplotlib.axes import Axes

    return isinstance(ax, Axes)


def axes_for(
    charts: Sequence[str],
    ax: Axes | Sequence[Axes] | np.ndarray | None,
    *,
    n_columns: int,
    size: tuple[float, float],
) -> np.ndarray:
    """Return one of the axes for each chart.

    `ax` is one Axes to divide among all charts, or one Axes for each; None makes a new figure, with
    `n_columns` charts of this size, in inches, in a row.
    """
    n = len(charts)
    shape = -(-n // n_columns), min(n, n_columns)
    if ax is None:
        import matplotlib.pyplot as plt

        size = size[0] * shape[1], size[1] * shape[0]
        _, grid = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    elif is_single(ax) and n > 1:
        grid = grid_within(ax, *shape)
    else:
        grid = np.asarray(ax, dtype=object)
        if grid.size != n:
            raise ValueError(f"ax must contain {n} axes, for {list(charts)}; got {grid.size}.")
    axes = grid.ravel()
    for left_over in axes[n:]:
        left_over.set_axis_off()
    return axes[:n]


def grid_within(ax: Axes, n_rows: int, n_columns: int) -> np.ndarray:
    """Return new axes, in rows and columns, instead of others, which are hidden."""
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

"""A grid of images with captions above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._axes import grid_within, is_single, text_style
from ._fonts import LabelFonts
from ._pictures import as_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

_RIGHT = "black"
_WRONG = "crimson"
_WRONG_MARK = "✗"

_IMAGE = 1.5  # width of an image with its margin, in inches
_LINE = 0.19  # height of a line of text


def caption(
    y_true: Any, y_pred: Any, probability: float | None, *, repeat_true: bool = True
) -> list[str]:
    """Return the lines above an image.

    The probability has a line of its own: after a right-to-left letter, "61%" would become "%61".
    """
    lines = [f"predicted {y_pred}"]
    if repeat_true and y_true is not None:
        lines.insert(0, f"true {y_true}")
    if y_true is not None and y_true != y_pred:
        lines[0] = f"{_WRONG_MARK} {lines[0]}"
    if probability is not None:
        lines.append(f"{probability:.0%}")
    return lines


def draw_image(
    ax: Axes,
    image: np.ndarray,
    gray_range: tuple[float, float],
    im_kw: Mapping[str, Any] | None = None,
) -> None:
    """Show an image without ticks, white being bright."""
    darkest, brightest = gray_range
    if image.ndim == 3:
        image = as_colors(image, darkest, brightest)
    style: dict[str, Any] = {"cmap": "gray", "vmin": darkest, "vmax": brightest}
    if im_kw and "norm" in im_kw:
        del style["vmin"], style["vmax"]
    ax.imshow(image, **{**style, **(im_kw or {})})
    ax.set(xticks=[], yticks=[])


def draw_image_grid(
    images: Sequence[np.ndarray],
    captions: Sequence[Sequence[str]],
    is_wrong: np.ndarray,
    n_in_rows: Sequence[int],
    ax: Axes | Sequence[Axes] | np.ndarray | None,
    *,
    fonts: LabelFonts,
    gray_range: tuple[float, float],
    im_kw: Mapping[str, Any] | None,
    text_kw: Mapping[str, Any] | None,
) -> tuple[np.ndarray, list[Text]]:
    """Show images in rows, with a caption and a frame in the color of right or wrong.

    `ax` is an Axes to divide into a grid, an array of axes, or a sequence, which is used in its
    order; None makes a new figure. Returns the axes and the caption of each image.
    """
    axes, texts = _image_axes(n_in_rows, ax, n_lines=len(captions[0])), []
    for image_ax, image, lines, wrong in zip(axes, images, captions, is_wrong, strict=True):
        draw_image(image_ax, image, gray_range, im_kw)
        for spine in image_ax.spines.values():
            spine.set(color=_WRONG if wrong else "lightgray", linewidth=3 if wrong else 1)
        style = {
            "fontsize": "medium",
            "fontfamily": fonts.families,
            "color": _WRONG if wrong else _RIGHT,
        }
        text = "\n".join(map(fonts.drawable, lines))
        texts.append(image_ax.set_title(text, parse_math=False, **text_style(style, text_kw)))
    return axes, texts


def _image_axes(
    n_in_rows: Sequence[int], ax: Axes | Sequence[Axes] | np.ndarray | None, *, n_lines: int
) -> np.ndarray:
    """Return one of the axes for each image, and hide those left over."""
    shape = len(n_in_rows), max(n_in_rows)
    if ax is None:
        grid = _new_figure(shape, n_lines)
    elif is_single(ax):
        grid = grid_within(ax, *shape)
    else:
        grid = np.asarray(ax, dtype=object)
    n = sum(n_in_rows)
    if grid.ndim == 2 and grid.shape[0] >= shape[0] and grid.shape[1] >= shape[1]:
        ends = np.zeros((grid.shape[0], 1), int)
        ends[: shape[0], 0] = n_in_rows
        used = (np.arange(grid.shape[1]) < ends).ravel()
    elif grid.ndim != 2 and grid.size >= n:
        used = np.arange(grid.size) < n
    else:
        rows = f", in {shape[0]} rows of up to {shape[1]}" if grid.ndim == 2 else ""
        raise ValueError(
            f"ax must contain an Axes for each of the {n} images{rows}; its shape is {grid.shape}."
        )
    grid = grid.ravel()
    for left_over in grid[~used]:
        left_over.set_axis_off()
    return grid[used]


def _new_figure(shape: tuple[int, int], n_lines: int) -> np.ndarray:
    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    size = (_IMAGE * shape[1], (_IMAGE + _LINE * n_lines + 0.1) * shape[0])
    layout = ConstrainedLayoutEngine(h_pad=0.1)
    _, grid = plt.subplots(*shape, figsize=size, layout=layout, squeeze=False)
    for ax in grid.flat:
        ax.set_anchor("N")  # else the layout takes slack above an image for room for its text
    return grid


def columns_of(ax: Any, n_columns: int) -> int:
    """Return the number of images in a row: the number of columns of given axes."""
    given = None if ax is None or is_single(ax) else np.asarray(ax, dtype=object)
    return n_columns if given is None or given.ndim != 2 else given.shape[1]


def rows_of(n: int, n_columns: int) -> list[int]:
    """Return the number of images in each row, row by row."""
    if n_columns < 1:
        raise ValueError(f"n_columns must be at least 1, got {n_columns!r}.")
    return [min(n_columns, n - start) for start in range(0, n, n_columns)]

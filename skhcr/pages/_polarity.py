"""Whether a page of many characters is written dark on light, or light on dark."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from ..images._crop import find_page_ink
from ..images._morphology import dilate, erode

Polarity = Literal["auto", "light-on-dark", "dark-on-light"]

# It is judged on the page reduced to about so many pixels along its longer side.
_SIDE = 500
# What is thicker than this share of the longer side is no stroke.
_THICKEST = 0.03
# The wrong way round, this share of what is found for ink is too thick at least, and so many times
# what is the right way.
_LEAST_THICK, _TIMES = 0.1, 2
# The right way, there are strokes: so much thin ink of that of the other way.
_LEAST_THIN = 0.2
# Many characters are this share of a page at least, and so many times the paper that their strokes
# enclose.
_LEAST_STROKES, _TIMES_ENCLOSED = 0.02, 3


def find_polarity(pixels: np.ndarray) -> Polarity:
    """Return how ink and paper differ on a page, "auto" where one letter's rules find out.

    Rows of characters cut the paper into pieces no larger than a letter might be. So a sheet on a
    table, or the lit part of a page, may be taken for ink, which is thicker than strokes are; or
    the paper within letters, of which there is less than of strokes.
    """
    factor = max(1, round(max(pixels.shape) / _SIDE))
    reduced = np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels
    dark, light = (_thin_and_thick(reduced, way) for way in ("dark-on-light", "light-on-dark"))
    if _is_right(dark, light):
        return "dark-on-light"
    if _is_right(light, dark):
        return "light-on-dark"
    of_dark, of_light = (thin - thick for thin, thick in (dark, light))
    if max(of_dark, of_light) < max(_LEAST_STROKES, _TIMES_ENCLOSED * min(of_dark, of_light)):
        return "auto"
    return "light-on-dark" if of_light > of_dark else "dark-on-light"


def _is_right(way: tuple[float, float], other: tuple[float, float]) -> bool:
    (thin, thick), (other_thin, other_thick) = way, other
    is_other_thick = other_thick >= _LEAST_THICK * (other_thin + other_thick)
    return is_other_thick and other_thick > _TIMES * thick and thin >= _LEAST_THIN * other_thin


def _thin_and_thick(pixels: np.ndarray, polarity: str) -> tuple[float, float]:
    """Return which shares of a page are strokes, and too thick for strokes."""
    page = find_page_ink(pixels, polarity)
    if page is None:
        return 0.0, 0.0
    reach = max(1, round(_THICKEST * max(pixels.shape) / 2))
    thick = dilate(erode(np.pad(page.mask, reach), reach), reach)
    n_thick = float(thick.sum())
    return (page.mask.sum() - n_thick) / pixels.size, n_thick / pixels.size

"""Polarity of a page of many characters: dark on light, or light on dark."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from ..images._crop import find_page_ink
from ..images._morphology import dilate, erode

Polarity = Literal["auto", "light-on-dark", "dark-on-light"]

# It is estimated on the page reduced to about this many pixels along its longer side.
_SIDE = 500
# Pieces thicker than this share of the longer side are not strokes.
_THICKEST = 0.03
# With the wrong polarity, at least this share of the ink is too thick, and at least this many times
# more than with the right one.
_LEAST_THICK, _TIMES = 0.1, 2
# With the right polarity, most ink is thin, and at least this share of the thin ink with the wrong
# one. In a picture of a few broad letters, the ink of neither is thin.
_LEAST_THIN = 0.2
# Many characters cover at least this share of a page, and this many times the paper that their
# strokes enclose.
_LEAST_STROKES, _TIMES_ENCLOSED = 0.02, 3
# Strokes cover at most this share of a page. Paper between many small characters is as thin as
# strokes, but covers more.
_MOST_STROKES = 0.5


def find_polarity(pixels: np.ndarray) -> Polarity:
    """Return the polarity of a page, or "auto" for the rules for a single letter.

    Rows of characters cut the paper into pieces no larger than letters. Therefore a sheet on a
    table, or the lit part of a page, may be mistaken for ink, but it is thicker than strokes. The
    paper within letters may be, too, but it covers less area than the strokes.
    """
    factor = max(1, round(max(pixels.shape) / _SIDE))
    reduced = np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels
    for of_one_letter in (True, False):  # strokes of a few large letters are as thick as shadows
        dark, light = (
            _thin_and_thick(reduced, way, of_one_letter)
            for way in ("dark-on-light", "light-on-dark")
        )
        if _is_right(dark, light):
            return "dark-on-light"
        if _is_right(light, dark):
            return "light-on-dark"
    of_dark, of_light = (
        thin - thick if thin <= _MOST_STROKES else 0.0 for thin, thick in (dark, light)
    )
    if max(of_dark, of_light) < max(_LEAST_STROKES, _TIMES_ENCLOSED * min(of_dark, of_light)):
        return "auto"
    return "light-on-dark" if of_light > of_dark else "dark-on-light"


def _is_right(way: tuple[float, float], other: tuple[float, float]) -> bool:
    (thin, thick), (other_thin, other_thick) = way, other
    is_other_thick = other_thick >= _LEAST_THICK * (other_thin + other_thick)
    is_thin = thin >= max(thick, _LEAST_THIN * other_thin)
    return is_thin and is_other_thick and other_thick > _TIMES * thick


def _thin_and_thick(pixels: np.ndarray, polarity: str, of_one_letter: bool) -> tuple[float, float]:
    """Return the shares of a page that are strokes, and that are too thick for strokes."""
    page = find_page_ink(pixels, polarity, of_one_letter=of_one_letter)
    if page is None:
        return 0.0, 0.0
    reach = max(1, round(_THICKEST * max(pixels.shape) / 2))
    thick = dilate(erode(np.pad(page.mask, reach), reach), reach)
    n_thick = float(thick.sum())
    return (page.mask.sum() - n_thick) / pixels.size, n_thick / pixels.size

"""Whether a page of many characters is written dark on light, or light on dark."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from ..images._crop import find_page_ink

# It is judged on the page reduced to about so many pixels along its longer side.
_SIDE = 500
# Ink covers no larger share of a page than this, unless it covers even more the other way round.
_MOST_INK = 0.12


def find_polarity(pixels: np.ndarray) -> Literal["auto", "light-on-dark", "dark-on-light"]:
    """Return how ink and paper differ on a page, "auto" where one letter's rules find out.

    Rows of characters cut the paper into pieces no larger than a letter might be. So a sheet on a
    table, or the lit part of a page, may be taken for ink, which then covers too much of the page.
    """
    factor = max(1, round(max(pixels.shape) / _SIDE))
    reduced = np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels
    if _part_of_ink(reduced, "auto") <= _MOST_INK:
        return "auto"
    dark, light = (_part_of_ink(reduced, way) for way in ("dark-on-light", "light-on-dark"))
    return "dark-on-light" if dark <= light else "light-on-dark"


def _part_of_ink(pixels: np.ndarray, polarity: str) -> float:
    page = find_page_ink(pixels, polarity)
    return 0.0 if page is None else float(page.mask.mean())

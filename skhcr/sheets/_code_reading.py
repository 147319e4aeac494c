"""Reading the code of a page from its image, at or near its expected position."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ._code import SIDES, from_modules
from ._errors import SheetError
from ._layout import code_box
from ._opencv import opencv
from ._warp import projected, straightened

# Paper that does not lie flat moves the code by at most so many millimeters.
_REACH = 2.5
# Pixels for a module of the code, of which those in the middle are looked at.
_PER_MODULE, _MIDDLE = 8, slice(2, 6)
# How much three corners of a QR code look like its squares.
_LEAST_LIKENESS = 0.4
# Modules that calibrate dark and light under uneven light.
_NEIGHBORS = 9
# The square in three corners of a QR code, with the light modules around it.
_FINDER = np.pad(np.ones((7, 7), np.float32), 1)
_FINDER[2:7, 2:7] = 0
_FINDER[3:6, 3:6] = 1


def read_code(gray: np.ndarray, paper: str, to_pixels: np.ndarray) -> str:
    """Return the text of the code.

    Parameters
    ----------
    gray : ndarray of uint8 of shape (h, w)
        Image of the page.
    paper : str
        The paper, which determines the position of the code.
    to_pixels : ndarray of shape (3, 3)
        Maps millimeters of the page to pixels.

    Raises
    ------
    SheetError
        If it cannot be read.
    """
    found = [_find(gray, paper, to_pixels, n) for n in SIDES]
    for likeness, modules in sorted(found, key=lambda pair: -pair[0]):
        text = from_modules(modules) if likeness > _LEAST_LIKENESS else ""
        if text:
            return text
    raise SheetError(
        "The code at the top right of the sheet cannot be read. Take the picture again: sharp, "
        "flat, and closer to the page."
    )


def _find(gray: np.ndarray, paper: str, to_pixels: np.ndarray, n: int) -> tuple[float, np.ndarray]:
    """Return the modules of a code with n modules along a side, and its likelihood."""
    cv2 = opencv()
    left, top, module = code_box(paper, n)
    reach = int(np.ceil(_REACH / module))
    start, side = np.array([left, top]) - reach * module, (n + 2 * reach) * module
    square = start + side * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    size = (n + 2 * reach) * _PER_MODULE
    picture = straightened(gray, projected(to_pixels, square), size, size)
    finder = np.kron(1 - _FINDER, np.ones((_PER_MODULE, _PER_MODULE), np.float32))
    scores, places = [], []
    corners = np.array([[0, 0], [n - 7, 0], [0, n - 7]])
    for x, y in corners * _PER_MODULE:
        # Of its window, the finder without its light frame begins in the middle.
        wide = (2 * reach + 7) * _PER_MODULE
        window = picture[y : y + wide, x : x + wide].astype(np.float32)
        found = cv2.matchTemplate(window, finder, cv2.TM_CCOEFF_NORMED)
        _, score, _, place = cv2.minMaxLoc(found)
        scores.append(score)
        places.append((x + place[0] + _PER_MODULE, y + place[1] + _PER_MODULE))
    change = cv2.getAffineTransform(
        (corners * _PER_MODULE).astype(np.float32), np.array(places, np.float32)
    )
    side = n * _PER_MODULE
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(picture, change, (side, side), flags=flags)
    levels = straight.reshape(n, _PER_MODULE, n, _PER_MODULE)[:, _MIDDLE, :, _MIDDLE]
    return min(scores), _dark(levels.mean(axis=(1, 3)))


def _dark(levels: np.ndarray) -> np.ndarray:
    """Return the dark modules, from the gray levels of all modules."""
    light = ndimage.maximum_filter(levels, _NEIGHBORS)
    dark = ndimage.minimum_filter(levels, _NEIGHBORS)
    return levels < ndimage.uniform_filter((light + dark) / 2, _NEIGHBORS)

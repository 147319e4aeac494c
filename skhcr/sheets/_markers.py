"""The four ArUco markers in the corners of a page, found by OpenCV."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._errors import SheetError
from ._layout import CORNERS, PAPERS
from ._opencv import opencv

_PAPERS = list(PAPERS)
_N_BITS = 5  # along a side, without the dark frame around them
# Markers are looked for on the image reduced to about these many pixels along its longer side,
# and on the whole image at last.
_SIDES = (1800, 3600, 10_000)


class Markers(NamedTuple):
    """The markers of a sheet on an image.

    Attributes
    ----------
    paper : str
        The paper of the sheet.
    corners : ndarray of float of shape (4, 4, 2)
        Their corners, as :func:`marker_corners` has them, in pixels.
    """

    paper: str
    corners: np.ndarray


def marker_modules(paper: str) -> list[np.ndarray]:
    """Return the modules of the four markers, True where they are dark."""
    cv2 = opencv()
    first = 4 * _PAPERS.index(paper)
    side = _N_BITS + 2
    return [
        cv2.aruco.generateImageMarker(_dictionary(cv2), number, side) == 0
        for number in range(first, first + 4)
    ]


def find_markers(gray: np.ndarray) -> Markers:
    """Find the markers of a sheet on a gray image.

    Raises
    ------
    SheetError
        If markers are missing, or belong to several sheets.
    """
    cv2 = opencv()
    best: dict[int, list[np.ndarray]] = {}
    for side in _SIDES:
        factor = max(1, max(gray.shape) // side)
        reduced = gray
        if factor > 1:
            reduced = cv2.resize(
                gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA
            )
        found = _found(cv2, reduced, factor)
        if len(found) > len(best):
            best = found
        if len(best) == 4 or factor == 1:
            break
    return _checked(best)


def _found(cv2: Any, gray: np.ndarray, factor: int) -> dict[int, list[np.ndarray]]:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(_dictionary(cv2), parameters)
    corners, numbers, _ = detector.detectMarkers(gray)
    found: dict[int, list[np.ndarray]] = {}
    for number, square in zip([] if numbers is None else numbers.ravel(), corners, strict=True):
        if number < 4 * len(_PAPERS):
            # The middle of a pixel of the reduced image is not that of its first pixel.
            square = (square.reshape(4, 2).astype(float) + 0.5) * factor - 0.5
            found.setdefault(int(number), []).append(square)
    return found


def _checked(found: dict[int, list[np.ndarray]]) -> Markers:
    if not found:
        raise SheetError(
            "No marker of a sheet was found. Is the image a sharp and complete page of skhcr "
            "sheet new?"
        )
    papers = [number // 4 for number in found]
    paper = max(set(papers), key=papers.count)
    if len(set(papers)) > 1 or any(len(squares) > 1 for squares in found.values()):
        raise SheetError(
            "There are several sheets in the picture. Take a separate picture of each."
        )
    missing = [name for i, name in enumerate(CORNERS) if 4 * paper + i not in found]
    if missing:
        several = len(missing) > 1
        names = " and ".join([", ".join(missing[:-1]), missing[-1]] if several else missing)
        raise SheetError(
            f"The marker{'s' if several else ''} at the {names} of the sheet "
            f"{'are' if several else 'is'} not visible. Take the picture again, sharp and with "
            "the whole page."
        )
    corners = np.stack([found[4 * paper + i][0] for i in range(4)])
    return Markers(_PAPERS[paper], corners)


def _dictionary(cv2: Any) -> Any:
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_50)

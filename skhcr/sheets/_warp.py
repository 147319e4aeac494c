"""Coordinate transforms between the page and its image."""

from __future__ import annotations

import numpy as np

from ._opencv import opencv


def projected(to_pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points of the page, in millimeters, as points of the image, in pixels."""
    ends = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ to_pixels.T
    return ends[..., :2] / ends[..., 2:]


def straightened(pixels: np.ndarray, corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the part of an image between four corners as a rectangle of that many pixels."""
    cv2 = opencv()
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 2, 0)
    high = np.maximum(np.ceil(corners.max(axis=0)).astype(int) + 2, low + 1)
    part = np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]])
    if not part.size:
        part = pixels[:1, :1]
    corners = corners - low
    # When many pixels become one, all of them are averaged.
    shrink = max(1, int(np.linalg.norm(corners[1] - corners[0]) / width))
    if shrink > 1:
        rows, columns = (-(-n // shrink) for n in part.shape[:2])
        wanted = rows * shrink - part.shape[0], columns * shrink - part.shape[1]
        part = cv2.copyMakeBorder(part, 0, wanted[0], 0, wanted[1], cv2.BORDER_REPLICATE)
        part = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
        corners = corners / shrink
    ends = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # OpenCV counts from the middle of pixels.
    change = cv2.getPerspectiveTransform((corners - 0.5).astype(np.float32), ends - 0.5)
    return cv2.warpPerspective(
        part, change, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )

"""The background of an image, estimated from its border."""

from __future__ import annotations

import numpy as np

# Frames of small images are at most this many pixels wide; this share of the area there is paper,
# or frame.
FRAME, MOST_OF_FRAME = 3, 0.85
# A level is different from the border's if it differs by more than this share of the image's range.
_OTHER = 0.25


def border_median(images: np.ndarray) -> np.ndarray:
    """Return the median of the outermost pixels of every image, channel by channel.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, channels)
        Images of any real dtype.

    Returns
    -------
    ndarray of shape (n,) or (n, channels)
        Of the dtype of `images`.
    """
    border = border_of(images)
    # The upper of the two middle values; quicker than np.median on so few pixels.
    middle = border.shape[1] // 2
    return np.partition(border, middle, axis=1)[:, middle]


def paper_of(images: np.ndarray) -> np.ndarray:
    """Return the level of the paper of every image, channel by channel.

    It is the median of the border, unless that is a frame: where nearly all pixels a little within
    differ from it by much, it is theirs.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, channels)
        Images of any real dtype.

    Returns
    -------
    ndarray of shape (n,) or (n, channels)
        Of the dtype of `images`.
    """
    paper = border_median(images)
    height, width = images.shape[1:3]
    inset = max(FRAME, max(height, width) // 20)
    if min(height, width) < 4 * inset:
        return paper
    inner = images[:, inset:-inset, inset:-inset]
    ring = border_of(inner)
    span = np.subtract(images.max(axis=(1, 2)), images.min(axis=(1, 2)), dtype=np.float64)
    differs = np.abs(np.subtract(ring, paper[:, np.newaxis], dtype=np.float64))
    is_other = differs > _OTHER * span[:, np.newaxis]
    is_framed = is_other.mean(axis=1) > MOST_OF_FRAME
    if images.ndim == 4:
        is_framed = is_framed.any(axis=1)
    if is_framed.any():
        paper[is_framed] = border_median(inner[is_framed])
    return paper


def border_of(images: np.ndarray) -> np.ndarray:
    """Return the outermost pixels of every image: (n, n_pixels), or (n, n_pixels, channels)."""
    sides = images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]
    return np.concatenate(sides, axis=1)


def edge_of(image: np.ndarray) -> np.ndarray:
    """Return the outermost pixels of one image."""
    return border_of(image[np.newaxis])[0]

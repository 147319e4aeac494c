"""Random augmentation of a batch of images, vectorized over the batch."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from ._border import paper_of

Fill = Literal["edge", "background"]

# Sides of an erased patch, as fractions of the image's: large enough to break a stroke, too small
# to remove a letter's body.
PATCH_SIDES = (0.1, 0.2)


def affine_inverse(rotation: np.ndarray, scale: np.ndarray, shear: np.ndarray) -> np.ndarray:
    """Return matrices that map output pixels back to the input.

    An image is scaled, then slanted, then rotated, all about its center.

    Parameters
    ----------
    rotation : ndarray of shape (n,)
        Angles in radians, positive counter-clockwise as one looks at the image.
    scale : ndarray of shape (n, 2)
        Vertical and horizontal scale; above 1 enlarges.
    shear : ndarray of shape (n,)
        By how many pixels a row moves to the right, per pixel that it lies below the center.

    Returns
    -------
    ndarray of shape (n, 2, 2)
        Matrices for (row, column) offsets from the center.
    """
    cos, sin = np.cos(rotation), np.sin(rotation)
    matrices = np.array([[cos, sin], [-sin - shear * cos, cos - shear * sin]])
    return matrices.transpose(2, 0, 1) / scale[:, :, None]


def elastic_fields(
    n: int, height: int, width: int, *, sigma: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw smooth random displacements of mean 0 and variance 1 at every pixel.

    White noise is smoothed by a Gaussian. As products with two matrices this costs a fraction of a
    convolution at the size of a character.

    Returns
    -------
    ndarray of shape (n, 2, height, width), float32
    """
    noise = rng.random((n, 2, height, width), dtype=np.float32)
    noise -= 0.5
    noise *= np.sqrt(12)  # uniform noise of variance 1
    # Many small products: BLAS would spread a single large one over threads, which wait for each
    # other where the cores are busy training a network.
    return _smoothing(height, sigma) @ (noise @ _smoothing(width, sigma).T)


@lru_cache(maxsize=32)
def _smoothing(size: int, sigma: float) -> np.ndarray:
    """Return Gaussian weights whose rows have norm 1, which keeps the variance of white noise."""
    places = np.arange(size)
    weights = np.exp(-0.5 * ((places[:, None] - places) / sigma) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    weights = weights.astype(np.float32)
    weights.setflags(write=False)
    return weights


def warp(
    images: np.ndarray,
    matrices: np.ndarray,
    shifts: np.ndarray,
    displacements: np.ndarray | None = None,
    *,
    fill: Fill,
) -> np.ndarray:
    """Warp every image independently, in a single bilinear interpolation.

    The output at offset `p` from the center is the input at ``matrix @ (p - shift)``, displaced.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        Any real dtype.
    matrices : ndarray of shape (n, 2, 2)
        See :func:`affine_inverse`.
    shifts : ndarray of shape (n, 2)
        Pixels downwards and to the right.
    displacements : ndarray of shape (n, 2, height, width), default=None
        Pixels added to the (row, column) that is read.
    fill : {"edge", "background"}
        Fill value outside an image: its nearest border pixel, or its background.

    Returns
    -------
    ndarray of shape (n, height, width, channels)
        Of the dtype of `images`; integers are rounded.
    """
    n, height, width, channels = images.shape
    # Coordinates count from the upper left corner of a frame that is one pixel wide, and two at
    # the far sides, so that every coordinate within [0, size + 1] has its four neighbors.
    frame_width = width + 3
    frame = np.empty((n, height + 3, frame_width), np.result_type(images.dtype, np.float32))
    flat = frame.reshape(-1)

    fraction = _source_coordinates((height, width), matrices, shifts)
    if displacements is not None:
        fraction += displacements.reshape(fraction.shape)
    y, x = fraction[:, 0], fraction[:, 1]
    np.clip(y, 0, height + 1, out=y)
    np.clip(x, 0, width + 1, out=x)
    whole = np.floor(fraction)
    fraction -= whole
    index = whole[:, 0].astype(np.intp)
    index *= frame_width
    index += whole[:, 1].astype(np.intp)
    index += np.arange(0, flat.size, frame[0].size)[:, None]

    upper, lower, right = (np.empty(index.shape, frame.dtype) for _ in range(3))
    outside = paper_of(images) if fill == "background" else None
    warped = np.empty_like(images)
    for channel in range(channels):
        _fill_frame(frame, images[..., channel], None if outside is None else outside[:, channel])
        # Indices are within bounds by construction; "clip" saves numpy a copy of the output.
        for offset, row in ((0, upper), (frame_width, lower)):
            flat[offset:].take(index, out=row, mode="clip")
            flat[offset + 1 :].take(index, out=right, mode="clip")
            right -= row
            right *= x
            row += right
        lower -= upper
        lower *= y
        upper += lower
        warped[..., channel] = _as_dtype(upper, images.dtype).reshape(n, height, width)
    return warped


def _source_coordinates(
    size: tuple[int, int], matrices: np.ndarray, shifts: np.ndarray
) -> np.ndarray:
    """Return the (row, column) of the frame to read for every output pixel, (n, 2, n_pixels)."""
    center = (np.array(size) - 1) / 2
    affine = np.empty((len(matrices), 2, 3), np.float32)
    affine[:, :, :2] = matrices
    affine[:, :, 2] = center + 1 - (matrices @ (center + shifts)[:, :, None])[:, :, 0]
    return affine @ _grid(*size)


@lru_cache(maxsize=32)
def _grid(height: int, width: int) -> np.ndarray:
    """Return (row, column, 1) of every pixel, as columns."""
    grid = np.ones((3, height, width), np.float32)
    grid[:2] = np.mgrid[:height, :width]
    grid.setflags(write=False)
    return grid.reshape(3, -1)


def _fill_frame(frame: np.ndarray, plane: np.ndarray, outside: np.ndarray | None) -> None:
    frame[:, 1:-2, 1:-2] = plane
    if outside is None:
        frame[:, 0] = frame[:, 1]
        frame[:, -2:] = frame[:, -3, None]
        frame[:, :, 0] = frame[:, :, 1]
        frame[:, :, -2:] = frame[:, :, -3, None]
    else:
        frame[:, 0] = outside[:, None]
        frame[:, -2:] = outside[:, None, None]
        frame[:, :, 0] = outside[:, None]
        frame[:, :, -2:] = outside[:, None, None]


def erase_patches(
    images: np.ndarray,
    background: np.ndarray,
    *,
    probability: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return images, some of them with a small random rectangle painted with background.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        Images.
    background : ndarray of shape (n, channels)
        What to paint with.
    probability : float
        Of an image to be chosen.
    rng : numpy.random.Generator
        Where the randomness comes from.
    """
    n, height, width, _ = images.shape
    chance, sides, places = np.split(rng.random((n, 5)), [1, 3], axis=1)
    size = np.array([height, width])
    low, high = PATCH_SIDES
    sides = np.maximum(1, np.rint(size * (low + (high - low) * sides)))
    starts = np.floor((size - sides + 1) * places)
    stops = starts + sides * (chance < probability)
    down, across = np.arange(height), np.arange(width)
    in_rows = (starts[:, :1] <= down) & (down < stops[:, :1])
    in_columns = (starts[:, 1:] <= across) & (across < stops[:, 1:])
    patches = in_rows[:, :, None, None] & in_columns[:, None, :, None]
    return np.where(patches, background[:, None, None], images)


def add_noise(
    images: np.ndarray, originals: np.ndarray, *, std: float, rng: np.random.Generator
) -> np.ndarray:
    """Return images with Gaussian noise of `std` times each original's range, clipped to it."""
    noisy = rng.standard_normal(images.shape, dtype=np.float32)
    noisy = noisy.astype(np.result_type(images.dtype, np.float32), copy=False)
    low, high = (
        extreme(originals, axis=(1, 2, 3), keepdims=True).astype(noisy.dtype)
        for extreme in (np.min, np.max)
    )
    noisy *= std * (high - low)
    noisy += images
    np.clip(noisy, low, high, out=noisy)
    return _as_dtype(noisy, images.dtype)


def _as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Cast in the way pixels want it; overwrites `values`."""
    if dtype.kind != "f":
        np.rint(values, out=values)
    return values.astype(dtype, copy=False)

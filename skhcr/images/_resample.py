"""Read images at a size: area averages for reduction, linear interpolation for enlargement."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ._border import paper_of
from ._decode import Mode, ReadImage, decode, to_array

# Pixels per output pixel left by Pillow's integer reduction for the exact second step.
_GAP = 4


def read_image(
    item: Any,
    size: tuple[int, int] | None,
    *,
    mode: Mode,
    keep_aspect: bool,
    background: int,
    max_pixels: int | None,
) -> ReadImage:
    """Read one image for :class:`skhcr.ImageLoader`."""

    def fitted(height: int, width: int) -> tuple[int, int]:
        """Return the scaled height and width before padding."""
        assert size is not None
        return fit_within(height, width, size) if keep_aspect else size

    image, height, width, _ = decode(
        item,
        mode=mode,
        background=background,
        max_pixels=max_pixels,
        wanted=None if size is None else fitted,
    )
    if size is None or (height, width) == size:
        return ReadImage(to_array(image), height * width)
    return ReadImage(pad(resize(image, fitted(height, width)), size), height * width)


def fit_within(height: int, width: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return the largest (height, width) of the same shape that fits into `size`."""
    scale = min(size[0] / height, size[1] / width)
    return (
        min(size[0], max(1, round(height * scale))),
        min(size[1], max(1, round(width * scale))),
    )


def resize(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Return the image as uint8 pixels of shape ``(*size, channels)``.

    Each axis is resampled separately. For reduction, an output pixel is the mean of the area that
    it covers, with fractions of pixels weighted by their share. For enlargement, values are
    interpolated linearly between pixel centers. An image that already has the size is not changed.
    """
    height, width = size
    extent_y, extent_x = float(image.height), float(image.width)
    if (extent_y, extent_x) == (height, width):
        return to_array(image)
    factor_y, factor_x = _whole_factor(image.height, height), _whole_factor(image.width, width)
    if factor_y > 1 or factor_x > 1:
        image = image.reduce((factor_x, factor_y))
        # The last reduced pixel may stand for fewer source pixels than the others.
        extent_y, extent_x = extent_y / factor_y, extent_x / factor_x
        if (extent_y, extent_x) == (height, width):
            return to_array(image)
    pixels = to_array(image).astype(np.float32)
    pixels = _resample_rows(pixels, extent_y, height)
    pixels = _resample_rows(pixels.swapaxes(0, 1), extent_x, width).swapaxes(0, 1)
    return np.rint(pixels).astype(np.uint8)


def _whole_factor(n_in: int, n_out: int) -> int:
    if n_in % n_out == 0:
        return n_in // n_out
    return max(1, n_in // (n_out * _GAP))


def _resample_rows(pixels: np.ndarray, extent: float, n_out: int) -> np.ndarray:
    """Resample the first axis up to `extent`."""
    n_in = len(pixels)
    if extent == n_out:
        return pixels
    step = extent / n_out
    if step < 1:
        centers = np.clip((np.arange(n_out) + 0.5) * step - 0.5, 0, n_in - 1)
        low = centers.astype(np.intp)
        part = (centers - low).astype(np.float32)[:, None, None]
        high = np.minimum(low + 1, n_in - 1)
        return pixels[low] * (1 - part) + pixels[high] * part
    # The integral of the image up to each edge of the output's pixels; in double precision,
    # because differences of large sums follow.
    integral = np.zeros((n_in + 1, *pixels.shape[1:]))
    np.cumsum(pixels, axis=0, out=integral[1:])
    edges = np.linspace(0, extent, n_out + 1)
    low = np.minimum(edges.astype(np.intp), n_in - 1)
    part = (edges - low)[:, None, None]
    at_edges = integral[low] + part * pixels[low]
    return (at_edges[1:] - at_edges[:-1]) / step


def pad(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Center the image in a frame of its border's median color."""
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels
    out = np.empty((*size, pixels.shape[2]), np.uint8)
    out[...] = paper_of(pixels[np.newaxis])[0]
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    out[top : top + height, left : left + width] = pixels
    return out

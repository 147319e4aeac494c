"""Decode one image of any kind to a Pillow image of 8-bit gray or RGB pixels."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from PIL import Image

from ._formats import open_image

Mode = Literal["L", "RGB"]

_EXIF_KEYS = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_WITH_ALPHA = ("LA", "RGBA")

# Pixels of 8, 10 and 12 bits; of 16 bits, all of these levels would be black.
_WHITE_OF_FEW_BITS = (255, 1023, 4095)

_PIL_LOAD = threading.Lock()

# Four channels of 32 bits, and room for metadata in the file.
_BYTES_PER_PIXEL = 16
_BYTES_BESIDE = 2**26


class Decoded(NamedTuple):
    """An upright image, with its original height and width.

    If parts of it are transparent, `opacity` is a gray image with the opacity of each pixel.
    """

    image: Image.Image
    height: int
    width: int
    opacity: Image.Image | None = None


class ReadImage(NamedTuple):
    """An image as a transformer returns it.

    Attributes
    ----------
    pixels : ndarray of uint8 of shape (height, width, channels)
        The output image.
    n_pixels : int
        The number of pixels it was made from.
    is_several : bool
        Whether it probably shows several characters.
    """

    pixels: np.ndarray
    n_pixels: int
    is_several: bool = False


def decode(
    source: Any,
    *,
    mode: Mode | None = "L",
    background: int = 255,
    max_pixels: int | None = None,
    wanted: Callable[[int, int], tuple[int, int]] | None = None,
) -> Decoded:
    """Decode one image.

    Parameters
    ----------
    source : str, path, bytes, open binary file, PIL image or ndarray
        The image. Files are read from their current position and stay open.
    mode : {"L", "RGB"} or None, default="L"
        8-bit gray (ITU-R 601 luma) or RGB; None for RGB if the image has colors.
    background : int, default=255
        Gray level in [0, 255] that shows through transparent pixels.
    max_pixels : int, default=None
        Maximum number of pixels; None stands for ``PIL.Image.MAX_IMAGE_PIXELS``. Arrays are not
        limited.
    wanted : callable, default=None
        Maps the (height, width) of the image to its size after reduction. A much larger JPEG is
        decoded at a reduced scale, at least twice that size.

    Returns
    -------
    decoded : Decoded
        Upright image of that mode, and the full height and width.

    Raises
    ------
    Exception
        Various types, if the image cannot be read.
    """
    if isinstance(source, np.ndarray):
        image = with_alpha(from_array(source))
        return Decoded(to_mode(image, mode, background), image.height, image.width, _opacity(image))
    is_open = isinstance(source, Image.Image)
    image = source if is_open else open_image(_read(source, max_pixels))
    _check_n_pixels(image, max_pixels)
    orientation = _orientation(image)
    width, height = image.size if orientation <= 4 else image.size[::-1]
    if is_open:
        # The same unread image may be in X twice, and reading it is not thread-safe.
        with _PIL_LOAD:
            image.load()
    else:
        if wanted is not None and image.format in ("JPEG", "MPO"):
            near = [2 * n for n in wanted(height, width)]
            image.draft(None, (near[1], near[0]) if orientation <= 4 else (near[0], near[1]))
        image.load()
    if image.format == "TIFF":  # Pillow rotates it upright while it reads.
        width, height = image.size
    transpose = _TRANSPOSE.get(orientation)
    image = with_alpha(image)
    if transpose is not None:
        image = image.transpose(transpose)
    return Decoded(to_mode(image, mode, background), height, width, _opacity(image))


def count_pages(source: Any) -> int:
    """Return the number of images in a file or its content; only the first is read."""
    if not isinstance(source, str | os.PathLike | bytes | bytearray):
        return 1
    try:
        return getattr(open_image(_read(source, None)), "n_frames", 1)
    except Exception:  # any error was reported when the image was read
        return 1


def _opacity(image: Image.Image) -> Image.Image | None:
    return image.getchannel("A") if image.mode in _WITH_ALPHA else None


def _read(source: Any, max_pixels: int | None) -> bytes:
    """Return the encoded image; the whole file at once, so that no handle stays open."""
    if isinstance(source, (str, os.PathLike)):
        _check_file(os.stat(source), max_pixels)
        with open(source, "rb", buffering=0) as file:
            data = file.read()
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, io.TextIOBase):
        raise TypeError('the file is open in text mode; open it with mode="rb"')
    elif hasattr(source, "read"):
        data = source.read()
        if not isinstance(data, bytes):
            raise TypeError(f"read() gave {type(data).__name__}, expected bytes")
    else:
        hint = " (a missing value?)" if source is None or source != source else ""
        raise TypeError(
            "expected a path, bytes, an open binary file, a PIL image or a numpy array, "
            f"got {type(source).__name__}{hint}"
        )
    if not data:
        raise ValueError("empty, 0 bytes")
    return data


def _check_file(status: os.stat_result, max_pixels: int | None) -> None:
    """Raise an error for devices and pipes, and for files that are too large."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError("a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("a device or a pipe, not a file")
    limit = _limit(max_pixels)
    if limit is not None and status.st_size > limit * _BYTES_PER_PIXEL + _BYTES_BESIDE:
        raise ValueError(
            f"{status.st_size} bytes are more than an image with {limit} pixels (max_pixels) needs"
        )


def _limit(max_pixels: int | None) -> int | None:
    return Image.MAX_IMAGE_PIXELS if max_pixels is None else max_pixels


def _check_n_pixels(image: Image.Image, max_pixels: int | None) -> None:
    limit = _limit(max_pixels)
    if limit is not None and image.width * image.height > limit:
        raise ValueError(
            f"{image.height}x{image.width} pixels exceed the limit of {limit} (max_pixels)"
        )


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; Pillow itself rotates TIFF files upright."""
    if _EXIF_KEYS.isdisjoint(image.info) or image.format == "TIFF":
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Damaged metadata does not affect the pixels.
        return 1
    return orientation if orientation in _TRANSPOSE else 1


def to_mode(image: Image.Image, mode: Mode | None, background: int = 255) -> Image.Image:
    """Return the image as 8-bit gray or RGB, with transparent parts over the background."""
    if image.mode == mode and "transparency" not in image.info:
        return image
    image = with_alpha(image)
    if image.mode in _WITH_ALPHA:  # "A" in its bands says nothing: LAB has a band of this name
        opaque = image.convert(image.mode.removesuffix("A"))
        paper = Image.new(opaque.mode, image.size, (background,) * len(opaque.getbands()))
        paper.paste(opaque, mask=image.getchannel("A"))
        image = paper
    if mode is None:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    if image.mode == mode:
        return image
    # Gray from a color space other than RGB goes by way of RGB.
    if image.mode not in ("1", "L", "P", "RGB"):
        image = image.convert("RGB")
    return image.convert(mode)


def with_alpha(image: Image.Image) -> Image.Image:
    """Return the image with 8-bit pixels, LA or RGBA if it has any transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_numeric_mode(image)
    if image.mode == "La":
        return image.convert("LA")
    if image.mode in ("PA", "RGBa") or _has_transparent_color(image):
        return image.convert("RGBA")
    return image


def _has_transparent_color(image: Image.Image) -> bool:
    """Return whether a level, a color or an entry of the palette stands for transparency."""
    if image.mode == "P" and image.palette is not None and image.palette.mode == "RGBA":
        return True
    return image.mode in ("1", "L", "P", "RGB") and "transparency" in image.info


def _from_numeric_mode(image: Image.Image) -> Image.Image:
    """Return an image of 16-bit, 32-bit or floating-point pixels in 8-bit gray, or with alpha."""
    pixels = np.asarray(image)
    gray = Image.fromarray(_numeric_mode_to_uint8(image.mode, pixels))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int | float):
        gray.putalpha(Image.fromarray(to_uint8(pixels != transparent)))
    return gray


def _numeric_mode_to_uint8(mode: str, pixels: np.ndarray) -> np.ndarray:
    if mode == "I" and pixels.min() >= 0 and 255 < pixels.max() <= 65535:
        # Pillow has no 16-bit mode for some files and returns 32-bit integers.
        pixels = pixels.astype(np.uint16)
    return to_uint8(pixels)


def from_array(pixels: np.ndarray) -> Image.Image:
    """Return an array of pixels as an 8-bit Pillow image of mode L, LA, RGB or RGBA."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (2, 3, 4))):
        raise ValueError(
            f"an array of shape {pixels.shape} is not an image; expected (height, width) or "
            "(height, width, channels) with 1 to 4 channels"
        )
    if pixels.size == 0:
        raise ValueError(f"an array of shape {pixels.shape} has no pixels")
    return Image.fromarray(to_uint8(pixels))


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """Scale pixel values to 8 bits, according to their dtype and range.

    Boolean False/True becomes 0/255; uint16 is treated as 0..65535, or as pixels of 8, 10 or 12
    bits if no value exceeds their range; other integers as 0..255; floats as 0..1 if none is above
    1, else as 0..255. Anything else is an error.
    """
    dtype = pixels.dtype
    if dtype == np.uint8:
        return np.asarray(pixels)
    if dtype == np.bool_:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    if dtype.kind == "u" and dtype.itemsize == 2:
        brightest = pixels.max()
        white = next((white for white in _WHITE_OF_FEW_BITS if brightest <= white), 65535)
        return ((pixels.astype(np.uint32) * 510 + white) // (2 * white)).astype(np.uint8)
    if dtype.kind not in "iuf":
        raise TypeError(f"pixels of dtype {dtype}; expected uint8, uint16 or float")
    low, high = pixels.min(), pixels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("pixels are NaN or infinite")
    if low < 0 or high > 255:
        hint = " (16-bit pixels: use dtype uint16)" if dtype.kind in "iu" and low >= 0 else ""
        raise ValueError(f"{dtype} pixels from {low} to {high}, outside 0..255{hint}")
    if dtype.kind in "iu":
        return pixels.astype(np.uint8)
    return np.rint(pixels * 255.0 if high <= 1 else pixels).astype(np.uint8)


def to_array(image: Image.Image) -> np.ndarray:
    """Return the pixels of a gray or RGB image as (height, width, channels) uint8."""
    # Quicker for small images than np.asarray(image), which asks the image for its interface.
    n_channels = len(image.getbands())
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, n_channels)

"""The supported image formats and their file extensions."""

from __future__ import annotations

import io
from importlib.util import find_spec

from PIL import Image, UnidentifiedImageError, features

# Only formats that Pillow decodes itself, to the pixels that the header announces. Others run
# programs (EPS, WMF), hold files of other formats (ICO, ICNS), or are decoded by slow Python code
# (QOI).
_FORMATS = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
_NAMES = ["PNG", "JPEG", "BMP", "TIFF", "GIF", "WebP", "PPM/PGM"]
if features.check("jpg_2000"):
    _FORMATS["JPEG2000"] = (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc")
    _NAMES.append("JPEG 2000")
if "avif" in features.modules and features.check("avif"):  # Pillow 11.3 and later
    _FORMATS["AVIF"] = (".avif",)
    _NAMES.append("AVIF")
_FORMATS["TGA"] = (".tga",)  # the last: its files have no signature
_NAMES.append("TGA")

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HEIC_EXTENSIONS = (".heic", ".heif", ".hif")
# The distance of two levels, in 8 bits, where pixels have 2 or 4.
_STEPS = {"L;2": 85, "L;4": 17}
_LFS = b"version https://git-lfs"
_ICO = b"\0\0\1\0"


def extensions() -> frozenset[str]:
    """Return the extensions of supported files, in lower case."""
    heic = _HEIC_EXTENSIONS if find_spec("pillow_heif") else ()
    return frozenset({*heic}.union(*_FORMATS.values()))


def open_image(data: bytes) -> Image.Image:
    """Open an encoded image without decoding its pixels.

    Raises
    ------
    ValueError
        If it is not an image, or its format is not supported.
    """
    if _is_heic(data):
        return _open_heic(data)
    if data.startswith(b"%PDF"):
        raise ValueError("a PDF document, not an image; save its pages as PNG files")
    if data.startswith(_LFS):
        raise ValueError("a Git LFS pointer, not the image itself; git lfs pull fetches the image")
    if data[:100].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise ValueError("a web page, not an image; perhaps a download that failed")
    formats = [name for name in _FORMATS if name != "TGA" or not data.startswith(_ICO)]
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        raise ValueError(f"not an image in a known format ({', '.join(_NAMES)})") from None
    except Image.DecompressionBombError:
        raise ValueError(
            "more pixels than twice the limit of "
            f"{Image.MAX_IMAGE_PIXELS} (PIL.Image.MAX_IMAGE_PIXELS)"
        ) from None
    _scale_transparency(image)
    return image


def _scale_transparency(image: Image.Image) -> None:
    """Convert the transparent level or color of a PNG to 8 bits, as Pillow does with the pixels."""
    transparent = image.info.get("transparency")
    tile = getattr(image, "tile", None)
    if image.format != "PNG" or transparent is None or not tile:
        return
    kind = tile[0][3]  # how the pixels are stored
    if kind in _STEPS:
        image.info["transparency"] = transparent * _STEPS[kind]
    elif kind == "RGB;16B":
        image.info["transparency"] = tuple(level >> 8 for level in transparent)


def _is_heic(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    # The main brand, its version, and all others.
    end = min(int.from_bytes(data[:4], "big"), 256)
    return not _HEIC_BRANDS.isdisjoint(data[i : i + 4] for i in range(8, end, 4))


def _open_heic(data: bytes) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise ValueError(
            "a HEIC image, which needs the package pillow-heif: pip install pillow-heif, or save "
            "it as JPEG or PNG"
        ) from None
    return HeifImageFile(io.BytesIO(data))

"""The image reading settings of an exported network, checked before any image is read.

Nothing here imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

from ..images._ink_version import VERSION
from ._archive import LoadError

_MOST_READERS = 10
_MOST_PIXELS = 89_478_485  # as Pillow has it


def _is_whole(value: Any, least: int, most: float = float("inf")) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(*values: Any) -> Callable[[Any], bool]:
    return lambda value: any(value is known or value == known for known in values)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 0.5


_OF_ALL: dict[str, Callable[[Any], bool]] = {
    "background": lambda value: _is_whole(value, 0, 255),
    "max_pixels": lambda value: value is None or _is_whole(value, 1),
}
_PARAMETERS = {
    "ImageLoader": {
        **_OF_ALL,
        "mode": _one_of("L", "RGB"),
        "keep_aspect": lambda value: isinstance(value, bool),
    },
    "InkNormalizer": {
        **_OF_ALL,
        "polarity": _one_of("auto", "light-on-dark", "dark-on-light"),
        "margin": _is_share,
        "center": _one_of("box", "mass"),
        "stroke_width": _is_share,
        "version": lambda value: _is_whole(value, 1),
    },
}


class Reader(NamedTuple):
    """A reading step.

    Attributes
    ----------
    read : function
        Maps one image of any kind, and a pixel limit, to a ``ReadImage``.
    finds_ink : bool
        Whether the output is black because no ink was found.
    """

    read: Callable[[Any, int | None], Any]
    finds_ink: bool


class Reading(NamedTuple):
    """The preprocessing of an image before the network.

    Attributes
    ----------
    image_shape : tuple of int
        Height, width and channels of the network's input.
    n_features : int
        Pixels of a flat row, padded with zeros to the image's shape.
    readers : list of Reader
        One after the other.
    flat : bool
        Whether the last of them is followed by flattening.
    takes_uint8_only : bool
        Whether arrays must be uint8.
    ink_version : int
        The earliest ink version of the readers; the current one if none finds ink.
    """

    image_shape: tuple[int, int, int]
    n_features: int
    readers: list[Reader]
    flat: bool
    takes_uint8_only: bool
    ink_version: int


def read_reading(metadata: Mapping[str, Any]) -> Reading:
    """Return the reading settings from the metadata of a file.

    Raises
    ------
    LoadError
        If :func:`skhcr.export` cannot have written them.
    """
    shape, n_features = metadata["image_shape"], metadata["n_features"]
    if len(shape) != 3 or not all(_is_whole(n, 1) for n in shape) or prod(shape) > 3 * _MOST_PIXELS:
        raise LoadError(f"its images are of shape {_short(shape)}")
    if not _is_whole(n_features, 1, prod(shape)):
        raise LoadError(f"its images have {_short(n_features)} pixels, and are of shape {shape}")
    readers, flat = metadata["readers"], metadata["flat"]
    if len(readers) > _MOST_READERS:
        raise LoadError(f"it reads every image {len(readers):,} times")
    steps = [_reader(**description) for description in readers]
    of_ink = [reader.get("version", 1) for reader in readers if reader["kind"] == "InkNormalizer"]
    if readers and readers[-1]["size"] is not None:
        made = [*readers[-1]["size"], 3 if readers[-1].get("mode") == "RGB" else 1]
        fits = prod(made) == n_features if flat else made == list(shape)
        if not fits:
            raise LoadError(f"it reads images of shape {made} for a network that expects {shape}")
    takes_uint8_only = bool(metadata["takes_uint8_only"])
    ink_version = min(of_ink, default=VERSION)
    return Reading(tuple(shape), n_features, steps, bool(flat), takes_uint8_only, ink_version)


def _reader(kind: str, size: Any, **parameters: Any) -> Reader:
    """Return the reader for a description. A limit of None is that of the file."""
    checks = _PARAMETERS.get(kind)
    if checks is None:
        raise LoadError(
            f"it reads images with {_short(kind)}, which this version of skhcr does not support"
        )
    if kind == "InkNormalizer":
        parameters = {"version": 1, "stroke_width": 0.0, **parameters}
    if parameters.keys() != checks.keys():
        raise LoadError(f"it reads images with {kind} and unknown parameters")
    for name, is_right in checks.items():
        if not is_right(parameters[name]):
            raise LoadError(f"it reads images with {kind} and {name}={_short(parameters[name])}")
    if size is not None:
        is_size = len(size) == 2 and all(_is_whole(n, 1) for n in size)
        if not is_size or prod(size) > _MOST_PIXELS:
            raise LoadError(f"it makes images of size {_short(size)}")
        size = (size[0], size[1])
    from ..images._resample import read_image

    read: Any = read_image
    if kind == "InkNormalizer":
        try:
            from ..images._crop import read_ink
        except ImportError as error:
            raise ImportError(
                "This file reads images with InkNormalizer, which needs another package "
                f"({error}): pip install scipy."
            ) from error
        read = read_ink
        if parameters.pop("version") > VERSION:
            raise LoadError("a later version of skhcr exported it: update skhcr")
    of_file = parameters.pop("max_pixels")

    def read_one(item: Any, limit: int | None) -> Any:
        max_pixels = of_file if limit is None else limit
        return read(item, size, max_pixels=max_pixels, **parameters)

    return Reader(read_one, finds_ink=kind == "InkNormalizer")


def _short(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}..."

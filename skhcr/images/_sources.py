"""Split the user's ``X`` into single images, without decoding them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
from PIL import Image


def as_items(X: Any) -> list[Any]:
    """Split ``X`` into its images.

    Parameters
    ----------
    X : array-like of shape (n,) or (n, 1), data frame with one column, or numeric array of \
            shape (n, h, w) or (n, h, w, c)
        Images of any kind supported by :func:`skhcr.images._decode.decode`.

    Returns
    -------
    items : list of length n

    Raises
    ------
    ValueError
        If ``X`` is empty, a single image, or of a shape that cannot be images.
    """
    if isinstance(X, (str, bytes, bytearray, memoryview, os.PathLike, Image.Image)) or hasattr(
        X, "read"
    ):
        raise ValueError(f"X is a single image ({describe(X)}); pass a list of images: [X].")
    if isinstance(X, (Mapping, Set)):
        raise ValueError(f"X must be a sequence of images, got a {type(X).__name__}.")

    items: list[Any]
    if hasattr(X, "columns"):  # pandas, polars and other data frames
        if len(X.columns) != 1:
            raise ValueError(
                f"X must have one column, the images; this data frame has {len(X.columns)}: "
                f"{list(X.columns)[:5]}. Pass the one column with the images."
            )
        items = list(X[X.columns[0]])
    elif isinstance(X, (list, tuple)):
        items = list(X)
    elif hasattr(X, "__array__") and np.ndim(X) != 1:
        items = _split_array(np.asarray(X))
    else:
        try:
            items = list(X)
        except TypeError:
            raise ValueError(
                f"X must be a sequence of images, got {type(X).__name__}: {X!r}."
            ) from None
    if not items:
        raise ValueError("X is empty: at least one image is needed.")
    return items


def _split_array(X: np.ndarray) -> list[Any]:
    is_numeric = X.dtype.kind in "biuf"
    if is_numeric and X.ndim in (3, 4):
        return list(X)
    if not is_numeric and X.ndim == 2 and X.shape[1] == 1:
        return list(X[:, 0])
    if is_numeric and X.ndim == 2:
        hint = "For flat pixels use X.reshape(-1, height, width) first; for one image, X[None]."
    else:
        hint = "Pass a 1-D array of images, or numbers of shape (n, h, w) or (n, h, w, c)."
    raise ValueError(f"X of shape {X.shape} and dtype {X.dtype} is not an array of images. {hint}")


def describe(source: Any) -> str:
    """Return the name of an image for messages: its path if it has one."""
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        return repr(str(path) if isinstance(path, str) else path)  # NumPy's texts name their type
    if isinstance(source, (bytes, bytearray, memoryview)):
        return f"{type(source).__name__} of length {len(source)}"
    if isinstance(source, Image.Image):
        path = getattr(source, "filename", "")
        size = f"PIL image, {source.height}x{source.width}, mode {source.mode}"
        return f"{path!r} ({size})" if path else size
    if isinstance(source, np.ndarray):
        return f"array of shape {source.shape}, dtype {source.dtype}"
    if isinstance(getattr(source, "name", None), str) and hasattr(source, "read"):
        return f"open file {source.name!r}"
    if hasattr(source, "read"):
        return f"open file ({type(source).__name__})"
    if isinstance(source, (int, float)):
        return f"{type(source).__name__} {source!r}"
    return type(source).__name__

"""Exact copies in a data set."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._messages import counted


def deduplicate(images: np.ndarray, target: Sequence[Any] | np.ndarray | None = None) -> np.ndarray:
    """Find one copy of every image, so that no test image is also a training image.

    Call it before any split: copies in both the training and the test set make the accuracy too
    high.

    Parameters
    ----------
    images : array-like of shape (n, ...), of numbers
        Images or flat rows. Two are copies of each other if all their numbers are the same.
    target : array-like of shape (n,), default=None
        Their labels. If given, images whose copies have different labels are excluded completely,
        because the right label is unknown.

    Returns
    -------
    ndarray of shape (n_kept,), dtype int
        Indices of the first copies, ascending.

    Raises
    ------
    ValueError
        If `images` is not an array of numbers with a row for every image, or `target` has another
        length.

    Warns
    -----
    UserWarning
        If images are excluded because the labels of their copies differ.

    Notes
    -----
    Images are compared by 128-bit digests, so memory use is little more than the images themselves.

    Examples
    --------
    >>> import numpy as np
    >>> from skhcr.datasets import deduplicate
    >>> images = np.array([[[0, 1]], [[0, 2]], [[0, 1]]], dtype=np.uint8)
    >>> rows = deduplicate(images, ["a", "b", "a"])
    >>> rows
    array([0, 1])
    >>> images[rows].shape
    (2, 1, 2)
    """
    images = np.asarray(images)
    if images.ndim < 2 or images.dtype.kind not in "buif":
        raise ValueError(
            "images must be an array of numbers of shape (n, height, width) or (n, n_pixels). "
            f"Got an array of shape {images.shape} and dtype {images.dtype} instead."
        )
    first_by_digest: dict[bytes, int] = {}
    first = np.fromiter(
        (first_by_digest.setdefault(_digest(image), i) for i, image in enumerate(images)),
        dtype=np.intp,
        count=len(images),
    )
    kept = np.unique(first)
    if target is None:
        return kept
    labels = np.asarray(target)
    if labels.shape != (len(images),):
        raise ValueError(
            f"target must contain one label for each of the {len(images)} images. Got an array of "
            f"shape {labels.shape} instead."
        )
    copies = np.flatnonzero(first != np.arange(len(images)))
    copies = copies[labels[copies] != labels[first[copies]]]
    if len(copies):
        disputed = np.unique(first[copies])
        kept = np.setdiff1d(kept, disputed, assume_unique=True)
        warnings.warn(
            f"Excluded {counted(len(disputed), 'image')} whose copies have different labels, "
            f"such as {labels[first[copies[0]]]!s} at index {first[copies[0]]} and "
            f"{labels[copies[0]]!s} at index {copies[0]}.",
            UserWarning,
            stacklevel=2,
        )
    return kept


def _digest(image: np.ndarray) -> bytes:
    if image.dtype.kind == "f":
        image = image + 0.0  # -0.0 becomes 0.0, which is the same number
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()

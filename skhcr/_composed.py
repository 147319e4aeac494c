"""Images that are no character, composed of images of characters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def composed(images: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield eight kinds of images that are no character, or only sometimes.

    Two characters over each other, two narrow and two small ones beside each other, quarters of
    four characters, half a character, a mirrored one, one on its side, and one with its quarters in
    another order.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        Images of characters.
    rng : Generator
        Selects the images that are composed.

    Yields
    ------
    ndarray of shape (n, height, width, channels), float32
        A character on its side is upside down if images are not square.
    """
    images = images.astype(np.float32)
    height, width = images.shape[1:3]
    paper = np.median(images, axis=(0, 1, 2))
    top, left = slice(height // 2), slice(width // 2)
    bottom, right = slice(height // 2, None), slice(width // 2, None)

    def others() -> np.ndarray:
        return rng.permutation(images)

    other = others()
    yield np.where(abs(images - paper) >= abs(other - paper), images, other)

    narrow = _halved(images, axis=2)
    yield _beside(narrow, rng.permutation(narrow), images.shape, paper)
    small = _halved(narrow, axis=1)
    yield _beside(small, rng.permutation(small), images.shape, paper)

    quarters = images.copy()
    for rows, columns in ((top, right), (bottom, left), (bottom, right)):
        quarters[:, rows, columns] = others()[:, rows, columns]
    yield quarters

    halves = images.copy()
    everything = slice(None)
    cuts = ((top, everything), (bottom, everything), (everything, left), (everything, right))
    for image, cut in zip(halves, rng.integers(4, size=len(images)), strict=True):
        image[cuts[cut]] = paper
    yield halves

    yield images[:, :, ::-1]
    yield np.rot90(images, axes=(1, 2)) if height == width else images[:, ::-1]
    yield np.roll(images, (height // 2, width // 2), axis=(1, 2))


def _halved(images: np.ndarray, axis: int) -> np.ndarray:
    """Return images of half the height or width, without an odd last row or column."""
    in_front = np.moveaxis(images, axis, 0)
    n_pairs = len(in_front) // 2
    return np.moveaxis((in_front[: 2 * n_pairs : 2] + in_front[1 : 2 * n_pairs : 2]) / 2, 0, axis)


def _beside(
    one: np.ndarray, other: np.ndarray, shape: tuple[int, ...], paper: np.ndarray
) -> np.ndarray:
    """Return images side by side, in the middle of paper."""
    both = np.concatenate([one, other], axis=2)
    out = np.broadcast_to(paper, shape).astype(np.float32)
    top = (shape[1] - both.shape[1]) // 2
    out[:, top : top + both.shape[1], : both.shape[2]] = both
    return out

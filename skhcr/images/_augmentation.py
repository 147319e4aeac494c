"""The recipe by which training images vary, and the array that carries it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._renamed import with_new_names
from ._border import border_median
from ._warp import (
    Fill,
    add_noise,
    affine_inverse,
    elastic_fields,
    erase_patches,
    warp,
)

# As many pixels are varied at a time as stay in a core's cache with all intermediate results.
_PIXELS_AT_A_TIME = 2**14


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How training images vary: the recipe that :class:`skhcr.ImageAugmenter` hands on.

    It holds plain numbers and no state, so it can be shared between threads and processes.

    Parameters
    ----------
    rotation, zoom, shear, elastic, elastic_sigma, erase, noise, fill
        See :class:`skhcr.ImageAugmenter`.
    translation : tuple of two floats
        Vertical and horizontal shift, as fractions of height and width.
    seed : int or None
        A number for whoever draws to derive its random generators from; None where the augmenter
        has no ``random_state``. :meth:`draw` does not use it.
    """

    rotation: float = 0.0
    translation: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    elastic_sigma: float = 4.0
    erase: float = 0.0
    noise: float = 0.0
    fill: Fill = "background"
    seed: int | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(with_new_names(self, state))

    def draw(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a new random variation of every image.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images of any real dtype. They are not changed.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        ndarray of shape (n, height, width, channels)
            A new array of the same dtype; integers are rounded.
        """
        n, height, width, _ = images.shape
        step = max(1, _PIXELS_AT_A_TIME // max(1, height * width))
        drawn = np.array(images)
        if images.size:
            for start in range(0, n, step):
                rows = slice(start, start + step)
                drawn[rows] = self._draw_at_once(drawn[rows], rng)
        return drawn

    def _draw_at_once(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        originals = images
        if self.rotation or self.zoom or self.shear or self.elastic or any(self.translation):
            images = self._move(images, rng)
        if self.erase:
            background = border_median(originals)
            images = erase_patches(images, background, probability=self.erase, rng=rng)
        if self.noise:
            images = add_noise(images, originals, std=self.noise, rng=rng)
        return images

    def _move(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, height, width, _ = images.shape
        amounts = rng.uniform(-1, 1, (n, 6))
        matrices = affine_inverse(
            rotation=math.radians(self.rotation) * amounts[:, 0],
            scale=1 + self.zoom * amounts[:, 1:3],
            shear=self.shear * amounts[:, 3],
        )
        shifts = np.multiply(self.translation, (height, width)) * amounts[:, 4:]
        displacements = None
        if self.elastic:
            displacements = elastic_fields(n, height, width, sigma=self.elastic_sigma, rng=rng)
            displacements *= self.elastic
        return warp(images, matrices, shifts, displacements, fill=self.fill)


class AugmentedImages(np.ndarray):
    """Training images together with the recipe by which they may be varied.

    An ordinary array of the pixels as they are, with one attribute more. Slices, rows picked by
    index, reshaped and cast copies, results of arithmetic, pickles and ``copy.deepcopy`` keep the
    attribute; ``np.asarray`` drops it, and so may functions that build a new array out of several,
    such as ``np.concatenate``.

    Attributes
    ----------
    augmentation : Augmentation or None
        The recipe. :class:`skhcr.CNNClassifier` draws from it during training.
    """

    augmentation: Augmentation | None

    def __array_finalize__(self, obj: Any) -> None:
        self.augmentation = getattr(obj, "augmentation", None)

    @property
    def seed(self) -> int | None:
        """The recipe's seed."""
        return None if self.augmentation is None else self.augmentation.seed

    def __reduce__(self) -> Any:
        pickled: Any = super().__reduce__()
        rebuild, args, array_state = pickled
        return rebuild, args, (array_state, self.augmentation)

    def __setstate__(self, state: Any) -> None:
        array_state, self.augmentation = state
        super().__setstate__(array_state)

"""The augmentation recipe for training images, and the array that carries it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._renamed import with_new_names
from ._border import paper_of
from ._lost import Watch, arguments_of_cached_call, warn_of_loss, watch
from ._warp import (
    Fill,
    add_noise,
    affine_inverse,
    elastic_fields,
    erase_patches,
    warp,
)

# Number of pixels augmented at a time, so that all intermediate results fit in a core's cache.
_PIXELS_AT_A_TIME = 2**14


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """The augmentation recipe of :class:`skhcr.ImageAugmenter`.

    It contains plain numbers and no state, so threads and processes can share it.

    Parameters
    ----------
    rotation, zoom, shear, elastic, elastic_sigma, erase, noise, fill
        See :class:`skhcr.ImageAugmenter`.
    translation : tuple of two floats
        Vertical and horizontal shift, as fractions of height and width.
    seed : int or None
        Seed for random generators; None if the augmenter has no ``random_state``. :meth:`draw` does
        not use it.
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

    @property
    def varies(self) -> bool:
        """Whether any amount is above 0."""
        return bool(self._moves or self.erase or self.noise)

    @property
    def _moves(self) -> bool:
        amounts = (self.rotation, *self.translation, self.zoom, self.shear, self.elastic)
        return any(amounts)

    def draw(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a new random variation of every image.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images of any real dtype. They are not changed.
        rng : numpy.random.Generator
            Random number generator.

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
        if self._moves:
            images = self._move(images, rng)
        if self.erase:
            background = paper_of(originals)
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
    """Training images with their augmentation recipe.

    An ordinary array of the unchanged pixels with one additional attribute. Slices, indexed rows,
    reshaped and cast copies, results of arithmetic, pickles and ``copy.deepcopy`` keep the
    attribute. ``np.concatenate``, ``np.stack`` and similar functions keep it if all images have the
    same recipe; otherwise the result has none, and there is a warning. ``np.asarray`` and other
    functions that build a new array drop it.

    While a pipeline is fitted, images whose recipe is never used give an
    :class:`AugmentationLostWarning`.

    Attributes
    ----------
    augmentation : Augmentation or None
        The recipe. :class:`skhcr.CNNClassifier` uses it during training.
    """

    _recipe: Augmentation | None
    _watch: Watch | None

    def __array_finalize__(self, obj: Any) -> None:
        self._recipe = getattr(obj, "_recipe", None)
        self._watch = getattr(obj, "_watch", None)

    @property
    def augmentation(self) -> Augmentation | None:
        """The recipe."""
        self._settle()
        return self._recipe

    @augmentation.setter
    def augmentation(self, recipe: Augmentation | None) -> None:
        self._settle()
        self._recipe = recipe
        self._watch = watch() if recipe is not None and recipe.varies else None

    @property
    def seed(self) -> int | None:
        """The recipe's seed."""
        return None if self._recipe is None else self._recipe.seed

    def _settle(self) -> None:
        if self._watch is not None:
            self._watch.is_settled = True

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(func, types, args, kwargs)
        # All NumPy functions that join images call this one.
        if func is np.concatenate and type(result) is np.ndarray and kwargs.get("out") is None:
            return _joined(result, args[0])
        return result

    def __reduce__(self) -> Any:
        pickled: Any = super().__reduce__()
        rebuild, args, array_state = pickled
        arguments = arguments_of_cached_call()
        if arguments is None:
            self._settle()  # another process may read the recipe
        is_of_argument = any(each._recipe is self._recipe for each in _augmented(arguments or ()))
        return rebuild, args, (array_state, self._recipe, is_of_argument)

    def __setstate__(self, state: Any) -> None:
        array_state, recipe, *is_of_argument = state
        super().__setstate__(array_state)
        # joblib identifies a result by the pixels of the arguments, but their recipe may have
        # changed.
        origins = _augmented(arguments_of_cached_call() or ())
        if any(is_of_argument) and origins:
            self._recipe, self._watch = origins[0]._recipe, origins[0]._watch
        else:
            self.augmentation = recipe


def _augmented(values: Any) -> list[AugmentedImages]:
    return [value for value in values if isinstance(value, AugmentedImages)]


def _joined(images: np.ndarray, parts: Any) -> np.ndarray:
    """Return joined images with their common recipe; different recipes give a warning and none."""
    recipes = {part._recipe if isinstance(part, AugmentedImages) else None for part in parts}
    augmented = _augmented(parts)
    kept = None
    if len(recipes) == 1:
        joined = images.view(AugmentedImages)
        joined._recipe, joined._watch = augmented[0]._recipe, augmented[0]._watch
        images, kept = joined, joined._watch
    elif any(recipe is not None and recipe.varies for recipe in recipes):
        step = next((f" of the step {part._watch.step!r}" for part in augmented if part._watch), "")
        warn_of_loss(
            f"Images with the recipe{step} for augmentation were joined with images that have "
            "another recipe, or none (np.concatenate, np.stack or similar). The result has no "
            "recipe, and no classifier will augment it. Join images before ImageAugmenter."
        )
    for part in augmented:
        if part._watch is not kept:
            part._settle()
    return images

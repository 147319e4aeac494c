"""The recipe by which training images vary, and the array that carries it."""

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
        A number from which random generators can be derived; None where the augmenter
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
    """Training images together with the recipe by which they may be varied.

    An ordinary array of the pixels as they are, with one attribute more. Slices, rows picked by
    index, reshaped and cast copies, results of arithmetic, pickles and ``copy.deepcopy`` keep the
    attribute; so do ``np.concatenate``, ``np.stack`` and the like, where all the images have the
    same recipe, while a mixture has none, and a warning. ``np.asarray`` drops it, and so do other
    functions that build a new array.

    While a pipeline is fitted, images that end without anyone having read their attribute give an
    :class:`AugmentationLostWarning`.

    Attributes
    ----------
    augmentation : Augmentation or None
        The recipe. :class:`skhcr.CNNClassifier` draws from it during training.
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
        # Of all NumPy's functions that join images, this is the one that does it.
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
        # joblib finds a result by the pixels of the arguments, not by their recipe, which may be
        # another one than it was.
        origins = _augmented(arguments_of_cached_call() or ())
        if any(is_of_argument) and origins:
            self._recipe, self._watch = origins[0]._recipe, origins[0]._watch
        else:
            self.augmentation = recipe


def _augmented(values: Any) -> list[AugmentedImages]:
    return [value for value in values if isinstance(value, AugmentedImages)]


def _joined(images: np.ndarray, parts: Any) -> np.ndarray:
    """Return joined images with the recipe of all their parts; a mixture warns and gets none."""
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
            f"Images with the recipe{step} to vary them were joined with images that have another "
            f"one, or none (np.concatenate, np.stack or the like): the result has none, and no "
            f"classifier will vary it. Join images before they come to ImageAugmenter."
        )
    for part in augmented:
        if part._watch is not kept:
            part._settle()
    return images

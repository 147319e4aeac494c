"""The parameters of augmentation, and the images that it takes."""

from __future__ import annotations

import inspect
from numbers import Real
from typing import Any, ClassVar, TypeVar

import numpy as np
from sklearn.utils import Tags, check_random_state

from .._compat import Interval, InvalidParameterError, StrOptions
from ._augmentation import Augmentation
from ._base import StatelessEstimator
from ._flat import as_images, square_shape
from ._warp import Fill

_USE_LOADER = (
    "Put skhcr.ImageLoader(size=(32, 32)) before it in the pipeline: it reads files and resizes "
    "images to one size."
)
_Class = TypeVar("_Class", bound=type)


class AugmentationParameters(StatelessEstimator):
    """The parameters shared by :class:`ImageAugmenter` and :class:`AugmentingSampler`.

    Parameters
    ----------
    rotation : float, default=15.0
        Largest rotation in degrees, to either side.
    translation : float or pair of floats, default=0.1
        Largest shift to either side, as a fraction of the image's height and width; a pair is
        (vertical, horizontal).
    zoom : float, default=0.15
        Height and width are scaled by independent factors in ``[1 - zoom, 1 + zoom]``.
    shear : float, default=0.2
        Largest slant, to either side, as the horizontal offset per row: 0.2 moves a pixel by up to
        a fifth of its vertical distance from the center.
    elastic : float, default=0.0
        Elastic distortion [1]_: the standard deviation, in pixels, of a smooth random displacement
        in each direction. About 1 suits 32 x 32 pixels.
    elastic_sigma : float, default=4.0
        Standard deviation, in pixels, of the Gaussian that smooths the displacement; larger values
        bend a letter as a whole, smaller ones make its strokes shaky.
    erase : float, default=0.0
        Probability that a rectangle is painted over with background; its sides are 10 to 20 percent
        of the image's. It may cover a dot, so use small values for letters that differ by their
        dots.
    noise : float, default=0.0
        Standard deviation of Gaussian noise, as a fraction of the image's range of values, to which
        the noisy image is clipped.
    fill : {"background", "edge"}, default="background"
        Fill value for pixels outside an image: its background, which is the median of its border
        pixels, or of those within a frame; or its nearest border pixel. "edge" suits unevenly lit
        paper, but smears strokes and specks that touch the border.
    random_state : int, RandomState or None, default=None
        An int makes the augmentation reproducible. If a classifier draws it, also set the
        classifier's ``random_state``.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rotation": [Interval(Real, 0, 180, closed="both")],
        "translation": [Interval(Real, 0, 1, closed="both"), tuple, list],
        "zoom": [Interval(Real, 0, 1, closed="left")],
        "shear": [Interval(Real, 0, None, closed="left")],
        "elastic": [Interval(Real, 0, None, closed="left")],
        "elastic_sigma": [Interval(Real, 0, None, closed="neither")],
        "erase": [Interval(Real, 0, 1, closed="both")],
        "noise": [Interval(Real, 0, 1, closed="both")],
        "fill": [StrOptions({"edge", "background"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        rotation: float = 15.0,
        translation: float | tuple[float, float] = 0.1,
        zoom: float = 0.15,
        shear: float = 0.2,
        elastic: float = 0.0,
        elastic_sigma: float = 4.0,
        erase: float = 0.0,
        noise: float = 0.0,
        fill: Fill = "background",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.rotation = rotation
        self.translation = translation
        self.zoom = zoom
        self.shear = shear
        self.elastic = elastic
        self.elastic_sigma = elastic_sigma
        self.erase = erase
        self.noise = noise
        self.fill = fill
        self.random_state = random_state

    def preview(self, X: Any, *, n: int = 8) -> np.ndarray:
        """Return augmented images for inspection.

        Parameters
        ----------
        X : array-like of shape (n_images, height, width), (n_images, height, width, channels) or \
(n_images, n_pixels)
            Images. Flat rows must be square images of one channel.
        n : int, default=8
            Number of augmented versions of each image.

        Returns
        -------
        ndarray of shape (n_images, n, height, width, channels)
            Of the dtype of `X`.
        """
        self._check_parameters()
        images = as_image_array(as_pixels(X))
        recipe = self._recipe()
        drawn = recipe.draw(np.repeat(images, n, axis=0), np.random.default_rng(recipe.seed))
        return drawn.reshape(len(images), n, *images.shape[1:])

    def _recipe(self) -> Augmentation:
        seed = None
        if self.random_state is not None:
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return Augmentation(
            rotation=self.rotation,
            translation=self._translation_pair(),
            zoom=self.zoom,
            shear=self.shear,
            elastic=self.elastic,
            elastic_sigma=self.elastic_sigma,
            erase=self.erase,
            noise=self.noise,
            fill=self.fill,
            seed=seed,
        )

    def _translation_pair(self) -> tuple[float, float]:
        given: Any = self.translation
        pair = (given, given) if isinstance(given, Real) else tuple(given)
        if len(pair) != 2 or not all(isinstance(s, Real) and 0 <= float(s) <= 1 for s in pair):
            raise InvalidParameterError(
                f"The 'translation' parameter of {type(self).__name__} must be a number from 0 to "
                f"1 or a pair (vertical, horizontal) of them. Got {given!r} instead."
            )
        return pair

    def _check_parameters(self) -> None:
        super()._check_parameters()
        self._translation_pair()

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def with_described_parameters(kind: _Class) -> _Class:
    """Replace ``{parameters}`` in a class's docstring by the descriptions of the parameters."""
    if AugmentationParameters.__doc__ and kind.__doc__:  # absent under python -OO
        _, _, parameters = inspect.cleandoc(AugmentationParameters.__doc__).partition("---\n")
        kind.__doc__ = inspect.cleandoc(kind.__doc__).replace("{parameters}", parameters)
    return kind


def as_pixels(X: Any) -> np.ndarray:
    """Return images as an array; raise an error that names what is wrong with them."""
    try:
        pixels = np.asarray(X)
    except ValueError as error:
        shapes = [np.shape(image) for image in X]
        other = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
        if other is None:
            raise
        raise ValueError(
            f"Augmentation needs images of one size, but X[0] has shape {shapes[0]} and "
            f"X[{other}] has shape {shapes[other]}. {_USE_LOADER}"
        ) from error
    if pixels.dtype.kind not in "buif":
        raise ValueError(
            f"Augmentation takes arrays of numbers, but X has dtype {pixels.dtype}. {_USE_LOADER}"
        )
    if pixels.ndim not in (2, 3, 4):
        raise ValueError(
            f"Augmentation takes images as (n, height, width), (n, height, width, channels) or "
            f"flat (n, n_pixels), but X has shape {pixels.shape}. Pass X[None] if it is a single "
            f"image."
        )
    return pixels


def as_image_array(pixels: np.ndarray) -> np.ndarray:
    """Return pixels with the shape (n, height, width, channels); flat rows must be square."""
    if pixels.ndim == 2:
        advice = "Reshape X to (n, height, width, channels) before ImageAugmenter."
        return as_images(pixels, square_shape(pixels.shape[1], advice))
    return pixels[..., None] if pixels.ndim == 3 else pixels

"""Augmented copies of training images, for classifiers without augmentation."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from .._compat import Interval
from ._augmentation_parameters import AugmentationParameters, as_image_array, as_pixels
from ._warp import Fill


class AugmentingSampler(AugmentationParameters):
    """Append augmented copies of every training image, as an imbalanced-learn sampler.

    Support vector machines, forests and other classifiers do not augment their training data,
    unlike :class:`skhcr.CNNClassifier` after :class:`ImageAugmenter`. In an imbalanced-learn
    pipeline, this step gives them more images: the original ones and `copies` augmented versions of
    each. All classes grow by the same factor.

    Parameters
    ----------
    copies : int, default=1
        Number of augmented copies of every image.
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
        An int makes the augmentation reproducible.

    See Also
    --------
    ImageAugmenter : Augments images again in every epoch, for a classifier that supports it.

    Notes
    -----
    An imbalanced-learn pipeline calls ``fit_resample`` only in ``fit``, so only training images are
    augmented. scikit-learn's own pipeline does not support samplers.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural
       networks applied to visual document analysis", ICDAR 2003.

    Examples
    --------
    >>> from imblearn.pipeline import make_pipeline
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from skhcr.images import AugmentingSampler
    >>> X, y = load_digits(return_X_y=True)
    >>> sampler = AugmentingSampler(copies=2, rotation=10, random_state=0)
    >>> sampler.fit_resample(X, y)[0].shape
    (5391, 64)
    >>> svc = make_pipeline(sampler, SVC()).fit(X[:300], y[:300])
    >>> svc.score(X[300:], y[300:]) > SVC().fit(X[:300], y[:300]).score(X[300:], y[300:])
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "copies": [Interval(Integral, 1, None, closed="left")],
        **AugmentationParameters._parameter_constraints,
    }

    def __init__(
        self,
        *,
        copies: int = 1,
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
        self.copies = copies
        super().__init__(
            rotation=rotation,
            translation=translation,
            zoom=zoom,
            shear=shear,
            elastic=elastic,
            elastic_sigma=elastic_sigma,
            erase=erase,
            noise=noise,
            fill=fill,
            random_state=random_state,
        )

    def fit_resample(self, X: Any, y: Any) -> tuple[np.ndarray, Any]:
        """Append augmented copies of every training image.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Training images of any real dtype. Flat rows must be square images of one channel.
        y : array-like of shape (n,)
            Their labels.

        Returns
        -------
        X : ndarray of shape (n * (1 + copies), ...)
            The images, then their copies, in rounds of n rows.
        y : ndarray or Series of shape (n * (1 + copies),)
            Their labels, a pandas Series if `y` is one.
        """
        self._check_parameters()
        pixels = as_pixels(X)
        rows = np.tile(np.arange(len(pixels)), 1 + self.copies)
        labels = y.iloc[rows].reset_index(drop=True) if hasattr(y, "iloc") else np.asarray(y)[rows]
        resampled = pixels[rows]
        recipe = self._recipe()
        copies = as_image_array(resampled[len(pixels) :])
        drawn = recipe.draw(copies, np.random.default_rng(recipe.seed))
        resampled[len(pixels) :] = drawn.reshape(-1, *pixels.shape[1:])
        return resampled, labels

"""Augmented copies of training images, for classifiers without augmentation."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from .._compat import Interval
from ._augmentation_parameters import (
    AugmentationParameters,
    as_image_array,
    as_pixels,
    with_described_parameters,
)
from ._warp import Fill


@with_described_parameters
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
    {parameters}

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

"""Random augmentation of training images, as a pipeline step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._augmentation import AugmentedImages
from ._augmentation_parameters import AugmentationParameters, as_pixels, with_described_parameters
from ._base import StatelessImageTransformer
from ._sampler import AugmentingSampler


@with_described_parameters
class ImageAugmenter(AugmentationParameters, StatelessImageTransformer):
    """Augment training images at random, so that a classifier learns to ignore such variation.

    Every amount is the bound of a uniform distribution, sampled once for each image; 0 turns it
    off. By default, images are rotated, shifted, zoomed and slanted by amounts that suit characters
    by many writers. One bilinear interpolation applies all of these and the elastic distortion.
    There are no flips, because a mirrored letter is another letter.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    skhcr.CNNClassifier : Augments its training images by the recipe.
    AugmentingSampler : Appends augmented copies, for other classifiers.

    Notes
    -----
    **Only training images are augmented.** ``fit_transform`` returns the same pixels together with
    a recipe (:class:`~skhcr.images.AugmentedImages`). The classifier augments every training image
    again in every epoch, but not the rows that it holds out for validation. ``transform``, which a
    pipeline calls for ``predict`` and ``score``, changes nothing. The test folds of a
    cross-validation are therefore never augmented. Put this step last before the classifier: a step
    between them that makes a new array drops the recipe, and fitting the pipeline gives an
    :class:`~skhcr.images.AugmentationLostWarning`.

    **Coming from Keras' ImageDataGenerator**: ``rotation_range=15`` is ``rotation=15``;
    ``height_shift_range=0.2, width_shift_range=0.1`` is ``translation=(0.2, 0.1)``;
    ``zoom_range=0.15`` is ``zoom=0.15``; ``fill_mode="nearest"`` is ``fill="edge"``.
    ``shear_range`` is an angle in *degrees*, so ``shear_range=0.15`` is almost nothing: it is
    ``shear=math.sin(math.radians(0.15))``, 0.0026, which moves the top and bottom row of 32 by 0.04
    pixels.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural
       networks applied to visual document analysis", ICDAR 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skhcr.images import ImageAugmenter
    >>> X, y = load_digits(return_X_y=True)
    >>> augmenter = ImageAugmenter(rotation=10, random_state=0)

    Training gets the recipe, prediction the unchanged pixels:

    >>> augmenter.fit_transform(X).augmentation
    Augmentation(rotation=10, translation=(0.1, 0.1), zoom=0.15, shear=0.2, ...)
    >>> bool(np.all(augmenter.transform(X) == X))
    True

    Augmented images, for drawing:

    >>> augmenter.preview(X[:3], n=5).shape
    (3, 5, 8, 8, 1)
    """

    def fit_transform(self, X: Any, y: Any = None) -> AugmentedImages:
        """Return training images together with their augmentation recipe.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Training images of any real dtype.
        y : array-like, default=None
            Ignored.

        Returns
        -------
        AugmentedImages
            The same pixels, not copied, with the recipe as their ``augmentation``.
        """
        self._check_parameters()
        images = as_pixels(X).view(AugmentedImages)
        images.augmentation = self._recipe()
        return images

    def transform(self, X: Any) -> np.ndarray:
        """Return the images unchanged: only training images are augmented.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images.

        Returns
        -------
        ndarray
            The same pixels, without a recipe.
        """
        self._check_parameters()
        return as_pixels(X)

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        copies = state.pop("copies", 0)
        if not copies:
            super().__setstate__(state)
            return
        self.__class__ = AugmentingSampler  # formerly this class with `copies`
        self.__setstate__({"copies": copies, **state})

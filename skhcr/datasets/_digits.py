"""scikit-learn's handwritten digits, as images."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from ._data_bunch import DataBunch
from ._sklearn_bunch import Bunch

_BRIGHTEST = 16

_DESCR = """\
Handwritten digits as 8-bit images
----------------------------------

These are the images of `sklearn.datasets.load_digits`, in the same order, with their gray levels
0..16 scaled to 0..255 (`round(level * 255 / 16)`): light ink on a dark background. The following is
scikit-learn's description.

"""


@overload
def load_digit_images(*, return_X_y: Literal[False] = False) -> Bunch: ...
@overload
def load_digit_images(*, return_X_y: Literal[True]) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def load_digit_images(*, return_X_y: bool) -> Bunch | tuple[np.ndarray, np.ndarray]: ...
def load_digit_images(*, return_X_y: bool = False) -> Bunch | tuple[np.ndarray, np.ndarray]:
    """Load scikit-learn's 1,797 handwritten digits as 8-bit images.

    They come with scikit-learn, so nothing is downloaded. Gray levels 0..16 become 0..255: light
    ink on a dark background.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(images, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        images : ndarray of shape (1797, 8, 8), dtype uint8
            The images.
        data : ndarray of shape (1797, 64), dtype uint8
            The same images as flat rows.
        target : ndarray of shape (1797,), dtype int
            The digits.
        target_names : ndarray of shape (10,), dtype int
            The classes, 0 to 9.
        groups : None
            The writers are not known.
        DESCR : str
            Description and source.

    (images, target) : tuple
        If `return_X_y` is True.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998.

    Examples
    --------
    >>> from skhcr.datasets import load_digit_images
    >>> digits = load_digit_images()
    >>> digits.images.shape, digits.images.dtype
    ((1797, 8, 8), dtype('uint8'))
    >>> digits.target[:10]
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images * 255 / _BRIGHTEST).astype(np.uint8)
    if return_X_y:
        return images, digits.target
    return DataBunch(
        images=images,
        data=images.reshape(len(images), -1),
        target=digits.target,
        target_names=digits.target_names,
        groups=None,
        DESCR=_DESCR + digits.DESCR,
    )

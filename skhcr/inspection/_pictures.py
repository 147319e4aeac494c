"""Conversion of a classifier's input images to pictures for matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from .._unwrap import final_estimator
from .._validation import images_of_shape
from ..images._flat import as_images, square_shape


def take(X: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array, data frame, series or list, with the same type."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, np.ndarray):
        return X[rows]
    return [X[row] for row in rows]


def unflattened(estimator: Any, X: Any) -> Any:
    """Return flat rows of pixels in the image shape of an estimator's classifier."""
    classifier = final_estimator(estimator)
    if not hasattr(classifier, "image_shape_"):
        return X
    if not isinstance(X, np.ndarray) and _is_table_of_numbers(X):
        X = np.asarray(X)
    flat = isinstance(X, np.ndarray) and X.dtype.kind in "buif" and X.ndim == 2
    if not flat or X.shape[1] != classifier.n_features_in_:
        return X  # not what the classifier sees: earlier steps make that of it
    return images_of_shape(X, classifier.image_shape_)


def as_pictures(X: Any) -> list[np.ndarray]:
    """Return every image as an array of shape (height, width) or (height, width, 3 or 4).

    Parameters
    ----------
    X : array-like
        Numbers of shape (n, height, width), (n, height, width, channels) or (n, n_pixels) with
        square images; or any input of :class:`skhcr.images.ImageLoader`, such as paths.

    Raises
    ------
    ValueError
        If an array is not of such a shape.
    """
    if not isinstance(X, np.ndarray) and _is_table_of_numbers(X):
        X = np.asarray(X)
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "buif":
        from skhcr.images import ImageLoader

        return [_gray_if_it_is(image) for image in ImageLoader(None, mode="RGB").transform(X)]
    images = check_array(X, allow_nd=True, ensure_all_finite=False, input_name="X")
    if images.ndim == 2:
        advice = "Reshape X to (n, height, width) or (n, height, width, channels)."
        images = as_images(images, square_shape(images.shape[1], advice))
    if images.ndim > 4 or (images.ndim == 4 and images.shape[3] not in (1, 3, 4)):
        raise ValueError(
            f"X of shape {X.shape} is not an array of images: they must be of shape (n, height, "
            "width) or (n, height, width, channels) with 1, 3 or 4 channels."
        )
    return [image[:, :, 0] if image.shape[2:] == (1,) else image for image in images]


def gray_range(pictures: list[np.ndarray]) -> tuple[float, float]:
    """Return the values for black and white: 0 and 255 for bytes, else the extremes."""
    if all(picture.dtype == np.uint8 for picture in pictures):
        return 0.0, 255.0
    finite = np.concatenate([picture[np.isfinite(picture)].ravel() for picture in pictures])
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def as_colors(picture: np.ndarray, darkest: float, brightest: float) -> np.ndarray:
    """Return a color picture in 0..1."""
    span = (brightest - darkest) or 1.0
    return np.clip((picture.astype(np.float64) - darkest) / span, 0.0, 1.0)


def _is_table_of_numbers(X: Any) -> bool:
    if hasattr(X, "dtypes") and hasattr(X, "shape") and len(X.shape) == 2:
        return all(getattr(dtype, "kind", "O") in "buif" for dtype in X.dtypes)
    if not isinstance(X, list | tuple) or not len(X):
        return False
    first = X[0]
    return isinstance(first, list | tuple) and np.asarray(first).dtype.kind in "buif"


def _gray_if_it_is(image: np.ndarray) -> np.ndarray:
    return image[:, :, 0] if (image == image[:, :, :1]).all() else image

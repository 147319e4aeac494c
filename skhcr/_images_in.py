"""What a classifier takes as images: checks and shapes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import validate_data

from .images._flat import as_images, square_shape


def check_images(
    estimator: BaseEstimator,
    X: Any,
    y: Any = "no_validation",
    *,
    reset: bool,
    names: tuple[str, str] = ("X", "y"),
) -> Any:
    """Return X as a numeric array of 2 to 4 dimensions, with y where it is given.

    Sets ``n_features_in_`` (and ``feature_names_in_``) where `reset`, else checks them.
    """
    _refuse_what_is_no_array_of_images(X, names[0])
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    ndim = len(X.shape)
    if ndim > 4:
        raise ValueError(
            f"{names[0]} has {ndim} dimensions; images come as (n, height, width), "
            f"(n, height, width, channels) or flat (n, n_pixels)."
        )
    alone = isinstance(y, str)
    if reset or ndim <= 2:
        checked = validate_data(estimator, X, y, reset=reset, allow_nd=True, dtype="numeric")
    else:
        checked = check_array(
            X, allow_nd=True, dtype="numeric", estimator=estimator, input_name=names[0]
        )
        if not alone:
            checked = checked, check_array(y, ensure_2d=False, dtype=None, input_name=names[1])
            check_consistent_length(*checked)
    images = checked if alone else checked[0]
    if reset:
        estimator.n_features_in_ = math.prod(images.shape[1:])
    return checked


def _refuse_what_is_no_array_of_images(X: Any, name: str) -> None:
    """Explain the two usual slips: files that were not loaded, and images of several sizes."""
    is_objects = isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    if not (isinstance(X, list | tuple) or is_objects) or len(X) == 0:
        if isinstance(X, np.ndarray) and X.dtype.kind in "US" and X.ndim == 1:
            raise ValueError(_not_loaded(name))
        return
    if isinstance(X[0], str | bytes) or hasattr(X[0], "__fspath__"):
        raise ValueError(_not_loaded(name))
    if isinstance(X[0], np.ndarray):
        for row, image in enumerate(X):
            if np.shape(image) != X[0].shape:
                raise ValueError(
                    f"{name} mixes images of several shapes: {name}[0] has shape {X[0].shape}, "
                    f"{name}[{row}] has shape {np.shape(image)}. Bring them to one size first, for "
                    f"instance with skhcr.ImageLoader(size=(32, 32))."
                )


def _not_loaded(name: str) -> str:
    return (
        f"{name} seems to hold file names or encoded images, not pixels: put skhcr.ImageLoader() "
        f"before the classifier in a pipeline."
    )


def infer_image_shape(
    images: np.ndarray, image_shape: tuple[int, ...] | None
) -> tuple[int, int, int]:
    """Return (height, width, channels) for checked images."""
    if images.ndim > 2:
        height, width, *channels = images.shape[1:]
        return height, width, channels[0] if channels else 1
    n_pixels = images.shape[1]
    if image_shape is not None:
        if len(image_shape) not in (2, 3) or math.prod(image_shape) != n_pixels:
            raise ValueError(
                f"image_shape={image_shape} does not fit rows of {n_pixels} values: give (height, "
                f"width) or (height, width, channels) whose product is {n_pixels}."
            )
        height, width, *channels = image_shape
        return height, width, channels[0] if channels else 1
    advice = "Pass image_shape=(height, width) or (height, width, channels) if that is not right."
    return square_shape(n_pixels, advice, pad=True)


def images_of_shape(
    images: np.ndarray, image_shape: tuple[int, int, int], name: str = "X"
) -> np.ndarray:
    """Return checked images as (n, height, width, channels)."""
    if images.ndim == 2:
        return as_images(images, image_shape)
    shape = images.shape[1:] if images.ndim == 4 else (*images.shape[1:], 1)
    if shape != image_shape:
        raise ValueError(
            f"{name} holds images of shape {shape}, but the classifier was fitted on {image_shape}."
        )
    return images.reshape(-1, *image_shape)

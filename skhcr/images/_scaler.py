"""Conversion of integer pixels to floats from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Tags

from ._base import StatelessImageTransformer


class PixelScaler(StatelessImageTransformer):
    """Scale pixels to the range 0 to 1, as 32-bit floats.

    Pixels of dtype `uint8` are divided by 255, those of `uint16` by 65535. The scale depends only
    on the dtype, never on the data, so an image gives the same result alone and among others. The
    transformer is stateless: it works without `fit`.

    See Also
    --------
    ImageLoader : Read images from files into an array.
    sklearn.preprocessing.MinMaxScaler : Learns a range for every feature from the data.

    Examples
    --------
    >>> import numpy as np
    >>> from skhcr.images import PixelScaler
    >>> PixelScaler().transform(np.array([[0, 51, 255]], dtype=np.uint8))
    array([[0. , 0.2, 1. ]], dtype=float32)
    """

    def transform(self, X: Any) -> Any:
        """Scale pixels to the range 0 to 1.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Images of shape (n, h, w), (n, h, w, c) or flat (n, n_pixels). Of dtype uint8,
            uint16, bool; of another integer dtype with values in 0..255; or of floats that lie
            in 0..1 already.

        Returns
        -------
        X : ndarray of float32 of the same shape
            A new array; subclasses of ndarray are kept. Flat rows may be returned as a data frame,
            see :meth:`set_output`.

        Raises
        ------
        ValueError
            If values are outside the range of their dtype, or `X` is not an array of numbers.
        """
        self._validate_params()
        pixels = _as_pixels(X)

        def names() -> Any:
            known = getattr(X, "columns", None)
            return [f"x{i}" for i in range(pixels.shape[1])] if known is None else known

        return self._in_container(_scaled(pixels), X, names)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Scale values from 0 to 1 back to 8-bit pixels.

        Parameters
        ----------
        X : array-like of float of shape (n, ...)
            Values in 0..1.

        Returns
        -------
        X : ndarray of uint8 of the same shape
        """
        self._validate_params()
        pixels = _as_pixels(X)
        _check_range(pixels, 1, "Only the output of transform can be transformed back.")
        return np.rint(np.multiply(pixels, 255, dtype=np.float64)).astype(np.uint8)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of flat pixels unchanged.

        Parameters
        ----------
        input_features : array-like of str
            Names of the columns of a 2-D `X`.

        Returns
        -------
        names : ndarray of str objects
        """
        if input_features is None:
            raise ValueError(
                "PixelScaler is stateless and stores no feature names; pass them as input_features."
            )
        return np.asarray(input_features, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        return tags


def _scaled(pixels: np.ndarray) -> np.ndarray:
    kind = pixels.dtype.kind
    if kind == "b":
        return pixels.astype(np.float32)
    if kind == "f":
        _check_range(pixels, 1, "First divide it by its value for white.")
        return pixels.astype(np.float32)
    if pixels.dtype == np.uint16:
        return np.divide(pixels, 65535, dtype=np.float32)
    if pixels.dtype != np.uint8:
        _check_range(pixels, 255, "For 16-bit pixels use dtype uint16.")
    return np.divide(pixels, 255, dtype=np.float32)


def _as_pixels(X: Any) -> np.ndarray:
    pixels = np.asanyarray(X)
    if pixels.dtype.kind not in "buif":
        hint = (
            " Images of different sizes? Give ImageLoader a size." if pixels.dtype == object else ""
        )
        raise ValueError(f"X must be an array of numbers, got dtype {pixels.dtype}.{hint}")
    if pixels.ndim < 2:
        raise ValueError(f"X must have one image per row, got shape {pixels.shape}.")
    if pixels.size == 0:
        raise ValueError(f"X is empty: shape {pixels.shape}.")
    return pixels


def _check_range(pixels: np.ndarray, highest: int, hint: str) -> None:
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= highest):  # in this form it is false for NaN, too
        raise ValueError(
            f"{pixels.dtype} pixels must lie in 0..{highest}, but X has values from {low} to "
            f"{high}. {hint}"
        )

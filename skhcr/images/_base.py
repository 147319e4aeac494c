"""Base classes of the transformers that convert images of any kind to arrays."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from .._compat import Interval, InvalidParameterError, StrOptions, in_container
from .._renamed import with_new_names
from ._cache import ImageCache, empty_images
from ._decode import ReadImage
from ._errors import ImageFailure, ImageLoadError, ImageLoadWarning, raise_or_warn
from ._parallel import for_each_image
from ._sources import as_items


class StatelessEstimator(BaseEstimator):
    """A pipeline step without fitted state."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Check the parameters; `X` is ignored.

        Parameters
        ----------
        X : array-like, default=None
            Ignored.
        y : array-like, default=None
            Ignored.

        Returns
        -------
        self : object
        """
        self._check_parameters()
        return self

    def _check_parameters(self) -> None:
        self._validate_params()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(with_new_names(self, state))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        return tags


class StatelessImageTransformer(TransformerMixin, StatelessEstimator):
    """A transformer without fitted state that returns arrays of pixels."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Images do not fit into data frames, so scikit-learn must not wrap the output.
        super().__init_subclass__(**{"auto_wrap_output_keys": None, **kwargs})

    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self:
        """Set the output container for flat rows of pixels; images stay arrays.

        Data frames cannot contain multi-dimensional images. For these, this method does nothing, so
        that ``set_output`` of a pipeline works for its other steps.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            The container; "default" is an array, None changes nothing.

        Returns
        -------
        self : object
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def _in_container(self, pixels: np.ndarray, original: Any, names: Callable[[], Any]) -> Any:
        """Return flat rows in the container of `set_output`, and images unchanged."""
        if type(pixels) is not np.ndarray or pixels.ndim != 2:
            return pixels  # a subclass carries how it is to be augmented
        return in_container(pixels, original, self, names)


class ImageReader(StatelessImageTransformer):
    """A transformer that reads images one by one, in threads if these are faster.

    Subclasses have the parameters below and implement `_read` for a single image.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "size": [None, Interval(Integral, 1, None, closed="left"), tuple, list],
        "background": [Interval(Integral, 0, 255, closed="both")],
        "max_pixels": [None, Interval(Integral, 1, None, closed="left")],
        "flatten": ["boolean"],
        "on_error": [StrOptions({"raise", "blank"})],
        "cache_folder": [None, str, os.PathLike],
        "n_jobs": [None, Integral],
    }

    size: Any
    background: int
    max_pixels: int | None
    flatten: bool
    on_error: str
    cache_folder: str | os.PathLike[str] | None
    n_jobs: int | None

    @property
    @abstractmethod
    def _blank_level(self) -> int:
        """The gray level of blank images."""

    @property
    @abstractmethod
    def _n_channels(self) -> int:
        """The number of channels of the output images."""

    def _reading_params(self) -> dict[str, Any]:
        """Return the parameters that affect the image read from a file."""
        params = self.get_params()
        for name in ("cache_folder", "flatten", "n_jobs", "on_error"):
            del params[name]
        return params

    def _kind(self) -> str:
        """Return a key for everything, except the file, that affects the image read from it."""
        params = self._reading_params()
        versions = [version(name) for name in ("skhcr", "pillow")]
        return f"{type(self).__qualname__} {params} {versions}"

    @abstractmethod
    def _read(self, item: Any, size: tuple[int, int] | None) -> ReadImage:
        """Return one image."""

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self._image_size() is None and self.flatten:
            raise InvalidParameterError(
                "flatten=True needs a size: images of different sizes have no common length."
            )
        if self.n_jobs == 0:
            raise InvalidParameterError("The 'n_jobs' parameter must not be 0.")

    def _image_size(self) -> tuple[int, int] | None:
        """Return the parameter `size` as (height, width)."""
        if self.size is None:
            return None
        if isinstance(self.size, Integral):
            return int(self.size), int(self.size)
        if len(self.size) == 2 and all(isinstance(n, Integral) and int(n) >= 1 for n in self.size):
            return int(self.size[0]), int(self.size[1])
        raise InvalidParameterError(
            f"The 'size' parameter must be a whole number, (height, width) or None; "
            f"got {self.size!r}."
        )

    def transform(self, X: Any) -> Any:
        """Read the images.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, 1), or array of shape (n, h, w) or (n, h, w, c)
            Paths (str or path objects), encoded images (bytes or open binary files), PIL images
            and arrays of pixels of shape (h, w) or (h, w, c), in any mixture; or one column of
            a data frame; or all images in one array.

        Returns
        -------
        images : ndarray of uint8 of shape (n, height, width, channels)
            In the order of `X`. With ``flatten=True`` of shape (n, height * width * channels), or
            the data frame that :meth:`set_output` asks for. With ``size=None`` and images of
            different sizes, an object array of shape (n,) that contains arrays of shape (height,
            width, channels).

        Raises
        ------
        ImageLoadError
            If images cannot be read and ``on_error="raise"``.
        """
        self._check_parameters()
        items = as_items(X)
        size = self._image_size()
        images: Any  # one array if the size is known beforehand, else a list
        if size is None:
            images = [None] * len(items)
        else:
            images = empty_images((len(items), *size, self._n_channels), self.cache_folder)
        is_several = np.zeros(len(items), bool)

        def read_one(index: int, item: Any) -> int:
            images[index], n_pixels, is_several[index] = self._read(item, size)
            return n_pixels

        def read(indices: Sequence[int]) -> list[ImageFailure]:
            return for_each_image(read_one, items, indices, self.n_jobs)

        if self.cache_folder is None:
            failures = read(range(len(items)))
        else:
            cache = ImageCache(self.cache_folder, self._kind())
            failures = cache.fill(images, is_several, items, read)
        failed = np.array([failure.index for failure in failures], dtype=np.intp)
        if self.on_error == "blank":
            self.failed_ = failed
        if failures:
            error = ImageLoadError(failures, len(items))
            error.__cause__ = failures[0].cause
            advice = "They were replaced by blank images."
            raise_or_warn(self.on_error, error, ImageLoadWarning, advice, stacklevel=2)
        self._report(images, is_several, items, set(failed.tolist()))
        if size is None:
            return self._gather(images)
        images[failed] = self._blank_level
        if not self.flatten:
            return images
        n_features = self._n_channels * size[0] * size[1]
        return self._in_container(
            images.reshape(len(items), n_features), X, self.get_feature_names_out
        )

    def _report(
        self, images: Any, is_several: np.ndarray, items: Sequence[Any], failed: set[int]
    ) -> None:
        """Record images without a character or with several, for readers that look for ink.

        Parameters
        ----------
        images : ndarray or list of ndarray
            As they were read, those that failed excepted.
        is_several : ndarray of bool
            Whether they show several characters.
        items : sequence
            What they were read from.
        failed : set of int
            Indices of the items that could not be read.
        """

    def _gather(self, images: list[np.ndarray | None]) -> np.ndarray:
        """Make one array of images of different sizes; None stands for a blank image."""
        shapes = {image.shape for image in images if image is not None}
        shape = shapes.pop() if len(shapes) == 1 else (1, 1, self._n_channels)
        blank = np.full(shape, self._blank_level, np.uint8)
        whole = [blank if image is None else image for image in images]
        if not shapes:
            return np.stack(whole)
        out = np.empty(len(whole), dtype=object)
        out[:] = whole
        return out

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns that ``flatten=True`` gives, as :func:`~sklearn.datasets.load_digits`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str objects of shape (height * width * channels,)
            ``pixel_row_column``, followed by ``_channel`` if there are several channels.
        """
        self._check_parameters()
        size = self._image_size()
        if size is None or not self.flatten:
            raise ValueError("Only flat pixels have feature names; set flatten=True.")
        c = self._n_channels
        return np.array(
            [
                f"pixel_{row}_{column}" + (f"_{channel}" if c > 1 else "")
                for row, column, channel in np.ndindex(*size, c)
            ],
            dtype=object,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

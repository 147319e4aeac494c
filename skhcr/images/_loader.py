"""Convert image files, encoded images and arrays to one array."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from .._compat import StrOptions
from ._base import ImageReader
from ._decode import Mode, ReadImage
from ._resample import read_image


class ImageLoader(ImageReader):
    """Read images of any kind and size into one array of pixels.

    Reads PNG, JPEG, BMP, TIFF, GIF (first frame), WebP, PPM/PGM, JPEG 2000, AVIF and TGA, and HEIC
    if the package pillow-heif is installed, in all their usual pixel formats. Photos are rotated
    upright according to their EXIF data, and transparent parts are laid over a background. Images
    of the right size and mode are not changed.

    The transformer is stateless: it works without `fit`, and `fit` opens no file.

    Parameters
    ----------
    size : int, (int, int) or None, default=(32, 32)
        **Height and width**, in this order, of the output images, in pixels; one number for
        squares; None to keep the size of each image.
    mode : {"L", "RGB"}, default="L"
        Gray (one channel) or color (three). Colors become gray by ITU-R 601:
        0.299 red + 0.587 green + 0.114 blue.
    keep_aspect : bool, default=True
        If True, an image with another aspect ratio than `size` is scaled to fit and centered, and
        the rest is filled with the median color of its border, so that dark images get dark edges.
        If the image has a frame, the border within the frame is used. If False, the image is
        stretched.
    background : int, default=255
        Gray level in [0, 255] that shows through transparent pixels, and of the blank images of
        ``on_error="blank"``.
    max_pixels : int, default=None
        Images with more pixels are refused without decoding, as a guard against decompression
        bombs. None stands for ``PIL.Image.MAX_IMAGE_PIXELS``. Pillow also applies its own limit: to
        read larger files, raise both.
    flatten : bool, default=False
        If True, each image becomes one row of a 2-D array, as other scikit-learn estimators and
        :class:`~sklearn.compose.ColumnTransformer` expect.
    on_error : {"raise", "blank"}, default="raise"
        Handling of images that cannot be read: raise one error that lists them all, or replace them
        by blank images, warn once and record them in `failed_`. With ``size=None``, a blank image
        has the size of the others if they share one, else 1 x 1.
    cache_folder : path, default=None
        Cache folder, so that no file is read twice, for searches and cross-validation, whose folds
        contain the same files repeatedly. A file is read again if it has changed (its time or size)
        or if parameters differ. Several processes may share a folder on a local disk. Output of 1
        GiB or more is then a memory map of a file there, which is deleted with it. None turns
        caching off.
    n_jobs : int, default=None
        Number of threads; -1 means one per core. None uses one thread for small images and all
        cores for large ones (about 256 x 256 pixels and more).

    Attributes
    ----------
    failed_ : ndarray of int of shape (n_failed,)
        Indices of the images that could not be read by the latest `transform`. Only with
        ``on_error="blank"``.

    See Also
    --------
    InkNormalizer : Crop to the ink before reducing the size.
    PixelScaler : Bring pixels to the range 0 to 1.

    Notes
    -----
    Pixel values are scaled to 0..255 according to their type. Two-level images and booleans become
    0 and 255. 16-bit pixels (`uint16`) are divided by 257, so that 65535 becomes 255, unless the
    largest value of an image is below 256, 1024 or 4096: such pixels are treated as 8, 10 or 12
    bits. 32-bit integer *files* with a value above 255 are treated as `uint16`; other integers must
    be in 0..255. Floats are treated as 0..1 if no pixel of the image is above 1, and as 0..255
    otherwise; values outside this range, NaN and infinity are errors.

    Images are reduced by area averaging and enlarged by linear interpolation. JPEG files much
    larger than `size` are decoded at a reduced scale, at least twice `size`.

    In a :class:`~sklearn.compose.ColumnTransformer`, whose blocks must be 2-D, use
    ``flatten=True`` and name a single column.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from skhcr.images import ImageLoader
    >>> wide = Image.new("L", (64, 32), color=7)
    >>> array = np.full((16, 16, 3), 200, dtype=np.uint8)
    >>> images = ImageLoader(size=(32, 32)).transform([wide, array])
    >>> images.shape, images.dtype
    ((2, 32, 32, 1), dtype('uint8'))
    >>> ImageLoader(size=None, mode="RGB").transform([wide, array])[0].shape
    (32, 64, 3)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ImageReader._parameter_constraints,
        "mode": [StrOptions({"L", "RGB"})],
        "keep_aspect": ["boolean"],
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = (32, 32),
        *,
        mode: Mode = "L",
        keep_aspect: bool = True,
        background: int = 255,
        max_pixels: int | None = None,
        flatten: bool = False,
        on_error: str = "raise",
        cache_folder: str | os.PathLike[str] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.size = size
        self.mode = mode
        self.keep_aspect = keep_aspect
        self.background = background
        self.max_pixels = max_pixels
        self.flatten = flatten
        self.on_error = on_error
        self.cache_folder = cache_folder
        self.n_jobs = n_jobs

    @property
    def _blank_level(self) -> int:
        return self.background

    @property
    def _n_channels(self) -> int:
        return 3 if self.mode == "RGB" else 1

    def _read(self, item: Any, size: tuple[int, int] | None) -> ReadImage:
        return read_image(
            item,
            size,
            mode=self.mode,
            keep_aspect=self.keep_aspect,
            background=self.background,
            max_pixels=self.max_pixels,
        )

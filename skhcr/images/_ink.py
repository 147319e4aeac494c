"""Find the ink in a picture and normalize its position, size and polarity."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np

from .._compat import Interval, StrOptions
from ._base import ImageReader
from ._crop import read_ink
from ._decode import ReadImage, count_pages
from ._errors import (
    BlankImageError,
    BlankImageWarning,
    ImageFailure,
    ImageLoadError,
    SeveralCharactersError,
    SeveralCharactersWarning,
    raise_or_warn,
)
from ._ink_version import VERSION, check_version, warn_of_earlier_version
from ._known_count import is_count_known
from ._sources import describe

_BLANK_REFUSED = 'Remove these items, or use on_blank="ignore" to continue with black images.'
_BLANK_WARNED = (
    "They are now black, and any label for them is meaningless. blank_ has their indices; "
    'on_blank="ignore" turns this warning off, "raise" makes it an error.'
)
_SEVERAL_REFUSED = (
    "Crop these images to one character each, read them with skhcr.pages.read_page (skhcr read), "
    'or use on_several="ignore" to treat each as one character.'
)
_SEVERAL_WARNED = (
    "A label for such an image is a guess: use skhcr.pages.read_page (skhcr read) for several "
    "characters, or crop the images to one character each. several_ has their indices; "
    'on_several="ignore" turns this warning off, "raise" makes it an error.'
)


class InkNormalizer(ImageReader):
    """Crop pictures to their ink and normalize its size and position, light on dark.

    A letter on a large page would be lost if the page were reduced as a whole. This transformer
    first finds the ink at full resolution, then scales it to the output size with its aspect ratio
    kept, and centers it, in the same way as MNIST. The output is light ink on a black background,
    as in MNIST, EMNIST and AHCD, with its strongest pixel at 255.

    It accepts images from :class:`ImageLoader` (with ``size=None``, so that the crop comes before
    any reduction), and the same files, bytes, PIL images and arrays as :class:`ImageLoader`. For
    files, it keeps only as many full pages in memory as it has threads.

    The transformer is stateless: it works without `fit`, and every image is processed
    independently.

    Parameters
    ----------
    size : int, (int, int) or None, default=None
        **Height and width**, in this order, of the output images, in pixels; one number for
        squares; None to keep the size of each image.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        Polarity of the input images. "auto" decides for each image, see the notes.
    margin : float, default=0.125
        Fraction of the height and width, in [0, 0.5), that stays empty on each side. The default
        puts a 20 x 20 box into 28 x 28 pixels, as in MNIST, and 24 x 24 into 32 x 32.
    center : {"box", "mass"}, default="box"
        The point to center: the middle of the ink's box, or its center of mass (as in MNIST [2]_),
        unless this would push ink out of the image.
    stroke_width : float, default=0.08
        Minimum stroke width as a fraction of the letter's height or width, whichever is larger, in
        [0, 0.5). Finer strokes are thickened; 0 turns this off. Fine pens on sharp scans would fade
        when they are reduced to a few pixels. Letters of fewer than 40 pixels are not changed.
    background : int, default=255
        Gray level in [0, 255] that shows through transparent pixels.
    max_pixels : int, default=None
        Images with more pixels are refused unread; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.
    flatten : bool, default=False
        If True, each image becomes one row of a 2-D array.
    on_error : {"raise", "blank"}, default="raise"
        Handling of images that cannot be read: raise one error that lists them all, or replace them
        by blank images, warn once and record them in `failed_`.
    on_blank : {"warn", "raise", "ignore"}, default="warn"
        Handling of images without ink, whose output is black: warn once, with their names; raise
        one error that lists them all; or do nothing. `blank_` always has their indices.
    on_several : {"warn", "raise", "ignore"}, default="warn"
        Handling of images that probably show several characters: warn once, with their names; raise
        one error that lists them all; or do nothing. The output is the same in all cases, and
        `several_` always has their indices.
    cache_folder : path, default=None
        Cache folder, so that no file is read twice, for searches and cross-validation, whose folds
        contain the same files repeatedly. A file is read again if it has changed (its time or size)
        or if parameters differ. Several processes may share a folder on a local disk. Output of 1
        GiB or more is then a memory map of a file there, which is deleted with it. None turns
        caching off.
    n_jobs : int, default=None
        Number of threads; -1 means one per core. None decides by the size of the images.

    Attributes
    ----------
    failed_ : ndarray of int of shape (n_failed,)
        Indices of the images that could not be read by the latest `transform`. Only with
        ``on_error="blank"``.
    blank_ : ndarray of int of shape (n_blank,)
        Indices of the images in which the latest `transform` found no ink, excluding images that
        could not be read.
    several_ : ndarray of int of shape (n_several,)
        Indices of the images in which the latest `transform` probably found several characters.

    See Also
    --------
    ImageLoader : Read images without looking for ink.

    Notes
    -----
    A color picture is converted to gray, or to its red, green or blue channel if that separates ink
    from paper clearly better, as blue does for yellow ink.

    *Paper* is on the same side of Otsu's threshold [1]_ as most of the border, unless the ink would
    then be too solid: a page may be surrounded by a frame, a table or the lid of a scanner, and
    part of it may be in shadow. In this case, the thin parts of the page determine the ink. The
    brightness of the paper is estimated across the page, including shadow edges. Ink is clearly
    darker than the paper around it, beyond the paper's noise.

    *Lines* that run straight over at least half of the page are removed: ruled and squared paper,
    margins, boxes of forms, underlines. Strokes that cross them stay whole.

    *One letter* is expected: the strongest and largest connected piece of ink near the middle, with
    nearby pieces such as dots, but no discs beside it that are wider than its strokes, such as
    punched holes. Ink that touches the edge of the image is ignored unless the image was cropped to
    the letter. So are specks of less than 0.6% of the largest piece. The output for an image
    without ink is black: blank paper, even with noise, a shadow, lines or a table.

    *Several letters* are probable if large pieces are side by side with wide gaps, in a row much
    wider than high, or one above another with a wide gap. Letters that touch, and two letters with
    a small gap, count as one.

    *Ink of the color of the background*, such as white strokes on a transparent page, is found by
    its opacity.

    Straight hairlines as long as the image are mistaken for lines, a shadow narrower than a stroke
    for ink, and a round mark as close and as large as a dot for a dot.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man, and Cybernetics 9 (1), 62-66, 1979.
    .. [2] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86 (11), 2278-2324, 1998.

    Examples
    --------
    A small mark in the corner of a white page is centered, light on dark:

    >>> import numpy as np
    >>> from skhcr.images import InkNormalizer
    >>> page = np.full((300, 200), 255, dtype=np.uint8)
    >>> page[20:40, 10:20] = 0
    >>> InkNormalizer(size=8, margin=0.25).transform([page])[0, :, :, 0]
    array([[  0,   0,   0,   0,   0,   0,   0,   0],
           [  0,   0,   0,   0,   0,   0,   0,   0],
           [  0,   0,   0, 255, 255,   0,   0,   0],
           [  0,   0,   0, 255, 255,   0,   0,   0],
           [  0,   0,   0, 255, 255,   0,   0,   0],
           [  0,   0,   0, 255, 255,   0,   0,   0],
           [  0,   0,   0,   0,   0,   0,   0,   0],
           [  0,   0,   0,   0,   0,   0,   0,   0]], dtype=uint8)

    The second of these pages is blank:

    >>> normalizer = InkNormalizer(size=8, on_blank="ignore")
    >>> images = normalizer.transform([page, np.full_like(page, 255)])
    >>> normalizer.blank_
    array([1])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ImageReader._parameter_constraints,
        "polarity": [StrOptions({"auto", "light-on-dark", "dark-on-light"})],
        "margin": [Interval(Real, 0, 0.5, closed="left")],
        "center": [StrOptions({"box", "mass"})],
        "stroke_width": [Interval(Real, 0, 0.5, closed="left")],
        "on_blank": [StrOptions({"warn", "raise", "ignore"})],
        "on_several": [StrOptions({"warn", "raise", "ignore"})],
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        polarity: Literal["auto", "light-on-dark", "dark-on-light"] = "auto",
        margin: float = 0.125,
        center: Literal["box", "mass"] = "box",
        stroke_width: float = 0.08,
        background: int = 255,
        max_pixels: int | None = None,
        flatten: bool = False,
        on_error: str = "raise",
        on_blank: Literal["warn", "raise", "ignore"] = "warn",
        on_several: Literal["warn", "raise", "ignore"] = "warn",
        cache_folder: str | os.PathLike[str] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.size = size
        self.polarity = polarity
        self.margin = margin
        self.center = center
        self.stroke_width = stroke_width
        self.background = background
        self.max_pixels = max_pixels
        self.flatten = flatten
        self.on_error = on_error
        self.on_blank = on_blank
        self.on_several = on_several
        self.cache_folder = cache_folder
        self.n_jobs = n_jobs

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_ink_version": VERSION}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        version = state.pop("_ink_version", 1)
        check_version(version)
        super().__setstate__(state)
        warn_of_earlier_version(version, stacklevel=2)

    @property
    def _blank_level(self) -> int:
        return 0

    def _kind(self) -> str:
        return f"{super()._kind()} {VERSION}"

    @property
    def _n_channels(self) -> int:
        return 1

    def _reading_params(self) -> dict[str, Any]:
        params = super()._reading_params()
        del params["on_blank"], params["on_several"]
        return params

    def _report(
        self, images: Any, is_several: np.ndarray, items: Sequence[Any], failed: set[int]
    ) -> None:
        # Ink comes out light, so it is known of images from the cache, too.
        blank = [i for i, image in enumerate(images) if i not in failed and not image.any()]
        self.blank_ = np.array(blank, dtype=np.intp)
        self.several_ = np.flatnonzero(is_several)
        error: ImageLoadError
        if blank and self.on_blank != "ignore":
            failures = [ImageFailure(i, describe(items[i]), _why_blank(items[i])) for i in blank]
            error = BlankImageError(failures, len(items), _BLANK_REFUSED)
            raise_or_warn(self.on_blank, error, BlankImageWarning, _BLANK_WARNED, stacklevel=3)
        if len(self.several_) and self.on_several != "ignore" and not is_count_known():
            cause = ValueError("several characters were found")
            several = self.several_.tolist()
            failures = [ImageFailure(i, describe(items[i]), cause) for i in several]
            error = SeveralCharactersError(failures, len(items), _SEVERAL_REFUSED)
            warning = SeveralCharactersWarning
            raise_or_warn(self.on_several, error, warning, _SEVERAL_WARNED, stacklevel=3)

    def _read(self, item: Any, size: tuple[int, int] | None) -> ReadImage:
        return read_ink(
            item,
            size,
            polarity=self.polarity,
            margin=self.margin,
            center=self.center,
            stroke_width=self.stroke_width,
            background=self.background,
            max_pixels=self.max_pixels,
        )


def _why_blank(item: Any) -> ValueError:
    n_pages = count_pages(item)
    if n_pages == 1:
        return ValueError("no ink was found")
    return ValueError(f"no ink was found on the first of {n_pages} pages; other pages are not read")

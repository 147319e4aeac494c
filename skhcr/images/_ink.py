"""Find the ink in a picture and bring it to a standard place, size and polarity."""

from __future__ import annotations

import math
import os
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image
from scipy import ndimage

from .._compat import Interval, StrOptions
from ._base import ImageReader
from ._decode import decode, to_array
from ._resample import border_median, fit_within, resize

# What differs from the paper by less than this many grey levels is paper.
_MIN_CONTRAST = 16
# So is what lies within this many standard deviations of the paper's noise: on a page of a
# million pixels, Gaussian noise passes six of them once in a thousand pages.
_NOISE_SIGMAS = 6
# Without a connected piece of this share of the image, there is no ink but specks only.
_LEAST_INK = 1 / 2**15
# Connected pieces smaller than this share of the largest are specks. Dots of Arabic letters
# are larger: in 32 x 32 images of them, 1% of a stroke is a single pixel.
_SPECK = 0.01
# Pieces that touch the edge of the image are specks up to this share: ends of neighbouring
# letters, mostly, cut off together with the image.
_SPECK_AT_EDGE = 0.05
# Otsu's threshold needs no more pixels than these.
_SAMPLE = 2**17


class InkNormalizer(ImageReader):
    """Crop pictures to their ink and bring it to one size and place, light on dark.

    A letter on a large page would be lost if the page were reduced as a whole. This
    transformer finds the ink first, at full resolution, scales it into a frame of the wanted
    size with its shape kept, and centres it: the way the images of MNIST were made. Ink comes
    out light on a black background, as MNIST, EMNIST and AHCD store it, with its strongest
    pixel at 255.

    It takes images from :class:`ImageLoader` (with ``size=None``, so that the crop comes before
    any reduction), and files, bytes, PIL images and arrays just as :class:`ImageLoader` does.
    Given files, it holds only as many full pages in memory as it has threads.

    The transformer is stateless: it works without `fit`, and every image is treated alone.

    Parameters
    ----------
    size : int, (int, int) or None, default=None
        **Height and width**, in this order, of the images that come out, in pixels; one number
        for squares; None to keep the size of each image.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        How ink and paper differ in the images that come in. "auto" decides for each image: the
        ink is on the other side of Otsu's threshold [1]_ than the median of the border.
    margin : float, default=0.125
        Part of the height and width, in [0, 0.5), that stays free on each side. The default
        puts a 20 x 20 box into 28 x 28 pixels, as in MNIST, and 24 x 24 into 32 x 32.
    center : {"box", "mass"}, default="box"
        What comes to the middle of the frame: the middle of the ink's box, or its centre of
        mass (as in MNIST [2]_), as far as no ink is pushed out of the frame.
    background : int, default=255
        Grey level in [0, 255] that shows through transparent pixels.
    max_pixels : int, default=None
        Images with more pixels are refused unread; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.
    flatten : bool, default=False
        If True, each image becomes one row of a 2-D array.
    on_error : {"raise", "blank"}, default="raise"
        What to do about images that cannot be read: raise one error that lists them all, or put
        blank images in their place, warn once and note them in `failed_`.
    cache : path, default=None
        Folder in which to keep what was read, so that no file is read twice: for searches and
        cross-validation, whose folds hold the same files again and again. A file that has changed
        (its time or size) or other parameters are read anew; several processes may share a folder
        on a local disk. Images of 1 GiB or more then come out as a memory map of a file there,
        which is deleted with them. None keeps nothing.
    n_jobs : int, default=None
        Number of threads; -1 means one per core. None decides by the size of the images.

    Attributes
    ----------
    failed_ : ndarray of int of shape (n_failed,)
        Indices of the images that could not be read by the latest `transform`. Only with
        ``on_error="blank"``.

    See Also
    --------
    ImageLoader : Read images without looking for ink.

    Notes
    -----
    The paper is the median of the image's border, and its noise is estimated from neighbouring
    border pixels. Ink is what lies beyond Otsu's threshold and clearly beyond that noise;
    connected pieces smaller than 1% of the largest, or 5% at the edge of the image, count as
    specks and do not influence the box. An image without ink, even one with paper noise, comes
    out black, and so does one whose largest piece covers less than 1/32768 of it. Paper is
    taken to be evenly lit.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man, and Cybernetics 9 (1), 62-66, 1979.
    .. [2] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86 (11), 2278-2324, 1998.

    Examples
    --------
    A small mark in the corner of a white page comes to the middle, light on dark:

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
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ImageReader._parameter_constraints,
        "polarity": [StrOptions({"auto", "light-on-dark", "dark-on-light"})],
        "margin": [Interval(Real, 0, 0.5, closed="left")],
        "center": [StrOptions({"box", "mass"})],
    }

    def __init__(
        self,
        size: int | tuple[int, int] | None = None,
        *,
        polarity: Literal["auto", "light-on-dark", "dark-on-light"] = "auto",
        margin: float = 0.125,
        center: Literal["box", "mass"] = "box",
        background: int = 255,
        max_pixels: int | None = None,
        flatten: bool = False,
        on_error: str = "raise",
        cache: str | os.PathLike[str] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.size = size
        self.polarity = polarity
        self.margin = margin
        self.center = center
        self.background = background
        self.max_pixels = max_pixels
        self.flatten = flatten
        self.on_error = on_error
        self.cache = cache
        self.n_jobs = n_jobs

    @property
    def _blank_level(self) -> int:
        return 0

    @property
    def _n_channels(self) -> int:
        return 1

    def _read(self, item: Any, size: tuple[int, int] | None) -> tuple[np.ndarray, int]:
        image, height, width = decode(
            item, mode="L", background=self.background, max_pixels=self.max_pixels
        )
        pixels = to_array(image)[:, :, 0]
        out = np.zeros((*(size or pixels.shape), 1), np.uint8)
        ink = crop_to_ink(pixels, self.polarity)
        if ink is not None:
            self._place(ink, out)
        return out, height * width

    def _place(self, ink: np.ndarray, out: np.ndarray) -> None:
        """Scale the ink into the frame within its margins."""
        height, width = out.shape[:2]
        inner = (
            max(1, height - 2 * _round(self.margin * height)),
            max(1, width - 2 * _round(self.margin * width)),
        )
        box = fit_within(ink.shape[0], ink.shape[1], inner)
        ink = resize(Image.fromarray(ink), box).astype(np.float32)
        ink *= 255 / max(1.0, ink.max())
        h, w = ink.shape[:2]
        top, left = (height - h) // 2, (width - w) // 2
        if self.center == "mass":
            # On pixel size // 2, which for even sizes is below and right of the exact middle:
            # so it lies in MNIST, whose centres of mass are all on pixel 14 of 28.
            y, x = ndimage.center_of_mass(ink[:, :, 0])
            top = min(max(0, _round(height // 2 - y)), height - h)
            left = min(max(0, _round(width // 2 - x)), width - w)
        out[top : top + h, left : left + w] = np.rint(ink)


def _round(value: float) -> int:
    """Round halves up, not to even, so that all margins of a series grow alike."""
    return math.floor(value + 0.5)


def otsu_threshold(histogram: np.ndarray) -> int:
    """Return the grey level up to which the darker class of pixels reaches.

    The level that makes the variance between the two classes largest; in the middle, where
    an empty stretch of the histogram makes several equally good.
    """
    levels = np.arange(len(histogram))
    n_dark = np.cumsum(histogram, dtype=np.float64)
    sum_dark = np.cumsum(histogram * levels, dtype=np.float64)
    n, mean = n_dark[-1], sum_dark[-1] / n_dark[-1]
    # Where a class is empty, both terms of the fraction are 0.
    variance = (mean * n_dark - sum_dark) ** 2 / np.maximum(n_dark * (n - n_dark), 1)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-12))
    return int(best[0] + best[-1]) // 2


def crop_to_ink(pixels: np.ndarray, polarity: str = "auto") -> np.ndarray | None:
    """Return the part of a grey image that holds its ink, light on black; None if there is none.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w)
        Grey image.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        How ink and paper differ.

    Returns
    -------
    ink : ndarray of uint8 or None
        Distance from the paper, in grey levels.
    """
    stride = max(1, math.isqrt(pixels.size // _SAMPLE))
    sample = pixels[::stride, ::stride]
    threshold = otsu_threshold(np.bincount(sample.ravel(), minlength=256))
    paper = int(border_median(pixels))
    dark_ink = paper > threshold if polarity == "auto" else polarity == "dark-on-light"
    noise = _border_noise(pixels)
    least = max(_MIN_CONTRAST, math.ceil(_NOISE_SIGMAS * noise))
    if dark_ink:
        level = min(threshold, paper - least)
        mask = pixels <= level if level >= 0 else None
    else:
        level = max(threshold + 1, paper + least)
        mask = pixels >= level if level <= 255 else None
    box = None if mask is None else _ink_box(mask)
    if box is None:
        return None
    # A table of 256 values is quicker than arithmetic on the pixels. Paper noise of less than
    # two standard deviations is left out.
    distance = np.arange(256) - paper
    table = np.clip((-distance if dark_ink else distance) - 2 * noise, 0, 255)
    return np.rint(table).astype(np.uint8)[pixels[box]]


def _border_noise(pixels: np.ndarray) -> float:
    """Estimate the standard deviation of the paper's noise.

    From differences of neighbouring border pixels: these do not grow with uneven light, and
    their median does not notice ink that crosses the border here and there.
    """
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    lines = [side.astype(np.int16) for side in sides]
    steps = np.abs(np.concatenate([line[1:] - line[:-1] for line in lines]))
    real_steps = steps[steps > 0]
    if 2 * len(real_steps) <= len(steps):
        return 0.0
    # Half of the noise is gone where paper is overexposed; its differences of 0 must not count.
    median = np.partition(real_steps, len(real_steps) // 2)[len(real_steps) // 2]
    # For Gaussian noise, the median size of a difference is 0.6745 * sqrt(2) deviations.
    return float(median) / 0.9539


def _ink_box(mask: np.ndarray) -> tuple[slice, slice] | None:
    """Return the box around all ink but specks."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    bottom, right = int(rows[-1]) + 1, int(columns[-1]) + 1
    labels, n_pieces = ndimage.label(mask[top:bottom, left:right], structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    if areas.max() < _LEAST_INK * mask.size:
        return None
    if n_pieces == 1:
        return slice(top, bottom), slice(left, right)
    pieces = []
    for area, (y, x) in zip(areas, ndimage.find_objects(labels), strict=True):
        y, x = slice(top + y.start, top + y.stop), slice(left + x.start, left + x.stop)
        at_edge = 0 in (y.start, x.start) or mask.shape[0] == y.stop or mask.shape[1] == x.stop
        if area >= (_SPECK_AT_EDGE if at_edge else _SPECK) * areas.max():
            pieces.append((y, x))
    return (
        slice(min(y.start for y, _ in pieces), max(y.stop for y, _ in pieces)),
        slice(min(x.start for _, x in pieces), max(x.stop for _, x in pieces)),
    )

"""Find the ink in an image and place it in a frame."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from ._border import border_median
from ._decode import decode, to_array
from ._light import even_light
from ._resample import fit_within, resize

# What differs from the paper by less than this many gray levels is paper.
_MIN_CONTRAST = 16
# So is what lies within this many standard deviations of the paper's noise: on a page of a
# million pixels, Gaussian noise passes six of them once in a thousand pages.
_NOISE_SIGMAS = 6
# Without a connected piece of this share of the image, there is no ink but specks only.
_LEAST_INK = 1 / 2**15
# Connected pieces smaller than this share of the largest are specks. Dots of Arabic letters
# are larger: in 32 x 32 images of them, 1% of a stroke is a single pixel.
_SPECK = 0.01
# Pieces that touch the edge of the image are specks up to this share: ends of neighboring
# letters, mostly, cut off together with the image.
_SPECK_AT_EDGE = 0.05
# Otsu's threshold needs no more pixels than these.
_SAMPLE = 2**17
# A channel that tells ink from paper this much better than gray is looked at in its stead. Less is
# not worth it: in photographs, single channels are noisier.
_CLEARER = 1.25


def read_ink(
    item: Any,
    size: tuple[int, int] | None,
    *,
    polarity: str,
    margin: float,
    center: str,
    background: int,
    max_pixels: int | None,
) -> tuple[np.ndarray, int]:
    """Read one image as :class:`skhcr.InkNormalizer` does.

    Returns
    -------
    image : ndarray of uint8 of shape (height, width, 1)
    n_pixels : int
        The number of pixels it was made from.
    """
    image, height, width = decode(item, mode=None, background=background, max_pixels=max_pixels)
    pixels = even_light(in_clearest_channel(image))
    out = np.zeros((*(size or pixels.shape), 1), np.uint8)
    ink = crop_to_ink(pixels, polarity)
    if ink is not None:
        _place(ink, out, margin, center)
    return out, height * width


def _place(ink: np.ndarray, out: np.ndarray, margin: float, center: str) -> None:
    """Scale the ink into the frame within its margins."""
    height, width = out.shape[:2]
    inner = (
        max(1, height - 2 * _round(margin * height)),
        max(1, width - 2 * _round(margin * width)),
    )
    box = fit_within(ink.shape[0], ink.shape[1], inner)
    ink = resize(Image.fromarray(ink), box).astype(np.float32)
    ink *= 255 / max(1.0, ink.max())
    h, w = ink.shape[:2]
    top, left = (height - h) // 2, (width - w) // 2
    if center == "mass":
        # On pixel size // 2, which for even sizes is below and right of the exact middle:
        # so it lies in MNIST, whose centers of mass are all on pixel 14 of 28.
        y, x = ndimage.center_of_mass(ink[:, :, 0])
        top = min(max(0, _round(height // 2 - y)), height - h)
        left = min(max(0, _round(width // 2 - x)), width - w)
    out[top : top + h, left : left + w] = np.rint(ink)


def _round(value: float) -> int:
    """Round halves up, not to even, so that all margins of a series grow alike."""
    return math.floor(value + 0.5)


def in_clearest_channel(image: Image.Image) -> np.ndarray:
    """Return a gray or RGB image in gray, or in the channel in which its ink is much clearer.

    Yellow ink on white paper is nearly as light as the paper, but not so in blue.
    """
    if image.mode == "L":
        return to_array(image)[:, :, 0]
    stride = _stride(image.width * image.height)
    size = -(-image.width // stride), -(-image.height // stride)
    sample = image.resize(size, Image.Resampling.NEAREST)
    gray, *channels = (_contrast(view) for view in (sample.convert("L"), *sample.split()))
    best = int(np.argmax(channels))
    is_clearer = channels[best] > _CLEARER * gray
    return to_array(image.getchannel(best) if is_clearer else image.convert("L"))[:, :, 0]


def _contrast(image: Image.Image) -> float:
    """Return how far the mean levels on both sides of Otsu's threshold are apart."""
    histogram, levels = np.array(image.histogram()), np.arange(256)
    is_light = levels > otsu_threshold(histogram)
    if not (histogram[is_light].any() and histogram[~is_light].any()):
        return 0.0
    light, dark = (
        float(np.average(levels[side], weights=histogram[side])) for side in (is_light, ~is_light)
    )
    return light - dark


def _stride(n_pixels: int) -> int:
    return max(1, math.isqrt(n_pixels // _SAMPLE))


def otsu_threshold(histogram: np.ndarray) -> int:
    """Return the gray level up to which the darker class of pixels reaches.

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
    """Return the part of a gray image that holds its ink, light on black; None if there is none.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w)
        Gray image.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        How ink and paper differ.

    Returns
    -------
    ink : ndarray of uint8 or None
        Distance from the paper, in gray levels.
    """
    stride = _stride(pixels.size)
    sample = pixels[::stride, ::stride]
    threshold = otsu_threshold(np.bincount(sample.ravel(), minlength=256))
    paper = int(border_median(pixels[np.newaxis])[0])
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

    From differences of neighboring border pixels: these do not grow with uneven light, and
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
    largest = areas.max()
    if largest < _LEAST_INK * mask.size:
        return None
    if n_pieces == 1:
        return slice(top, bottom), slice(left, right)
    is_piece = areas >= _SPECK * largest
    numbers = np.zeros(len(areas) + 1, labels.dtype)
    numbers[1:][is_piece] = np.arange(1, 1 + is_piece.sum())
    pieces = []
    for area, (y, x) in zip(areas[is_piece], ndimage.find_objects(numbers[labels]), strict=True):
        y, x = slice(top + y.start, top + y.stop), slice(left + x.start, left + x.stop)
        at_edge = 0 in (y.start, x.start) or mask.shape[0] == y.stop or mask.shape[1] == x.stop
        if not at_edge or area >= _SPECK_AT_EDGE * largest:
            pieces.append((y, x))
    return (
        slice(min(y.start for y, _ in pieces), max(y.stop for y, _ in pieces)),
        slice(min(x.start for _, x in pieces), max(x.stop for _, x in pieces)),
    )

"""Find the ink in an image and place it in a frame."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from ._decode import ReadImage, decode, to_array
from ._lines import erase_lines, within_frame
from ._morphology import dilate
from ._otsu import otsu_threshold, stride
from ._paper import Ink, find_ink, mapped
from ._pieces import Letter, find_letter
from ._resample import fit_within, resize
from ._strokes import thicken

# Width of a stroke's soft edge, as a share of the letter's size.
_SOFT_EDGE = 0.01
# A page can have a frame around it, and another within; then the innermost is searched.
_MOST_FRAMES = 3
# A channel replaces gray if its contrast between ink and paper is better by this factor. Smaller
# gains do not help: in photographs, single channels are noisier.
_CLEARER = 1.25


def read_ink(
    item: Any,
    size: tuple[int, int] | None,
    *,
    polarity: str,
    margin: float,
    center: str,
    stroke_width: float,
    background: int,
    max_pixels: int | None,
) -> ReadImage:
    """Read one image for :class:`skhcr.InkNormalizer`."""
    image, height, width, opacity = decode(
        item, mode=None, background=background, max_pixels=max_pixels
    )
    pixels = in_clearest_channel(image)
    out = np.zeros((*(size or pixels.shape), 1), np.uint8)
    found = crop_to_ink(pixels, polarity)
    if found is None and opacity is not None:
        found = _opaque_strokes(to_array(opacity)[:, :, 0])
    if found is None:
        return ReadImage(out, height * width)
    ink, is_several = found
    _place(thicken(ink, stroke_width), out, margin, center)
    return ReadImage(out, height * width, is_several)


def _opaque_strokes(opacity: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """Return the strokes of a transparent picture whose ink has the color of the background.

    Strokes cover less than half of it; a sheet with transparent margins covers more.
    """
    return crop_to_ink(opacity, "light-on-dark") if opacity.mean() < 127.5 else None


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
    """Return a gray or RGB image in gray, or the channel in which its ink has much more contrast.

    Yellow ink on white paper is nearly as light as the paper, but not so in blue.
    """
    if image.mode == "L":
        return to_array(image)[:, :, 0]
    step = stride(image.width * image.height)
    size = -(-image.width // step), -(-image.height // step)
    sample = image.resize(size, Image.Resampling.NEAREST)
    gray, *channels = (_contrast(view) for view in (sample.convert("L"), *sample.split()))
    best = int(np.argmax(channels))
    is_clearer = channels[best] > _CLEARER * gray
    return to_array(image.getchannel(best) if is_clearer else image.convert("L"))[:, :, 0]


def _contrast(image: Image.Image) -> float:
    """Return the difference between the mean levels on both sides of Otsu's threshold."""
    histogram, levels = np.array(image.histogram()), np.arange(256)
    is_light = levels > otsu_threshold(histogram)
    if not (histogram[is_light].any() and histogram[~is_light].any()):
        return 0.0
    light, dark = (
        float(np.average(levels[side], weights=histogram[side])) for side in (is_light, ~is_light)
    )
    return light - dark


def crop_to_ink(pixels: np.ndarray, polarity: str = "auto") -> tuple[np.ndarray, bool] | None:
    """Return the part of a gray image with its ink, light on black; None if there is none.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w)
        Gray image.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        How ink and paper differ.

    Returns
    -------
    ink : ndarray of uint8
        Difference from the paper, from 0 to 255.
    is_several : bool
        Whether there are probably several characters.
    """
    page = find_page_ink(pixels, polarity, of_one_letter=True)
    if page is None:
        return None
    ink, mask, _ = page
    erase_lines(mask, ink.strength, of_one_letter=True)
    letter = find_letter(mask, ink)
    if letter is None:
        return None
    return strokes_of(letter, ink), letter.is_several


class PageInk(NamedTuple):
    """The ink of a page, or of the area within its frames.

    Attributes
    ----------
    ink : Ink
        The ink.
    mask : ndarray of bool of shape (h, w)
        Pixels with ink, including lines of the paper and of forms.
    corner : (int, int)
        The row and column of the page at which these arrays start.
    """

    ink: Ink
    mask: np.ndarray
    corner: tuple[int, int]


def find_page_ink(
    pixels: np.ndarray, polarity: str = "auto", *, of_one_letter: bool = False
) -> PageInk | None:
    """Return the ink of a gray page within its frames; None if there is none."""
    top = left = 0
    for _ in range(_MOST_FRAMES):
        corner = top, left
        ink = find_ink(pixels, polarity, of_one_letter=of_one_letter)
        if ink.least > 255:
            return None
        mask = ink.strength >= ink.least
        within = within_frame(mask, of_one_letter=of_one_letter)
        if mask[within].shape == mask.shape or not mask[within].size:
            break
        pixels = pixels[within]
        top, left = top + within[0].start, left + within[1].start
    return PageInk(ink, mask, corner)


def strokes_of(letter: Letter, ink: Ink) -> np.ndarray:
    """Return the strength of a letter's ink in its box, without anything else on the page."""
    # Keep only the strokes and their soft edges.
    is_near = dilate(letter.mask, max(1, round(_SOFT_EDGE * max(letter.mask.shape))))
    strength = ink.strength[letter.box]
    if ink.noise:  # remove paper noise of less than two standard deviations
        strength = mapped(strength, np.arange(256) - 2 * ink.noise)
    return strength * is_near

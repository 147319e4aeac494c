"""The darkness of every pixel relative to the paper, with any surroundings and shadows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from ._border import border_median, edge_of
from ._morphology import close, dilate, erode, lowest_around, odd
from ._otsu import otsu_of, stride
from ._polarity import MIN_CONTRAST, SMALL, THICKEST_STROKE, is_cut_closely, is_ink_dark

# Paper and light are estimated on a page reduced to this many pixels along its longer side. All
# lengths below are shares of that side.
_SIDE = 160
# The noise needs no more pixels than these.
_NOISE_SAMPLE = 2**14
# Differences explained by the noise of all pixels are paper: the largest of n Gaussian values is
# about sqrt(2 log n) standard deviations, and slightly more once in a thousand pages.
_MORE_SIGMAS = 0.75
# Half the thickness of the thickest strokes under even light, on pages of one letter and of many.
_STROKE_OF_ONE, _STROKE_OF_MANY = 0.18, 0.06
# Light differences below this share of the paper's level can be ignored.
_EVEN = 0.08
# The paper's level between strokes is estimated in a square of this size, and in a larger one where
# strokes cross.
_REACH, _FAR_REACH = 1 / 8, 1 / 2.5
_LEAST_REACH = 15  # pixels: strokes of small images are a larger share of them
# A shadow, except for its edges, is this many times thicker than strokes.
_THICKER, _MOST_OF_SHADOW = 0.9, 0.4
# Surfaces darker than this share of the paper are treated as this light: relative to their low
# level, their grain would look like ink.
_DARKEST = 0.4
# Faint strokes and dots are ink down to this share of Otsu's threshold.
_SOFT = 0.75
# For contrast, the paper level is at least this gray level.
_LEAST_LEVEL = 32.0
# Images with fewer rows or columns are too small for light and shadow estimates.
_TINY = 16
_SQUARE = np.ones((3, 3))
# So many rows at a time keep floats of the whole page out of memory.
_N_ROWS = 64
_BILINEAR = Image.Resampling.BILINEAR
# Noise is blurred over this many pixels in height and width, which makes it this many times weaker.
_BLURRED = 3


class Ink(NamedTuple):
    """The ink of a page.

    Attributes
    ----------
    strength : ndarray of uint8 of shape (h, w)
        Difference of every pixel from the local paper level; 255 is the whole paper level.
    least : int
        Minimum strength of ink pixels; above 255 if there is no ink.
    noise : float
        Standard deviation of the strength of paper.
    surface : ndarray of float of shape (rows, columns)
        Level of the paper, or of another surface, on the reduced page.
    """

    strength: np.ndarray
    least: int
    noise: float
    surface: np.ndarray


def find_ink(pixels: np.ndarray, polarity: str = "auto", *, of_one_letter: bool = False) -> Ink:
    """Return the ink of a gray page.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w)
        Gray page.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default="auto"
        How ink and paper differ.
    of_one_letter : bool, default=False
        Whether the page shows a single letter, whose strokes may be as thick as small shadows.
    """
    reduced = reduce(pixels)
    if not (is_ink_dark(reduced, pixels) if polarity == "auto" else polarity == "dark-on-light"):
        pixels, reduced = 255 - pixels, 255 - reduced
    surface = _surface(reduced, of_one_letter)
    is_even = surface.min() == surface.max()
    strength = _strength(pixels, surface)
    paper = float(surface.max() if is_even else np.percentile(surface, 90))
    per_level = 255 / max(_LEAST_LEVEL, paper)
    noise = per_level * _noise(pixels)
    sigmas = math.sqrt(2 * math.log(pixels.size + 1)) + _MORE_SIGMAS
    is_small = max(pixels.shape) < SMALL
    otsu = _least(strength, surface)
    if sigmas * noise > _SOFT * otsu and not is_small:  # faint strokes would be lost in the noise
        pixels = blurred(pixels)
        strength = _strength(pixels, surface)
        noise = max(noise / _BLURRED, per_level * _noise(pixels, _BLURRED))
        otsu = _least(strength, surface)
    least = max(round(_SOFT * otsu), math.ceil(sigmas * noise))
    may_be_shaded = not is_even or (edge_of(strength) >= least).any()
    shade = _shade(reduce(strength), least, is_even=is_even) if may_be_shaded else 0
    if shade:
        share = 255 / (255 - shade)
        strength = mapped(strength, (np.arange(256) - shade) * share)
        noise, otsu = share * noise, _least(strength, surface)
    least = math.ceil(sigmas * noise)
    if is_small:  # where the edges of strokes are as frequent as noise
        least = min(least, otsu)
    least = max(round(_SOFT * otsu), MIN_CONTRAST, least)
    return Ink(strength, least, min(noise, least / sigmas), surface)


def reduction(shape: tuple[int, ...]) -> int:
    """Return the number of page pixels for each pixel of the reduced page, along a side."""
    return max(1, math.ceil(max(shape) / _SIDE))


def reduce(pixels: np.ndarray) -> np.ndarray:
    """Return the reduced page for the estimates of paper and light."""
    factor = reduction(pixels.shape)
    return np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels


# ------------------------------------------------------------------ how light the paper is


def _surface(reduced: np.ndarray, of_one_letter: bool) -> np.ndarray:
    """Return the level of the paper, or of another surface, across a reduced page."""
    is_light = reduced > otsu_of(reduced)
    if min(reduced.shape) < _TINY:
        return np.full(reduced.shape, border_median(reduced[np.newaxis])[0], np.float32)
    if not is_light.any():
        return np.full(reduced.shape, np.median(reduced), np.float32)
    longer = max(reduced.shape)
    level = float(np.median(reduced[is_light]))
    inner = erode(is_light, max(2, longer // 25))
    low, high = np.percentile(reduced[inner], [20, 95]) if inner.any() else (level, level)
    fills_image = is_cut_closely(~is_light)
    # Between strokes that fill the image, paper is darkened by the blur around them.
    is_even = high - low <= (0.25 if fills_image else _EVEN) * level
    if is_even and (
        fills_image
        or (_is_thin(~is_light, of_one_letter) and not _is_half_dark(reduced, ~is_light, level))
    ):
        return np.full(reduced.shape, level, np.float32)
    near = close(reduced, max(_LEAST_REACH, odd(_REACH * longer)))
    far = close(reduced, odd(_FAR_REACH * longer))
    # A dark area entirely within the page is a thick stroke, not a shadow.
    labels, n_regions = ndimage.label(near < 0.9 * far, _SQUARE)
    if n_regions:
        is_within = np.ones(n_regions + 1, bool)
        is_within[np.append(edge_of(labels), 0)] = False
        if not of_one_letter:
            is_within[labels[erode(labels > 0, int(_STROKE_OF_MANY * longer))]] = False
        near = np.where(is_within[labels], far, near)
    # Where light changes, the darker level prevents shadow edges from looking like ink.
    return lowest_around(near, 3).astype(np.float32)


def _is_thin(is_dark: np.ndarray, of_one_letter: bool) -> bool:
    """Return whether all dark pixels may be strokes rather than a table or shadow."""
    reach = _STROKE_OF_ONE if of_one_letter else _STROKE_OF_MANY
    return not erode(is_dark, int(reach * max(is_dark.shape))).any()


def _is_half_dark(reduced: np.ndarray, is_dark: np.ndarray, level: float) -> bool:
    """Return whether something thick and lighter than ink extends from the edge."""
    core = erode(is_dark, max(2, max(reduced.shape) // 18))
    if not core.any():
        return False
    labels, _ = ndimage.label(core)
    at_edge = np.setdiff1d(edge_of(labels), [0])
    if not len(at_edge):
        return False
    ink = float(np.percentile(reduced[is_dark], 5))
    return bool(np.median(reduced[np.isin(labels, at_edge)]) > ink + 0.2 * (level - ink))


# ------------------------------------------------------------------ what differs from the paper


def _strength(pixels: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Return the darkness of every pixel relative to the surface."""
    brightest = float(surface.max())
    if surface.min() == 255:
        return 255 - pixels  # as below, but ten times as fast
    if brightest == surface.min():
        return mapped(pixels, (brightest - np.arange(256)) * (255 / max(brightest, _LEAST_LEVEL)))
    size = pixels.shape[::-1]
    levels = np.asarray(Image.fromarray(surface.astype(np.uint8)).resize(size, _BILINEAR))
    divisors = 255 / np.maximum(
        np.arange(256, dtype=np.float32), max(_LEAST_LEVEL, _DARKEST * brightest)
    )
    strength = np.empty_like(pixels)
    for start in range(0, len(pixels), _N_ROWS):
        rows = slice(start, start + _N_ROWS)
        deeper = np.maximum(levels[rows], pixels[rows]) - pixels[rows]
        np.minimum(deeper * divisors[levels[rows]], 255, out=strength[rows], casting="unsafe")
    return strength


def mapped(pixels: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return every pixel mapped by a table of 256 levels."""
    # Bytes are mapped in half the time of an array.
    table = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
    mapped = bytearray(np.ascontiguousarray(pixels)).translate(table)
    return np.frombuffer(mapped, np.uint8).reshape(pixels.shape)


def _shade(strength: np.ndarray, least: int, *, is_even: bool) -> int:
    """Return the strength of a shadow mistaken for ink, on a reduced page; 0 without one.

    If there are two levels of ink, the weaker is a shadow if it covers areas thicker than the
    strokes of the stronger one. On a surface that seems even, it also extends from the edge of the
    page, and the stronger one does not.
    """
    is_inked = strength >= least
    if not is_inked.any():
        return 0
    split = otsu_of(strength[is_inked]) + 1
    is_strong = strength >= split
    if is_even and (edge_of(is_strong).any() or not edge_of(is_inked).any()):
        return 0
    reach = 1
    while erode(is_strong, reach).any():
        reach += 1
        if reach > THICKEST_STROKE * max(strength.shape) / 2:
            return 0
    is_weak = is_inked & ~is_strong
    core = erode(is_weak, math.ceil(_THICKER * reach))
    is_shadow = dilate(core, math.ceil(_THICKER * reach)).sum() > _MOST_OF_SHADOW * is_weak.sum()
    return int(np.median(strength[core])) if core.any() and is_shadow else 0


def blurred(pixels: np.ndarray) -> np.ndarray:
    """Return the means of 3 x 3 pixels, rounded in rows and then in columns.

    These are the pixels of Pillow's ``BoxBlur(1)``, in a fifth of its time.
    """
    padded = np.pad(pixels, 1, mode="edge")
    means = np.empty_like(pixels)
    for start in range(0, len(pixels), _N_ROWS):
        rows = padded[start : start + _N_ROWS + 2].astype(np.uint16)
        rows = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] + 1) // 3
        means[start : start + _N_ROWS] = (rows[:-2] + rows[1:-1] + rows[2:] + 1) // 3
    return means


def _noise(pixels: np.ndarray, apart: int = 1) -> float:
    """Estimate the standard deviation of the noise, from pixels `apart` from each other in a row.

    Uneven light does not increase their differences, and ink and lines do not affect the lower
    quartile.
    """
    rows = pixels[:: max(1, pixels.size // _NOISE_SAMPLE)].astype(np.int16)
    steps = np.abs(rows[:, apart:] - rows[:, :-apart]).ravel()
    real_steps = steps[steps > 0]
    if 2 * len(real_steps) <= len(steps):
        return 0.0
    # Overexposed paper clips half of the noise; its differences of 0 must not count.
    quarter = len(real_steps) // 4
    # For Gaussian noise, a quarter of the differences is below 0.3186 * sqrt(2) deviations.
    return float(np.partition(real_steps, quarter)[quarter]) / 0.4506


def _least(strength: np.ndarray, surface: np.ndarray) -> int:
    """Return the strength that separates ink from paper, from well-lit paper if possible."""
    step = stride(strength.size)
    sample = strength[::step, ::step]
    is_lit = surface >= 0.6 * surface.max()
    if is_lit.any() and not is_lit.all():
        lit = Image.fromarray(is_lit).resize(sample.shape[::-1], Image.Resampling.NEAREST)
        least = otsu_of(sample[np.asarray(lit)]) + 1 if is_lit.mean() > 0.15 else 0
        if least >= 2 * MIN_CONTRAST:
            return least
    return otsu_of(sample) + 1

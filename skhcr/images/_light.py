"""Pages that were lit from one side, or in the middle, as they would be under even light."""

from __future__ import annotations

import numpy as np

# Light that differs by fewer gray levels along the border harms nothing.
_LEAST_RANGE = 24
_N_PARTS = 8  # of each side, whose medians are looked at
# Parts of the border may deviate by this share of its range, and so many are enough: ink may cross
# the border here and there. Where more of them deviate, it is not light that differs.
_TOLERANCE = 0.15
_ENOUGH = 0.8
_N_FITS = 5


def even_light(pixels: np.ndarray) -> np.ndarray:
    """Return a gray page as it would be under even light, to judge by its border.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w)
        Gray page.

    Returns
    -------
    pixels : ndarray of uint8 of shape (h, w)
        Every level divided by how brightly its place is lit; the same array where light is even.
    """
    light = _light(pixels)
    if light is None:
        return pixels
    x, y = (np.linspace(-1, 1, n, dtype=np.float32) for n in reversed(pixels.shape))
    right, down, out, middle = light
    levels = (right * x + out * x**2)[np.newaxis] + (down * y + out * y**2 + middle)[:, np.newaxis]
    even = pixels * (levels.max() / np.maximum(levels, 1))
    return np.clip(np.rint(even), 0, 255).astype(np.uint8)


def _light(pixels: np.ndarray) -> np.ndarray | None:
    """Return how the level of paper grows right, down and outwards from that of the middle.

    None where it does not, or where that is no matter of light.
    """
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    border = np.concatenate(sides)
    if min(pixels.shape) < _N_PARTS or int(border.max()) - int(border.min()) < _LEAST_RANGE:
        return None
    places = _places()
    levels = np.array(
        [np.median(part) for side in sides for part in np.array_split(side, _N_PARTS)]
    )
    is_paper = np.ones(len(levels), bool)
    for _ in range(_N_FITS):
        light = np.linalg.lstsq(places[is_paper], levels[is_paper], rcond=None)[0]
        fitted = places @ light
        off = np.abs(levels - fitted) / max(np.ptp(fitted), 1)
        is_paper = off <= max(_TOLERANCE, np.quantile(off, _ENOUGH))
    is_light = np.ptp(fitted) >= _LEAST_RANGE and np.mean(off <= _TOLERANCE) >= _ENOUGH
    return light.astype(np.float32) if is_light else None


def _places() -> np.ndarray:
    """Return x, y, their squares' sum and 1 for the parts of all sides; x and y are -1 to 1."""
    along = (np.arange(_N_PARTS) + 0.5) / _N_PARTS * 2 - 1
    one = np.ones(_N_PARTS)
    ends = [(along, -one), (along, one), (-one, along), (one, along)]
    return np.concatenate([np.column_stack([x, y, x**2 + y**2, one]) for x, y in ends])

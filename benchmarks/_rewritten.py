"""Rewritten letters: with pens of any width, sharp as in large scans or blurred as in small."""

import numpy as np
from PIL import Image
from scipy import ndimage

from skhcr import InkNormalizer
from skhcr.datasets import draw_strokes

_LARGE, _INK = 72, 56  # height and width of a picture, and of the box of its ink
_SIZE, _BOX = 32, 24  # the same of what the networks see
_DRAWN = 48  # pixels; less than the pictures, as drawing takes its time
_FINEST = 1 / 50  # width of a pen, as a part of the letter's longer side
_CHUNK = 500  # letters in memory at a time
_enlarge = InkNormalizer(
    _LARGE, margin=(_LARGE - _INK) / 2 / _LARGE, on_blank="ignore", on_several="ignore"
)


def rewritten(images, copies, generator, *, shares, blur, thickest=1 / 8):
    """Return letters in the form of `InkNormalizer((32, 32))`, written in several ways.

    Parameters
    ----------
    images : sequence
        What `InkNormalizer` reads.
    copies : int
        How many of each image to return.
    shares : (float, float, float)
        How many of the copies are as they are, are sharp, and are written with another pen, which
        follows the middle of the strokes.
    blur : float
        How far the edges of strokes reach in the images, in pixels, once the letter is 56 high.
    thickest : float
        Width of the thickest pen, as a part of the letter.

    Returns
    -------
    ndarray of uint8 of shape (copies * len(images), 32, 32)
        The first copies of all images, then the second ones, and so on.
    """
    out = np.zeros((copies, len(images), _SIZE, _SIZE), np.uint8)
    for start in range(0, len(images), _CHUNK):
        rows = slice(start, start + _CHUNK)
        large = _enlarge.transform(images[rows])[..., 0].astype(np.float32)
        smooth = ndimage.gaussian_filter(large, (0, blur, blur))
        # Faint dots beside dark strokes count as ink, too.
        strongest = np.maximum(ndimage.maximum_filter(smooth, (1, 13, 13)), 70)
        for copy in out:
            copy[rows] = _copy(large, smooth, strongest, generator, shares, thickest)
    return out.reshape(-1, _SIZE, _SIZE)


def _copy(large, smooth, strongest, generator, shares, thickest):
    ways = generator.choice(len(shares), size=len(large), p=shares)
    levels = generator.uniform(0.3, 0.5, (len(large), 1, 1)) * strongest
    with_pen = np.flatnonzero(ways == 2)
    middles = dict(zip(with_pen, _skeletons((smooth > levels)[with_pen]), strict=True))
    letters = []
    for i, way in enumerate(ways):
        letter = large[i]
        if way == 2 and middles[i].any():
            letter = _with_pen(middles[i], generator, thickest)
        elif way:
            steepness = generator.uniform(0.6, 5)
            letter = 255 * np.clip((smooth[i] / levels[i] - 1) * steepness + 0.5, 0, 1)
        letters.append(_framed(letter))
    return np.stack(letters)


def drawn(strokes, generator, thickest=1 / 6):
    """Draw pen strokes as `InkNormalizer((32, 32))` makes them of a large scan.

    The pen is of any width, the hand slants and trembles.
    """
    wider, slant = np.exp(generator.uniform(-0.15, 0.15)), generator.uniform(-0.3, 0.3)
    change = np.array([[wider, 0], [slant, 1]])
    lines = [np.asarray(stroke, float) @ change for stroke in strokes]
    extent = np.ptp(np.concatenate(lines), axis=0).max()
    if generator.random() < 0.5:
        lines = [line + _tremor(line, 0.012 * extent, 0.1 * extent, generator) for line in lines]
    return _framed(draw_strokes(lines, size=_DRAWN, pen_width=_pen(generator, thickest)))


def _tremor(line, amount, wavelength, generator):
    """Return smooth random shifts of the points of a line."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    knots = np.arange(0, lengths[-1] + 2 * wavelength + 1, wavelength + 1)
    shifts = generator.normal(scale=amount, size=(2, len(knots)))
    return np.stack([np.interp(lengths, knots, shift) for shift in shifts], axis=1)


def _pen(generator, thickest):
    """Return the width of a pen, as a part of the letter; fine ones are as likely as thick ones."""
    return np.exp(generator.uniform(np.log(_FINEST), np.log(thickest)))


def _with_pen(middle, generator, thickest):
    """Return strokes of one width around their middle lines, with a little tremor."""
    parts, _ = ndimage.label(middle, np.ones((3, 3)))
    is_dot = (np.bincount(parts.ravel()) <= 3)[parts] & middle
    if is_dot.any():  # no pen makes a dot of a single point
        middle = middle | ndimage.binary_dilation(is_dot)
    away = ndimage.distance_transform_edt(~middle)
    away += generator.uniform(0, 0.15) * ndimage.gaussian_filter(
        generator.normal(scale=10, size=away.shape), 3
    )
    return 255 * np.clip(_pen(generator, thickest) * _INK / 2 - away + 0.5, 0, 1)


def _framed(letter):
    """Return a letter, light on black, in the frame of `InkNormalizer`."""
    is_ink = letter > 0.15 * letter.max()
    if not is_ink.any():
        return np.zeros((_SIZE, _SIZE), np.uint8)
    rows, columns = (np.flatnonzero(is_ink.any(axis)) for axis in (1, 0))
    ink = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    height, width = (max(1, round(side * _BOX / max(ink.shape))) for side in ink.shape)
    ink = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))
    out = np.zeros((_SIZE, _SIZE), np.uint8)
    top, left = (_SIZE - height) // 2, (_SIZE - width) // 2
    out[top : top + height, left : left + width] = np.rint(ink * (255 / ink.max()))
    return out


# ------------------------------------------------------------------ middle lines

_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def _skeletons(masks):
    """Return the middle lines of strokes, one pixel wide: Zhang and Suen's thinning."""
    masks = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    rows = np.arange(len(masks))  # those that still become thinner
    while len(rows):
        is_changed = np.zeros(len(rows), bool)
        for removable in _REMOVABLE:
            some = masks[rows]
            neighbors = np.zeros(some.shape, np.uint8)
            for bit, (dy, dx) in enumerate(_AROUND):
                neighbors |= np.roll(some, (-dy, -dx), (1, 2)).astype(np.uint8) << bit
            gone = some & removable[neighbors]
            masks[rows] = some & ~gone
            is_changed |= gone.any(axis=(1, 2))
        rows = rows[is_changed]
    return masks[:, 1:-1, 1:-1]


def _removable():
    """Return, for both passes, whether a pixel with these eight neighbors, as bits, may go."""
    table = np.zeros((2, 256), bool)
    for code in range(256):
        ring = [code >> bit & 1 for bit in range(8)]
        n_starts = sum(not ring[bit] and ring[(bit + 1) % 8] for bit in range(8))
        if 2 <= sum(ring) <= 6 and n_starts == 1:
            north, east, south, west = ring[::2]
            table[0, code] = not (east and south and (north or west))
            table[1, code] = not (north and west and (east or south))
    return table


_REMOVABLE = _removable()

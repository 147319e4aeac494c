"""Test characters of the pretrained models, on pages of all conditions."""

from functools import cache
from zlib import crc32

import numpy as np
from PIL import Image
from scipy import ndimage

from ._page_conditions import CONDITIONS
from .pretrained import MODELS

_SIDE = {"english": 28, "russian-letters": 28}  # of characters that are cut from photographs
_LARGE = 800  # pixels; photographs as large as this hold far more of them than are needed
_LEAST = 0.35  # of the strongest ink; what is weaker is paper
_SMALLEST = 0.02  # of the largest piece of ink; what is smaller is no part of the letter
_IN_A_PICTURE = 6  # letters, where there are several


def samples(model, kind, condition, start, stop):
    """Yield pages and labels, always the same at the same places."""
    images, labels = _published(model, condition) if kind == "as published" else _letters(model)
    draw = CONDITIONS[kind][condition]
    seeds = crc32(model.encode()), crc32(condition.encode())
    order = np.random.default_rng(seeds).permutation(len(labels))
    for place in range(start, min(stop, len(labels))):
        rng = np.random.default_rng([*seeds, place])
        if kind == "several":
            page = draw([_get(images, i) for i in order[place : place + _IN_A_PICTURE]], rng)
        else:
            page = draw(_get(images, order[place]), rng)
        yield page, str(labels[order[place]])


def _get(images, index):
    """Return an image as an array; of photographs, only those are opened that are drawn."""
    image = images[index]
    return image if isinstance(image, np.ndarray) else np.asarray(Image.open(image).convert("RGB"))


@cache
def _published(model, condition):
    test = MODELS[model].split
    if "squared" in condition:
        test = MODELS[model].further_tests["squared and lined paper"]
    split = test()
    return split.X_test, split.y_test


@cache
def _letters(model):
    """Return a model's test characters, light on dark, and their labels."""
    split = MODELS[model].split()
    if model not in _SIDE:
        return split.X_test, split.y_test
    images = range(len(split.y_test))
    letters = [_cut_out(_get(split.X_test, i), _SIDE[model]) for i in images]
    return np.stack(letters), split.y_test


def _cut_out(photograph, side):
    """Return the ink of a photograph of one letter, light on dark.

    It is not :class:`skhcr.InkNormalizer` that does so, which is what is measured: whatever becomes
    of it, the pages stay the same.
    """
    if max(photograph.shape) > _LARGE:
        photograph = np.asarray(Image.fromarray(photograph).reduce(4))
    levels = photograph.astype(float)
    paper = np.median(levels, (0, 1))
    ink = np.clip(paper - levels, 0, None).max(2)
    ink /= np.quantile(ink[ink > ink.max() / 2], 0.5)
    pieces, _ = ndimage.label(ink > _LEAST, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())[1:]
    kept = np.isin(pieces, 1 + np.flatnonzero(sizes >= _SMALLEST * sizes.max()))
    rows, columns = np.flatnonzero(kept.any(1)), np.flatnonzero(kept.any(0))
    ink *= ndimage.binary_dilation(kept, np.ones((3, 3)), 1)
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = np.clip((box - _LEAST / 2) / (1 - _LEAST / 2), 0, 1)
    scale = side / max(box.shape)
    size = [max(1, round(scale * length)) for length in box.shape[::-1]]
    image = Image.fromarray(np.rint(255 * box).astype(np.uint8))
    return np.asarray(_square(image.resize(size, Image.LANCZOS), side))


def _square(image, side):
    square = Image.new("L", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square

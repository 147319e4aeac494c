"""Test characters of the pretrained models, on pages of all conditions."""

from functools import cache
from zlib import crc32

import numpy as np
from PIL import Image
from scipy import ndimage

from skhcr.datasets import fetch_russian_letters

from ._page_conditions import CONDITIONS
from ._splits import AHCD, ENGLISH_PAGES, MNIST

# The models whose test characters these are; none was trained on the first division.
_DIVIDED = {"arabic-letters": AHCD, "english": ENGLISH_PAGES, "digits": MNIST}
MODELS = (*_DIVIDED, "russian-letters")

_SIDE = {"english": 28, "russian-letters": 28}  # of characters that are cut from photographs
_LARGE = 800  # pixels; photographs as large as this hold far more of them than are needed
_LEAST = 0.35  # of the strongest ink; what is weaker is paper
_SMALLEST = 0.02  # of the largest piece of ink; smaller pieces do not belong to the letter
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
    return _test_images(model, "squared" if "squared" in condition else "plain")


@cache
def _letters(model):
    """Return a model's test characters, light on dark, and their labels."""
    images, labels = _test_images(model)
    if model in _SIDE:
        places = range(len(labels))
        images = np.stack([_cut_out(_get(images, i), _SIDE[model]) for i in places])
    return images, labels


def _test_images(model, paper="plain"):
    """Return the images that a model is tested on, as they were published, and their labels."""
    if model in _DIVIDED:
        split = _DIVIDED[model].split(0)
        return split.X_test, split.y_test
    # The last fifth of every letter's photographs: those before were trained on.
    letters = fetch_russian_letters(color=True)
    is_plain = letters.collection == 2
    rows = np.concatenate(
        [
            same[-(len(same) // 5) :]
            for kind in np.unique(letters.collection)
            for letter in np.unique(letters.target)
            for same in [np.flatnonzero((letters.collection == kind) & (letters.target == letter))]
        ]
    )
    rows = np.sort(rows[is_plain[rows] == (paper == "plain")])
    return letters.images[rows], letters.target[rows]


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

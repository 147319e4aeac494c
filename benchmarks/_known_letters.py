"""Characters that the pretrained models know: of their own sets, and by other writers."""

from functools import cache

import numpy as np

from skhcr import InkNormalizer

from ._foreign_sets import COLLECTIONS, Rows, sample
from ._splits import AHCD, ENGLISH_PAGES, MNIST
from ._training_letters import omniglot, russian_of_others

MODELS = ("arabic-letters", "english", "digits", "russian-letters")
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_DIVIDED = {"arabic-letters": AHCD, "english": ENGLISH_PAGES, "digits": MNIST}
_OTHERS = {
    "arabic-letters": "Hijja, isolated",
    "english": "UNIPEN",
    "digits": "UNIPEN, digits",
}
_PHOTOGRAPHS = ("Russian 1", "Russian 2", "Russian 3")
_SIDE = 64  # pixels, of a character's picture


def own(model: str, part: str, most: int) -> Rows:
    """Return the images of a model's own set, as published, that are for "train" or "test"."""
    if model in _DIVIDED:
        split = _DIVIDED[model].split(0)
        pair = (split.X_test, split.y_test) if part == "test" else (split.X, split.y)
        return _some(Rows(pair[0], np.asarray(pair[1]).astype(str), None), most)
    return _together([getattr(COLLECTIONS[name], part)() for name in _PHOTOGRAPHS], most)


def others(model: str, part: str, most: int) -> Rows:
    """Return characters of another set, whose writers for "test" are in no training."""
    if model in _OTHERS:
        return _some(getattr(COLLECTIONS[_OTHERS[model]], part)(), most)
    if part == "test":
        return _some(Rows(*russian_of_others()), most)
    return _some(Rows(*omniglot("Cyrillic", CYRILLIC, range(1, 16))[:2], None), most)


def _some(rows: Rows, most: int) -> Rows:
    return rows.take(sample(len(rows.target), most))


def _together(parts: list[Rows], most: int) -> Rows:
    images = np.concatenate([rows.images for rows in parts])
    target = np.concatenate([rows.target for rows in parts])
    return _some(Rows(images, target, None), most)


@cache
def inks(model: str, part: str, most: int = 1_500) -> np.ndarray:
    """Return pictures of characters of a model's own set, cut to their ink, light on black."""
    images = own(model, part, most).images
    return InkNormalizer(_SIDE, margin=0, on_blank="ignore").transform(images)[..., 0]

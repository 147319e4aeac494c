"""Characters of one collection, to test networks trained on another."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from skhcr import datasets

from ._splits import AZ, ENGLISH_PAGES, is_held_out
from ._training_letters import russian_of_others

MOST_TRAINING_ROWS = 4_000
MOST_TEST_ROWS = 1_500
_PICTURE = 96  # pixels, of drawn strokes
_PENS = 0.023, 0.062  # their widths, as parts of a character's longer side
_HAMZA = "ء"  # of Hijja alone


@dataclass(frozen=True)
class Rows:
    """Images with their labels, and their writers where they are known."""

    images: np.ndarray
    target: np.ndarray
    writers: np.ndarray | None

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of them."""
        writers = None if self.writers is None else self.writers[rows]
        return Rows(self.images[rows], self.target[rows], writers)


@dataclass(frozen=True)
class Collection:
    """Training and test data; no writer is in both if writers are known."""

    train: Callable[[], Rows]
    test: Callable[[], Rows]


def sample(n_rows: int, most: int) -> np.ndarray:
    """Return the places of at most so many rows, chosen by chance, in their order."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))


def _ahcd(subset: str) -> Rows:
    """Return four fifths of the writers, or the last fifth, each with their images of a subset."""
    letters = datasets.fetch_ahcd(subset=subset)
    rows = (letters.groups % 5 == 4) == (subset == "test")
    return Rows(letters.images[rows], letters.target[rows], letters.groups[rows])


def _hijja(subset: str) -> Rows:
    letters = datasets.fetch_hijja(forms="isolated", subset=subset)
    rows = letters.target != _HAMZA
    return Rows(letters.images[rows], letters.target[rows], letters.groups[rows])


def _english(part: str, characters: str = "") -> Rows:
    english = datasets.fetch_english_handwritten()
    of_test = set(ENGLISH_PAGES.split(0).X_test)
    in_test = np.array([name in of_test for name in english.filenames])
    rows = in_test if part == "test" else ~in_test
    if characters:
        rows &= np.isin(english.target, list(characters))
    return Rows(english.filenames[rows], english.target[rows], english.groups[rows])


@cache
def _unipen_strokes(subset: str):
    return datasets.fetch_unipen(subset=subset, size=None)


def _unipen(part: str, subset: str) -> Rows:
    """Return characters drawn with pens of many widths."""
    unipen = _unipen_strokes(subset)
    (rows,) = np.nonzero(is_held_out(unipen.groups) == (part == "test"))
    rows = rows[sample(len(rows), MOST_TEST_ROWS if part == "test" else MOST_TRAINING_ROWS)]
    return drawn(unipen, rows, seed=1)


def drawn(unipen, rows: np.ndarray, seed: int) -> Rows:
    """Return some of UNIPEN's characters, drawn with pens of many widths."""
    pens = np.random.default_rng(seed).uniform(*_PENS, size=len(rows))
    images = [
        datasets.draw_strokes(unipen.strokes[row], size=_PICTURE, pen_width=pen)
        for row, pen in zip(rows, pens, strict=True)
    ]
    return Rows(np.stack(images), unipen.target[rows], unipen.groups[rows])


def _mnist(subset: str) -> Rows:
    digits = datasets.fetch_mnist(subset=subset)
    return Rows(digits.images, digits.target.astype(str), None)


@cache
def _russian_letters():
    return datasets.fetch_russian_letters(color=True)


def _russian(part: str, collection: int) -> Rows:
    """Return the first four fifths of every letter's photographs, or the last fifth."""
    letters = _russian_letters()
    places = np.zeros(len(letters.target))
    for letter in letters.target_names:
        (rows,) = np.nonzero((letters.collection == collection) & (letters.target == letter))
        places[rows] = np.linspace(0, 1, len(rows), endpoint=False)
    rows = (letters.collection == collection) & ((places >= 0.8) == (part == "test"))
    return Rows(letters.images[rows], letters.target[rows], None)


def _cyrillic() -> Rows:
    return Rows(*russian_of_others())


def _a_to_z() -> Rows:
    split = AZ.split(0)
    return Rows(split.X_test, split.y_test, None)


def _none() -> Rows:
    raise NotImplementedError("Nothing is trained on this collection.")


DIGITS = "0123456789"
COLLECTIONS = {
    "AHCD": Collection(partial(_ahcd, "train"), partial(_ahcd, "test")),
    "Hijja, isolated": Collection(partial(_hijja, "train"), partial(_hijja, "test")),
    "English 55": Collection(partial(_english, "train"), partial(_english, "test")),
    "English 55, digits": Collection(_none, partial(_english, "test", DIGITS)),
    "UNIPEN": Collection(partial(_unipen, "train", "all"), partial(_unipen, "test", "all")),
    "UNIPEN, digits": Collection(
        partial(_unipen, "train", "digits"), partial(_unipen, "test", "digits")
    ),
    "A-Z sample": Collection(_none, _a_to_z),
    "MNIST": Collection(partial(_mnist, "train"), partial(_mnist, "test")),
    **{
        f"Russian {number}": Collection(
            partial(_russian, "train", number), partial(_russian, "test", number)
        )
        for number in (1, 2, 3)
    },
    "Omniglot, Cyrillic": Collection(_none, _cyrillic),
}

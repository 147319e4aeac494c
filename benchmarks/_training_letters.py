"""Training data of the pretrained models: letters of several sets, written in many ways."""

import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from skhcr import InkNormalizer, datasets
from skhcr._atomic import replacing
from skhcr.pretrained import load_pretrained

from ._fonts import ARABIC, CYRILLIC, LATIN, letters_of_fonts
from ._rewritten import drawn, rewritten
from ._scans import with_other_pens, without_lines
from ._splits import AZ, ENGLISH_PAGES, is_held_out

_MOST_OF_A_WRITER = 40  # times a letter
_MOST_COPIES = 3
_ARABIC, _BARE_ALIF = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي", "ا"
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@dataclass(frozen=True)
class Letters:
    """Images as `InkNormalizer((32, 32))` makes them, their labels, writers and weights."""

    images: np.ndarray
    labels: np.ndarray
    writers: np.ndarray
    weights: np.ndarray | float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "weights", np.broadcast_to(self.weights, self.labels.shape))

    def __add__(self, other):
        """Return these letters and others, by other writers."""
        return Letters(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.writers, other.writers + self.writers.max() + 1]),
            np.concatenate([self.weights, other.weights]),
        )


def kept(path: Path, make: Callable[[], Letters]) -> Letters:
    """Return data that takes minutes to make, from a file if it exists."""
    if not path.exists():
        letters = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **vars(letters))
    with np.load(path, allow_pickle=False) as arrays:
        return Letters(**arrays)


def english() -> Letters:
    """Return the characters of Chars74K's writers for training, of UNIPEN's, and of fonts.

    Some letters of A-Z and digits of MNIST are by further writers, of whom each wrote few.
    """
    split = ENGLISH_PAGES.split(0)
    generator = np.random.default_rng(0)
    copies = 8
    of_chars74k = Letters(
        rewritten(split.X, copies, generator, shares=(0.3, 0.2, 0.5), blur=0.4, thickest=1 / 6),
        np.tile(split.y, copies),
        np.tile(split.groups, copies),
        weights=3,
    )
    return (
        of_chars74k
        + _as_written(2, generator)
        + _of_fonts(string.digits + string.ascii_letters, 3, LATIN)
        + _of_a_to_z(3, generator)
        + _of_mnist(6_000, 2, generator)
    )


def arabic() -> Letters:
    """Return AHCD's letters for training, Hijja's, the isolated ones twice, and those of fonts."""
    ahcd, generator = datasets.fetch_ahcd(subset="train"), np.random.default_rng(0)
    hijja = datasets.fetch_hijja(forms="all", subset="train")
    is_known = hijja.target != "ء"
    alone, joined = (
        np.flatnonzero(is_known & ((hijja.form == "isolated") == is_alone))
        for is_alone in (True, False)
    )
    rows = np.concatenate([alone, alone, generator.permutation(joined)[: len(joined) // 2]])
    of_ahcd = _rewritten(ahcd, slice(None), 3, generator, blur=0.7, weights=1.5)
    of_hijja = _rewritten(hijja, rows, 1, generator, blur=1.4)
    of_fonts = _of_fonts(_ARABIC + _BARE_ALIF, 8, ARABIC, thickest=1 / 8)
    of_fonts.labels[of_fonts.labels == _BARE_ALIF] = "أ"
    return of_ahcd + of_hijja + of_fonts


def digits() -> Letters:
    """Return a quarter of MNIST's digits for training, as many of UNIPEN's, and those of fonts."""
    generator = np.random.default_rng(0)
    of_mnist = _of_mnist(15_000, 1, generator)
    found = of_mnist + _evenly("digits", 1500, generator) + _of_fonts(string.digits, 6, LATIN)
    return replace(found, labels=found.labels.astype(np.int64))


def russian() -> Letters:
    """Return photographs of Russian letters, those on squared or ruled paper also without lines.

    Those on plain paper are written with other pens, too, and so are the letters of Omniglot and of
    fonts.
    """
    photographs, (train,), is_plain = _russian(is_train=True)
    generator = np.random.default_rng(0)
    ruled, plain = train[~is_plain[train]], train[is_plain[train]]
    images, names = photographs.images, photographs.target
    seen = InkNormalizer((32, 32), on_blank="ignore", on_several="ignore").transform(
        np.concatenate([images[train], without_lines(images[ruled])])
    )
    redrawn = rewritten(images[plain], 1, generator, shares=(0, 0.4, 0.6), blur=0.7)
    rows = np.concatenate([train, ruled, plain])
    of_photographs = Letters(
        np.concatenate([with_other_pens(seen[..., 0], seed=0), redrawn]), names[rows], rows
    )
    printed, names, drawers = omniglot("Cyrillic", _CYRILLIC, range(1, 16))
    copies = 6
    of_omniglot = Letters(
        rewritten(printed, copies, generator, shares=(0.1, 0.3, 0.6), blur=0.4),
        np.tile(names, copies),
        np.tile(drawers, copies),
    )
    return of_photographs + of_omniglot + _of_fonts(_CYRILLIC, 8, CYRILLIC)


def omniglot(alphabet: str, letters: str, drawers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an alphabet's drawings by some of the twenty who drew it, their letters, and who."""
    drawings = datasets.fetch_omniglot(subset="background")
    rows = np.flatnonzero((drawings.alphabet == alphabet) & np.isin(drawings.drawer, drawers))
    numbers = np.unique(drawings.target[rows], return_inverse=True)[1]
    return drawings.images[rows], np.array(list(letters))[numbers], drawings.drawer[rows]


def russian_for_training() -> np.ndarray:
    """Return the photographs to train on."""
    photographs, (rows,), _ = _russian(is_train=True)
    return photographs.images[rows]


def russian_for_tests(paper: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the photographs held out, on "plain" or "squared" paper, and their letters."""
    photographs, (test,), is_plain = _russian(is_train=False)
    rows = test[is_plain[test] == (paper == "plain")]
    return photographs.images[rows], photographs.target[rows]


def russian_of_others() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the drawings by five of Omniglot's drawers, not trained on: letters and drawers."""
    return omniglot("Cyrillic", _CYRILLIC, range(16, 21))


def _russian(*, is_train):
    """Hold out the last fifth of every letter's photographs: sheets tell letters by their paper."""
    letters = datasets.fetch_russian_letters(color=True)
    place = np.zeros(len(letters.target))
    for kind in np.unique(letters.collection):
        for letter in np.unique(letters.target):
            (rows,) = np.nonzero((letters.collection == kind) & (letters.target == letter))
            place[rows] = np.linspace(0, 1, len(rows), endpoint=False)
    return letters, np.nonzero((place < 0.8) == is_train), letters.collection == 2


def _rewritten(letters, rows, copies, generator, blur, weights=1.0) -> Letters:
    """Return copies of some letters of a data set."""
    return Letters(
        rewritten(letters.images[rows], copies, generator, shares=(0.35, 0.3, 0.35), blur=blur),
        np.tile(letters.target[rows], copies),
        np.tile(letters.groups[rows], copies),
        weights,
    )


def _of_mnist(n, copies, generator) -> Letters:
    mnist = datasets.fetch_mnist(subset="train")
    rows = generator.permutation(len(mnist.target))[:n]
    names = mnist.target.astype("U1")
    digits = Bunch(images=mnist.images, target=names, groups=np.arange(len(names)))
    return _rewritten(digits, rows, copies, generator, blur=0.7)


def _of_a_to_z(copies, generator) -> Letters:
    """Return letters of the A-Z sample, in the case that the shipped model finds more probable.

    The set has both cases under the names of capitals.
    """
    split, model = AZ.split(0), load_pretrained("english", exported=True)
    classes = model.classes_.tolist()
    probabilities = model.predict_proba(split.X)
    of_capitals, of_small = (
        probabilities[np.arange(len(names)), [classes.index(name) for name in names]]
        for names in (split.y, np.char.lower(split.y))
    )
    names = np.where(of_small > of_capitals, np.char.lower(split.y), split.y)
    letters = Bunch(images=split.X, target=names, groups=np.arange(len(names)))
    return _rewritten(letters, slice(None), copies, generator, blur=0.7)


def _evenly(subset, n, generator) -> Letters:
    """Return `n` drawings of each of UNIPEN's characters, or fewer of rare ones."""
    unipen = datasets.fetch_unipen(subset=subset, size=None)
    rows = np.concatenate(
        [
            _some(np.flatnonzero(unipen.target == name), unipen.groups, n, generator)
            for name in unipen.target_names
        ]
    )
    return _drawings(unipen, rows, generator)


def _as_written(copies, generator) -> Letters:
    """Return drawings of UNIPEN's characters, each as often as it was written.

    Only size distinguishes c from C, and it is not seen: small letters are the better guess.
    """
    unipen = datasets.fetch_unipen(size=None)
    rows = np.flatnonzero(~is_held_out(unipen.groups))
    return _drawings(unipen, np.tile(rows, copies), generator)


def _of_fonts(characters, copies, script, thickest=1 / 6) -> Letters:
    pages, names, fonts = letters_of_fonts(characters, script)
    generator = np.random.default_rng(1)
    return Letters(
        rewritten(pages, copies, generator, shares=(0.2, 0.2, 0.6), blur=0.4, thickest=thickest),
        np.tile(names, copies),
        np.tile(fonts, copies),
    )


def _drawings(unipen, rows, generator) -> Letters:
    images = np.stack([drawn(unipen.strokes[row], generator) for row in rows])
    return Letters(images, unipen.target[rows], unipen.groups[rows])


def _some(rows, writers, n, generator):
    """Return `n` of these rows, of many writers; some several times where there are less."""
    rows = generator.permutation(rows[~is_held_out(writers[rows])])
    seen = dict.fromkeys(writers[rows].tolist(), 0)
    kept = []
    for row in rows:
        writer = int(writers[row])
        seen[writer] += 1
        if seen[writer] <= _MOST_OF_A_WRITER:
            kept.append(row)
    return np.resize(kept, min(n, _MOST_COPIES * len(kept)))

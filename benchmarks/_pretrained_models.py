"""Descriptions of the pretrained models: their training letters, test pages and cards."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from skhcr import datasets
from skhcr.datasets import draw_strokes

from ._splits import AHCD, ENGLISH_PAGES, MNIST, Protocol, is_held_out
from ._training_letters import (
    Letters,
    arabic,
    digits,
    english,
    omniglot,
    russian,
    russian_for_tests,
    russian_of_others,
)

_MOST_OF_A_WRITER = 2  # times a character, in a test


@dataclass(frozen=True)
class Test:
    """Test pages, their labels, and their writers where they are known."""

    X: Sequence
    y: np.ndarray
    writers: np.ndarray | None = None


def _unipen(subset: str) -> Test:
    """Draw characters of UNIPEN's writers that nothing is trained on, with pens of all widths."""
    unipen = datasets.fetch_unipen(subset=subset, size=None)
    generator = np.random.default_rng(1)
    seen: Counter[tuple] = Counter()
    rows = []
    for row in generator.permutation(np.flatnonzero(is_held_out(unipen.groups))):
        written = (unipen.groups[row], unipen.target[row])
        seen[written] += 1
        if seen[written] <= _MOST_OF_A_WRITER:
            rows.append(row)
    pages = [
        255 - draw_strokes(unipen.strokes[row], size=128, pen_width=generator.uniform(0.02, 0.125))
        for row in rows
    ]
    return Test(pages, unipen.target[rows], unipen.groups[rows])


def _hijja() -> Test:
    letters = datasets.fetch_hijja(forms="isolated", subset="test")
    is_known = letters.target != "ء"
    return Test(letters.images[is_known], letters.target[is_known], letters.groups[is_known])


def _latin() -> Test:
    return Test(*omniglot("Latin", "abcdefghijklmnopqrstuvwxyz", range(1, 21)))


def _chars74k_digits() -> Test:
    english = datasets.fetch_english_handwritten()
    (rows,) = np.nonzero(np.char.isdigit(english.target))
    files = [english.filenames[row] for row in rows]
    return Test(files, english.target[rows].astype(int), english.groups[rows])


@dataclass(frozen=True)
class PretrainedModel:
    """A model to train, and its description for users."""

    title: str
    letters: Callable[[], Letters]
    test: Callable[[], Test]
    epochs: int
    data: str
    citation: str
    license: str
    trained_on: str
    tested_on: str
    limits: str
    kept: float = 0.0  # share of the weights before in those after further epochs
    other_writers: Mapping[str, Callable[[], Test]] = field(default_factory=dict)
    further_tests: Mapping[str, Callable[[], Test]] = field(default_factory=dict)


def _tested(protocol: Protocol) -> Test:
    split = protocol.split(0)
    return Test(split.X_test, split.y_test)


def _russian(paper: str) -> Test:
    return Test(*russian_for_tests(paper))


_UNIPEN = (
    "I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet, UNIPEN project of on-line data "
    "exchange and recognizer benchmarks, ICPR 1994"
)
_UNIPEN_LICENSE = "UNIPEN: CC BY 4.0"
_FONT_LICENSES = "the fonts: SIL Open Font License 1.1 or Apache License 2.0"

MODELS = {
    "arabic-letters": PretrainedModel(
        "Arabic letters",
        arabic,
        partial(_tested, AHCD),
        epochs=30,
        data="AHCD (skhcr.datasets.fetch_ahcd), Hijja (skhcr.datasets.fetch_hijja), and 35 fonts "
        "(benchmarks/arabic_fonts.txt)",
        citation="A. El-Sawy, M. Loey, H. El-Bakry, Arabic handwritten characters recognition "
        "using convolutional neural network, WSEAS Transactions on Computer Research 5, 2017; "
        "N. Altwaijry, I. Al-Turaiki, Arabic handwriting recognition system using convolutional "
        "neural network, Neural Computing and Applications 33, 2021",
        license="none is stated for the images of either set; the fonts: SIL Open Font License 1.1",
        trained_on="AHCD's official training images three times, four fifths of Hijja's children, "
        "their letters by themselves twice, half of the others once; and the fonts, eight times",
        tested_on="AHCD's official test images, by the same 60 writers; Hijja: the letters by "
        "themselves of the other fifth of the children",
        limits="28 letters, without ة, ى and ء; alif is labeled أ, with or without hamza. Isolated "
        "letters have the best accuracy; the training data contains only some letters cut out "
        "of words. If a dot is missing, the prediction is the letter without it; if the pen "
        "is thicker than an eighth of the letter, letters that differ in their dots are "
        "confused.",
        other_writers={"other writers (Hijja)": _hijja},
    ),
    "english": PretrainedModel(
        "English letters and digits",
        english,
        partial(_tested, ENGLISH_PAGES),
        epochs=30,
        data="English Handwritten Characters, of Chars74K "
        "(skhcr.datasets.fetch_english_handwritten), UNIPEN (skhcr.datasets.fetch_unipen), 191 "
        "handwriting fonts (benchmarks/handwriting_fonts.txt), a sample of A-Z "
        "(skhcr.datasets.fetch_az_letters), and MNIST (skhcr.datasets.fetch_mnist)",
        citation="T. E. de Campos, B. R. Babu, M. Varma, Character recognition in natural images, "
        f"VISAPP 2009; {_UNIPEN}",
        license=f"Chars74K: free, if the source is acknowledged and cited; {_UNIPEN_LICENSE}; "
        f"{_FONT_LICENSES}; A-Z and MNIST: none is stated for the images",
        trained_on="44 of Chars74K's 55 writers (there is no official split), eight times; four "
        "fifths of UNIPEN's writers, drawn twice with pens of many widths; the fonts, three times; "
        "four fifths of the sample of A-Z, three times, in the case that the model before found "
        "more probable; and 6,000 of MNIST's official training images, twice",
        tested_on="the other 11 writers of Chars74K; UNIPEN: drawings of the other fifth of its "
        "writers; Omniglot: the small letters of all 20 who drew them",
        limits="Characters that look alike in isolation are confused: 0, O and o, 1, I and l, and "
        "the uppercase and lowercase forms of c, s, v, w, x and z.",
        kept=0.2,
        other_writers={
            "other writers (UNIPEN)": partial(_unipen, "all"),
            "other writers (Omniglot)": _latin,
        },
    ),
    "digits": PretrainedModel(
        "digits",
        digits,
        partial(_tested, MNIST),
        epochs=30,
        data="MNIST (skhcr.datasets.fetch_mnist), UNIPEN (skhcr.datasets.fetch_unipen), and 191 "
        "handwriting fonts (benchmarks/handwriting_fonts.txt)",
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to "
        f"document recognition, Proceedings of the IEEE 86(11), 1998; {_UNIPEN}",
        license=f"MNIST: none is stated for the images; {_UNIPEN_LICENSE}; {_FONT_LICENSES}",
        trained_on="MNIST's official training images, then a quarter of them written in several "
        "ways; four fifths of UNIPEN's writers, drawn with pens of many widths; and the fonts, six "
        "times",
        tested_on="MNIST's official test images; UNIPEN: drawings of the other fifth of its "
        "writers; the digits of Chars74K",
        limits="Handwritten digits, not printed ones.",
        other_writers={
            "other writers (UNIPEN)": partial(_unipen, "digits"),
            "other writers (Chars74K)": _chars74k_digits,
        },
    ),
    "russian-letters": PretrainedModel(
        "Russian letters",
        russian,
        partial(_russian, "plain"),
        epochs=20,
        data="Classification of Handwritten Letters (skhcr.datasets.fetch_russian_letters), "
        "Omniglot (skhcr.datasets.fetch_omniglot), and 27 fonts (benchmarks/cyrillic_fonts.txt)",
        citation="O. Belitskaya, github.com/OlgaBelitskaya/deep_learning_projects; B. M. Lake, R. "
        "Salakhutdinov, J. B. Tenenbaum, Human-level concept learning through probabilistic "
        "program induction, Science 350, 2015",
        license="none is stated for the photographs; Omniglot: MIT; the fonts: SIL Open Font "
        "License 1.1",
        trained_on="the first four fifths of every letter's photographs (there is no official "
        "split), those on squared or ruled paper a second time without the lines, those on plain "
        "paper a second time with other pens; six times the letters of 15 of the 20 who drew "
        "Omniglot's Cyrillic; and the fonts, eight times",
        tested_on="the last fifth of those on plain paper, by the same writers; Omniglot: the "
        "letters of the other five",
        limits="Lowercase handwritten letters by few writers, who are not identified. The "
        "accuracy on squared paper is lower: in small photographs, its lines are hard to "
        "distinguish from strokes.",
        kept=0.2,
        other_writers={"other writers (Omniglot)": lambda: Test(*russian_of_others())},
        further_tests={"squared and lined paper": partial(_russian, "squared")},
    ),
}

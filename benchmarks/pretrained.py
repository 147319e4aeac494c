"""The pretrained models: trained, tested, and put into the package with a card each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline

from skhcr import (
    CNNClassifier,
    ImageAugmenter,
    InkNormalizer,
    datasets,
    export,
    load,
    load_exported,
    save,
)
from skhcr._validation import LabeledImages, TrainingData
from skhcr.datasets import draw_strokes
from skhcr.pretrained import list_pretrained, load_pretrained, pretrained_card

from ._scans import as_scan
from ._splits import AHCD, ENGLISH_PAGES, MNIST, Protocol, is_held_out
from ._store import RESULTS, ROOT, environment, write_json, write_page
from ._training_letters import (
    Letters,
    arabic,
    digits,
    english,
    kept,
    omniglot,
    russian,
    russian_for_tests,
    russian_of_others,
)

FOLDER = ROOT / "skhcr" / "pretrained" / "models"
_CHUNK = 500  # pages in memory at a time
_EVERY = 25  # writer is held out, to calibrate probabilities
_MOST_OF_A_WRITER = 2  # times a character, in a test


@dataclass(frozen=True)
class Test:
    """Test pages, and their labels."""

    X: Sequence
    y: np.ndarray


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
    return Test(pages, unipen.target[rows])


def _hijja() -> Test:
    letters = datasets.fetch_hijja(forms="isolated", subset="test")
    is_known = letters.target != "ء"
    return Test(letters.images[is_known], letters.target[is_known])


def _latin() -> Test:
    return Test(*omniglot("Latin", "abcdefghijklmnopqrstuvwxyz", range(1, 21))[:2])


def _chars74k_digits() -> Test:
    english = datasets.fetch_english_handwritten()
    (rows,) = np.nonzero(np.char.isdigit(english.target))
    return Test([english.filenames[row] for row in rows], english.target[rows].astype(int))


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
        data="AHCD (skhcr.datasets.fetch_ahcd) and Hijja (skhcr.datasets.fetch_hijja)",
        citation="A. El-Sawy, M. Loey, H. El-Bakry, Arabic handwritten characters recognition "
        "using convolutional neural network, WSEAS Transactions on Computer Research 5, 2017; "
        "N. Altwaijry, I. Al-Turaiki, Arabic handwriting recognition system using convolutional "
        "neural network, Neural Computing and Applications 33, 2021",
        license="none is stated for the images of either set",
        trained_on="AHCD's official training images three times, four fifths of Hijja's children, "
        "their letters by themselves twice, half of the others once",
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
        "(skhcr.datasets.fetch_english_handwritten), UNIPEN (skhcr.datasets.fetch_unipen), and "
        "191 handwriting fonts (benchmarks/handwriting_fonts.txt)",
        citation="T. E. de Campos, B. R. Babu, M. Varma, Character recognition in natural images, "
        f"VISAPP 2009; {_UNIPEN}",
        license=f"Chars74K: free, if the source is acknowledged and cited; {_UNIPEN_LICENSE}; "
        f"{_FONT_LICENSES}",
        trained_on="44 of Chars74K's 55 writers (there is no official split), eight times; four "
        "fifths of UNIPEN's writers, drawn twice with pens of many widths; and the fonts, three "
        "times",
        tested_on="the other 11 writers of Chars74K; UNIPEN: drawings of the other fifth of its "
        "writers; Omniglot: the small letters of all 20 who drew them",
        limits="Characters that look alike in isolation are confused: 0, O and o, 1, I and l, and "
        "the uppercase and lowercase forms of c, s, v, w, x and z.",
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
        data="Classification of Handwritten Letters (skhcr.datasets.fetch_russian_letters) and "
        "Omniglot (skhcr.datasets.fetch_omniglot)",
        citation="O. Belitskaya, github.com/OlgaBelitskaya/deep_learning_projects; B. M. Lake, R. "
        "Salakhutdinov, J. B. Tenenbaum, Human-level concept learning through probabilistic "
        "program induction, Science 350, 2015",
        license="none is stated for the photographs; Omniglot: MIT",
        trained_on="the first four fifths of every letter's photographs (there is no official "
        "split), those on squared or ruled paper a second time without the lines, those on plain "
        "paper a second time with other pens; and six times the letters of 15 of the 20 who drew "
        "Omniglot's Cyrillic",
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


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="names or patterns; default all")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="only measure the files that are there, in minutes")
    ] = False,
    resave: Annotated[
        bool, typer.Option("--resave", help="only write the saved files again, in seconds")
    ] = False,
    score: Annotated[
        bool,
        typer.Option("--score", help="only fit the normality scores again, in minutes"),
    ] = False,
    go_on: Annotated[
        int, typer.Option("--go-on", help="continue from the existing files, for this many epochs")
    ] = 0,
) -> None:
    """Train the models that come with the package: half an hour each; interrupted runs resume."""
    for name, model in MODELS.items():
        if not names or any(fnmatch(name, pattern) for pattern in names):
            if resave:
                _resave(name)
            elif score:
                _add_score(name, model)
            elif measure:
                _measure(name, model)
            else:
                _train(name, model, go_on)
    write_page("pretrained", "Pretrained models", _as_page())


def _letters(name: str, model: PretrainedModel) -> Letters:
    # Delete this file after a change of the training data.
    return kept(RESULTS / "checkpoints" / f"letters-{name}.npz", model.letters)


def _train(name: str, model: PretrainedModel, further_epochs: int) -> None:
    letters = _letters(name, model)
    is_validation = letters.writers % _EVERY == 0
    classifier = CNNClassifier(
        batch_size=128,
        epochs=further_epochs or model.epochs,
        learning_rate=0.005 if further_epochs else 0.01,
        calibrate=True,
        checkpoint_folder=RESULTS / "checkpoints",
        mixed_precision=True,
        verbose=1,
        random_state=0,
    )
    history = "written in several ways (benchmarks/_rewritten.py)"
    if further_epochs:
        history = f"{pretrained_card(name)['recipe']}; gone on from there with letters {history}"
        before = load_pretrained(name)[-1]
        classifier = _with_weights_of(before, classifier, letters).set_params(warm_start=True)
    # The letters are in their frames already.
    varied = ImageAugmenter().fit_transform(letters.images[~is_validation])
    classifier.fit(
        varied,
        letters.labels[~is_validation],
        sample_weight=letters.weights[~is_validation],
        X_val=letters.images[is_validation],
        y_val=letters.labels[is_validation],
    )
    if further_epochs and model.kept:
        history += f", {model.kept:.0%} of the weights kept"
        pairs = zip(before.model_.get_weights(), classifier.model_.get_weights(), strict=True)
        mixed = [model.kept * old + (1 - model.kept) * new for old, new in pairs]
        classifier.model_.set_weights(mixed)

    # Not every processor supports mixed precision.
    changes = {"mixed_precision": False, "checkpoint_folder": None, "verbose": 0}
    plain = clone(classifier).set_params(**changes, warm_start=False)
    classifier = _with_weights_of(classifier, plain, letters)
    _learn_normality(classifier, letters)
    pipeline = make_pipeline(InkNormalizer((32, 32)), ImageAugmenter(), classifier)
    FOLDER.mkdir(exist_ok=True)
    path, exported = _write(name, pipeline)

    recipe = " ".join(repr(pipeline).split())
    shipped = load_exported(exported)  # the shipped file is tested
    card = {
        "title": model.title,
        "labels": [str(label) for label in shipped.classes_],
        "data": model.data,
        "citation": model.citation,
        "license": model.license,
        "trained_on": f"{len(letters.labels):,} images: {model.trained_on}",
        "tested_on": model.tested_on,
        "recipe": f"{history}; {recipe}",
        "accuracy": _accuracies(shipped, model),
        "limits": model.limits,
        "bytes": {file.suffix: file.stat().st_size for file in (path, exported)},
        "environment": environment(),
    }
    write_json(FOLDER / f"{name}.json", card)


def _with_weights_of(
    trained: CNNClassifier, classifier: CNNClassifier, letters: Letters
) -> CNNClassifier:
    """Return a classifier with the same network, labels and weights as another."""
    _, rows = np.unique(letters.labels, return_index=True)
    rows = np.tile(rows, 3)
    kept_back = ("epochs", "calibrate")
    wanted = {key: getattr(classifier, key) for key in kept_back}
    classifier.set_params(epochs=1, calibrate=False)
    classifier.fit(letters.images[rows], letters.labels[rows])
    classifier.model_.set_weights(trained.model_.get_weights())
    for name in ("temperature_", "history_", "n_iter_"):
        setattr(classifier, name, getattr(trained, name))
    return classifier.set_params(**wanted)


def _resave(name: str) -> None:
    """Write a saved file again, as this version writes it, with the weights that it has."""
    path = FOLDER / f"{name}.skhcr"
    save(load(path), path, half=True)
    exported = FOLDER / f"{name}.onnx"
    sizes = {file.suffix: file.stat().st_size for file in (path, exported)}
    write_json(FOLDER / f"{name}.json", {**pretrained_card(name), "bytes": sizes})


def _write(name: str, pipeline: Pipeline) -> tuple[Path, Path]:
    path = save(pipeline, FOLDER / f"{name}.skhcr", half=True)
    return path, export(pipeline, FOLDER / f"{name}.onnx", quantize="float16")


def _learn_normality(classifier: CNNClassifier, letters: Letters) -> None:
    """Fit the normality scores; held-out writers set the threshold."""
    encoded = np.searchsorted(classifier.classes_, letters.labels)
    images = letters.images.reshape(-1, *classifier.image_shape_)
    is_validation = letters.writers % _EVERY == 0
    train, held_out = (
        LabeledImages(images, encoded, None, np.flatnonzero(rows))
        for rows in (~is_validation, is_validation)
    )
    data = TrainingData(train, held_out, classifier.classes_, classifier.image_shape_)
    classifier._set_normality(classifier._learn_normality(classifier._network, data, 0))


def _add_score(name: str, model: PretrainedModel) -> None:
    """Add the parameters of the scores to the existing files."""
    pipeline = load_pretrained(name)
    _learn_normality(pipeline[-1], _letters(name, model))
    sizes = {file.suffix: file.stat().st_size for file in _write(name, pipeline)}
    write_json(FOLDER / f"{name}.json", {**pretrained_card(name), "bytes": sizes})


def _measure(name: str, model: PretrainedModel) -> None:
    """Update a card to the files beside it: the preprocessing of images may have changed."""
    files = [FOLDER / f"{name}{ending}" for ending in (".skhcr", ".onnx")]
    before = pretrained_card(name)
    accuracies = _accuracies(load_exported(files[1]), model)
    # Other benchmarks measure what this one does not.
    others = {what: share for what, share in before["accuracy"].items() if what not in accuracies}
    card = {
        **before,
        "accuracy": {**accuracies, **others},
        "limits": model.limits,
        "bytes": {file.suffix: file.stat().st_size for file in files},
        "measured": environment(),
    }
    write_json(FOLDER / f"{name}.json", card)


def _accuracies(shipped, model: PretrainedModel) -> dict[str, float]:
    """Return the accuracies, with held-out writers first."""
    test_images = model.test()
    letters = InkNormalizer((32, 32)).transform(test_images.X)[..., 0]
    tests = {
        **{what: test() for what, test in model.other_writers.items()},
        "test images": test_images,
        "as scans": Test(_Scans(letters), test_images.y),
        **{what: test() for what, test in model.further_tests.items()},
    }
    has_case = {"a", "A"} <= set(shipped.classes_)
    accuracies = {}
    for what, test in tests.items():
        answers, names = _answers(shipped, test.X).astype(str), np.asarray(test.y).astype(str)
        accuracies[what] = float(np.mean(answers == names))
        if has_case:
            same = np.char.lower(answers) == np.char.lower(names)
            accuracies[f"{what}, any case"] = float(np.mean(same))
    return accuracies


class _Scans:
    """Letters as they are on pages of their own, which are made when they are read."""

    def __init__(self, letters) -> None:
        self._letters = letters
        self._generator = np.random.default_rng(1)

    def __len__(self) -> int:
        return len(self._letters)

    def __getitem__(self, rows: slice) -> list:
        return [as_scan(letter, self._generator) for letter in self._letters[rows]]


def _answers(model, pages: Sequence) -> np.ndarray:
    starts = range(0, len(pages), _CHUNK)
    return np.concatenate([model.predict(pages[start : start + _CHUNK]) for start in starts])


def _as_page() -> str:
    cards = {name: pretrained_card(name) for name in list_pretrained()}
    lines = [
        "`skhcr.load_pretrained(name)` loads them; commands accept their names in place of files.",
        "",
        "| name | reads | other writers, % | test images, % | as scans, % | saved, MB | ONNX, MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, card in cards.items():
        accuracy = card["accuracy"]
        others = [accuracy[test] for test in accuracy if test.startswith("other writers")]
        shown = [*(others[:1] or [None]), accuracy["test images"], accuracy["as scans"]]
        accuracies = ["-" if share is None else f"{100 * share:.2f}" for share in shown]
        sizes = [f"{size / 1e6:.1f}" for size in card["bytes"].values()]
        title = f"{card['title']} ({len(card['labels'])})"
        lines.append(f"| {' | '.join([name, title, *accuracies, *sizes])} |")
    lines += [
        "",
        "*Other writers*: characters of another data set, or by writers who are not in the "
        "training data; see below. *As scans*: the test images, each enlarged onto a separate "
        "page, off center, on any gray and with grain; a quarter of the pages is dark. Every "
        "figure is that of the file in the package, measured once.",
    ]
    for name, card in cards.items():
        lines += ["", f"## {name}", ""]
        for test, accuracy in card["accuracy"].items():
            lines.append(f"- {test.capitalize()}: {accuracy:.2%}")
        for key in ("data", "citation", "license", "trained_on", "tested_on", "limits", "recipe"):
            lines.append(f"- *{key.replace('_', ' ').capitalize()}*: {card[key]}")
    return "\n".join(lines) + "\n"

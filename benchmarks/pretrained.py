"""The pretrained models: trained, tested, and put into the package with a card each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from typing import Annotated

import numpy as np
import typer
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNNClassifier,
    ImageAugmenter,
    InkNormalizer,
    datasets,
    export,
    load_exported,
    save,
)
from skhcr.pretrained import list_pretrained, pretrained_card

from ._scans import as_scan, with_other_pens, without_lines
from ._splits import AHCD, ENGLISH_PAGES, MNIST, Split
from ._store import RESULTS, ROOT, environment, write_json, write_page

FOLDER = ROOT / "skhcr" / "pretrained" / "models"
_CHUNK = 500  # pages in memory at a time


def _russian(paper: str) -> Split:
    """Hold out the last fifth of every letter's photographs: sheets tell letters by their paper.

    Those on squared or ruled paper are trained on with the lines and without.
    """
    letters = datasets.fetch_russian_letters(color=True)
    images, target = letters.images, letters.target
    place = np.zeros(len(target))
    for kind in np.unique(letters.collection):
        for letter in np.unique(target):
            (rows,) = np.nonzero((letters.collection == kind) & (target == letter))
            place[rows] = np.linspace(0, 1, len(rows), endpoint=False)
    is_plain = letters.collection == 2
    (train,), (ruled,) = np.nonzero(place < 0.8), np.nonzero((place < 0.8) & ~is_plain)
    test = (place >= 0.8) & (is_plain == (paper == "plain"))
    rows = np.concatenate([train, ruled])
    return Split(
        np.concatenate([images[train], without_lines(images[ruled])]),
        target[rows],
        rows,
        images[test],
        target[test],
    )


@dataclass(frozen=True)
class PretrainedModel:
    """A model to be trained, and what its users should know."""

    title: str
    split: Callable[[], Split]
    epochs: int
    data: str
    citation: str
    license: str
    trained_on: str
    tested_on: str
    limits: str
    calibrate: bool = True
    further_tests: Mapping[str, Callable[[], Split]] = field(default_factory=dict)


MODELS = {
    "arabic-letters": PretrainedModel(
        "Arabic letters",
        partial(AHCD.split, 0),
        epochs=30,
        data="AHCD (skhcr.datasets.fetch_ahcd)",
        citation="A. El-Sawy, M. Loey, H. El-Bakry, Arabic handwritten characters recognition "
        "using convolutional neural network, WSEAS Transactions on Computer Research 5, 2017",
        license="none is stated for the images",
        trained_on="the official training images",
        tested_on="the official test images, which are by the same 60 writers",
        limits="Letters by themselves, not joined to others; 28 of them: alif is called أ, and "
        "there is no ة or ى. Writers it has not seen are read worse than the test "
        "images: about 97 % with this network. Where a dot is missing, the letter "
        "without it is read; and where the pen is thicker than a twelfth of the letter, "
        "letters that differ in their dots are confused.",
    ),
    "english": PretrainedModel(
        "English letters and digits",
        partial(ENGLISH_PAGES.split, 0),
        epochs=30,
        data="English Handwritten Characters, of Chars74K "
        "(skhcr.datasets.fetch_english_handwritten)",
        citation="T. E. de Campos, B. R. Babu, M. Varma, Character recognition in natural images, "
        "VISAPP 2009",
        license="free, if the source is acknowledged and cited",
        trained_on="44 of the 55 writers (there is no official split)",
        tested_on="the other 11 writers",
        limits="What looks alike by itself is confused: 0, O and o, 1, I and l, and the capital "
        "and small forms of c, s, v, w, x and z. It is surer than its probabilities say: all 44 "
        "writers were trained on, and none kept to calibrate them.",
        calibrate=False,
    ),
    "digits": PretrainedModel(
        "digits",
        partial(MNIST.split, 0),
        epochs=12,
        data="MNIST (skhcr.datasets.fetch_mnist)",
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to "
        "document recognition, Proceedings of the IEEE 86(11), 1998",
        license="none is stated for the images",
        trained_on="the official training images",
        tested_on="the official test images",
        limits="Digits as written in the USA: a 1 whose upstroke is a third of its height is read "
        "as a 7.",
    ),
    "russian-letters": PretrainedModel(
        "Russian letters",
        partial(_russian, "plain"),
        epochs=20,
        data="Classification of Handwritten Letters (skhcr.datasets.fetch_russian_letters)",
        citation="O. Belitskaya, github.com/OlgaBelitskaya/deep_learning_projects",
        license="none is stated for the images",
        trained_on="the first four fifths of every letter's photographs (there is no official "
        "split), those on squared or ruled paper a second time without the lines",
        tested_on="the last fifth of those on plain paper, by the same writers",
        limits="Small letters in handwriting, of few hands: the data set does not tell whose. "
        "Drawn with straight lines, as in print, х is read as к and н as ю. Letters on squared "
        "paper are read worse: in small photographs, its lines are hard to tell from strokes.",
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
) -> None:
    """Train the models that come with the package: half an hour each; broken off, they go on."""
    for name, model in MODELS.items():
        if not names or any(fnmatch(name, pattern) for pattern in names):
            (_measure if measure else _train)(name, model)
    write_page("pretrained", "Pretrained models", _as_page())


def _train(name: str, model: PretrainedModel) -> None:
    split = model.split()
    ink = InkNormalizer((32, 32))
    letters = ink.transform(split.X)[..., 0]
    classifier = CNNClassifier(
        epochs=model.epochs,
        calibrate=model.calibrate,
        checkpoint_folder=RESULTS / "checkpoints",
        verbose=1,
        random_state=0,
    )
    pipeline = make_pipeline(ink, ImageAugmenter(), classifier)
    written = with_other_pens(letters, seed=0)
    pipeline.fit(written, split.y, cnnclassifier__groups=split.groups)
    classifier.set_params(checkpoint_folder=None, verbose=0)
    FOLDER.mkdir(exist_ok=True)
    path = save(pipeline, FOLDER / f"{name}.skhcr", half=True)
    exported = export(pipeline, FOLDER / f"{name}.onnx", half=True)

    recipe = " ".join(repr(pipeline).split())
    shipped = load_exported(exported)  # what is shipped is tested
    card = {
        "title": model.title,
        "labels": [str(label) for label in shipped.classes_],
        "data": model.data,
        "citation": model.citation,
        "license": model.license,
        "trained_on": f"{len(split.y):,} images: {model.trained_on}",
        "tested_on": f"{len(split.y_test):,} images: {model.tested_on}",
        "recipe": f"a third of the letters with thinner or thicker strokes; {recipe}",
        "accuracy": _accuracies(shipped, split, model),
        "limits": model.limits,
        "bytes": {file.suffix: file.stat().st_size for file in (path, exported)},
        "environment": environment(),
    }
    write_json(FOLDER / f"{name}.json", card)


def _measure(name: str, model: PretrainedModel) -> None:
    """Bring a card up to the files beside it: images may be read in another way than before."""
    files = [FOLDER / f"{name}{ending}" for ending in (".skhcr", ".onnx")]
    card = {
        **pretrained_card(name),
        "accuracy": _accuracies(load_exported(files[1]), model.split(), model),
        "limits": model.limits,
        "bytes": {file.suffix: file.stat().st_size for file in files},
        "measured": environment(),
    }
    write_json(FOLDER / f"{name}.json", card)


def _accuracies(shipped, split: Split, model: PretrainedModel) -> dict[str, float]:
    letters = InkNormalizer((32, 32)).transform(split.X_test)[..., 0]
    return {
        "test images": _accuracy(shipped, split),
        "as scans": _accuracy_on_scans(shipped, letters, split.y_test),
        **{what: _accuracy(shipped, test()) for what, test in model.further_tests.items()},
    }


def _accuracy(model, split: Split) -> float:
    return float(np.mean(model.predict(split.X_test) == split.y_test))


def _accuracy_on_scans(model, letters, labels) -> float:
    """Return the accuracy on the letters as they are on pages of their own."""
    generator = np.random.default_rng(1)
    n_right = 0
    for start in range(0, len(letters), _CHUNK):
        rows = slice(start, start + _CHUNK)
        pages = [as_scan(letter, generator) for letter in letters[rows]]
        n_right += int(np.sum(model.predict(pages) == labels[rows]))
    return n_right / len(labels)


def _as_page() -> str:
    cards = {name: pretrained_card(name) for name in list_pretrained()}
    lines = [
        "`skhcr.load_pretrained(name)` loads them; commands take their names for files.",
        "",
        "| name | reads | test images, % | as scans, % | saved, MB | ONNX, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, card in cards.items():
        accuracies = [f"{100 * card['accuracy'][test]:.2f}" for test in ("test images", "as scans")]
        sizes = [f"{size / 1e6:.1f}" for size in card["bytes"].values()]
        title = f"{card['title']} ({len(card['labels'])})"
        lines.append(f"| {' | '.join([name, title, *accuracies, *sizes])} |")
    lines += [
        "",
        "*As scans*: the same test images, each enlarged onto a page of its own, off its center, "
        "of any gray and with grain; a quarter of the pages dark. Every figure is that of the file "
        "in the package, measured once.",
    ]
    for name, card in cards.items():
        lines += ["", f"## {name}", ""]
        for test, accuracy in card["accuracy"].items():
            lines.append(f"- {test.capitalize()}: {accuracy:.2%}")
        for key in ("data", "citation", "license", "trained_on", "tested_on", "limits", "recipe"):
            lines.append(f"- *{key.replace('_', ' ').capitalize()}*: {card[key]}")
    return "\n".join(lines) + "\n"

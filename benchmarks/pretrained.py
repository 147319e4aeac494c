"""The pretrained models: trained, tested, and put into the package with a card each."""

from collections.abc import Sequence
from fnmatch import fnmatch
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
    export,
    load_exported,
    save,
)
from skhcr._calibration import calibration_error
from skhcr._validation import LabeledImages, TrainingData
from skhcr.pretrained import list_pretrained, load_pretrained, pretrained_card
from skhcr.pretrained._models import figures_of_card

from ._pretrained_models import MODELS, PretrainedModel, Test
from ._reliability import BINS, by_writer
from ._scans import as_scan
from ._store import RESULTS, ROOT, environment, write_json, write_page
from ._training_letters import Letters, kept

FOLDER = ROOT / "skhcr" / "pretrained" / "models"
_CHUNK = 500  # pages in memory at a time
_EVERY = 25  # writer is held out, to calibrate probabilities


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="names or patterns; default all")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="only measure the files that are there, in minutes")
    ] = False,
    resave: Annotated[
        bool, typer.Option("--resave", help="only write the files again, in a minute")
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
        **_figures(shipped, model),
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
    """Write the files again, as this version writes them, with the weights that they have."""
    _write_with_card(name, load_pretrained(name))


def _write_with_card(name: str, pipeline: Pipeline) -> None:
    sizes = {file.suffix: file.stat().st_size for file in _write(name, pipeline)}
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
    _write_with_card(name, pipeline)


def _measure(name: str, model: PretrainedModel) -> None:
    """Update a card to the files beside it: the preprocessing of images may have changed."""
    files = [FOLDER / f"{name}{ending}" for ending in (".skhcr", ".onnx")]
    before = pretrained_card(name)
    figures = _figures(load_exported(files[1]), model)
    here = figures["accuracy"]
    # Other benchmarks measure what this one does not.
    others = {what: share for what, share in before["accuracy"].items() if what not in here}
    card = {
        **before,
        **figures,
        "accuracy": {**here, **others},
        "limits": model.limits,
        "bytes": {file.suffix: file.stat().st_size for file in files},
        "measured": environment(),
    }
    write_json(FOLDER / f"{name}.json", card)


def _figures(shipped, model: PretrainedModel) -> dict[str, dict]:
    """Return the accuracies, with held-out writers first, and the reliability for writers."""
    test_images = model.test()
    letters = InkNormalizer((32, 32)).transform(test_images.X)[..., 0]
    tests = {
        **{what: test() for what, test in model.other_writers.items()},
        "test images": test_images,
        "as scans": Test(_Scans(letters), test_images.y),
        **{what: test() for what, test in model.further_tests.items()},
    }
    classes = shipped.classes_.astype(str)
    accuracies, reliability = {}, {}
    for what, test in tests.items():
        probabilities, names = _probabilities(shipped, test.X), np.asarray(test.y).astype(str)
        answers = classes[probabilities.argmax(axis=1)]
        right = answers == names
        accuracies[what] = float(right.mean())
        if {"a", "A"} <= set(classes):
            same = np.char.lower(answers) == np.char.lower(names)
            accuracies[f"{what}, any case"] = float(same.mean())
        if what in model.other_writers:
            reliability[what] = {
                "images": len(right),
                **by_writer(right, test.writers),
                "calibration_error": calibration_error(right, probabilities.max(axis=1), BINS),
            }
    return {"accuracy": accuracies, "reliability": reliability}


class _Scans:
    """Letters as they are on pages of their own, which are made when they are read."""

    def __init__(self, letters) -> None:
        self._letters = letters
        self._generator = np.random.default_rng(1)

    def __len__(self) -> int:
        return len(self._letters)

    def __getitem__(self, rows: slice) -> list:
        return [as_scan(letter, self._generator) for letter in self._letters[rows]]


def _probabilities(model, pages: Sequence) -> np.ndarray:
    starts = range(0, len(pages), _CHUNK)
    return np.concatenate([model.predict_proba(pages[start : start + _CHUNK]) for start in starts])


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
        "page, off center, on any gray and with grain; a quarter of the pages is dark. For other "
        "writers, the cards add the number of writers with at least five images, the standard "
        "deviation of their accuracies, the mean of the tenth of them with the lowest accuracy, "
        "and the expected calibration error in 15 bins. "
        "Every figure is that of the file in the package, measured once.",
    ]
    for name, card in cards.items():
        lines += ["", f"## {name}", ""]
        lines += [
            f"- {test[0].upper()}{test[1:]}: {figures}"
            for test, figures in figures_of_card(card).items()
        ]
        for key in ("data", "citation", "license", "trained_on", "tested_on", "limits", "recipe"):
            lines.append(f"- *{key.replace('_', ' ').capitalize()}*: {card[key]}")
    return "\n".join(lines) + "\n"

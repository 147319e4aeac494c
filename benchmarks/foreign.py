"""Other people's handwriting: networks trained on one collection, tested on others."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated

import numpy as np
import typer
from sklearn.pipeline import make_pipeline

from skhcr import ImageAugmenter, InkNormalizer, MergedLabels, load_exported
from skhcr._calibration import calibration_error

from ._fast import fast_classifier
from ._foreign_sets import COLLECTIONS, MOST_TEST_ROWS, MOST_TRAINING_ROWS, Rows, sample
from ._reliability import BINS, by_writer
from ._store import (
    RESULTS,
    as_table,
    environment,
    predictions_digest,
    read_json,
    write_json,
    write_page,
)
from .pretrained import FOLDER

PIECES = RESULTS / "foreign"
ENGLISH = ("English 55", "UNIPEN", "A-Z sample", "MNIST")
DIGITS = ("MNIST", "UNIPEN, digits", "English 55, digits")
ARABIC = ("AHCD", "Hijja, isolated")
RUSSIAN = ("Russian 1", "Russian 2", "Russian 3")
# What each network reads that was trained on a collection.
TRAINED = {
    **dict.fromkeys(ARABIC, ARABIC),
    **dict.fromkeys(ENGLISH[:2], ENGLISH),
    **dict.fromkeys(DIGITS[:2], DIGITS),
    **dict.fromkeys(RUSSIAN, RUSSIAN),
}
PRETRAINED = {
    "arabic-letters": ARABIC,
    "english": ENGLISH,
    "digits": DIGITS,
    "russian-letters": (*RUSSIAN, "Omniglot, Cyrillic"),
}
IMAGES_SEEN = 45_000  # in all epochs together


def main(
    networks: Annotated[
        list[str] | None,
        typer.Argument(help="collections trained on, or pretrained models; default: all"),
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="only rewrite the table")] = False,
) -> None:
    """Train on one collection and test on others, and also test the pretrained models on them.

    Takes a quarter of an hour. Every finished row is kept; a second run resumes from there. Rows of
    pretrained models are those of the networks that are in the package: other networks are other
    rows.
    """
    if not table:
        patterns = networks or ["*"]
        for name, tests in PRETRAINED.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                path = FOLDER / f"{name}.onnx"
                model = f"{name} {predictions_digest(path)[:8]}"
                _measure(model, tests, lambda path=path: load_exported(path), _test_rows)
        for name, tests in TRAINED.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                _measure(f"trained on {name}", tests, lambda name=name: _trained_on(name), _letters)
    text = page(known())
    write_page("foreign", "Other people's handwriting", text)
    print(text)


def _measure(model, tests, load, rows_of):
    paths = {name: PIECES / f"{_slug(model)}--{_slug(name)}.json" for name in tests}
    missing = [name for name in tests if not paths[name].exists()]
    if not missing:
        return
    reader = load()
    for name in missing:
        row = {"model": model, "tested_on": name, **figures(reader, rows_of(name)), **environment()}
        row["measured"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(paths[name], row)
        print(f"{model}, {name}: {row['accuracy']:.2%}", flush=True)


def _slug(name):
    return re.sub(r"\W+", "-", name)


@cache
def _test_rows(name):
    rows = COLLECTIONS[name].test()
    return rows.take(sample(len(rows.target), MOST_TEST_ROWS))


@cache
def _letters(name):
    """Return what an ``InkNormalizer`` finds on the images that are tested."""
    return _normalized(_test_rows(name))


def _normalized(rows):
    return replace(rows, images=InkNormalizer((32, 32)).transform(rows.images))


def _trained_on(name):
    """Return a network of the fast kind that has learned from a collection."""
    rows = COLLECTIONS[name].train()
    rows = _normalized(rows.take(sample(len(rows.target), MOST_TRAINING_ROWS)))
    classifier = fast_classifier(0, epochs=math.ceil(IMAGES_SEEN / len(rows.target)))
    return make_pipeline(ImageAugmenter(), classifier).fit(rows.images, rows.target)


# ------------------------------------------------------------------ figures


def figures(reader, rows: Rows) -> dict:
    """Return the accuracy of a model on some rows, and its calibration error."""
    probabilities = reader.predict_proba(rows.images)
    classes = np.asarray(reader.classes_).astype(str)
    right = classes[probabilities.argmax(axis=1)] == rows.target
    confidence = probabilities.max(axis=1)
    return {
        "n": len(right),
        "accuracy": float(right.mean()),
        "accuracy_ignoring_case": _ignoring_case(reader, probabilities, rows.target),
        "confidence": float(confidence.mean()),
        "calibration_error": calibration_error(right, confidence, BINS),
        **by_writer(right, rows.writers),
    }


def _ignoring_case(reader, probabilities, target):
    """Return the accuracy where the probabilities of both cases are added; None without cases."""
    merged = MergedLabels(reader)
    if len(merged.classes_) == len(reader.classes_):
        return None
    predicted = merged.classes_[merged.merge_proba(probabilities).argmax(axis=1)]
    return float(np.mean(predicted == merged.merge_labels(target)))


# ------------------------------------------------------------------ the page


def known() -> list[dict]:
    """Return all rows that were measured."""
    return [read_json(path) for path in sorted(PIECES.glob("*.json"))]


def page(rows: list[dict]) -> str:
    """Return the tables of results, with an explanation, in Markdown."""
    is_trained = [row["model"].startswith("trained on ") for row in rows]
    parts = (
        (_OF_TRAINED, TRAINED, [row for row, here in zip(rows, is_trained, strict=True) if here]),
        (
            _OF_PRETRAINED,
            PRETRAINED,
            [row for row, here in zip(rows, is_trained, strict=True) if not here],
        ),
    )
    tables = [f"{text}\n\n{_table(found, order)}" for text, order, found in parts if found]
    return "\n".join([_HOW_TO_READ, *tables])


_HOW_TO_READ = """\
Accuracy in % of test images: characters by other writers, with other pens, on other scanners and,
for comparison, those of the training collection. *Ignoring case* adds the probabilities of both
cases of a letter. *Writers*: the standard deviation of their accuracies, and the mean of the tenth
of them with the lowest accuracy. *Calibration error*: the difference between confidence and
accuracy, in 15 bins.
"""
_OF_TRAINED = """\
## Trained on one collection

Small networks, quickly trained: `CNNClassifier(ResNet(depth=0, stem_stride=2, stem_kernel_size=5),
batch_size=128, learning_rate=0.03)` after `InkNormalizer`, on at most 4,000 images, for enough
epochs to use 45,000 images. Compare rows with each other, not with the best figures of a
collection. Within a collection, training and test writers are different or, for MNIST and the
Russian letters, whose writers are unknown, training and test images."""
_OF_PRETRAINED = """\
## Pretrained models

Results of the files in the package: the first digits of the SHA-256 follow the name, and the latest
file is the last. The model cards list the training data. These never include the test images used
here, but include other images by the same writers of AHCD and perhaps of the A-Z sample, whose
writers are unknown. A fifth of the writers of UNIPEN and Hijja is never used for training; UNIPEN
is drawn with pens of 1/43 to 1/16 of a character's size. The A-Z sample has lowercase letters under
the names of capitals, so use the accuracy that ignores case for it. The latest English model is
tested on its held-out fifth, earlier ones on 1,500 of all."""


def _table(rows, order):
    head = (
        "network",
        "tested on",
        "images",
        "accuracy",
        "ignoring case",
        "writers",
        "worst tenth",
        "confidence",
        "calibration error",
    )
    names = [*order]

    def place(row):
        name = row["model"].removeprefix("trained on ")
        known = name if name in order else name.split()[0]
        tests = order.get(known, ())
        test = tests.index(row["tested_on"]) if row["tested_on"] in tests else len(tests)
        return names.index(known) if known in order else len(names), test, row["measured"]

    lines = [head]
    for row in sorted(rows, key=place):
        lines.append(
            (
                row["model"].removeprefix("trained on "),
                row["tested_on"],
                f"{row['n']:,}",
                _percent(row["accuracy"]),
                _percent(row["accuracy_ignoring_case"]),
                "-"
                if row["writers"] is None
                else f"{row['writers']}, ± {_percent(row['writers_std'])}",
                _percent(row["worst_tenth"]),
                _percent(row["confidence"]),
                _percent(row["calibration_error"]),
            )
        )
    return as_table(lines)


def _percent(share):
    return "-" if share is None else f"{100 * share:.1f}"

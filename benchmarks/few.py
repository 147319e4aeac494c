"""A few images of each class: the default classifier, and scikit-learn classifiers on pixels."""

import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Annotated

import numpy as np
import typer
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, datasets

from ._splits import AHCD_WRITERS, ENGLISH, Split
from ._store import RESULTS, as_table, environment, read_json, write_figure, write_json, write_page

PIECES = RESULTS / "few"
PER_CLASS = (5, 10, 20, 50)
DRAWS = 5
N_TEST = 1000


# ------------------------------------------------------------------ data


def _digits(draw: int) -> Split:
    digits = load_digits()
    images = np.round(digits.images * 255 / 16).astype(np.uint8)
    return _divided(images, digits.target, draw)


@cache
def _russian_letters():
    letters = datasets.fetch_russian_letters()
    reader = InkNormalizer(size=(32, 32), on_blank="ignore", on_several="ignore")
    return reader.transform(letters.images), letters.target


def _russian(draw: int) -> Split:
    return _divided(*_russian_letters(), draw)


def _omniglot(draw: int) -> Split:
    """Hold out five of the twenty drawers."""
    images, target, drawers = _omniglot_characters()
    held_out = np.random.default_rng(draw).permutation(np.unique(drawers))[:5]
    is_test = np.isin(drawers, held_out)
    return Split(images[~is_test], target[~is_test], None, images[is_test], target[is_test])


@cache
def _omniglot_characters():
    characters = datasets.fetch_omniglot(subset="evaluation")
    images = InkNormalizer(size=(32, 32), on_several="ignore").transform(characters.images)
    return images, characters.target, characters.drawer


def _divided(images, target, draw):
    train, test = train_test_split(
        np.arange(len(target)), test_size=0.4, stratify=target, random_state=draw
    )
    return Split(images[train], target[train], None, images[test], target[test])


SETS: dict[str, Callable[[int], Split]] = {
    "scikit-learn's digits": _digits,
    "AHCD": AHCD_WRITERS.split,
    "English 62": ENGLISH.split,
    "Russian letters": _russian,
    "Omniglot": _omniglot,
}
FILES = dict(zip(SETS, ("digits", "ahcd", "english", "russian", "omniglot"), strict=True))
AT_MOST = {"Omniglot": 10}  # of a class; 15 are for training


def _few(split: Split, per_class: int, draw: int) -> Split:
    """Return this many training images of every class, and some test images."""
    rng = np.random.default_rng(draw)
    rows = [
        rng.permutation(np.flatnonzero(split.y == label))[:per_class]
        for label in np.unique(split.y)
    ]
    train = np.concatenate(rows)
    test = rng.permutation(len(split.X_test))[:N_TEST]
    return Split(split.X[train], split.y[train], None, split.X_test[test], split.y_test[test])


# ------------------------------------------------------------------ contenders


def _varied(draw, **parameters):
    return make_pipeline(ImageAugmenter(), CNNClassifier(random_state=draw, **parameters))


OURS = "CNNClassifier, ImageAugmenter"
PLAIN = "CNNClassifier"
FIXED = "the same, epochs=30, batch_size=64"
NETWORKS: dict[str, Callable[[int], object]] = {
    OURS: _varied,
    FIXED: lambda draw: _varied(draw, epochs=30, batch_size=64),
    PLAIN: lambda draw: CNNClassifier(random_state=draw),
}
ON_PIXELS: dict[str, Callable[[int], object]] = {
    "SVC(C=10)": lambda draw: SVC(C=10),
    "MLPClassifier": lambda draw: MLPClassifier(random_state=draw),
    "1-NN": lambda draw: KNeighborsClassifier(1),
}


def _measure(name: str, per_class: int, draw: int) -> dict:
    few = _few(SETS[name](draw), per_class, draw)
    pixels, test_pixels = (
        images.reshape(len(images), -1) / np.float32(255) for images in (few.X, few.X_test)
    )
    accuracy, seconds = {}, {}
    for title, make in (NETWORKS | ON_PIXELS).items():
        estimator = make(draw)
        X, X_test = (few.X, few.X_test) if title in NETWORKS else (pixels, test_pixels)
        begin = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of 200 epochs on few rows
            estimator.fit(X, few.y)
        seconds[title] = round(time.process_time() - begin, 1)
        accuracy[title] = float(estimator.score(X_test, few.y_test))
    return {"n_train": len(few.X), "accuracy": accuracy, "core_seconds": seconds, **environment()}


# ------------------------------------------------------------------ pieces and page


def main(
    sets: Annotated[
        list[str] | None, typer.Argument(help=f"some of {', '.join(FILES.values())}; default: all")
    ] = None,
    per_class: Annotated[int | None, typer.Option(help="only this many images per class")] = None,
    draws: Annotated[int, typer.Option(max=DRAWS, help="this many draws of each")] = DRAWS,
    table: Annotated[bool, typer.Option("--table", help="only rewrite the page")] = False,
) -> None:
    """Train on 5 to 50 images of each class, and test on held-out writers.

    Five draws take four core-hours. Every finished piece is kept; a second run resumes from there.
    """
    import tensorflow  # noqa: F401, off the clock

    for number in range(draws if not table else 0):
        for size in PER_CLASS:
            for name in SETS:
                chosen = (
                    FILES[name] in (sets or FILES.values())
                    and per_class in (None, size)
                    and size <= AT_MOST.get(name, size)
                )
                path = _path(name, size, number)
                if chosen and not path.exists():
                    result = _measure(name, size, number)
                    write_json(path, result)
                    print(name, size, number, result["accuracy"], flush=True)
    print(_publish())


def _path(name: str, per_class: int, draw: int):
    return PIECES / f"{FILES[name]}-{per_class}-{draw}.json"


def _pieces(name: str, per_class: int) -> list[dict]:
    paths = [_path(name, per_class, draw) for draw in range(DRAWS)]
    return [read_json(path) for path in paths if path.exists()]


def _percent(pieces: list[dict], title: str) -> np.ndarray:
    """Return the accuracy of every draw, in percent."""
    return np.array([100 * piece["accuracy"][title] for piece in pieces])


def _publish() -> str:
    found = {
        (name, size): pieces
        for name in SETS
        for size in PER_CLASS
        if (pieces := _pieces(name, size))
    }
    titles = [*NETWORKS, *ON_PIXELS]
    head = ["", "images of a class", *(f"{title}, %" for title in titles), "draws", "core-seconds"]
    lines = [head]
    for (name, size), pieces in found.items():
        percent = [_percent(pieces, title) for title in titles]
        best = max(values.mean() for values in percent)
        cells = [_cell(values, values.mean() == best) for values in percent]
        seconds = np.mean([piece["core_seconds"][OURS] for piece in pieces])
        lines.append([name, str(size), *cells, str(len(pieces)), f"{seconds:.0f}"])
    _plot(found)
    text = f"{as_table(lines)}\n{_NOTE}"
    write_page("few", "Few images", text)
    return text


def _cell(percent: np.ndarray, is_best: bool) -> str:
    mean = f"**{percent.mean():.1f}**" if is_best else f"{percent.mean():.1f}"
    return f"{mean} ± {percent.std(ddof=1):.1f}" if len(percent) > 1 else mean


_NOTE = """\
![Accuracy by the number of images per class](few.png)

Accuracies are means over the draws, ± their standard deviation. All parameters are defaults, except
SVC's `C`. The test sets have up to 1,000 images: by held-out writers for AHCD, the English letters
and digits, and Omniglot, and held-out images for the others. The English classes have at most 44
images. *Omniglot* has 659 characters of 20 alphabets, with one image by each writer; no default was
chosen on any of them. SVC, MLPClassifier and 1-NN use the same pixels, divided by 255.
*The same, epochs=30, batch_size=64* is the result of the defaults for 1,920 images or more, and was
formerly their result for any number of images. Core-seconds are those of a fit of the first column.
"""


def _plot(found: dict) -> None:
    import matplotlib.pyplot as plt

    names = [name for name in SETS if any((name, size) in found for size in PER_CLASS)]
    figure, axes = plt.subplots(
        1, len(names), figsize=(3 * len(names), 3.6), layout="constrained", squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        sizes = [size for size in PER_CLASS if (name, size) in found]
        for title in (*NETWORKS, *ON_PIXELS):
            means = [_percent(found[name, size], title).mean() for size in sizes]
            style = "o-" if title == OURS else "s--" if title in NETWORKS else ".:"
            axis.plot(sizes, means, style, label=title)
        axis.set(title=name, xscale="log", xlabel="images of a class")
        axis.set_xticks(PER_CLASS, [str(size) for size in PER_CLASS])
        axis.minorticks_off()
    axes[0, 0].set_ylabel("accuracy, %")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=min(3, len(names)))
    write_figure("few", figure)
    plt.close(figure)

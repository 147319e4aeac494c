"""One writer's letters, classified together: how much better than one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import typer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, WriterAdapter
from skhcr._atomic import replacing

from . import _splits
from ._fast import fast_classifier
from ._store import RESULTS, as_table, environment, write_json, write_page

PIECES = RESULTS / "writers"


@dataclass(frozen=True)
class Data:
    """Letters, and the number of folds that the writers are divided into."""

    title: str
    load: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]]
    n_folds: int


def _ahcd_to_choose_on():
    letters = _splits._ahcd("train")
    return letters.images, letters.target, letters.groups


DATA = {
    "chosen": Data("AHCD's training images (parameters chosen on these)", _ahcd_to_choose_on, 4),
    "ahcd": Data("AHCD", _splits._ahcd_of_all_writers, _splits.FOLDS),
    "english": Data("English 62", _splits._english, _splits.FOLDS),
}
NETWORKS = {
    "hurry": ("the fast network", fast_classifier),
    "default": ("the default", lambda seed: CNNClassifier(random_state=seed)),
}
REPEATS = 4


# ------------------------------------------------------------------ answers


def _answers(data: str, network: str, fold: int) -> dict[str, np.ndarray]:
    """Train on the other writers, and return the predictions for these writers' letters."""
    X, y, groups = DATA[data].load()
    train, test = list(GroupKFold(DATA[data].n_folds).split(X, y, groups))[fold]
    pipeline = make_pipeline(ImageAugmenter(), NETWORKS[network][1](fold))
    pipeline.fit(X[train], y[train])
    plain = pipeline.predict_proba(X[test])
    pipeline[-1].test_time_shift = 1
    return {
        "plain": plain.astype(np.float16),
        "shifted": pipeline.predict_proba(X[test]).astype(np.float16),
        "right": np.searchsorted(pipeline.classes_, y[test]).astype(np.uint8),
        "writers": np.unique(groups[test], return_inverse=True)[1].astype(np.uint8),
    }


class _Answers:
    """A fitted model whose images are its answers."""

    def __init__(self, n_classes: int) -> None:
        self.classes_ = np.arange(n_classes)

    def predict_proba(self, X):
        return X


# ------------------------------------------------------------------ letters of a writer

ALL, UNEVEN, ONE_OF_EACH, FIVE_OF_EACH = "all", "60, uneven", "1 labeled of each", "5 labeled"
NUMBERS = (5, 14, 28, 56, 140)
COLUMNS = (ALL, *(str(n) for n in NUMBERS), UNEVEN, ONE_OF_EACH, FIVE_OF_EACH)


def _draws(
    right: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Yield the rows of a writer's letters to classify together, and the labeled rows."""
    rows = np.arange(len(right))
    labels, counts = np.unique(right, return_counts=True)
    yield ALL, rows, None
    for _ in range(REPEATS):
        for n in NUMBERS:
            if n < len(rows):
                yield str(n), rng.choice(rows, n, replace=False), None
        if len(rows) > 120:
            often = np.isin(right, rng.choice(labels, 5, replace=False))
            shares = np.where(often, 10, 1) / np.where(often, 10, 1).sum()
            yield UNEVEN, rng.choice(rows, 60, replace=False, p=shares), None
    for n, column in ((1, ONE_OF_EACH), (5, FIVE_OF_EACH)):
        if counts.min() > n:
            of_each = [rng.permutation(rows[right == label])[:n] for label in labels]
            labeled = np.concatenate(of_each)
            yield column, np.setdiff1d(rows, labeled), labeled


def _shares(answers: dict[str, np.ndarray], kind: str) -> dict[str, list[float]]:
    """Return, for every column, the shares that are right one by one and together."""
    probabilities = answers[kind].astype(np.float64)
    right, writers = answers["right"].astype(int), answers["writers"]
    found: dict[str, list[list[bool]]] = {}
    for writer in np.unique(writers):
        mine = np.flatnonzero(writers == writer)
        for column, rows, labeled in _draws(right[mine], np.random.default_rng(int(writer))):
            adapter = WriterAdapter(_Answers(probabilities.shape[1]))
            if labeled is not None:
                adapter.fit_writer(probabilities[mine[labeled]], right[mine[labeled]])
            rows = mine[rows]
            alone = probabilities[rows].argmax(axis=1) == right[rows]
            together = adapter.predict(probabilities[rows]) == right[rows]
            found.setdefault(column, []).extend(zip(alone, together, strict=True))
    return {column: np.mean(pairs, axis=0).tolist() for column, pairs in found.items()}


# ------------------------------------------------------------------ pieces and page


def main(
    data: Annotated[list[str] | None, typer.Argument(help="some of chosen, ahcd, english")] = None,
    network: Annotated[str, typer.Option(help="hurry or default")] = "hurry",
    table: Annotated[bool, typer.Option("--table", help="only rewrite the page")] = False,
) -> None:
    """Classify the letters of held-out writers together, and one by one.

    With the fast network it takes five core-minutes, with the default four core-hours. Every
    finished fold is kept; a second run resumes from there.
    """
    for name in (data or DATA) if not table else ():
        for fold in range(DATA[name].n_folds):
            path = _path(name, network, fold)
            if not path.exists():
                answers = _answers(name, network, fold)
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as part:
                    np.savez_compressed(part, **answers)
                print(path.stem, _shares(answers, "plain"), flush=True)
    print(_publish())


def _path(data: str, network: str, fold: int):
    return PIECES / f"{data}-{network}-{fold}.npz"


def _publish() -> str:
    lines = [["", "", "", *COLUMNS]]
    results = []
    for name, data in DATA.items():
        for network, (title, _) in NETWORKS.items():
            paths = [_path(name, network, fold) for fold in range(data.n_folds)]
            folds = [dict(np.load(path)) for path in paths if path.exists()]
            for kind in ("plain", "shifted") if folds else ():
                shares = [_shares(answers, kind) for answers in folds]
                means = {
                    column: np.mean([share[column] for share in shares], axis=0).tolist()
                    for column in COLUMNS
                    if column in shares[0]
                }
                results.append({"data": name, "network": network, "kind": kind, "shares": means})
                what = f"{title}, {len(folds)} of {data.n_folds} folds"
                what += ", test-time augmentation" if kind == "shifted" else ""
                cells = partial(_cells, means)
                lines.append([data.title, what, "one by one", *cells(0)])
                lines.append(["", "", "together", *cells(1)])
    write_json(RESULTS / "writers.json", {"rows": results, **environment()})
    text = f"{_NOTE}\n{as_table(lines)}"
    write_page("writers", "One writer's letters, classified together", text)
    return text


def _cells(means: dict[str, list[float]], which: int) -> list[str]:
    return [f"{100 * means[column][which]:.2f}" if column in means else "-" for column in COLUMNS]


_NOTE = """\
Accuracy, %, on letters of held-out writers, classified one by one and together with `WriterAdapter`
at its defaults. *All* are 280 letters of a writer of AHCD, ten of each class (224, eight of each,
among the training images), and 62 of a writer of the English letters and digits, one of each. *5*
to *140* letters are drawn at random, four times for each writer; *60, uneven* with five classes ten
times as likely as others. *Labeled* letters are passed to `fit_writer`, and all other letters of
the writer are classified.

The accuracy of letters classified together is not the accuracy of the classifier: state the number
of letters with it. Strength, shrinkage, the root and the number of letters for half of the strength
were chosen on the folds of AHCD's training images, which have the same writers as the test images.
The choice also ensured that few English letters lose almost nothing.
"""

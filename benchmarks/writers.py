"""One writer's letters, classified together: how much better than one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import typer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, WriterAdapter, datasets
from skhcr._atomic import replacing
from skhcr._one_writer import LetterFeatures
from skhcr._outputs import Outputs, outputs

from . import _splits
from ._fast import fast_classifier
from ._foreign_sets import drawn
from ._store import RESULTS, as_table, environment, read_json, write_json, write_page

PIECES = RESULTS / "writers"
ANSWERS = RESULTS / "checkpoints" / "writers"  # to measure other parameters without training


Letters = tuple[np.ndarray, np.ndarray, np.ndarray]  # images, labels, writers


@dataclass(frozen=True)
class Data:
    """Letters, and the number of folds that the writers are divided into."""

    title: str
    load: Callable[[], Letters]
    n_folds: int = 1
    load_test: Callable[[], Letters] | None = None  # of other writers, instead of folds

    def split(self, fold: int) -> tuple[Letters, Letters]:
        """Return the letters of training writers and of test writers."""
        letters = self.load()
        if self.load_test is not None:
            return letters, self.load_test()
        train, test = list(GroupKFold(self.n_folds).split(*letters))[fold]
        return tuple(part[train] for part in letters), tuple(part[test] for part in letters)


def _ahcd_to_choose_on() -> Letters:
    letters = _splits._ahcd("train")
    return letters.images, letters.target, letters.groups


def _hijja(subset: str) -> Letters:
    letters = datasets.fetch_hijja(forms="all", subset=subset)
    return letters.images, letters.target, letters.groups


def _unipen(part: str) -> Letters:
    """Return the first characters of each writer, drawn with pens of many widths."""
    unipen = datasets.fetch_unipen(subset="all", size=None)
    (rows,) = np.nonzero(_splits.is_held_out(unipen.groups) == (part == "test"))
    groups = unipen.groups[rows]
    rows = np.concatenate(
        [rows[groups == writer][:MOST_OF_A_WRITER] for writer in np.unique(groups)]
    )
    characters = drawn(unipen, rows, seed=3)
    reader = InkNormalizer((32, 32), on_blank="ignore", on_several="ignore")
    return reader.transform(characters.images), characters.target, characters.writers


DATA = {
    "chosen": Data("AHCD's training images (parameters chosen on these)", _ahcd_to_choose_on, 4),
    "ahcd": Data("AHCD", _splits._ahcd_of_all_writers, _splits.FOLDS),
    "english": Data("English 62", _splits._english, _splits.FOLDS),
    "hijja": Data("Hijja, all forms", partial(_hijja, "train"), load_test=partial(_hijja, "test")),
    "unipen": Data("UNIPEN", partial(_unipen, "train"), load_test=partial(_unipen, "test")),
}
NETWORKS = {
    "hurry": ("the fast network", fast_classifier),
    "default": ("the default", lambda seed: CNNClassifier(random_state=seed)),
}
REPEATS = 4
MOST_OF_A_WRITER = 150  # characters of UNIPEN


# ------------------------------------------------------------------ answers


def _answers(data: str, network: str, fold: int) -> dict[str, np.ndarray]:
    """Train on the other writers, and return the predictions for these writers' letters."""
    (X, y, _), (X_test, y_test, writers) = DATA[data].split(fold)
    pipeline = make_pipeline(ImageAugmenter(), NETWORKS[network][1](fold)).fit(X, y)
    plain = pipeline.predict_proba(X_test)
    features = outputs(pipeline, X_test, with_features=True).features
    pipeline[-1].test_time_shift = 1
    return {
        "plain": plain,
        "shifted": pipeline.predict_proba(X_test),
        "features": features.letters.astype(np.float32),
        "prototypes": features.prototypes,
        "right": np.searchsorted(pipeline.classes_, y_test),
        "writers": np.unique(writers, return_inverse=True)[1],
    }


class _Answers:
    """A fitted model whose images are the rows of its answers."""

    def __init__(self, probabilities: np.ndarray, features: LetterFeatures | None) -> None:
        self.classes_ = np.arange(probabilities.shape[1])
        self._probabilities, self._features = probabilities, features

    def predict_proba(self, X):
        return self._probabilities[X]

    def _outputs(self, X, with_features):
        features = None if self._features is None else self._features.take(X)
        return Outputs(self._probabilities[X], features=features)


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


ALONE, BY_PROBABILITIES, TOGETHER = "one by one", "together, without features", "together"


def _shares(answers: dict[str, np.ndarray], kind: str) -> dict[str, dict[str, float]]:
    """Return, for every column, the shares that are right one by one and together."""
    probabilities, features = (
        answers[kind],
        LetterFeatures(answers["features"], answers["prototypes"]),
    )
    right, writers = answers["right"], answers["writers"]
    models = {
        BY_PROBABILITIES: _Answers(probabilities, None),
        TOGETHER: _Answers(probabilities, features),
    }
    found: dict[str, dict[str, list[np.ndarray]]] = {}
    for writer in np.unique(writers):
        mine = np.flatnonzero(writers == writer)
        for column, rows, labeled in _draws(right[mine], np.random.default_rng(int(writer))):
            rows = mine[rows]
            of_column = found.setdefault(column, {})
            of_column.setdefault(ALONE, []).append(
                probabilities[rows].argmax(axis=1) == right[rows]
            )
            for what, model in models.items():
                adapter = WriterAdapter(model)
                if labeled is not None:
                    adapter.fit_writer(mine[labeled], right[mine[labeled]])
                of_column.setdefault(what, []).append(adapter.predict(rows) == right[rows])
    return {
        column: {what: float(np.concatenate(parts).mean()) for what, parts in of_column.items()}
        for column, of_column in found.items()
    }


# ------------------------------------------------------------------ pieces and page


def main(
    data: Annotated[list[str] | None, typer.Argument(help=f"some of {', '.join(DATA)}")] = None,
    network: Annotated[str, typer.Option(help="hurry or default")] = "hurry",
    table: Annotated[bool, typer.Option("--table", help="only rewrite the page")] = False,
) -> None:
    """Classify the letters of held-out writers together, and one by one.

    With the fast network it takes ten core-minutes, with the default two core-hours. Every
    finished fold is kept; a second run resumes from there.
    """
    for name in (data or DATA) if not table else ():
        for fold in range(DATA[name].n_folds):
            path = _path(name, network, fold)
            if not path.exists():
                answers = _kept_answers(name, network, fold)
                shares = {kind: _shares(answers, kind) for kind in ("plain", "shifted")}
                write_json(path, {"shares": shares, **environment()})
                print(path.stem, shares["plain"][ALL], flush=True)
    print(_publish())


def _path(data: str, network: str, fold: int):
    return PIECES / f"{data}-{network}-{fold}.json"


def _kept_answers(data: str, network: str, fold: int) -> dict[str, np.ndarray]:
    path = ANSWERS / f"{data}-{network}-{fold}.npz"
    if not path.exists():
        answers = _answers(data, network, fold)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            np.savez_compressed(part, **answers)
    return dict(np.load(path))


def _publish() -> str:
    lines = [["", "", "", *COLUMNS]]
    for name, data in DATA.items():
        for network, (title, _) in NETWORKS.items():
            paths = [_path(name, network, fold) for fold in range(data.n_folds)]
            folds = [read_json(path)["shares"] for path in paths if path.exists()]
            for kind in ("plain", "shifted") if folds else ():
                what = f"{title}, {len(folds)} of {data.n_folds} folds"
                what += ", test-time augmentation" if kind == "shifted" else ""
                for first, row in zip(
                    ((data.title, what), ("", ""), ("", "")),
                    (ALONE, BY_PROBABILITIES, TOGETHER),
                    strict=True,
                ):
                    cells = [
                        _cell([fold[kind] for fold in folds], column, row) for column in COLUMNS
                    ]
                    lines.append([*first, row, *cells])
    text = f"{_NOTE}\n{as_table(lines)}"
    write_page("writers", "One writer's letters, classified together", text)
    return text


def _cell(folds: list[dict[str, dict[str, float]]], column: str, row: str) -> str:
    if column not in folds[0]:
        return "-"
    return f"{100 * np.mean([fold[column][row] for fold in folds]):.2f}"


_NOTE = """\
Accuracy, %, on letters of held-out writers, classified one by one and together with `WriterAdapter`
at its defaults; *without features*, by the probabilities alone, as for other classifiers. *All* are
280 letters of a writer of AHCD, ten of each class (224, eight of each, among the training images),
62 of a writer of the English letters and digits, one of each, about 120 of a child of Hijja, and at
most 150 of a writer of UNIPEN, as they were written. *5* to *140* letters are drawn at random, four
times for each writer; *60, uneven* with five classes ten times as likely as others. *Labeled*
letters are passed to `fit_writer`, and all other letters of the writer are classified.

The accuracy of letters classified together is not the accuracy of the classifier: state the number
of letters with it. The parameters were chosen with the fast network on the folds of AHCD's training
images, which have the same writers as the test images. The choice also ensured that the letters of
training writers of Hijja and UNIPEN, of the English writers, and slanted digits lose almost nothing
in any column. The writers of Hijja and UNIPEN in the table are others. A class of *Hijja, all
forms* contains up to four forms of a letter, so that a child's letters of a class have little in
common.
"""

"""Learning curves of random settings: early scores during a search, and final scores."""

import time
from contextlib import contextmanager
from functools import cache
from typing import Annotated

import numpy as np
import optuna
import typer
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, ResNet, datasets
from skhcr.model_selection import OptunaSearchCV, search_space

from ._store import RESULTS, environment, read_json, write_lines

CURVES = RESULTS / "learning_curves"
FOLDS, SIZE = 3, 12
N_SETTINGS = 60


class Clock:
    """Seconds that a process has computed."""

    def __init__(self):
        self._begin = time.process_time()

    def seconds(self):
        """Return the seconds so far."""
        return round(time.process_time() - self._begin, 2)

    @contextmanager
    def stopped(self):
        """Exclude the time of this block."""
        begin = time.process_time()
        yield
        self._begin += time.process_time() - begin


class Watch(optuna.pruners.BasePruner):
    """Never prunes, and records values, steps and seconds."""

    def __init__(self, clock):
        self._clock, self.seen = clock, []

    def prune(self, study, trial):
        """Write down the last report of the trial."""
        value = trial.intermediate_values[trial.last_step]
        self.seen.append([trial.last_step, round(value, 5), self._clock.seconds()])
        return False


class Scorer:
    """Scores a fold, and writes down how well images that are in no fold are read, too."""

    def __init__(self, X_test, y_test, clock):
        self._test, self._clock, self.scored = (X_test, y_test), clock, []

    def __call__(self, estimator, X, y):
        """Return the accuracy, as scikit-learn asks for it."""
        score = estimator.score(X, y)
        seconds = self._clock.seconds()
        with self._clock.stopped():
            test = estimator.score(*self._test)
        self.scored.append([round(score, 5), round(test, 5), seconds])
        return score


def _digits():
    images, labels = datasets.load_digit_images(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    return images, labels, None, train, test


def _english():
    english = datasets.fetch_english_handwritten()
    return _some_writers(english, english.filenames, 10)


def _ahcd():
    letters = datasets.fetch_ahcd(subset="test")  # two of each letter by every writer
    return _some_writers(letters, letters.images, 12)


def _some_writers(data, images, n_writers):
    """Return the images of some writers, to search on, and of others, to test on."""
    writers = np.random.default_rng(0).permutation(np.unique(data.groups))
    train = np.flatnonzero(np.isin(data.groups, writers[:n_writers]))
    test = np.flatnonzero(np.isin(data.groups, writers[n_writers : 2 * n_writers]))
    rows = np.concatenate([train, test])
    small = InkNormalizer((SIZE, SIZE)).transform(images[rows])
    numbers = np.arange(len(rows))
    known = data.target[rows], data.groups[rows]
    return small, *known, numbers[: len(train)], numbers[len(train) :]


DATA = {"digits": cache(_digits), "english": cache(_english), "ahcd": cache(_ahcd)}
EPOCHS = {"digits": 9, "english": 15, "ahcd": 9}


def pipeline(epochs):
    """Return what is tuned: what ``skhcr tune`` tunes, on images that are read already."""
    classifier = CNNClassifier(ResNet(), epochs=epochs, random_state=0)
    return make_pipeline(ImageAugmenter(), classifier)


def folds(groups):
    """Return the folds of ``skhcr tune``."""
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(FOLDS, shuffle=True, random_state=0)


def curve(name, number):
    """Return the curve of a setting; the first is the unchanged pipeline, the others are random."""
    X, y, groups, train, test = DATA[name]()
    clock = Clock()
    watch, scorer = Watch(clock), Scorer(X[test], y[test], clock)
    tuned = pipeline(EPOCHS[name])
    search = OptunaSearchCV(
        tuned,
        search_space("resnet", "recipe", "augmentation", estimator=tuned),
        n_trials=1,
        cv=folds(groups),
        scoring=scorer,
        sampler=optuna.samplers.RandomSampler(seed=number) if number else None,
        pruner=watch,
        refit=False,
        random_state=0,
    )
    search.fit(X[train], y[train], **({} if groups is None else {"groups": groups[train]}))
    return {
        "params": search.study_.trials[0].params,
        "watched": [seen for seen in watch.seen if seen[0] < 100],
        "folds": scorer.scored,
    }


def main(
    names: Annotated[list[str] | None, typer.Argument(help="data sets; all by default")] = None,
    settings: Annotated[int, typer.Option(help="how many of each")] = N_SETTINGS,
    minutes: Annotated[float, typer.Option(help="after which no new setting begins")] = 1e9,
) -> None:
    """Record the learning curves of random settings of what ``skhcr tune`` searches.

    A finished setting is kept at once.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    import tensorflow  # noqa: F401 - not on the clock of the first setting

    end = time.monotonic() + 60 * minutes
    for name in names or DATA:
        path = CURVES / f"{name}.json"
        known = read_json(path) if path.exists() else {"settings": [], **environment()}
        done = known["settings"]
        while len(done) < settings and time.monotonic() < end:
            done.append(curve(name, len(done)))
            write_lines(path, known)
            print(name, len(done), done[-1]["folds"], flush=True)

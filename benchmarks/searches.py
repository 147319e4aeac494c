"""Searches with the same computation: the best score so far against the time that it took."""

import itertools
import time
import warnings
from contextlib import suppress
from functools import cache
from typing import Annotated

import numpy as np
import optuna
import typer
from optuna.distributions import CategoricalDistribution, FloatDistribution
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, ResNet, datasets
from skhcr.model_selection import OptunaSearchCV

from ._store import RESULTS, environment, read_json, write_figure, write_json
from ._turns import OURS, publish

PIECES = RESULTS / "searches"
WRITERS, FOLDS, EPOCHS = 10, 3, 6
BUDGET = 900  # seconds of one core
SEEDS = (0, 1)

SPACE = {
    "cnnclassifier__learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
    "cnnclassifier__weight_decay": FloatDistribution(1e-3, 0.5, log=True),
    "cnnclassifier__label_smoothing": FloatDistribution(0.0, 0.3),
    "cnnclassifier__batch_size": CategoricalDistribution([16, 32, 64, 128]),
    "cnnclassifier__model__dropout": FloatDistribution(0.0, 0.5),
    "imageaugmenter__rotation": FloatDistribution(0.0, 40.0),
    "imageaugmenter__translation": FloatDistribution(0.0, 0.3),
    "imageaugmenter__shear": FloatDistribution(0.0, 0.5),
}
# Two or three values of each that somebody would try who knows the field.
GRID = {
    "cnnclassifier__learning_rate": [1e-3, 3e-3, 1e-2],
    "cnnclassifier__weight_decay": [0.01, 0.1],
    "cnnclassifier__batch_size": [32, 64],
    "imageaugmenter__rotation": [0, 15],
    "imageaugmenter__translation": [0, 0.1],
}


class TimeUp(BaseException):
    """The budget is spent; no search catches it."""


class Log:
    """Scores, and writes down what was scored when, until the time is up."""

    def __init__(self) -> None:
        self.begin, self.entries = time.process_time(), []

    def seconds(self) -> float:
        """Return the time that the search has computed; end it where that was too long."""
        seconds = time.process_time() - self.begin
        if seconds > BUDGET:
            raise TimeUp
        return seconds

    def __call__(self, estimator, X, y) -> float:
        """Return the accuracy, as scikit-learn asks for it."""
        score = accuracy_score(y, estimator.predict(X))
        known = estimator.get_params()
        params = {name: _plain(known[name]) for name in SPACE}
        self.entries.append({"seconds": self.seconds(), "params": params, "score": score})
        self.entries[-1]["rows"] = len(y)
        return score


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


@cache
def _letters():
    """Return the letters of a few writers of AHCD's training images, and the test images."""
    train, test = datasets.fetch_ahcd(subset="train"), datasets.fetch_ahcd(subset="test")
    writers = np.random.default_rng(0).permutation(np.unique(train.groups))[:WRITERS]
    rows = np.isin(train.groups, writers)
    return (train.images[rows], train.target[rows], train.groups[rows]), (test.images, test.target)


def _pipeline(seed):
    network = ResNet(stem_stride=2, stem_kernel_size=5)
    classifier = CNNClassifier(network, epochs=EPOCHS, random_state=seed)
    return make_pipeline(ImageAugmenter(random_state=seed), classifier)


def _scipy_space():
    from scipy.stats import loguniform, uniform

    space = {}
    for name, values in SPACE.items():
        if isinstance(values, CategoricalDistribution):
            space[name] = list(values.choices)
        elif values.log:
            space[name] = loguniform(values.low, values.high)
        else:
            space[name] = uniform(values.low, values.high - values.low)
    return space


def ours(log, seed):
    """Search with ours."""
    options = {"n_trials": None, "timeout": 100 * BUDGET, "random_state": seed}
    return OptunaSearchCV(_pipeline(seed), SPACE, **options, **_options(log))


def grid(log, seed):
    """Search a grid."""
    return GridSearchCV(_pipeline(seed), GRID, **_options(log))


def at_random(log, seed):
    """Search at random."""
    return RandomizedSearchCV(
        _pipeline(seed), _scipy_space(), n_iter=10_000, random_state=seed, **_options(log)
    )


def halving(log, seed):
    """Halve at random, from as many candidates as the budget allows."""
    return HalvingRandomSearchCV(
        _pipeline(seed),
        _scipy_space(),
        n_candidates=54,
        factor=3,
        min_resources=len(_letters()[0][0]) // 9,
        random_state=seed,
        return_train_score=False,  # its default, True, would be logged as folds
        **_options(log),
    )


def integration(log, seed):
    """Search with the class of this name in optuna-integration."""
    from optuna_integration.sklearn import OptunaSearchCV as Theirs

    images, letters, writers = _letters()[0]
    splits = list(GroupKFold(FOLDS).split(images, letters, writers))  # it hands no groups on
    options = {"n_trials": None, "timeout": 100 * BUDGET, "random_state": seed}
    return Theirs(_pipeline(seed), SPACE, **options, **{**_options(log), "cv": splits})


def _options(log):
    return {"cv": GroupKFold(FOLDS), "scoring": log, "refit": False, "error_score": "raise"}


HYPERBAND = "KerasTuner, Hyperband"
SEARCHES = {
    OURS: ours,
    "GridSearchCV": grid,
    "RandomizedSearchCV": at_random,
    "HalvingRandomSearchCV": halving,
    "optuna-integration": integration,
}


def _search(name, seed):
    """Return the scores of a search, and their times."""
    log = Log()
    if name == HYPERBAND:
        from ._hyperband import best_by_hyperband

        images, codes, writers = _coded()
        options = {"epochs": EPOCHS, "folds": FOLDS, "seed": seed}
        return best_by_hyperband(log, TimeUp, _recipe(), (images, codes, writers), **options)
    images, letters, writers = _letters()[0]
    groups = {} if name == "optuna-integration" else {"groups": writers}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings(action="ignore"), suppress(TimeUp):  # of experimental features
        search = SEARCHES[name](log, seed)
        log.begin = time.process_time()
        search.fit(images, letters, **groups)
    return log.entries


def best_so_far(entries):
    """Return the times at which a better candidate was known, its score and parameters.

    A candidate counts when all of its folds are scored, on the whole of them.
    """
    whole = max(entry["rows"] for entry in entries) * 0.6  # folds by writer differ
    steps = []
    for _, folds in itertools.groupby(entries, key=lambda entry: str(entry["params"])):
        folds = [entry for entry in folds if entry["rows"] >= whole]
        if len(folds) < FOLDS:
            continue
        score = float(np.mean([entry["score"] for entry in folds[-FOLDS:]]))
        if not steps or score > steps[-1]["score"]:
            last = folds[-1]
            steps.append({"seconds": last["seconds"], "score": score, "params": last["params"]})
    return steps


def _coded():
    images, letters, writers = _letters()[0]
    return images, np.unique(letters, return_inverse=True)[1], writers


def _recipe():
    from ._hyperband import Recipe

    return Recipe(SPACE, len(np.unique(_letters()[0][1])), EPOCHS)


def _test_accuracy(name, params, seed):
    """Return the accuracy on the test images of the parameters that were found."""
    (images, letters, _), (test_images, test_letters) = _letters()
    if name == HYPERBAND:
        model = _recipe().trained(params, images, _coded()[1], seed)
        codes = model.predict(test_images, verbose=0).argmax(axis=1)
        return accuracy_score(test_letters, np.unique(letters)[codes])
    fitted = clone(_pipeline(seed)).set_params(**params).fit(images, letters)
    return accuracy_score(test_letters, fitted.predict(test_images))


def main(
    names: Annotated[list[str] | None, typer.Argument(help="searches; all by default")] = None,
) -> None:
    """Search recipe and augmentation of a small network on letters of ten writers.

    Every search has 15 minutes of one core, twice, and is kept when it is done.
    """
    everybody = [*SEARCHES, HYPERBAND]
    for seed in SEEDS:
        for name in names or everybody:
            path = PIECES / f"{name.replace(', ', '-')}-{seed}.json"
            if path.exists():
                continue
            entries = _search(name, seed)
            steps = best_so_far(entries)
            if not steps:
                print(name, seed, "scored no candidate on all folds in time", flush=True)
                continue
            accuracy = _test_accuracy(name, steps[-1]["params"], seed)
            candidates = len({str(entry["params"]) for entry in entries})
            found = {"candidates": candidates, "test_accuracy": accuracy, "steps": steps}
            write_json(path, {"name": name, "seed": seed, **found, **environment()})
            print(name, seed, f"{steps[-1]['score']:.2%}", flush=True)
    pieces = [read_json(path) for path in sorted(PIECES.glob("*.json"))]
    rows = [_row(name, pieces) for name in everybody]
    _plot(everybody, pieces)
    publish(
        "searches",
        "Searches",
        {"Fifteen minutes of one core": [row for row in rows if row]},
        f"AHCD's training images of {WRITERS} writers, {FOLDS} folds by writer, {EPOCHS} epochs of "
        "a small residual network with augmentation; eight parameters, of the recipe and of the "
        f"augmentation. *After {BUDGET // 3} s*: the mean of the best scores at that time. "
        "*Ours / their time*: the time until skhcr reached their last score, divided by their "
        "time, for each seed. *Candidates* were scored on at least one fold; skhcr starts with the "
        "pipeline's own parameters. skhcr was measured with its default pruner of that time, "
        "successive halving, which checked candidates after two epochs, without a score; "
        "[searches of few trials](small_searches.md) were measured with the present one. "
        "The test images were used once, with the final parameters of each search. The grid has "
        "two or three values for five of the parameters. KerasTuner tunes a network of the same "
        "layers in bare Keras, on one of the folds; the score of its result is that of all "
        "folds.\n\n"
        "![Best score so far](searches.png)",
    )


def _reached(steps, score):
    return next((step["seconds"] for step in steps if step["score"] >= score), None)


def _best_after(steps, seconds):
    return max((step["score"] for step in steps if step["seconds"] <= seconds), default=None)


def _row(name, pieces):
    own = [piece for piece in pieces if piece["name"] == name]
    if not own:
        return None
    ours_of = {piece["seed"]: piece["steps"] for piece in pieces if piece["name"] == OURS}
    ratios = []
    for piece in own:
        last = piece["steps"][-1]
        reached = _reached(ours_of.get(piece["seed"], []), last["score"])
        ratios.append("not reached" if reached is None else f"{reached / last['seconds']:.2f}")
    scores = [piece["steps"][-1]["score"] for piece in own]
    early = [_best_after(piece["steps"], BUDGET / 3) for piece in own]
    return {
        "name": name,
        "candidates": float(np.mean([piece["candidates"] for piece in own])),
        f"after {BUDGET // 3} s, %": None if None in early else f"{100 * np.mean(early):.2f}",
        "best score, %": f"{100 * np.mean(scores):.2f} ({_listed(scores)})",
        "test accuracy, %": f"{100 * np.mean([p['test_accuracy'] for p in own]):.2f}",
        "ours / their time": None if name == OURS else ", ".join(ratios),
    }


def _listed(scores):
    return ", ".join(f"{100 * score:.2f}" for score in scores)


def _plot(names, pieces):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(SEEDS), figsize=(9, 3.8), sharey=True, layout="constrained")
    for axis, seed in zip(axes, SEEDS, strict=True):
        of_seed = [piece for piece in pieces if piece["seed"] == seed]
        for piece in sorted(of_seed, key=lambda piece: names.index(piece["name"])):
            seconds = [step["seconds"] for step in piece["steps"]] + [BUDGET]
            scores = [100 * step["score"] for step in piece["steps"]]
            scores.append(scores[-1])
            color = f"C{names.index(piece['name'])}"
            axis.step(seconds, scores, where="post", label=piece["name"], color=color)
        axis.set(xlabel="seconds of one core", title=f"seed {seed}")
    axes[0].set_ylabel("best mean score of three folds, %")
    axes[0].legend(fontsize=8)
    write_figure("searches", figure)
    plt.close(figure)

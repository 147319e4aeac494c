"""Searches of few trials on little data: how they prune, against random search at equal time."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Annotated

import numpy as np
import optuna
import typer
from optuna.distributions import FloatDistribution, IntDistribution

from skhcr import CNN, CNNClassifier, datasets
from skhcr.model_selection import OptunaSearchCV

from ._store import RESULTS, as_table, environment, read_json, write_lines, write_page
from .learning_curves import DATA, Clock, Scorer, folds

PIECES = RESULTS / "small_searches"
FOLDS = 3
EPOCHS = {"digits": 10, "english": 6, "ahcd": 6}
SIZES = (5, 20, 50)
SEEDS = range(5)

SPACE = {
    "model": [CNN(dense=(), padding="same")],
    "model__filters": [(8,), (16,), (8, 16), (16, 32)],
    "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
    "batch_size": IntDistribution(16, 64, step=16),
}

OURS, RANDOM = "skhcr", "random"
TITLES = {"digits": "Digits", "english": "English, 62 letters and digits", "ahcd": "AHCD"}

NOTE = (
    "Three folds: of 600 of scikit-learn's digits, of 8 x 8 pixels; by writer, of 620 English "
    "letters and digits of ten writers and of 672 Arabic letters of twelve, of 12 x 12 pixels. "
    "Tuned are a network's filters (one or two convolutions), the learning rate and the batch "
    f"size; the digits are trained on for {EPOCHS['digits']} epochs, the others for "
    f"{EPOCHS['ahcd']}. Means and standard deviations of the seeds. *Seconds* are of one core of "
    "a busy machine, in which skhcr finished this many trials and pruned some of them. *Random* "
    "is the result of random search without pruning in the same time; *seed by seed*, the "
    "difference of the scores of skhcr and random search in points. *Test* is the accuracy of "
    "the networks of the best trial's folds on the other 1,197 digits, and on the letters of ten "
    "and twelve other writers; it was not used for any choice. In five trials nothing is learned "
    "or pruned: skhcr tries the classifier's own parameters, and four at random. [Other "
    "searches](searches.md) compares searches of 15 minutes.\n"
)


def _data(name):
    """Return what is searched on, its writers where they are known, the folds, and what tests."""
    if name == "digits":
        images, labels = datasets.load_digit_images(return_X_y=True)
        return images[:600], labels[:600], None, FOLDS, (images[600:], labels[600:])
    images, labels, writers, own, others = DATA[name]()
    searched = images[own], labels[own], writers[own]
    return *searched, folds(writers), (images[others], labels[others])


def trials_of(data, name, seed, seconds=None):
    """Return the score of each trial of a search, None if pruned, and its end time.

    Parameters
    ----------
    seconds : float or None
        When a random search ends; ours ends after the trials.
    """
    X, y, writers, cv, test = _data(data)
    clock, trials = Clock(), []
    scorer = Scorer(*test, clock)

    def write_down(study, trial):
        found = {"seconds": clock.seconds(), "score": None, "test": None}
        if trial.state is optuna.trial.TrialState.COMPLETE:
            tested = float(np.mean([accuracy for _, accuracy, _ in scorer.scored[-FOLDS:]]))
            found |= {"score": trial.value, "test": tested}
        trials.append(found)
        if seconds is not None and clock.seconds() > seconds:
            study.stop()

    options = {"n_trials": SIZES[-1]}
    if name == RANDOM:
        sampler = optuna.samplers.RandomSampler(seed=seed)
        pruner = optuna.pruners.NopPruner()
        options = {"n_trials": None, "sampler": sampler, "pruner": pruner}
    OptunaSearchCV(
        CNNClassifier(epochs=EPOCHS[data], batch_size=32, random_state=seed),
        SPACE,
        cv=cv,
        scoring=scorer,
        refit=False,
        study_callbacks=[write_down],
        random_state=seed,
        **options,
    ).fit(X, y, **({} if writers is None else {"groups": writers}))
    return trials


def _search(data, name, seed, seconds):
    """Run a search, the first of its process, and save its result."""
    import tensorflow  # noqa: F401 - not on the clock

    found = trials_of(data, name, seed, seconds)
    piece = {"data": data, "name": name, "seed": seed, "trials": found, **environment()}
    write_lines(_path(data, name, seed), piece)


def _path(data, name, seed):
    return PIECES / f"{data}-{name}-{seed}.json"


def main(
    data: Annotated[list[str] | None, typer.Argument(help="data sets; all by default")] = None,
) -> None:
    """Search the filters and the recipe of a small network on digits, English letters and AHCD.

    A finished search is kept at once.
    """
    for seed in SEEDS:
        for one in data or TITLES:
            seconds = None
            for name in (OURS, RANDOM):  # which has as much time as ours took
                path = _path(one, name, seed)
                if not path.exists():
                    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                        process.submit(_search, one, name, seed, seconds).result()
                seconds = read_json(path)["trials"][-1]["seconds"]
                print(one, name, seed, seconds, flush=True)
            write_page("small_searches", "Searches of few trials", page())
    print(page())


def best_of(trials, seconds):
    """Return the best of the trials that had ended after so many seconds; None without one."""
    known = [one for one in trials if one["seconds"] <= seconds and one["score"] is not None]
    return max(known, key=lambda one: one["score"], default=None)


def table(data):
    """Return the results of searches after this many trials, and of random search until then."""
    titles = ["trials", "seconds", "pruned", "score, %", "random", "seed by seed"]
    lines = [[*titles, "seeds below random", "test, %", "random"]]
    pieces = [
        [read_json(_path(data, name, seed))["trials"] for name in (OURS, RANDOM)]
        for seed in SEEDS
        if _path(data, RANDOM, seed).exists()
    ]
    for n_trials in SIZES:
        own = [ours[:n_trials] for ours, _ in pieces]
        ends = [trials[-1]["seconds"] for trials in own]
        pairs = [
            (best_of(ours, end), best_of(random, end))
            for (ours, random), end in zip(pieces, ends, strict=True)
        ]
        gains = [round(100 * (a["score"] - b["score"]), 3) for a, b in pairs]
        lines.append(
            [
                str(n_trials),
                f"{np.mean(ends):.0f}",
                f"{np.mean([sum(one['score'] is None for one in trials) for trials in own]):.1f}",
                *(_spread([pair[i]["score"] for pair in pairs]) for i in (0, 1)),
                ", ".join(f"{gain:+.1f}" for gain in gains),
                f"{sum(gain < 0 for gain in gains)} of {len(gains)}",
                *(_spread([pair[i]["test"] for pair in pairs]) for i in (0, 1)),
            ]
        )
    return as_table(lines)


def _spread(values):
    return f"{100 * np.mean(values):.1f} ± {100 * np.std(values, ddof=1):.1f}"


def page():
    """Return the tables of all data sets, with what they are of."""
    parts = [f"## {title}\n\n{table(name)}" for name, title in TITLES.items()]
    return "\n".join([*parts, NOTE])

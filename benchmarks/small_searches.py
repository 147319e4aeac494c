"""Searches of few trials on little data: how they prune, against random search at equal time."""

from typing import Annotated

import numpy as np
import optuna
import typer
from optuna.distributions import FloatDistribution, IntDistribution

from skhcr import CNN, CNNClassifier, datasets
from skhcr.model_selection import OptunaSearchCV

from ._store import RESULTS, as_table, environment, read_json, write_lines
from .learning_curves import Clock, Scorer

PIECES = RESULTS / "small_searches"
N_IMAGES, FOLDS, EPOCHS = 600, 3, 10
SIZES = (5, 20, 50)
SEEDS = range(5)

SPACE = {
    "model": [CNN(dense=(), padding="same")],
    "model__filters": [(8,), (16,), (8, 16), (16, 32)],
    "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
    "batch_size": IntDistribution(16, 64, step=16),
}

OURS, BEFORE, RANDOM = "skhcr", "halving", "random"


def _options(name, seed, n_trials):
    if name == RANDOM:
        sampler = optuna.samplers.RandomSampler(seed=1000 * seed + n_trials)
        return {"sampler": sampler, "pruner": optuna.pruners.NopPruner()}
    if name == BEFORE:
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=33, reduction_factor=3)
        return {"pruner": pruner}
    return {}


def trials_of(name, seed, n_trials):
    """Return what each trial of a search scored, None where it was pruned, and when it ended."""
    images, labels = datasets.load_digit_images(return_X_y=True)
    own, others = slice(0, N_IMAGES), slice(N_IMAGES, None)
    clock, trials = Clock(), []
    scorer = Scorer(images[others], labels[others], clock)
    storage = optuna.storages.InMemoryStorage()
    for n in range(1, n_trials + 1):  # the study goes on, one trial after the other
        search = OptunaSearchCV(
            CNNClassifier(epochs=EPOCHS, batch_size=32, random_state=seed),
            SPACE,
            n_trials=n,
            cv=FOLDS,
            scoring=scorer,
            storage=storage,
            study_name=name,
            refit=False,
            random_state=seed,
            **_options(name, seed, n),
        ).fit(images[own], labels[own])
        trial = {"seconds": clock.seconds(), "score": search.study_.trials[-1].value, "test": None}
        if search.cv_results_["trial_state"][-1] == "complete":
            trial["test"] = float(np.mean([test for _, test, _ in scorer.scored[-FOLDS:]]))
        else:
            trial["score"] = None
        trials.append(trial)
    return trials


def main(
    names: Annotated[list[str] | None, typer.Argument(help="searches; all by default")] = None,
    trials: Annotated[int, typer.Option(help="of each search")] = SIZES[-1],
) -> None:
    """Search the filters and the recipe of a small network on 600 of scikit-learn's digits.

    A finished search is kept at once.
    """
    import tensorflow  # noqa: F401 - not on the clock of the first search

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for seed in SEEDS:
        for name in names or (OURS, BEFORE, RANDOM):
            path = PIECES / f"{name}-{seed}.json"
            if path.exists():
                continue
            found = trials_of(name, seed, trials)
            write_lines(path, {"name": name, "seed": seed, "trials": found, **environment()})
            print(name, seed, found[-1]["seconds"], flush=True)
    print(table())


def best_of(trials, seconds):
    """Return the best of the trials that had ended after so many seconds; None without one."""
    known = [one for one in trials if one["seconds"] <= seconds and one["score"] is not None]
    return max(known, key=lambda one: one["score"], default=None)


def table():
    """Return what each search had found after so many trials, beside random search until then."""
    pieces = [read_json(path) for path in sorted(PIECES.glob("*.json"))]
    trials = {(piece["name"], piece["seed"]): piece["trials"] for piece in pieces}
    lines = []
    for n_trials in SIZES:
        for name in (OURS, BEFORE):
            seeds = [seed for seed in SEEDS if {(name, seed), (RANDOM, seed)} <= trials.keys()]
            own = [trials[name, seed][:n_trials] for seed in seeds]
            ends = [found[-1]["seconds"] for found in own]
            ours = [best_of(*one) for one in zip(own, ends, strict=True)]
            known = [trials[RANDOM, seed] for seed in seeds]
            theirs = [best_of(*one) for one in zip(known, ends, strict=True)]
            n_pruned = np.mean([sum(one["score"] is None for one in found) for found in own])
            pairs = list(zip(ours, theirs, strict=True))
            better = sum(b is None or a["score"] > b["score"] for a, b in pairs)
            worse = sum(b is not None and a["score"] < b["score"] for a, b in pairs)
            lines.append(
                [
                    f"{name}, {n_trials} trials",
                    str(len(seeds)),
                    f"{n_pruned:.1f}",
                    f"{np.mean(ends):.0f}",
                    *(
                        _percent(found, key)
                        for key in ("score", "test")
                        for found in (ours, theirs)
                    ),
                    f"{better} / {len(seeds) - better - worse} / {worse}",
                ]
            )
    titles = ["", "seeds", "pruned", "seconds", "score, %", "random", "test, %", "random"]
    return as_table([[*titles, "better / equal / worse"], *lines])


def _percent(found, key):
    if None in found:
        return "-"
    return f"{100 * np.mean([one[key] for one in found]):.2f}"

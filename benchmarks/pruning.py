"""Rules of pruning, replayed on recorded learning curves, against random search at equal time."""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import optuna
import typer
from optuna.pruners import (
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
)
from optuna.trial import TrialState
from scipy.stats import spearmanr

from skhcr.model_selection._study import default_pruner

from ._store import as_table, read_json
from .learning_curves import CURVES, DATA

SIZES = (5, 20, 50)


@dataclass
class Setting:
    """The record of one: steps, values and seconds of its reports, and its score."""

    looks: list[tuple[int, float, float]]  # the last after the last fold
    seconds_watched: float  # of those, what a search that prunes nothing does not spend
    test: float

    @property
    def score(self):
        """The mean score of the folds."""
        return self.looks[-1][1]

    @property
    def seconds(self):
        """Without the epochs that are watched."""
        return self.looks[-1][2] - self.seconds_watched


def read(name):
    """Return the settings that were recorded of a data set, the defaults first."""
    return [_setting(known) for known in read_json(CURVES / f"{name}.json")["settings"]]


def _setting(known):
    looks = [tuple(look) for look in known["watched"]]
    scores = np.array([score for score, _, _ in known["folds"]])
    for fold, (_, _, seconds) in enumerate(known["folds"]):
        looks.append((100 * (fold + 1), float(scores[: fold + 1].mean()), seconds))
    # The first epoch takes the time to trace the network, which is needed anyway.
    watched = [seconds for _, _, seconds in known["watched"]]
    epochs = (watched[-1] - watched[0]) / (len(watched) - 1) * len(watched)
    return Setting(looks, epochs, float(np.mean([test for _, test, _ in known["folds"]])))


@dataclass
class Found:
    """The result of a search."""

    best: Setting
    seconds: float
    n_pruned: int


def replay(pruner, watches, settings):
    """Return the result of a search that tries these settings in this order.

    Parameters
    ----------
    watches : bool
        Whether the first epochs are watched; if not, a trial is judged after its folds only.
    """
    study = optuna.create_study(
        direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0)
    )
    complete, seconds, n_pruned = [], 0.0, 0
    for setting in settings:
        trial = study.ask()
        saved = 0 if watches else setting.seconds_watched
        for step, value, passed in setting.looks[:-1]:
            if step < 100 and not watches:
                continue
            trial.report(value, step)
            if trial.should_prune():
                seconds += passed - saved
                n_pruned += 1
                study.tell(trial, state=TrialState.PRUNED)
                break
        else:
            seconds += setting.looks[-1][2] - saved
            complete.append(setting)
            study.tell(trial, setting.score)
    return Found(max(complete, key=lambda setting: setting.score), seconds, n_pruned)


def at_random(settings, seconds, rng):
    """Return the best of those that a random search tries in so many seconds; None without one."""
    best = None
    while True:
        setting = settings[rng.integers(len(settings))]
        seconds -= setting.seconds
        if seconds < 0:
            return best
        if best is None or setting.score > best.score:
            best = setting


BEFORE, NOTHING, OURS = "halving, from a third of the epochs", "nothing", "median after 5, by folds"

# By name: a pruner, and whether it is shown the first epochs.
RULES = {
    NOTHING: (NopPruner, False),
    BEFORE: (partial(SuccessiveHalvingPruner, 33, 3), True),
    "Hyperband, from a third of the epochs": (partial(HyperbandPruner, 33, 300, 3), True),
    "median after 5, from the first epoch": (partial(MedianPruner, 5), True),
    "median after 5, from a third of the epochs": (partial(MedianPruner, 5, 33), True),
    "best quarter after 5, by folds": (partial(PercentilePruner, 25, 5, 100), False),
    "median after 3, by folds": (partial(MedianPruner, 3, 100), False),
    OURS: (default_pruner, False),
    "median after 10, by folds": (partial(MedianPruner, 10, 100), False),
    "the same, patient": (lambda: PatientPruner(MedianPruner(5, 100), 1), False),
}


def searches(settings, rule, n_trials, n_seeds, first=()):
    """Return the results of searches with a rule, and of random searches of equal time.

    Settings are drawn of the random ones, with replacement, after those that are tried first.
    """
    pruner, watches = RULES[rule]
    others = settings[1:]
    pairs = []
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        drawn = [others[i] for i in rng.integers(len(others), size=n_trials - len(first))]
        found = replay(pruner(), watches, [*first, *drawn])
        pairs.append((found, at_random(others, found.seconds, rng)))
    return pairs


def _mean(settings):
    return float(np.mean([100 * setting.score for setting in settings if setting is not None]))


def _rules_table(data, n_seeds):
    """Return a line for each rule: the best score, and the time, as a part of that of no rule."""
    titles = ["", *(f"{name}, {n} trials" for name in data for n in SIZES)]
    lines = {rule: [rule] for rule in RULES}
    for settings in data.values():
        for n_trials in SIZES:
            whole = None
            for rule, line in lines.items():
                found = [ours for ours, _ in searches(settings, rule, n_trials, n_seeds)]
                seconds = np.mean([one.seconds for one in found])
                whole = whole or seconds  # nothing is the first
                best = _mean([one.best for one in found])
                line.append(f"{best:.2f} ({seconds / whole:.2f})")
    return as_table([titles, *lines.values()])


def _random_table(data, n_seeds, n_first):
    """Return a line for each data set and size: ours and halving, beside random search."""
    titles = ["", "trials", "ours", "random", "at least as good", "before", "random"]
    lines = []
    for name, settings in data.items():
        for n_trials in SIZES:
            line = [name, str(n_trials)]
            for rule in (OURS, BEFORE):
                pairs = searches(settings, rule, n_trials, n_seeds, settings[:n_first])
                line.append(f"{_mean([found.best for found, _ in pairs]):.2f}")
                line.append(f"{_mean([random for _, random in pairs]):.2f}")
                if rule == OURS:
                    good = [r is None or found.best.score >= r.score for found, r in pairs]
                    line.append(f"{np.mean(good):.0%}")
            lines.append(line)
    return as_table([titles, *lines])


def main(
    names: Annotated[list[str] | None, typer.Argument(help="data sets; all by default")] = None,
    seeds: Annotated[int, typer.Option(help="searches of each rule and size")] = 200,
) -> None:
    """Replay rules of pruning on the learning curves that were recorded."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    data = {name: read(name) for name in names or DATA}
    for name, settings in data.items():
        print(name, len(settings), _correlations(settings))
    print(_rules_table(data, seeds))
    print(_random_table(data, seeds, 0))
    print("The defaults first:")
    print(_random_table(data, seeds, 1))


def _correlations(settings):
    """Return the rank correlations of early scores with final scores."""
    scores = [setting.score for setting in settings]
    seen = {"last epoch watched": [[s for s in one.looks if s[0] < 100][-1] for one in settings]}
    seen["first fold"] = [next(s for s in one.looks if s[0] == 100) for one in settings]
    return {
        name: round(float(spearmanr([look[1] for look in looks], scores).statistic), 2)
        for name, looks in seen.items()
    }

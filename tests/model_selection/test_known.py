"""A search evaluates no parameters twice, and ends where its sampler or its space does."""

import re

import numpy as np
import optuna
import pytest
from joblib.externals.loky import get_reusable_executor
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from scipy.stats import binom, loguniform, uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV

from skhcr.model_selection import OptunaSearchCV
from skhcr.model_selection._storage import WORKER, this_worker

X, Y = np.zeros((20, 1)), np.arange(20) % 2
SMALLER = "The total space of parameters 3 is smaller than n_trials=30. Running 3 trials."


class Counting(ClassifierMixin, BaseEstimator):
    """A classifier that counts the fits of each of its parameters, and whose score they are."""

    fits = ()

    def __init__(self, a=0, b=0):
        self.a, self.b = a, b

    def fit(self, X, y):
        Counting.fits = (*Counting.fits, (self.a, self.b))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def score(self, X, y):
        return float(self.a or 0)


@pytest.fixture(autouse=True)
def _nothing_counted_yet():
    Counting.fits = ()


def search_of(space, **parameters):
    parameters = {"cv": 2, "refit": False, "random_state": 0, "n_trials": 30} | parameters
    parameters = {"pruner": optuna.pruners.NopPruner()} | parameters
    return OptunaSearchCV(Counting(), space, **parameters)


def each_once(search, name):
    """The values of a parameter that were evaluated, if none was evaluated twice."""
    values = sorted(params[name] for params in search.cv_results_["params"])
    assert values == sorted(set(values))
    assert len(Counting.fits) == 2 * len(values)
    return values


@pytest.mark.parametrize(
    "space",
    [
        {"a": [1, 2, 3]},
        {"a": optuna.distributions.IntDistribution(1, 3), "b": FloatDistribution(0.5, 0.5)},
        [{"a": [1, 2]}, {"a": [3]}],
    ],
)
def test_a_finite_space_is_tried_once(space):
    with pytest.warns(UserWarning, match=re.escape(SMALLER)):
        search = search_of(space).fit(X, Y)
    assert each_once(search, "a") == [1, 2, 3]
    assert search.best_params_["a"] == 3
    # What was drawn again had no fit, and stands in no table.
    again = [trial for trial in search.study_.trials if trial.number > 2]
    withdrawn = [t for t in search.study_.trials if t.state is TrialState.FAIL]
    assert len(again) == len(withdrawn) <= 3


def test_steps_are_the_same_however_they_were_computed():
    search = search_of({"a": FloatDistribution(0.1, 1.0, step=0.1)}, n_trials=None).fit(X, Y)
    assert each_once(search, "a") == pytest.approx(np.arange(1, 11) / 10)


def test_a_large_space_gets_the_requested_trials():
    space = {"a": list(range(8)), "b": [None, *range(7)]}
    search = search_of(space, n_trials=60).fit(X, Y)
    settings = {(params["a"], params["b"]) for params in search.cv_results_["params"]}
    assert len(settings) == 60 == len(search.cv_results_["params"])


def test_the_grid_of_a_sampler_ends_the_search_and_its_continuation(tmp_path):
    kept = {"storage": tmp_path / "journal", "study_name": "it"}
    sampler = optuna.samplers.GridSampler({"a": [1.0, 2.0, 3.0]}, seed=0)
    space = {"a": uniform(0, 5)}
    first = search_of(space, sampler=sampler, **kept).fit(X, Y)
    assert each_once(first, "a") == [1, 2, 3]
    again = search_of(space, sampler=sampler, **kept).fit(X, Y)
    assert each_once(again, "a") == [1, 2, 3]


@pytest.mark.parametrize(
    ("choices", "n_before"), [([1.0, 2.0, 3.0, 4.0], 0), (uniform(0, 5), 0), (uniform(0, 5), 3)]
)
def test_a_point_of_a_grid_whose_trial_died_is_tried_again(
    tmp_path, monkeypatch, choices, n_before
):
    fit = Counting.fit

    def interrupted(self, X, y):
        if len(Counting.fits) == 2 * n_before:
            raise KeyboardInterrupt
        return fit(self, X, y)

    kept = {"storage": tmp_path / "journal", "study_name": "it"}
    sampler = optuna.samplers.GridSampler({"a": [1.0, 2.0, 3.0, 4.0]}, seed=0)
    search = search_of({"a": choices}, sampler=sampler, timeout=600, n_trials=None, **kept)
    with monkeypatch.context() as patch:
        patch.setattr(Counting, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search.fit(X, Y)
    assert each_once(search.fit(X, Y), "a") == [1, 2, 3, 4]
    assert list(search.cv_results_["trial_number"]) == [n for n in range(5) if n != n_before]
    assert each_once(search.fit(X, Y), "a") == [1, 2, 3, 4]


def test_points_of_a_grid_that_others_run_are_left_to_them_while_they_live():
    storage = optuna.storages.InMemoryStorage()
    sampler = optuna.samplers.GridSampler({"a": [1.0, 2.0, 3.0]}, seed=0)
    study = optuna.create_study(
        storage=storage, study_name="it", direction="maximize", sampler=sampler
    )
    others = [study.ask({"a": FloatDistribution(0, 5)}) for _ in range(2)]
    for trial in others:
        trial.set_user_attr(WORKER, this_worker())
    search = search_of({"a": uniform(0, 5)}, sampler=sampler, storage=storage, study_name="it")
    (own,) = each_once(search.fit(X, Y), "a")
    assert sorted([own, *(trial.params["a"] for trial in others)]) == [1, 2, 3]
    nowhere = this_worker() | {"pid": 2**31 - 1}
    for trial in others:
        trial.set_user_attr(WORKER, nowhere)  # the processes have died
    assert each_once(search.fit(X, Y), "a") == [1, 2, 3]


class Constant(optuna.samplers.RandomSampler):
    """Draws the first of the choices, always."""

    def sample_independent(self, study, trial, param_name, param_distribution):
        return param_distribution.choices[0]


def test_a_callback_ends_the_search_and_hears_of_evaluated_trials_only(tmp_path):
    heard = []

    def hear(study, trial):
        heard.append((trial.number, trial.state, study.study_name))

    enough = optuna.study.MaxTrialsCallback(3, states=(TrialState.COMPLETE,))
    kept = {"storage": tmp_path / "journal", "study_name": "it", "n_trials": None}
    search = search_of(
        {"a": [1, 2, 3, 4]}, sampler=Constant(), study_callbacks=[hear, enough], **kept
    ).fit(X, Y)
    assert len(each_once(search, "a")) == 3
    numbers = list(search.cv_results_["trial_number"])
    assert heard == [(number, TrialState.COMPLETE, "it") for number in numbers]
    assert len(search.study_.trials) > 3


def test_stopping_the_study_in_one_process_ends_all(tmp_path, request, monkeypatch):
    # New workers, which find the sampler below.
    get_reusable_executor().shutdown(wait=True)
    monkeypatch.syspath_prepend(request.config.rootpath)
    search = search_of({"a": uniform(0, 5)}, sampler=Stopping(), n_trials=2000, n_jobs=2)
    search.fit(X, Y)
    numbers = search.cv_results_["trial_number"]
    assert 3 in numbers
    assert len(numbers) < 2000


class Stopping(optuna.samplers.RandomSampler):
    """Stops the study after one trial, in the process that ran it."""

    def after_trial(self, study, trial, state, values):
        if trial.number == 3:
            study.stop()


def space_of_a_function(trial):
    return {"a": trial.suggest_categorical("a", [1, 2, 3])}


@pytest.mark.parametrize("space", [space_of_a_function, {"a": binom(2, 0.5)}])
def test_where_nothing_new_is_drawn_the_search_ends(space):
    with pytest.warns(UserWarning, match="drew only known parameters"):
        search = search_of(space).fit(X, Y)
    assert len(each_once(search, "a")) == 3


def test_a_function_may_look_at_the_trial():
    search = search_of(lambda trial: {"a": trial.number}, n_trials=5).fit(X, Y)
    assert each_once(search, "a") == [0, 1, 2, 3, 4]


def test_a_sampler_of_a_part_of_the_space_stays_there():
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        sampler = optuna.samplers.PartialFixedSampler(
            {"a": 1}, optuna.samplers.RandomSampler(seed=0)
        )
    with pytest.warns(UserWarning, match="drew only known parameters"):
        search = search_of({"a": [1, 2], "b": [1, 2]}, sampler=sampler, n_trials=4).fit(X, Y)
    assert {params["a"] for params in search.cv_results_["params"]} == {1}
    assert len(search.cv_results_["params"]) == 2


def test_without_a_number_of_trials_a_finite_space_is_tried_whole():
    space = {"a": [1, 2, 3], "b": [1, 2, None]}
    ours = search_of(space, n_trials=None).fit(X, Y)
    theirs = GridSearchCV(Counting(), space, cv=2, refit=False).fit(X, Y)
    assert len(ours.cv_results_["params"]) == 9 == len(theirs.cv_results_["params"])
    assert all(params in ours.cv_results_["params"] for params in theirs.cv_results_["params"])


def test_progress_counts_evaluated_trials(capsys):
    search = search_of({"a": [1, 2, 3]}, sampler=Constant(), n_trials=3, verbose=1).fit(X, Y)
    assert len(search.study_.trials) > 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("trials 3/3  best 3.0000  0 pruned ")


def test_a_resumed_search_tries_the_rest(tmp_path):
    kept = {"storage": tmp_path / "journal", "study_name": "it"}
    first = search_of({"a": [1, 2, 3]}, n_trials=2, **kept).fit(X, Y)
    more = search_of({"a": [1, 2, 3]}, n_trials=3, **kept).fit(X, Y)
    assert more.cv_results_["params"][:2] == first.cv_results_["params"]
    assert each_once(more, "a") == [1, 2, 3]


def test_two_samplers_of_one_seed_do_not_draw_alike_in_a_continued_study(tmp_path):
    kept = {"storage": tmp_path / "journal", "study_name": "it"}
    for n_trials in (3, 6):
        sampler = optuna.samplers.RandomSampler(seed=0)
        search = search_of({"a": loguniform(1, 2)}, sampler=sampler, n_trials=n_trials, **kept)
        search.fit(X, Y)
    assert len(each_once(search, "a")) == 6

"""Values of a search's choices: told apart within a list, and after a restart."""

import threading
from functools import partial

import numpy as np
import optuna
import pytest
from scipy.stats import binom, expon, loguniform, norm, rv_discrete
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhcr.model_selection import OptunaSearchCV
from skhcr.model_selection._labels import describe, find_same, labels

NO_PRUNING = optuna.pruners.NopPruner()


def build(units, rate=0.1):
    """A function with arguments."""


def adding(number):
    return lambda other: other + number


class Plain:
    """A class that does not say what it holds."""

    def __init__(self, units):
        self.units = units


class Slotted:
    __slots__ = ("units",)

    def __init__(self, units):
        self.units = units


class Silent(Plain):
    """A class whose text is always the same."""

    def __repr__(self):
        return "Silent()"


class Scored(ClassifierMixin, BaseEstimator):
    """A classifier whose accuracy is the units of its part, in percent."""

    def __init__(self, part=None):
        self.part = part

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        part = self.part
        self.units_ = part.keywords["units"] if isinstance(part, partial) else part.units
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def score(self, X, y):
        return self.units_ / 100


class Anything(Scored):
    def fit(self, X, y):
        self.units_ = 50
        self.classes_ = np.unique(y)
        return self


X, Y = np.zeros((20, 1)), np.arange(20) % 2
LONG = {f"key{index}": index for index in range(50)}


def search_of(values, storage, **parameters):
    parameters = {"n_trials": len(values), "estimator": Scored(), "study_name": "it"} | parameters
    return OptunaSearchCV(
        param_distributions={"part": values},
        storage=storage,
        cv=2,
        pruner=NO_PRUNING,
        sampler=optuna.samplers.GridSampler({"part": labels(values)}, seed=0),
        **parameters,
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda number: partial(build, units=number),
        lambda number: partial(build, number),
        adding,
        Plain,
        Slotted,
        lambda number: Plain([{"within": Plain(number)}]),
        lambda number: Plain(number).__init__,
        lambda number: LONG | {"last": number},
        lambda number: np.full(5000, number),
        lambda number: [StandardScaler()] * 60 + [number],
        lambda number: StandardScaler(with_mean=Plain(number)),
        np.random.RandomState,
        np.random.default_rng,
    ],
)
def test_values_are_distinguished_and_found_again(make):
    values = [make(number) for number in (1, 2)]
    one, other = labels(values)
    assert one[3:] != other[3:]
    assert labels([make(number) for number in (1, 2)]) == [one, other]
    assert max(len(one), len(other)) < 120
    assert [find_same(values, make(number)) for number in (1, 2, 3)] == [0, 1, None]


def test_keras_objects_are_distinguished_by_their_configuration():
    import keras

    def optimizers():
        return [keras.optimizers.Adam(rate) for rate in (1e-3, 1e-2)]

    one, other = labels(optimizers())
    assert one.startswith("0: Adam(learning_rate=0.001")
    assert one[3:] != other[3:]
    assert labels(optimizers()) == [one, other]
    # Keras counts the layers that a process makes.
    assert describe(keras.layers.Dense(3)) == describe(keras.layers.Dense(3))


def test_labels_are_short_plain_and_unequal():
    values = [1, True, 1.5, "a", None, (0, 1), StandardScaler(with_mean=False), build, SVC, {2, 1}]
    assert labels(values) == [
        *(1, "1: True", 1.5, "a", None, "5: (0, 1)", "6: StandardScaler(with_mean=False)"),
        *(f"7: {__name__}.build", "8: SVC", "9: {1, 2}"),
    ]


def test_recursive_values_are_described():
    value = [1]
    value.append(value)
    assert describe(value) == "[1, ...]"


@pytest.mark.parametrize(
    ("value", "other"), [(threading.Lock(), threading.Lock()), (Silent(3), Silent(4))]
)
def test_the_own_value_is_not_confused_with_another(value, other):
    assert find_same([other], value) is None
    assert find_same([other, value], value) == 1


def test_the_estimator_value_itself_is_tried_first():
    values = [partial(build, units=units) for units in (10, 20, 30)]
    search = search_of(values, None, estimator=Scored(partial(build, units=20)), n_trials=1)
    search.set_params(sampler=None, random_state=0).fit(X, Y)
    assert search.best_params_["part"].keywords == {"units": 20}


def test_a_study_does_not_resume_with_values_in_another_order(tmp_path):
    values = [partial(build, units=units) for units in (10, 90)]
    first = search_of(values, tmp_path / "journal").fit(X, Y)
    assert first.best_score_ == 0.9 == first.best_estimator_.score(X, Y)
    with pytest.raises(ValueError, match="another order of values"):
        search_of(values[::-1], tmp_path / "journal").fit(X, Y)
    again = [partial(build, units=units) for units in (10, 90)]
    more = search_of(again, tmp_path / "journal").fit(X, Y)
    assert more.best_score_ == 0.9 == more.best_estimator_.score(X, Y)


def test_a_study_does_not_resume_with_indistinguishable_values(tmp_path):
    values = [Silent(10), Silent(90)]
    first = search_of(values, tmp_path / "journal").fit(X, Y)
    assert first.best_score_ == 0.9 == first.best_estimator_.score(X, Y)
    message = r"values 0 and 1 of param_distributions\['part'\] are both Silent\(\), so the values"
    with pytest.raises(ValueError, match=message):
        search_of(values[::-1], tmp_path / "journal").fit(X, Y)


def test_another_search_is_refused_before_its_first_trial(tmp_path):
    digits = load_digits(return_X_y=True)
    kept = {"storage": tmp_path / "journal", "study_name": "it", "cv": 2}
    OptunaSearchCV(SVC(), {"C": loguniform(0.1, 1)}, n_trials=2, **kept).fit(*digits)

    class NeverFitted(SVC):
        def fit(self, X, y):
            raise AssertionError

    search = OptunaSearchCV(
        NeverFitted(), {"gamma": loguniform(0.1, 1)}, n_trials=5, error_score="raise", **kept
    )
    with pytest.raises(ValueError, match="Trial 0 of the study 'it' is of another search"):
        search.fit(*digits)


@pytest.mark.parametrize(
    ("frozen", "own", "kind"),
    [
        (norm(5, 2), 4.0, float),
        (expon(scale=0.1), 0.25, float),
        (loguniform(0.1, 1, loc=5), 5.5, float),
        (binom(4, 0.5), 2, int),
        (rv_discrete(values=([1, 5, 9], [0.25, 0.5, 0.25])), 5, int),
    ],
)
def test_any_distribution_of_scipy_is_drawn_by_its_quantiles(frozen, own, kind):
    def drawn(seed):
        search = OptunaSearchCV(
            Anything(own), {"part": frozen}, n_trials=3, cv=2, random_state=seed, pruner=NO_PRUNING
        )
        return [params["part"] for params in search.fit(X, Y).cv_results_["params"]]

    first, *others = drawn(0)
    assert first == pytest.approx(own)
    for value in (first, *others):
        assert isinstance(value, kind)
        assert frozen.support()[0] <= value <= frozen.support()[1]
        if kind is int:
            assert frozen.pmf(value) > 0
    assert drawn(0) == [first, *others]


def test_several_dicts_are_searched():
    digits = load_digits(return_X_y=True)
    spaces = [
        {"kernel": ["linear"], "C": [0.1, 1.0]},
        {"kernel": ["rbf"], "C": loguniform(0.1, 10), "gamma": loguniform(1e-4, 1e-2)},
    ]
    search = OptunaSearchCV(
        SVC(C=2.0, gamma=1e-3), spaces, n_trials=8, cv=2, random_state=0, pruner=NO_PRUNING
    ).fit(digits[0][:200], digits[1][:200])
    own, *others = search.cv_results_["params"]
    assert own == {"kernel": "rbf", "C": 2.0, "gamma": 1e-3}
    assert {params["kernel"] for params in others} == {"linear", "rbf"}
    for params in others:
        assert ("gamma" in params) == (params["kernel"] == "rbf")
    np.testing.assert_array_equal(
        search.cv_results_["param_gamma"].mask, search.cv_results_["param_kernel"] == "linear"
    )

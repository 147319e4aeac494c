"""The search among scikit-learn's, with estimators that fit in no time."""

import pickle

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from scipy.stats import loguniform, randint, uniform
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhcr.model_selection import OptunaSearchCV
from skhcr.model_selection._progress import Progress

NO_PRUNING = optuna.pruners.NopPruner()


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:200], y[:200]


def search_of(estimator, space, **parameters):
    parameters = {"n_trials": 4, "cv": 3, "random_state": 0, "pruner": NO_PRUNING} | parameters
    return OptunaSearchCV(estimator, space, **parameters)


def warns_of_scores():
    return pytest.warns(UserWarning, match="One or more of the test scores are non-finite")


def test_results_are_those_of_a_grid_search(digits):
    grid = GridSearchCV(SVC(), {"C": [0.01, 1.0], "kernel": ["rbf"]}, cv=3).fit(*digits)
    sampler = optuna.samplers.GridSampler({"C": [0.01, 1.0], "kernel": ["rbf"]}, seed=0)
    ours = search_of(SVC(), {"C": [0.01, 1.0], "kernel": ["rbf"]}, sampler=sampler, n_trials=2).fit(
        *digits
    )
    assert set(ours.cv_results_) - set(grid.cv_results_) == {"trial_number", "trial_state"}
    assert set(grid.cv_results_) <= set(ours.cv_results_)
    order = np.argsort(ours.cv_results_["param_C"].astype(float))
    for name in ("split0_test_score", "mean_test_score", "std_test_score", "rank_test_score"):
        np.testing.assert_allclose(ours.cv_results_[name][order], grid.cv_results_[name])
    assert ours.best_params_ == grid.best_params_
    assert ours.best_score_ == pytest.approx(grid.best_score_)
    np.testing.assert_array_equal(ours.predict(digits[0]), grid.predict(digits[0]))
    assert ours.score(*digits) == grid.score(*digits)


@pytest.mark.parametrize("scoring", [None, ["accuracy", "f1_macro"]])
def test_scores_of_training_rows_are_those_of_a_grid_search(digits, scoring):
    parameters = {"scoring": scoring, "refit": "accuracy" if scoring else True, "cv": 3}
    parameters["return_train_score"] = True
    space = {"C": [0.01, -1.0, 1.0]}
    ours = search_of(SVC(), space, n_trials=3, **parameters)
    tables = []
    for search in (GridSearchCV(SVC(), space, **parameters), ours):
        with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
            search.fit(*digits)
        order = np.argsort(search.cv_results_["param_C"].astype(float))
        tables.append({n: v[order] for n, v in search.cv_results_.items() if "train" in n})
    assert len(tables[0]) == 5 * len(scoring or [None])
    np.testing.assert_equal(tables[1], tables[0])


def test_a_study_resumes_with_training_scores(digits, tmp_path):
    kept = {"storage": tmp_path / "journal", "study_name": "it"}
    search = search_of(SVC(), {"C": loguniform(0.1, 1)}, n_trials=1, **kept).fit(*digits)
    assert "mean_train_score" not in search.cv_results_
    search.set_params(return_train_score=True, n_trials=2).fit(*digits)
    scores = search.cv_results_["mean_train_score"]
    assert list(np.isnan(scores)) == [True, False]


class Heard:
    """Notes what a callback of scikit-learn hears."""

    def __init__(self):
        self.events = []

    def setup(self, estimator, context):
        self.events.append(("setup", context.task_name))

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        parent = context.parent and context.parent.task_name
        self.events.append(("begin", context.task_name, parent, *told(X, y, metadata)))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata):
        self.events.append(("end", context.task_name, *told(X, y, metadata)))

    def teardown(self, estimator, context):
        self.events.append(("teardown", context.task_name))


def told(X, y, metadata):
    assert metadata is None or list(metadata) == ["sample_weight"]
    weights = None if metadata is None else metadata["sample_weight"].tolist()
    return [None if part is None else np.asarray(part).tolist() for part in (X, y)] + [weights]


@pytest.mark.parametrize("weighted", [False, True])
def test_callbacks_are_called_as_by_a_grid_search(digits, weighted):
    params = {"sample_weight": np.linspace(1, 2, 200)} if weighted else {}
    pytest.importorskip("sklearn.callback", reason="needs scikit-learn >= 1.9")
    grid, ours = Heard(), Heard()
    GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=3).set_callbacks(grid).fit(*digits, **params)
    search_of(SVC(), {"C": [0.1, 1.0]}, n_trials=2).set_callbacks(ours).fit(*digits, **params)
    assert ours.events == grid.events
    assert len(ours.events) == 2 * (1 + 1 + 1 + 2 * 3 + 1)


def test_it_is_a_classifier_that_clones_pickles_and_nests(digits):
    search = search_of(SVC(), {"C": loguniform(0.01, 10)}, n_trials=2)
    assert is_classifier(search)
    assert not hasattr(search, "predict_proba")
    assert clone(search).get_params()["n_trials"] == 2
    assert cross_val_score(search, *digits, cv=2).min() > 0.8
    fitted = search.fit(*digits)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(digits[0]), fitted.predict(digits[0]))
    assert again.study_.best_value == fitted.best_score_
    np.testing.assert_array_equal(fitted.classes_, np.arange(10))
    assert fitted.n_features_in_ == 64


def test_the_same_seed_searches_the_same(digits):
    space = {"C": loguniform(0.01, 10), "gamma": FloatDistribution(1e-4, 1e-2, log=True)}
    one, other = (search_of(SVC(), space).fit(*digits).cv_results_["params"] for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("choice", "low", "high"), [(uniform(2, 3), 2, 5), (loguniform(0.1, 1), 0.1, 1)]
)
def test_distributions_of_scipy(digits, choice, low, high):
    found = search_of(SVC(), {"C": choice}).fit(*digits).cv_results_["param_C"]
    assert all(low <= value <= high for value in found)
    assert len(set(found)) == 4


def test_whole_numbers_of_scipy(digits):
    search = search_of(KNeighborsClassifier(), {"n_neighbors": randint(1, 4)}, n_trials=3)
    found = search.fit(*digits).cv_results_["param_n_neighbors"]
    assert set(found) == {1, 2, 3}


def test_steps_of_a_pipeline_are_tuned_and_not_shared(digits):
    scalers = [StandardScaler(), MinMaxScaler()]
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {"standardscaler": scalers, "svc__C": loguniform(0.1, 10)}
    search = search_of(pipeline, space, n_trials=6).fit(*digits)
    found = search.cv_results_["param_standardscaler"]
    assert {type(scaler) for scaler in found} == {StandardScaler, MinMaxScaler}
    assert not any(hasattr(scaler, "n_features_in_") for scaler in [*scalers, *found])


def test_a_function_may_ask_for_parameters_on_conditions(digits):
    def space(trial):
        kernel = trial.suggest_categorical("kernel", ["linear", "poly"])
        if kernel == "linear":
            return {"kernel": kernel}
        return {"kernel": kernel, "degree": trial.suggest_int("degree", 2, 4)}

    search = search_of(SVC(), space, n_trials=4).fit(*digits)
    for params in search.cv_results_["params"]:
        assert ("degree" in params) == (params["kernel"] == "poly")
    degrees = search.cv_results_["param_degree"]
    assert degrees.mask.any()
    assert not degrees.mask.all()


def test_all_trials_see_the_same_folds(digits):
    seen = []

    class Noting(SVC):
        def fit(self, X, y):
            seen.append(X.sum())
            return super().fit(X, y)

    search_of(Noting(), {"C": uniform(1, 2)}, cv=ShuffleSplit(2), refit=False).fit(*digits)
    assert seen == seen[:2] * 4


def test_weights_are_divided_as_the_rows_are(digits):
    seen = []

    class Weighted(ClassifierMixin, BaseEstimator):
        def __init__(self, a=0):
            self.a = a

        def fit(self, X, y, sample_weight):
            seen.append(np.array_equal(sample_weight, X[:, 0]))
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    X = np.arange(60.0)[:, None]
    search = search_of(Weighted(), {"a": [1, 2]}, n_trials=2)
    search.fit(X, np.arange(60) % 2, sample_weight=np.arange(60.0))
    assert seen == [True] * 7


@pytest.mark.parametrize("routing", [True, False])
def test_groups_reach_the_splitter(digits, routing):
    groups = np.arange(200) % 5
    with config_context(enable_metadata_routing=routing):
        search = search_of(SVC(), {"C": [1.0]}, cv=GroupKFold(5), n_trials=1)
        search.fit(*digits, groups=groups)
        expected = cross_val_score(
            SVC(C=1.0),
            *digits,
            cv=GroupKFold(5),
            params={"groups": groups} if routing else None,
            groups=None if routing else groups,
        )
    assert search.best_score_ == pytest.approx(expected.mean())


def test_several_scores_are_kept_and_one_is_maximized(digits):
    scoring = ["accuracy", "f1_macro"]
    search = search_of(SVC(), {"C": loguniform(0.001, 10)}, scoring=scoring, refit=False)
    with pytest.raises(ValueError, match="refit must be the name of the score"):
        search.fit(*digits)
    search.set_params(refit="f1_macro").fit(*digits)
    means = search.cv_results_["mean_test_f1_macro"]
    assert search.best_score_ == means.max() == search.study_.best_value
    assert "mean_test_accuracy" in search.cv_results_


@pytest.mark.parametrize("choices", [[-1.0, 1.0], [1.0, -1.0]])
def test_a_function_gives_several_scores_and_none_of_a_fit_that_fails(digits, choices):
    def scores(estimator, X, y):
        return {"accuracy": estimator.score(X, y), "support": len(estimator.support_)}

    sampler = optuna.samplers.GridSampler({"C": choices}, seed=0)
    search = search_of(
        SVC(), {"C": choices}, sampler=sampler, n_trials=2, scoring=scores, refit="accuracy"
    )
    with pytest.warns(FitFailedWarning, match="fits failed"), warns_of_scores():
        search.fit(*digits)
    table = search.cv_results_
    failed = table["trial_state"] == "failed"
    assert failed.sum() == 1
    for name in ("mean_test_accuracy", "mean_test_support"):
        np.testing.assert_array_equal(np.isnan(table[name]), failed)
    assert search.best_params_ == {"C": 1.0}


def test_failed_fits_are_reported_and_survived(digits):
    space = {"C": [-1.0, 1.0]}
    sampler = optuna.samplers.GridSampler(space, seed=0)
    search = search_of(SVC(), space, sampler=sampler, n_trials=2)
    with (
        pytest.warns(FitFailedWarning, match="1 fits failed out of"),
        warns_of_scores(),
    ):
        search.fit(*digits)
    assert sorted(search.cv_results_["trial_state"]) == ["complete", "failed"]
    assert search.best_params_ == {"C": 1.0}
    with pytest.raises(ValueError, match="'C' parameter of SVC"):
        search.set_params(error_score="raise", sampler=sampler).fit(*digits)


def broken_scores(estimator, X, y):
    raise ValueError("no ruler")


def no_scores(estimator, X, y):
    return np.nan


def two_scores(estimator, X, y):
    return {"one": 1.0, "two": 2.0}


FAILED = r"All the \d fits failed.(.|\n)*The 'C' parameter of SVC must be"
REFIT = "For multi-metric scoring, the parameter refit must be set to a scorer key"


@pytest.mark.parametrize(
    ("message", "parameters"),
    [
        (FAILED, {"space": {"C": [-1.0, -2.0]}}),
        (FAILED, {"space": {"C": [-1.0, -2.0]}, "error_score": 0.0}),
        (FAILED, {"space": {"C": [-1.0, -2.0]}, "error_score": 0.0, "refit": False}),
        ("No fits were performed. Was the CV iterator empty?", {"cv": []}),
        ("no ruler", {"scoring": broken_scores, "error_score": "raise"}),
        (REFIT, {"scoring": two_scores}),
        (REFIT, {"scoring": two_scores, "refit": "three"}),
        (REFIT, {"scoring": ["accuracy"], "refit": "three"}),
    ],
)
def test_invalid_scoring_is_refused_as_by_a_grid_search(digits, message, parameters):
    parameters = {"space": {"C": [0.1, 1.0]}, "cv": 2} | parameters
    space = parameters.pop("space")
    for search in (
        GridSearchCV(SVC(), space, **parameters),
        search_of(SVC(), space, n_trials=2, **parameters),
    ):
        with pytest.raises(ValueError, match=message):
            search.fit(*digits)


@pytest.mark.parametrize(
    ("scoring", "error_score"), [(broken_scores, np.nan), (broken_scores, 0.0), (no_scores, 0.0)]
)
def test_nan_scores_are_a_result_as_in_a_grid_search(digits, scoring, error_score):
    searches = (
        GridSearchCV(SVC(), {"C": [1.0, 0.1]}, cv=2, scoring=scoring, error_score=error_score),
        search_of(
            SVC(),
            {"C": [1.0, 0.1]},
            n_trials=2,
            cv=2,
            scoring=scoring,
            error_score=error_score,
        ),
    )
    said = []
    for search in searches:
        with pytest.warns(UserWarning, match="Scoring failed|non-finite") as warned:
            search.fit(*digits)
        said.append({str(warning.message)[:40] for warning in warned})
    grid, ours = searches
    assert said[0] == said[1]
    assert ours.best_params_ == grid.best_params_ == {"C": 1.0}
    np.testing.assert_equal(ours.best_score_, grid.best_score_)


def test_a_search_of_pruned_trials_is_an_error(digits):
    pruner = optuna.pruners.ThresholdPruner(lower=2.0)
    search = search_of(SVC(), {"C": [1.0, 2.0]}, n_trials=2, pruner=pruner)
    with pytest.raises(ValueError, match="No trial was completed: 2 of 2 trials pruned"):
        search.fit(*digits)


def test_the_estimator_parameters_come_first(digits):
    pipeline = make_pipeline(StandardScaler(), SVC(C=3.0, kernel="linear", gamma=5.0))
    space = {
        "svc__C": loguniform(1e-3, 10),
        "svc__kernel": ["rbf", "linear"],
        "svc__gamma": loguniform(1e-3, 1),  # does not hold 5.0
        "standardscaler": [None, StandardScaler(with_mean=False), StandardScaler()],
    }
    search = search_of(pipeline, space, n_trials=2).fit(*digits)
    first, second = search.cv_results_["params"]
    assert first["svc__C"] == 3.0
    assert first["svc__kernel"] == "linear"
    assert 1e-3 <= first["svc__gamma"] <= 1
    assert first["standardscaler"].with_mean
    assert second["svc__C"] != 3.0


def test_trials_that_are_not_promising_end_after_a_fold(digits):
    space = {"C": [1.0, 1e-6]}
    pruner = optuna.pruners.ThresholdPruner(lower=0.5)
    sampler = optuna.samplers.GridSampler(space, seed=0)
    search = search_of(SVC(), space, sampler=sampler, n_trials=2, pruner=pruner).fit(*digits)
    results = search.cv_results_
    pruned = int(np.flatnonzero(results["trial_state"] == "pruned")[0])
    assert results["params"][pruned] == {"C": 1e-6}
    assert np.isfinite(results["split0_test_score"][pruned])
    assert np.isnan(results["split1_test_score"][pruned])
    assert np.isnan(results["mean_test_score"][pruned])
    assert results["rank_test_score"][pruned] == 2


def test_invalid_entries_are_named(digits):
    for space, message in [
        ({"C": 1.0}, r"param_distributions\['C'\] must be a list"),
        ({"C": []}, "is empty"),
        ([{"C": [1.0]}, "gamma"], "a list of dicts or a function of the trial, got 'gamma'"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            search_of(SVC(), space).fit(*digits)
    with pytest.raises(ValueError, match="never ends; set timeout"):
        search_of(SVC(), {"C": uniform(1, 2)}, n_trials=None).fit(*digits)


def test_time_can_be_limited(digits):
    search = search_of(SVC(), {"C": loguniform(0.01, 10)}, n_trials=None, timeout=0.5)
    assert len(search.fit(*digits).cv_results_["params"]) >= 1


def test_a_study_resumes(digits, tmp_path):
    space = {"C": loguniform(0.01, 10)}
    kept = {"storage": tmp_path / "studies" / "journal", "study_name": "letters"}
    first = search_of(SVC(), space, n_trials=3, **kept).fit(*digits)
    more = search_of(SVC(), space, n_trials=5, **kept).fit(*digits)
    assert more.cv_results_["params"][:3] == first.cv_results_["params"]
    assert len({params["C"] for params in more.cv_results_["params"]}) == 5
    again = search_of(SVC(), space, n_trials=5, **kept).fit(*digits)
    assert again.cv_results_["params"] == more.cv_results_["params"]
    with pytest.raises(ValueError, match="has trials of other folds"):
        search_of(SVC(), space, cv=2, **kept).fit(*digits)
    with pytest.raises(ValueError, match="Trial 0 of the study 'letters' is of another search"):
        search_of(SVC(), {"gamma": loguniform(0.01, 10)}, n_trials=5, **kept).fit(*digits)


def test_an_interrupted_search_resumes(digits):
    class Interrupted(SVC):
        fits = 0

        def fit(self, X, y):
            Interrupted.fits += 1
            if Interrupted.fits == 4:
                raise KeyboardInterrupt
            return super().fit(X, y)

    kept = {"storage": optuna.storages.InMemoryStorage(), "study_name": "letters"}
    search = search_of(Interrupted(), {"C": loguniform(0.01, 10)}, n_trials=3, cv=2, **kept)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*digits)
    assert not hasattr(search, "cv_results_")
    assert list(search.fit(*digits).cv_results_["trial_number"]) == [0, 2, 3]


def test_progress_is_one_line_in_a_log(digits, capsys):
    search_of(SVC(), {"C": [1.0, 1e-6, 1e-5]}, n_trials=3, verbose=1).fit(*digits)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("trials 3/3  best 0.9")
    assert "0 pruned" in last


def test_progress_shows_the_remaining_time():
    study = optuna.create_study(direction="maximize")
    study.add_trial(optuna.create_trial(value=0.5))  # found earlier, in another process
    progress = Progress(study, 5, shown=False)
    assert progress._seconds_left(1, 20.0) is None
    assert progress._seconds_left(3, 100.0) == 100  # fifty for each of two
    assert progress._seconds_left(5, 200.0) is None
    assert Progress(study, 5, shown=False, timeout=120)._seconds_left(3, 100.0) == 20
    assert Progress(study, None, shown=False)._seconds_left(3, 100.0) is None
    assert " left" not in progress._text()
    study.add_trial(optuna.create_trial(value=0.5))
    assert progress._text().endswith(" left")


def test_splitters_are_stratified_for_classifiers(digits):
    X, y = digits
    search = search_of(SVC(C=1.0), {"C": [1.0]}, n_trials=1).fit(X, y)
    expected = cross_val_score(SVC(C=1.0), X, y, cv=StratifiedKFold(3))
    assert search.best_score_ == pytest.approx(expected.mean())

"""Estimators are found inside pipelines, searches and frozen estimators."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhcr import CNNClassifier
from skhcr._unwrap import final_estimator, fitted_steps, last_step
from skhcr.model_selection._pruning import find_classifier

X, Y = np.arange(24.0).reshape(12, 2), np.tile(["a", "b"], 6)


def kinds(estimator):
    return [type(step) for step in fitted_steps(estimator.fit(X, Y))]


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (SVC(), [SVC]),
        (make_pipeline(StandardScaler(), SVC()), [StandardScaler, SVC]),
        (Pipeline([("scale", "passthrough"), ("svc", SVC())]), [str, SVC]),
        (GridSearchCV(SVC(), {"C": [1.0]}, cv=2), [SVC]),
        (FrozenEstimator(make_pipeline(MinMaxScaler(), SVC()).fit(X, Y)), [MinMaxScaler, SVC]),
        (
            GridSearchCV(
                make_pipeline(StandardScaler(), make_pipeline(MinMaxScaler(), SVC())),
                {"pipeline__svc__C": [1.0]},
                cv=2,
            ),
            [StandardScaler, MinMaxScaler, SVC],
        ),
        (
            make_pipeline(StandardScaler(), GridSearchCV(SVC(), {"C": [1.0]}, cv=2)),
            [StandardScaler, SVC],
        ),
    ],
)
def test_steps_are_found_whatever_is_around_them(estimator, expected):
    assert kinds(estimator) == expected
    assert type(final_estimator(estimator)) is expected[-1]


def test_a_search_without_its_best_estimator_is_found_itself():
    search = GridSearchCV(SVC(), {"C": [1.0]}, cv=2, refit=False).fit(X, Y)
    assert final_estimator(search) is search


def test_parameters_of_the_last_step_begin_with_the_names_of_all_steps_around_it():
    classifier = CNNClassifier()
    nested = make_pipeline(StandardScaler(), make_pipeline(MinMaxScaler(), classifier))
    for estimator, prefix in ((classifier, ""), (nested, "pipeline__cnnclassifier__")):
        assert last_step(estimator) == find_classifier(estimator) == (prefix, classifier)
        assert f"{prefix}epochs" in estimator.get_params()


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        FrozenEstimator(CNNClassifier()),
        FrozenEstimator(make_pipeline(StandardScaler(), CNNClassifier())),
        make_pipeline(StandardScaler(), GridSearchCV(CNNClassifier(), {"epochs": [1]})),
    ],
)
def test_only_classifiers_of_the_pipeline_are_monitored(estimator):
    assert find_classifier(estimator) is None

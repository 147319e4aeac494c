"""CNNClassifier where scikit-learn users would put any other classifier; every test trains."""

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from skhcr import CNN, ImageAugmenter, ImageLoader


@pytest.fixture
def pipeline(tiny):
    def make(**params):
        augmenter = ImageAugmenter(translation=0.05)
        return make_pipeline(ImageLoader(size=(8, 8)), augmenter, tiny(**params))

    return make


def flat(digits):
    images, labels = digits
    return images.reshape(len(images), -1), labels


def test_cross_validation(pipeline, digit_files):
    paths, labels = digit_files
    scores = cross_val_score(pipeline(), paths, labels, cv=2)
    assert scores.min() > 0.8
    probabilities = cross_val_predict(pipeline(), paths, labels, cv=2, method="predict_proba")
    assert probabilities.shape == (250, 5)
    predictions = np.unique(labels)[probabilities.argmax(axis=1)]
    assert confusion_matrix(labels, predictions).trace() > 200
    assert "accuracy" in classification_report(labels, predictions)


def test_grid_search_over_networks_and_augmentation(pipeline, digit_files):
    paths, labels = digit_files
    other = CNN(filters=(4,), padding="same", batch_norm=False, dense=(8,), dropout=0.0)
    pipe = pipeline(epochs=3)
    grid = {
        "cnnclassifier__model": [pipe[-1].model, other],
        "imageaugmenter__rotation": [0, 10],
    }
    search = GridSearchCV(pipe, grid, cv=2).fit(paths, labels)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.6
    best = clone(pipe).set_params(**search.best_params_).fit(paths, labels)
    np.testing.assert_array_equal(best.predict_proba(paths), search.predict_proba(paths))


def test_grid_search_in_two_processes(pipeline, digit_files):
    paths, labels = digit_files
    grid = {"cnnclassifier__model__dense": [(8,), (16,)]}
    searches = [
        GridSearchCV(pipeline(epochs=3), grid, cv=2, n_jobs=n_jobs).fit(paths, labels)
        for n_jobs in (None, 2)
    ]
    np.testing.assert_allclose(
        *(search.cv_results_["mean_test_score"] for search in searches), atol=0.02
    )


def test_randomized_search(tiny, digits):
    search = RandomizedSearchCV(
        tiny(epochs=3), {"learning_rate": [3e-3, 1e-2, 2e-2]}, n_iter=2, cv=2, random_state=0
    ).fit(*digits)
    assert search.best_score_ > 0.6


def test_halving_search_with_epochs_as_resource(pipeline, digit_files):
    search = HalvingGridSearchCV(
        pipeline(),
        {"cnnclassifier__learning_rate": [1e-5, 1e-2]},
        resource="cnnclassifier__epochs",
        min_resources=2,
        max_resources=4,
        factor=2,
        cv=2,
    ).fit(*digit_files)
    assert search.best_params_["cnnclassifier__learning_rate"] == 1e-2
    assert search.best_estimator_[-1].n_iter_ == 4


def test_learning_curve(tiny, digits):
    sizes, _, scores = learning_curve(tiny(), *digits, train_sizes=[0.2, 1.0], cv=2)
    assert list(sizes) == [25, 125]
    assert scores[1].mean() > scores[0].mean()


def test_calibrated(tiny, digits):
    calibrated = CalibratedClassifierCV(tiny(), cv=2).fit(*digits)
    assert calibrated.predict_proba(digits[0]).shape == (250, 5)
    assert calibrated.score(*digits) > 0.9


def test_voting(tiny, digits):
    X, y = flat(digits)
    members = [("cnn", tiny()), ("linear", LogisticRegression(max_iter=500))]
    assert VotingClassifier(members, voting="soft").fit(X / 255, y).score(X / 255, y) > 0.9


def test_stacking(tiny, digits):
    X, y = flat(digits)
    members = [("cnn", tiny()), ("linear", LogisticRegression(max_iter=500))]
    assert StackingClassifier(members, cv=2).fit(X / 255, y).score(X / 255, y) > 0.9


def test_bagging(tiny, digits):
    X, y = flat(digits)
    assert BaggingClassifier(tiny(), n_estimators=2, random_state=0).fit(X, y).score(X, y) > 0.9


def test_one_vs_rest(tiny, digits):
    X, y = flat(digits)
    few = np.isin(y, list("ابت"))
    assert OneVsRestClassifier(tiny()).fit(X[few], y[few]).score(X[few], y[few]) > 0.9


def test_self_training(tiny, digits):
    X, y = flat(digits)
    codes = np.unique(y, return_inverse=True)[1]
    partly = np.where(np.arange(250) < 120, codes, -1)
    model = SelfTrainingClassifier(tiny(epochs=12), max_iter=2, threshold=0.6).fit(X, partly)
    assert model.score(X[120:], codes[120:]) > 0.8
    assert (model.labeled_iter_ > 0).any()


def test_tuned_threshold(tiny, digits):
    X, y = flat(digits)
    tuned = TunedThresholdClassifierCV(tiny(), cv=2).fit(X, y == "ا")
    assert tuned.score(X, y == "ا") > 0.9
    probabilities = tuned.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(tuned.predict(X), probabilities >= tuned.best_threshold_)
    assert probabilities.min() < tuned.best_threshold_ < probabilities.max()


def test_frozen(tiny, digits):
    frozen = FrozenEstimator(tiny().fit(*digits))
    before = frozen.predict_proba(digits[0])
    frozen.fit(digits[0], np.roll(digits[1], 1))
    np.testing.assert_array_equal(frozen.predict_proba(digits[0]), before)


def test_permutation_importance(tiny, digits):
    X, y = flat(digits)
    result = permutation_importance(tiny().fit(X, y), X, y, n_repeats=1, random_state=0)
    assert result.importances_mean.shape == (64,)
    assert result.importances_mean[::8].max() < result.importances_mean.max()


def test_column_transformer_with_a_column_of_files(tiny, digit_files):
    paths, labels = digit_files
    table = pd.DataFrame({"writer": range(250), "file": paths})
    loader = make_pipeline(ImageLoader(size=(8, 8)), Flatten())
    columns = ColumnTransformer([("images", loader, ["file"])])
    pipe = make_pipeline(columns, tiny())
    assert pipe.fit(table, pd.Series(labels)).score(table, labels) > 0.9


class Flatten(sklearn.base.TransformerMixin, sklearn.base.BaseEstimator):
    """Rows of pixels: a ColumnTransformer puts columns side by side, so it needs rows."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        return X.reshape(len(X), -1)


def test_pipeline_memory_keeps_the_augmentation(pipeline, digit_files, tmp_path):
    paths, labels = digit_files
    plain = pipeline(epochs=2)
    cached = Pipeline(plain.steps, memory=str(tmp_path))
    expected = clone(plain).fit(paths, labels).predict_proba(paths)
    for _ in range(2):  # computed, then read back
        answers = clone(cached).fit(paths, labels).predict_proba(paths)
        np.testing.assert_array_equal(answers, expected)
    without = clone(plain).set_params(imageaugmenter__translation=0.0).fit(paths, labels)
    assert np.abs(without.predict_proba(paths) - expected).max() > 1e-3


def test_metadata_reaches_the_classifier_through_a_pipeline(pipeline, digit_files):
    paths, labels = digit_files
    groups = np.arange(250) // 10
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = pipeline(early_stopping=True, epochs=3)
        pipe[-1].set_fit_request(sample_weight=True, X_val=True, y_val=True)
        pipe.set_params(transform_input=["X_val"])
        pipe.fit(
            paths[:200],
            labels[:200],
            sample_weight=np.ones(200),
            X_val=paths[200:],
            y_val=labels[200:],
        )
        assert pipe[-1].validation_scores_[-1] == pytest.approx(
            pipe.score(paths[200:], labels[200:])
        )
        routed = pipeline(early_stopping=True, epochs=3)
        routed[-1].set_fit_request(sample_weight=True, groups=True).set_score_request(
            sample_weight=True
        )
        result = cross_validate(
            routed,
            paths,
            labels,
            cv=GroupKFold(2),
            params={"groups": groups, "sample_weight": np.ones(250)},
            return_estimator=True,
            error_score="raise",
        )
        assert len(result["estimator"][0][-1].validation_scores_) == 3


def test_imbalanced_learn_pipeline_with_a_sampler(tiny, digits):
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    imblearn_pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = flat(digits)
    rare = np.flatnonzero(y == "ا")[5:]
    X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    pipe = imblearn_pipeline.make_pipeline(
        over_sampling.RandomOverSampler(random_state=0), ImageAugmenter(translation=0.05), tiny()
    )
    assert pipe.fit(X, y).score(X, y) > 0.9


def test_joblib_file(pipeline, digit_files, tmp_path):
    paths, labels = digit_files
    fitted = pipeline().fit(paths, labels)
    joblib.dump(fitted, tmp_path / "letters.joblib")
    loaded = joblib.load(tmp_path / "letters.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(paths), fitted.predict_proba(paths))


def test_html_representation(pipeline):
    fitted = pipeline().set_params(cnnclassifier__learning_rate=0.0123)
    assert "0.0123" in fitted._repr_html_()
    assert "0.0123" not in pipeline()._repr_html_()

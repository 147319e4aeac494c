"""How normal an image is: scores of a classifier, in all forms in which it is kept."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, MergedLabels, WriterAdapter, from_keras, load, save
from skhcr._normality import check_normality, fit_normality, normality
from skhcr._unknown import proba_and_unknown


@pytest.fixture(scope="module")
def fitted(digits):
    images, labels = digits
    classifier = CNNClassifier(CNN(filters=(8,), dense=(16,)), epochs=8, random_state=0)
    return classifier.fit(images[:150], labels[:150], X_val=images[150:200], y_val=labels[150:200])


@pytest.fixture(scope="module")
def noise(digits):
    images, _ = digits
    return (
        np.random.default_rng(0)
        .permutation(images[200:].reshape(50, -1), axis=1)
        .reshape(images[200:].shape)
    )


def test_letters_have_higher_scores_than_shuffled_pixels(fitted, digits, noise):
    images, _ = digits
    scores = fitted.score_samples(images[200:])
    assert scores.shape == (50,)
    assert scores.dtype == np.float64
    assert np.median(scores) > fitted.offset_ > np.median(fitted.score_samples(noise))


def test_the_threshold_keeps_ninety_nine_percent_of_the_rows_held_out(fitted, digits):
    images, _ = digits
    scores = fitted.score_samples(images[150:200])
    np.testing.assert_allclose(np.quantile(scores, 0.01), fitted.offset_, atol=0.02)


def test_a_row_has_the_same_score_alone(fitted, digits):
    images, _ = digits
    np.testing.assert_allclose(
        fitted.score_samples(images[:1]), fitted.score_samples(images[:9])[:1], rtol=0, atol=1e-9
    )


def test_scores_are_kept_by_pickle_and_files(fitted, digits, tmp_path):
    images, _ = digits
    scores = fitted.score_samples(images)
    for again in (pickle.loads(pickle.dumps(fitted)), load(save(fitted, tmp_path / "a.skhcr"))):
        np.testing.assert_array_equal(again.score_samples(images), scores)
        assert again.offset_ == fitted.offset_


def test_pipelines_pass_scores_through(fitted, digits):
    images, _ = digits
    pipeline = make_pipeline("passthrough", fitted)
    np.testing.assert_array_equal(pipeline.score_samples(images), fitted.score_samples(images))


def test_adapters_and_merged_labels_pass_scores_through(fitted, digits):
    images, _ = digits
    scores = fitted.score_samples(images)
    merged = MergedLabels(make_pipeline("passthrough", fitted), groups=["بت"])
    for model in (merged, WriterAdapter(fitted), WriterAdapter(merged)):
        np.testing.assert_array_equal(model.score_samples(images), scores)
        assert model.offset_ == fitted.offset_
        probabilities, is_unknown = proba_and_unknown(model, images)
        np.testing.assert_array_equal(probabilities, model.predict_proba(images))
        np.testing.assert_array_equal(is_unknown, scores < fitted.offset_)
    other = MergedLabels(LogisticRegression().fit([[0], [1]], ["a", "A"]))
    assert not hasattr(other, "score_samples")
    assert proba_and_unknown(other, [[0]])[1] is None


def test_there_is_no_score_without_a_fit(fitted, digits):
    images, labels = digits
    unfitted = clone(fitted)
    with pytest.raises(NotFittedError):
        unfitted.score_samples(images)
    of_keras = from_keras(fitted.model_, classes=fitted.classes_)
    again = pickle.loads(pickle.dumps(fitted)).partial_fit(images[:20], labels[:20])
    for classifier in (of_keras, again):
        assert not hasattr(classifier, "score_samples")
        assert not hasattr(classifier, "offset_")
        with pytest.raises(AttributeError) as error:
            classifier.score_samples(images)
        assert "only fit learns them" in str(error.value.__cause__)
    assert not hasattr(make_pipeline("passthrough", of_keras), "score_samples")
    assert pickle.loads(pickle.dumps(of_keras)).predict(images[:2]).shape == (2,)


def test_the_parameters_of_scores_are_small_and_checked(fitted):
    kept, offset = fitted._normality, fitted.offset_
    assert kept["whitening"].dtype == kept["centers"].dtype == np.float16
    check_normality(kept, offset)
    wrong = (
        {**kept, "centers": kept["centers"][:, :-1]},
        {**kept, "scale": np.zeros_like(kept["scale"])},
        {**kept, "distances": np.array([np.nan, 1])},
        {name: kept[name] for name in ("mean", "scale")},
        None,
    )
    for damaged in wrong:
        with pytest.raises(ValueError, match="damaged"):
            check_normality(damaged, offset)
    with pytest.raises(ValueError, match="damaged"):
        check_normality(kept, np.inf)


def test_single_rows_and_constant_features_are_supported():
    rng = np.random.default_rng(0)
    features = np.c_[rng.normal(size=(7, 3)), np.zeros(7), rng.normal(size=7)]
    kept, offset = fit_normality(features, np.array([0, 0, 0, 0, 0, 0, 2]), features)
    assert np.isfinite(normality(kept, features)).all()
    far = features + np.array([0, 0, 0, 9, 0])
    assert (normality(kept, far) < offset).all()
    only_evidence, _ = fit_normality(features[:, -1:], np.zeros(7), features[:, -1:])
    order = normality(only_evidence, features[:, -1:]).argsort()
    np.testing.assert_array_equal(order, features[:, -1].argsort())

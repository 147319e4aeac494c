"""How normal an image is: scores of a classifier, in all forms in which it is kept."""

import base64
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNN,
    CNNClassifier,
    MergedLabels,
    WriterAdapter,
    from_keras,
    load,
    load_exported,
    save,
)
from skhcr._normality import (
    check_normality,
    fit_normality,
    learn_normality,
    normality,
    unrounded_normality,
)
from skhcr._unknown import proba_and_unknown
from skhcr.persistence._archive import read_archive, write_archive


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
    assert kept["weights"].dtype == np.float32
    check_normality(kept, offset)
    wrong = (
        {**kept, "centers": kept["centers"][:, :-1]},
        {**kept, "scale": np.zeros_like(kept["scale"])},
        {**kept, "answers": np.array([np.nan, 1])},
        {**kept, "answers": np.array([1.0, 0])},
        {**kept, "weights": kept["weights"][1:]},
        {**kept, "distances": np.array([1.0, 1])},
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
    far = features + np.array([0, 0, 0, 9, 0])
    kept, offset = fit_normality(features, np.array([0, 0, 0, 0, 0, 0, 2]), features, far)
    assert np.isfinite(normality(kept, features)).all()
    assert (normality(kept, far) < offset).all()
    evidence = features[:, -1:]
    only_evidence, _ = fit_normality(evidence, np.zeros(7), evidence, evidence)
    order = normality(only_evidence, evidence).argsort()
    np.testing.assert_array_equal(order, features[:, -1].argsort())


def test_the_regression_separates_letters_from_what_it_is_fitted_on():
    rng = np.random.default_rng(0)
    encoded = np.repeat([0, 1], 300)
    letters = rng.normal(size=(600, 5)) + 6 * encoded[:, None]
    between = rng.normal(size=(600, 5)) * 0.5 + 3
    for part in (letters, between):
        part[:, -1] = 0
    kept, offset = fit_normality(letters[::2], encoded[::2], letters[1::2], between[::2])
    assert (normality(kept, letters[1::2]) >= offset).mean() >= 0.99
    scores = normality(kept, letters[1::2])
    assert np.median(normality(kept, between[1::2])) < np.quantile(scores, 0.02)
    middle, spread = np.median(scores), np.subtract(*np.quantile(scores, [0.9, 0.1]))
    np.testing.assert_allclose([middle, spread], [0, 1], atol=0.02)


def test_scores_of_copies_do_not_depend_on_precision():
    rng = np.random.default_rng(0)
    encoded = np.repeat(np.arange(10), 20)
    letters, others = rng.normal(size=(10, 17))[encoded], rng.normal(size=(200, 17))
    kept, offset = fit_normality(letters, encoded, letters, others)
    # Exports compute in single precision.
    single = {name: values.astype(np.float32) for name, values in kept.items()}
    for rows in (letters, others):
        scores = unrounded_normality(single, rows.astype(np.float32))
        np.testing.assert_allclose(scores, normality(kept, rows), rtol=0, atol=0.02)
    assert (normality(kept, letters) >= offset).all()
    assert (normality(kept, others) < offset).all()


def _of_an_earlier_version(fitted):
    """Return a classifier whose score is the sum of distance and evidence."""
    earlier = pickle.loads(pickle.dumps(fitted))
    kept = {name: fitted._normality[name] for name in ("mean", "scale", "whitening", "centers")}
    earlier._normality = {
        **kept,
        "distances": np.array([20.0, 30.0]),
        "evidence": np.array([4.0, 2.0]),
    }
    return earlier


def test_scores_of_earlier_versions_do_not_change(fitted, digits, tmp_path):
    images = digits[0][200:]
    earlier = _of_an_earlier_version(fitted)
    features = fitted._network.features(images.reshape(50, 8, 8, 1), 32).astype(float)
    kept = {name: values.astype(float) for name, values in earlier._normality.items()}
    placed = (features[:, :-1] - kept["mean"]) / kept["scale"] @ kept["whitening"]
    distances = ((placed[:, None] - kept["centers"]) ** 2).sum(axis=2).min(axis=1)
    expected = (features[:, -1] - 4) / 2 - (distances - 20) / 30
    np.testing.assert_allclose(earlier.score_samples(images), expected, rtol=0, atol=0.006)

    path = save(earlier, tmp_path / "earlier.skhcr")
    np.testing.assert_array_equal(load(path).score_samples(images), earlier.score_samples(images))
    manifest, members = read_archive(path)
    described = json.loads(members["answers.json"])
    described["normality"] = {
        name: {
            "dtype": str(array.dtype),
            "shape": array.shape,
            "base64": base64.b64encode(array.tobytes()).decode(),
        }
        for name, array in earlier._normality.items()
    }
    written_twice = {**members, "answers.json": json.dumps(described).encode()}
    write_archive(tmp_path / "twice.skhcr", manifest, written_twice)
    for file in (path, tmp_path / "twice.skhcr"):
        again = load_exported(file)
        np.testing.assert_array_equal(again.score_samples(images), earlier.score_samples(images))


def test_parameters_of_scores_are_stored_once(fitted, digits, tmp_path):
    images = digits[0][200:]
    path = save(fitted, tmp_path / "digits.skhcr")
    described = json.loads(read_archive(path)[1]["answers.json"])["normality"]
    assert described.keys() == fitted._normality.keys()
    assert len(set(described.values())) == len(described)
    np.testing.assert_array_equal(
        load_exported(path).score_samples(images), fitted.score_samples(images)
    )


@pytest.mark.parametrize("shape", [(6, 8, 8, 3), (40, 8, 12)])
def test_few_rows_colors_and_other_shapes_have_scores(shape):
    images = np.random.default_rng(0).random(shape)
    labels = np.arange(len(images)) % 2
    weights = np.r_[0.0, np.ones(len(images) - 1)]
    classifier = CNNClassifier(CNN(filters=(4,), dense=()), epochs=1, random_state=0)
    classifier.fit(images, labels, sample_weight=weights)
    assert np.isfinite(classifier.score_samples(images)).all()
    assert np.isfinite(classifier.offset_)


@pytest.mark.parametrize("n_rows", [1000, 3000])
def test_enough_images_are_composed_but_not_more_for_more_rows(n_rows):
    images = np.random.default_rng(0).normal(size=(n_rows, 4, 4, 1)).astype(np.float32)
    train = SimpleNamespace(rows=np.arange(n_rows), images=images, encoded=np.arange(n_rows) % 3)
    n_seen = []

    def features_of(images):
        n_seen.append(len(images))
        return images.reshape(len(images), -1)

    learn_normality(features_of, train, None, 0)
    of_letters, *of_kinds = n_seen
    assert of_letters == n_rows
    # The regression needs more images than features; even more only take time.
    assert of_kinds == [600] * 8

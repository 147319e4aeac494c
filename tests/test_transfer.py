"""CNNClassifier on a network that has learned something else: stages, searches, copies."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_val_score

from skhcr import CNN, CNNClassifier, ImageAugmenter
from skhcr.networks import Transfer

CORNERS = np.array(
    [
        [[1, 1, 1], [1, 0, 0], [1, 0, 0]],
        [[1, 1, 1], [0, 0, 1], [0, 0, 1]],
        [[1, 0, 0], [1, 0, 0], [1, 1, 1]],
        [[0, 0, 1], [0, 0, 1], [1, 1, 1]],
    ]
)
PAIRS = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
RECIPE = {"batch_size": 20, "learning_rate": 3e-2, "label_smoothing": 0.0, "random_state": 0}


def pictures(rows, seed):
    """Noise of 10x10 pixels with corners: one anywhere, or one in the left and one in the right."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 100, size=(len(rows), 10, 10))
    for image, kinds in zip(images, rows, strict=True):
        width = 10 // len(kinds)
        for part, kind in enumerate(kinds):
            top, left = rng.integers(0, 8), part * width + rng.integers(0, width - 2)
            image[top : top + 3, left : left + 3] += 155 * CORNERS[kind]
    return images.astype(np.uint8)


@pytest.fixture(scope="module")
def base():
    """A classifier that has learned to tell four corners, wherever they are."""
    y = np.random.default_rng(0).integers(0, 4, 600)
    network = CNN((16,), padding="same", pool_size=10, dense=())
    return CNNClassifier(network, epochs=10, **RECIPE).fit(pictures(y[:, None], 1), y)


@pytest.fixture(scope="module")
def pairs():
    """Another alphabet: which two of the corners an image has."""
    y = np.random.default_rng(1).integers(0, 6, 350)
    return pictures(PAIRS[y], 2), np.array(list("ابتثجح"))[y]


def on_pairs(base, epochs=1, **params):
    network = Transfer(base, layer="batch_norm1", head="max", **params)
    return CNNClassifier(network, epochs=epochs, **RECIPE)


@pytest.fixture(scope="module")
def fitted(base, pairs):
    images, labels = pairs
    classifier = on_pairs(base, epochs=15).set_params(warm_start=True)
    return classifier.fit(images[:150], labels[:150])


def core(classifier):
    return classifier.model_.layers[-1]


def weights_of(classifier, *names):
    return [w for name in names for w in core(classifier).get_layer(name).get_weights()]


def same(first, second):
    return [np.array_equal(a, b) for a, b in zip(first, second, strict=True)]


def test_pretraining_helps(base, fitted, pairs):
    images, labels = pairs
    blank = clone(base).set_params(epochs=1, learning_rate=1e-9)
    blank.fit(pictures(np.arange(4)[:, None], 0), np.arange(4))
    without = on_pairs(blank, epochs=15).fit(images[:150], labels[:150])
    assert fitted.score(images[150:], labels[150:]) > 0.85
    assert without.score(images[150:], labels[150:]) < 0.5


def test_frozen_weights_stay_to_the_last_bit_and_trained_ones_move(base, pairs):
    images, labels = (a[:60] for a in pairs)
    learned = base.model_.get_weights()
    seen = base.model_.layers[-1]
    before = [w for n in ("conv1", "batch_norm1") for w in seen.get_layer(n).get_weights()]
    kernel_bias_scale_shift_mean_variance = {
        "none": [True] * 6,
        1: [True, True, False, False, False, False],
        "all": [False] * 6,
    }
    for trainable, kept in kernel_bias_scale_shift_mean_variance.items():
        classifier = on_pairs(base, trainable=trainable).fit(images, labels)
        assert same(weights_of(classifier, "base_conv1", "base_batch_norm1"), before) == kept
    assert all(same(base.model_.get_weights(), learned))


def test_a_second_stage_continues_with_all_weights(fitted, pairs):
    images, labels = pairs
    second = copy.deepcopy(fitted)
    frozen = weights_of(fitted, "base_conv1", "base_batch_norm1")
    second.set_params(model__trainable="all", learning_rate=1e-3, epochs=2)
    second.fit(images[:150], labels[:150])
    assert second.n_iter_ == fitted.n_iter_ + 2
    assert second.loss_curve_[-2] < 2 * fitted.loss_curve_[-1] < fitted.loss_curve_[0]
    assert same(weights_of(second, "base_conv1", "base_batch_norm1"), frozen) == [False] * 6
    assert second.score(images[150:], labels[150:]) > 0.85

    third = copy.deepcopy(second).set_params(model__trainable="none")
    third.fit(images, labels)
    now = weights_of(second, "base_conv1", "base_batch_norm1")
    assert all(same(weights_of(third, "base_conv1", "base_batch_norm1"), now))


def test_other_changes_wait_for_a_fit_that_starts_anew(fitted, pairs):
    images, labels = (a[:60] for a in pairs)
    classifier = copy.deepcopy(fitted).set_params(model__dense=(7,), epochs=1)
    layers = [layer.name for layer in core(classifier.fit(images, labels)).layers]
    assert "dense1" not in layers
    classifier.set_params(warm_start=False).fit(images, labels)
    assert "dense1" in [layer.name for layer in core(classifier).layers]
    with pytest.raises(ValueError, match="trainable=9, but the base has only 2 layers"):
        classifier.set_params(warm_start=True, model__trainable=9).fit(images, labels)
    assert len(core(classifier).trainable_weights) == 4


def test_partial_fits_follow_a_change_of_trainable_layers(base, pairs):
    images, labels = (a[:60] for a in pairs)
    classifier = on_pairs(base)
    for _ in range(2):
        classifier.partial_fit(images, labels, classes=np.unique(labels))
    frozen = weights_of(classifier, "base_conv1")
    optimizer = classifier.model_.optimizer
    classifier.partial_fit(images, labels)
    assert classifier.model_.optimizer is optimizer
    classifier.set_params(model__trainable="all").partial_fit(images, labels)
    assert same(weights_of(classifier, "base_conv1"), frozen) == [False, False]


@pytest.mark.parametrize("trainable", ["none", 1])
def test_copies_predict_the_same_and_keep_frozen_layers(base, pairs, tmp_path, trainable):
    images, labels = (a[:60] for a in pairs)
    classifier = on_pairs(base, trainable=trainable, dropout=0.1).fit(images, labels)
    joblib.dump(classifier, tmp_path / "classifier.joblib")
    for copied in (
        copy.deepcopy(classifier),
        pickle.loads(pickle.dumps(classifier)),
        joblib.load(tmp_path / "classifier.joblib"),
    ):
        np.testing.assert_array_equal(
            copied.predict_proba(images), classifier.predict_proba(images)
        )
        assert [w.path for w in copied.model_.trainable_weights] == [
            w.path for w in classifier.model_.trainable_weights
        ]
        assert [layer.trainable for layer in core(copied).layers] == [
            layer.trainable for layer in core(classifier).layers
        ]
    np.testing.assert_array_equal(
        copied.model.base.predict_proba(images), base.predict_proba(images)
    )


def test_same_seed_same_answers_after_cloning(base, pairs):
    images, labels = (a[:60] for a in pairs)
    first = on_pairs(base, filters=(4,), dense=(8,), dropout=0.2)
    answers = [
        classifier.fit(images, labels).predict_proba(images)
        for classifier in (first, clone(first), clone(first).set_params(random_state=1))
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert np.abs(answers[0] - answers[2]).max() > 1e-3


def test_searches_and_cross_validation_keep_the_base(base, pairs):
    images, labels = (a[:60] for a in pairs)
    before = base.model_.get_weights()
    split = ShuffleSplit(1, random_state=0)
    grid = {"model__trainable": ["none", 2, "all"]}
    search = GridSearchCV(on_pairs(base), grid, cv=split)
    search.fit(images, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.model.base is base
    assert not any(name.startswith("model__base__") for name in search.estimator.get_params())
    score = cross_val_score(on_pairs(base, trainable="all"), images, labels, cv=split)
    assert score == search.cv_results_["mean_test_score"][2]
    assert all(same(base.model_.get_weights(), before))


def test_a_grid_of_bases_needs_them_frozen(base, pairs):
    images, labels = (a[:60] for a in pairs)
    search = GridSearchCV(
        on_pairs(None), {"model__base": [FrozenEstimator(base)]}, cv=2, refit=False
    )
    assert np.isfinite(search.fit(images, labels).cv_results_["mean_test_score"]).all()
    search.set_params(param_grid={"model__base": [base]}, error_score="raise")
    with pytest.raises(NotFittedError, match=r"FrozenEstimator\(classifier\)"):
        search.fit(images, labels)


def test_saved_classifiers_are_bases(base, fitted, pairs, tmp_path):
    images, labels = (a[:60] for a in pairs)
    base.model_.save(tmp_path / "corners.keras")
    again = clone(fitted).set_params(model__base=tmp_path / "corners.keras", epochs=1)
    direct = clone(fitted).set_params(epochs=1)
    np.testing.assert_array_equal(
        again.fit(images, labels).predict_proba(images),
        direct.fit(images, labels).predict_proba(images),
    )


def test_a_keras_model_as_base_travels_too(base, pairs):
    images, labels = (a[:60] for a in pairs)
    classifier = on_pairs(base.model_).fit(images, labels)
    copied = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copied.predict_proba(images), classifier.predict_proba(images))
    np.testing.assert_array_equal(
        clone(copied).fit(images, labels).predict_proba(images), classifier.predict_proba(images)
    )


def test_images_of_another_shape_and_other_numbers(base, pairs):
    images, labels = (a[:60] for a in pairs)
    larger = np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)
    larger = 100 + 1.5 * larger[..., None].repeat(3, axis=3)
    classifier = on_pairs(base).fit(larger, labels)
    assert classifier.image_shape_ == (20, 20, 3)
    expected = on_pairs(base).fit(images, labels).predict_proba(images)
    np.testing.assert_allclose(classifier.predict_proba(larger), expected, atol=1e-3)


def test_representations_name_the_base(base):
    classifier = on_pairs(base)
    assert "Transfer(base=CNNClassifier(" in repr(classifier).replace("\n", "").replace(" ", "")
    assert "Transfer" in classifier._repr_html_()


def test_a_plain_fit_keeps_augmenting(base):
    y = np.random.default_rng(3).integers(0, 4, 100)
    images = pictures(y[:, None], 4)
    classifier = clone(base).set_params(epochs=2, warm_start=True).fit(images, y)
    first, copied = classifier.model_.get_weights(), copy.deepcopy(classifier)
    plain_loss = classifier.loss_curve_

    varied = ImageAugmenter(rotation=20, translation=0.2, random_state=0).fit_transform(images)
    np.testing.assert_array_equal(np.asarray(varied), images)  # batches draw the variations
    classifier.set_params(learning_rate=1e-9).fit(varied, y)
    assert classifier.n_iter_ == 4
    assert classifier.loss_curve_[:2] == plain_loss
    kernels = [w.ndim > 1 for w in first]
    for before, after, is_kernel in zip(
        first, classifier.model_.get_weights(), kernels, strict=True
    ):
        if is_kernel:  # went on from these weights, hardly moving
            np.testing.assert_allclose(after, before, atol=1e-5)
    copied.set_params(learning_rate=1e-9).fit(images, y)
    # With weights that stand still, only the batches can make the difference.
    assert abs(classifier.loss_curve_[-1] - copied.loss_curve_[-1]) > 0.05
    assert classifier.loss_curve_[2] != classifier.loss_curve_[3]

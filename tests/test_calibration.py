"""Temperature scaling, and test-time augmentation."""

import pickle

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from skhcr import ImageAugmenter
from skhcr._calibration import best_temperature, with_temperature


@pytest.fixture(scope="module")
def honest():
    """Probabilities that are exactly right, and labels drawn by them."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1.0, 1.0, 1.0], size=50_000)
    draws = rng.random(len(probabilities))[:, None]
    return probabilities, (probabilities.cumsum(axis=1) < draws).sum(axis=1)


@pytest.mark.parametrize("too_certain", [0.5, 1.0, 2.5])
def test_the_temperature_corrects_overconfidence(honest, too_certain):
    probabilities, codes = honest
    distorted = with_temperature(probabilities, 1 / too_certain)
    temperature = best_temperature(distorted, codes)
    assert temperature == pytest.approx(too_certain, rel=0.05)
    np.testing.assert_allclose(
        with_temperature(distorted, too_certain), probabilities, rtol=1e-6, atol=1e-12
    )


@pytest.mark.parametrize("n", [4, 40, 400])
def test_a_network_that_made_no_mistake_yet_is_not_thought_infallible(n):
    codes = np.arange(n) % 2
    probabilities = np.where(codes[:, None] == [0, 1], 0.9, 0.1)
    temperature = best_temperature(probabilities, codes)
    certainty = with_temperature(probabilities, temperature).max()
    # As certain as the rows seen allow, and no more.
    assert 1 - 1 / n < certainty < 1 - 0.1 / n


def test_calibration_counts_rows_by_their_weights(honest):
    probabilities, codes = honest[0][:2000], honest[1][:2000].copy()
    weights = np.ones(2000)
    weights[1000:] = 1e-9
    sought = best_temperature(probabilities, codes, weights)
    codes[1000:] = probabilities[1000:].argmin(axis=1)
    assert best_temperature(probabilities, codes, weights) == pytest.approx(sought, rel=1e-3)
    assert best_temperature(probabilities, codes) > 1.5 * sought


def test_calibration_holds_rows_out_and_keeps_every_label(tiny, digits):
    images, labels = digits
    groups = np.arange(len(images)) % 10
    settings = {"validation_fraction": 0.2, "label_smoothing": 0.3}
    classifier = tiny(calibrate=True, **settings).fit(images, labels, groups=groups)
    assert classifier.temperature_ < 1  # label smoothing makes a network too modest
    assert len(classifier.validation_scores_) == classifier.n_iter_
    calibrated = classifier.predict_proba(images)
    temperature, classifier.temperature_ = classifier.temperature_, 1.0
    plain = classifier.predict_proba(images)
    np.testing.assert_allclose(calibrated, with_temperature(plain, temperature))
    np.testing.assert_array_equal(calibrated.argmax(axis=1), plain.argmax(axis=1))
    assert log_loss(labels, calibrated) < log_loss(labels, plain)
    classifier.temperature_ = temperature
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(images), calibrated)


def test_calibration_uses_the_validation_rows_it_is_given(tiny, digits):
    images, labels = digits
    classifier = tiny(calibrate=True, epochs=2)
    classifier.fit(images[:200], labels[:200], X_val=images[200:], y_val=labels[200:])
    uncalibrated = with_temperature(
        classifier.predict_proba(images[200:]), 1 / classifier.temperature_
    )
    codes = np.searchsorted(classifier.classes_, labels[200:])
    assert best_temperature(uncalibrated, codes) == pytest.approx(classifier.temperature_, rel=1e-3)
    with pytest.warns(UserWarning, match="calibrate=True has no effect on partial_fit"):
        classifier.partial_fit(images[:50], labels[:50])
    assert classifier.temperature_ == 1.0


def test_shifted_views_are_averaged(tiny, digits):
    images, labels = digits
    classifier = make_pipeline(ImageAugmenter(translation=0.1, random_state=0), tiny()).fit(
        images, labels
    )
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
    views = [padded[:, top : top + 8, left : left + 8] for top in range(3) for left in range(3)]
    expected = np.mean([classifier.predict_proba(view) for view in views], axis=0)
    classifier[-1].test_time_shift = 1
    np.testing.assert_allclose(classifier.predict_proba(images), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(
        classifier.predict_proba(images[:1]), classifier.predict_proba(images)[:1]
    )

"""How long is trained, and in batches of which size, where nobody has said."""

import copy

import numpy as np
import pytest

from skhcr import CNN, CNNClassifier
from skhcr._amount import batch_size_for, epochs_for

SMALL = CNN(filters=(2,), padding="same", batch_norm=False, dense=(), dropout=0.0)


def random_images(n):
    """Return so many images of 2x2 pixels, of two classes."""
    rng = np.random.default_rng(0)
    return rng.random((n, 2, 2), np.float32), np.arange(n) % 2


def test_many_rows_are_trained_on_as_ever():
    for n_rows in (1920, 2728, 13440, 1_000_000):
        assert batch_size_for(n_rows) == 64
        assert epochs_for(n_rows, 64) == 30


def test_few_rows_get_small_batches_and_many_passes():
    for n_rows in range(1, 1920):
        batch_size = batch_size_for(n_rows)
        epochs = epochs_for(n_rows, batch_size)
        updates = epochs * -(-n_rows // batch_size)
        assert 8 <= batch_size < 64
        assert 30 <= epochs <= 250
        assert (updates >= 900 and n_rows * (epochs + 1) > 12_000) or epochs == 250
        assert n_rows * epochs <= 64 * 900  # no more work than 1,920 rows are


def test_a_fit_on_many_rows_is_the_same_to_the_last_bit():
    X, y = random_images(1920)
    fits = [
        CNNClassifier(SMALL, epochs=1, random_state=0, **given).fit(X, y)
        for given in ({}, {"batch_size": 64})
    ]
    one, other = (fit.predict_proba(X[:50]) for fit in fits)
    np.testing.assert_array_equal(one, other)
    assert fits[0].batch_size_ == 64


def test_a_fit_reports_its_epochs_and_batch_size():
    X, y = random_images(450)
    weights = np.ones(450)
    weights[:50] = 0
    classifier = CNNClassifier(SMALL, early_stopping=True, patience=1, random_state=0)
    classifier.fit(X, y, sample_weight=weights)
    # 360 of 400 rows that count are trained on, and 40 held out.
    assert (classifier.epochs_, classifier.batch_size_) == (33, 12)
    assert classifier.n_iter_ <= classifier.epochs_
    classifier = copy.deepcopy(classifier).set_params(epochs=2, early_stopping=False, patience=5)
    classifier.fit(X, y)
    assert (classifier.epochs_, classifier.n_iter_, classifier.batch_size_) == (2, 2, 15)
    classifier.set_params(batch_size=200).fit(X, y)
    assert (classifier.epochs_, classifier.batch_size_) == (2, 200)


def test_partial_fits_use_the_default_batch_size():
    X, y = random_images(130)
    one = CNNClassifier(SMALL, random_state=0).partial_fit(X, y, classes=[0, 1])
    other = CNNClassifier(SMALL, batch_size=64, random_state=0).partial_fit(X, y, classes=[0, 1])
    assert (one.epochs_, one.batch_size_) == (1, 64)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_a_handful_of_images_gets_hundreds_of_updates():
    X, y = random_images(36)
    classifier = CNNClassifier(SMALL, random_state=0).fit(X, y)
    assert (classifier.epochs_, classifier.n_iter_, classifier.batch_size_) == (250, 250, 8)
    assert int(classifier.model_.optimizer.iterations) == 1250


@pytest.mark.parametrize("parameter", ["epochs", "batch_size"])
def test_other_words_are_refused(parameter):
    X, y = random_images(10)
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter"):
        CNNClassifier(SMALL, **{parameter: "many"}).fit(X, y)

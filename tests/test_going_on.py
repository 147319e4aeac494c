"""Fits that go on from an earlier one, and what is left of it when they fail."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skhcr import CNN
from skhcr.networks import Transfer


class Interrupt(keras.callbacks.Callback):
    """Stops a fit in the middle, as Ctrl-C does."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyboardInterrupt


def two_stages(tiny, digits, **params):
    """Return a classifier after its first stage, and the rows of both stages."""
    images, labels = digits
    held_out = {"X_val": images[200:], "y_val": labels[200:]}
    classifier = tiny(warm_start=True, **params).fit(images[:200], labels[:200])
    return classifier, (images[:200], labels[:200]), held_out


def test_a_stage_that_diverges_leaves_the_one_before(tiny, digits):
    classifier, rows, held_out = two_stages(tiny, digits)
    before = classifier.predict_proba(rows[0])
    classifier.set_params(learning_rate=1e30, optimizer="sgd", calibrate=True)
    with pytest.raises(ValueError, match=r"diverged: the loss is nan .* Lower learning_rate"):
        classifier.fit(*rows, **held_out)
    np.testing.assert_array_equal(classifier.predict_proba(rows[0]), before)
    assert classifier.n_iter_ == len(classifier.loss_curve_) == 6


def test_a_stage_that_makes_nothing_better_keeps_the_weights_it_began_with(tiny, digits):
    classifier, rows, held_out = two_stages(tiny, digits, early_stopping=True)
    before = classifier.predict_proba(rows[0])
    hasty = {"learning_rate": 0.3, "epochs": 2}
    classifier.set_params(**hasty).fit(*rows, **held_out)
    np.testing.assert_array_equal(classifier.predict_proba(rows[0]), before)
    assert classifier.n_iter_ > 6

    classifier.set_params(restore_best_weights=False).fit(*rows, **held_out)
    assert not np.array_equal(classifier.predict_proba(rows[0]), before)


def test_histories_have_a_value_for_every_epoch(tiny, digits):
    classifier, rows, held_out = two_stages(tiny, digits, epochs=2)
    classifier.fit(*rows, **held_out).partial_fit(*rows)
    assert {len(values) for values in classifier.history_.values()} == {5}
    np.testing.assert_array_equal(
        np.isnan(classifier.validation_scores_), [True, True, False, False, True]
    )


@pytest.fixture
def frozen(tiny, digits):
    """Return a classifier with a frozen base, after two partial fits, and its rows."""
    images, labels = digits
    base = tiny(epochs=2).fit(images, labels)
    classifier = tiny(model=Transfer(base, dense=(8,)), learning_rate=1e-2)
    for _ in range(2):
        classifier.partial_fit(images, labels, classes=np.unique(labels))
    return classifier, (images, labels)


def base_weights(classifier):
    return classifier.model_.layers[-1].get_layer("base_conv1").get_weights()


def test_a_failed_call_keeps_frozen_layers_frozen(frozen):
    classifier, rows = frozen
    before = base_weights(classifier)
    classifier.set_params(model__trainable="all", optimizer="nonsense")
    with pytest.raises(ValueError, match="nonsense"):
        classifier.partial_fit(*rows)
    trained = len(classifier.model_.trainable_variables)
    classifier.set_params(optimizer="adamw").partial_fit(*rows)
    assert len(classifier.model_.trainable_variables) > trained
    changes = [
        not np.array_equal(*pair) for pair in zip(before, base_weights(classifier), strict=True)
    ]
    assert all(changes)


def test_a_broken_off_fit_leaves_partial_fits_their_learning_rate(frozen):
    classifier, rows = frozen
    before = classifier.predict_proba(rows[0])
    classifier.set_params(warm_start=True, callbacks=Interrupt, batch_size=16)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*rows)
    np.testing.assert_array_equal(classifier.predict_proba(rows[0]), before)
    classifier.set_params(callbacks=None).partial_fit(*rows)
    assert classifier.history_["learning_rate"] == pytest.approx([1e-2] * 3)


def test_an_interrupted_fit_can_be_repeated(tiny, digits):
    images, labels = digits
    network = CNN((4,), dense=(8,), dropout=0.3)

    def begun(**params):
        classifier = tiny(model=network, batch_size=50, epochs=2, warm_start=True)
        return classifier.fit(images, labels).set_params(**params)

    unbroken, broken = begun().fit(images, labels), begun(callbacks=Interrupt)
    with pytest.raises(KeyboardInterrupt):
        broken.fit(images, labels)
    broken.set_params(callbacks=None).fit(images, labels)
    np.testing.assert_array_equal(unbroken.predict_proba(images), broken.predict_proba(images))

    for classifier in (unbroken, broken):
        classifier.partial_fit(images, labels)
    broken.set_params(callbacks=Interrupt)
    with pytest.raises(KeyboardInterrupt):
        broken.partial_fit(images, labels)
    broken.set_params(callbacks=None)
    for classifier in (unbroken, broken):
        classifier.partial_fit(images, labels)
    np.testing.assert_array_equal(unbroken.predict_proba(images), broken.predict_proba(images))


def test_a_second_interrupt_leaves_no_mixture(tiny, digits, monkeypatch):
    classifier, rows, _ = two_stages(tiny, digits)
    parameters = classifier.set_params(callbacks=Interrupt, batch_size=16).get_params()

    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("skhcr._keras.TrainedNetwork.snapshot", lambda network: interrupt)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*rows)
    with pytest.raises(NotFittedError):
        classifier.predict(rows[0])
    assert classifier.get_params() == parameters


def test_partial_fits_that_are_compiled_otherwise_begin_anew(tiny, digits):
    images, labels = digits
    classifier = tiny().partial_fit(images, labels, classes=np.unique(labels))
    first = classifier.model_.optimizer
    assert classifier.partial_fit(images, labels).model_.optimizer is first
    classifier.set_params(optimizer="sgd").partial_fit(images, labels)
    assert isinstance(classifier.model_.optimizer, keras.optimizers.SGD)


def test_a_wrong_call_does_not_cost_the_optimizer_its_memory(frozen):
    classifier, rows = frozen
    n_steps = int(classifier.model_.optimizer.iterations)
    with pytest.raises(ValueError, match="not one of"):
        classifier.partial_fit(rows[0][:1], ["x"])
    classifier.partial_fit(*rows)
    assert int(classifier.model_.optimizer.iterations) > n_steps


def test_small_gradients_are_still_scaled_after_unpickling(tiny, digits):
    images, labels = (part[:40] for part in digits)
    network = CNN((2,), dense=(), batch_norm=False)
    classifier = tiny(model=network, epochs=1, mixed_precision="float16", warm_start=True)
    classifier = pickle.loads(pickle.dumps(classifier.fit(images, labels)))
    classifier.fit(images, labels)
    assert isinstance(classifier.model_.optimizer, keras.optimizers.LossScaleOptimizer)


def test_accuracies_count_every_row_alike(tiny, digits):
    images, labels = digits
    weights = dict.fromkeys(np.unique(labels), 1.0) | {"ا": 100.0}
    held_out = {"early_stopping": True, "restore_best_weights": False, "patience": 9}
    classifier = tiny(epochs=2, class_weight=weights, validation_fraction=0.4, **held_out)
    classifier.fit(images, labels)

    from skhcr._validation import LabeledImages, split_images

    codes = np.searchsorted(classifier.classes_, labels)
    seed = np.random.SeedSequence(0).generate_state(2).tolist()[1]
    everything = LabeledImages(images, codes, None, np.arange(len(images)))
    _, kept = split_images(everything, None, fraction=0.4, seed=seed)
    score = classifier.score(images[kept.rows], labels[kept.rows])
    assert classifier.validation_scores_[-1] == pytest.approx(score)
    assert score < 0.95

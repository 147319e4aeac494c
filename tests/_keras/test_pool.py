"""Compiled models in the pool, which serve later networks of the same kind."""

import gc
import pickle
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhcr import CNN
from skhcr._keras import _pool
from skhcr.networks import Transfer


@pytest.fixture(scope="module")
def compiled(tiny, digits):
    """What a fit has compiled."""
    _pool._idle.clear()
    tiny(epochs=1).fit(*digits)
    gc.collect()
    return _pool._idle.pop()


@pytest.fixture(autouse=True)
def _no_idle_models():
    gc.collect()
    _pool._idle.clear()
    yield
    _pool._idle.clear()


@pytest.fixture
def idle_model(compiled, _no_idle_models):
    """The model in the pool, whose training function is compiled."""
    _pool.release(compiled)
    return compiled.model


def answers(classifier, digits):
    images, labels = digits
    return classifier.fit(images, labels).predict_proba(images)


def idle():
    """Return the models in the pool."""
    gc.collect()
    return [compiled.model for compiled in _pool._idle]


def test_a_second_fit_compiles_nothing_and_answers_as_a_first_one(tiny, digits, compiled):
    alone = answers(tiny(random_state=3, epochs=2), digits)
    _pool._idle.clear()
    model, train_function = compiled.model, compiled.model.train_function
    _pool.release(compiled)
    classifier = tiny(random_state=3, epochs=2)
    np.testing.assert_array_equal(answers(classifier, digits), alone)
    assert idle() == []
    assert classifier.model_ is model
    assert model.train_function is train_function is not None


@pytest.mark.parametrize("more", [{"optimizer": "nadam"}, {"mixed_precision": "float16"}])
def test_all_that_chance_decides_begins_anew(tiny, digits, more):
    network = CNN(filters=(8,), padding="same", dense=(16,), dropout=0.3)
    params = {"model": network, "epochs": 2, **more}
    expected = answers(tiny(**params), digits)
    for seed in (5, 0):
        found = answers(tiny(**params, random_state=seed), digits)
        assert np.array_equal(found, expected) == (seed == 0)


@pytest.mark.usefixtures("idle_model")
def test_a_fitted_classifier_keeps_its_model(tiny, digits):
    first = tiny(epochs=2)
    before = answers(first, digits)
    tiny(epochs=2, random_state=1).fit(*digits)
    tiny(epochs=2, random_state=2).fit(*digits)
    np.testing.assert_array_equal(first.predict_proba(digits[0]), before)


@pytest.mark.usefixtures("idle_model")
def test_a_detached_model_serves_no_other_network(tiny, digits):
    images, labels = digits
    model = tiny(epochs=1).fit(images, labels).model_
    assert idle() == []
    before = np.asarray(model(images[..., np.newaxis]))
    tiny(epochs=1, random_state=1).fit(images, labels)
    np.testing.assert_array_equal(model(images[..., np.newaxis]), before)


@pytest.mark.usefixtures("idle_model")
def test_callbacks_may_keep_the_model(tiny, digits):
    tiny(epochs=1, callbacks=keras.callbacks.Callback).fit(*digits)
    assert idle() == []


@pytest.mark.parametrize(
    ("params", "is_shared"),
    [
        ({"learning_rate": 1e-3, "epochs": 2, "batch_size": 50, "schedule": "constant"}, True),
        ({"standardize": False}, False),
        ({"label_smoothing": 0.0}, False),
        ({"weight_decay": 0.0}, False),
        ({"optimizer": "adam"}, False),
        ({"mixed_precision": True}, False),
        ({"model": CNN(filters=(4,), padding="same", batch_norm=False, dense=(16,))}, False),
    ],
)
def test_only_equal_layers_loss_and_optimizer_share_a_model(
    tiny, digits, idle_model, params, is_shared
):
    classifier = tiny(**{"epochs": 1, **params}).fit(*digits)
    assert (classifier.model_ is idle_model) == is_shared


def nameless(meta):
    return keras.Sequential(
        [
            keras.Input(meta["image_shape_"]),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def test_layers_without_names_share_a_model(tiny, digits):
    tiny(model=nameless, epochs=1).fit(*digits)
    [model] = idle()
    classifier = tiny(model=nameless, epochs=1).fit(*digits)
    assert classifier.model_ is model


@keras.saving.register_keras_serializable("tests")
class Own(keras.layers.Layer):
    """A layer that may be redefined under its name."""

    def call(self, inputs):
        return inputs


def doubled(x):
    """Return twice x."""
    return 2 * x


@pytest.mark.parametrize(
    "make",
    [Own, lambda: keras.layers.Lambda(lambda x: 2 * x), lambda: keras.layers.Activation(doubled)],
)
def test_custom_objects_never_share_a_model(tiny, digits, make):
    def network(meta):
        return keras.Sequential([*nameless(meta).layers[:1], make(), *nameless(meta).layers[1:]])

    tiny(model=network, epochs=1).fit(*digits)
    assert idle() == []


def test_large_networks_are_not_kept(tiny, digits, monkeypatch):
    monkeypatch.setattr(_pool, "_MAX_WEIGHTS", 100)
    tiny(epochs=1).fit(*digits)
    assert idle() == []


def test_a_fit_that_fails_leaves_no_model_behind(tiny, digits):
    with pytest.raises(ValueError, match="diverged"):
        answers(tiny(epochs=1, optimizer="sgd", learning_rate=1e30), digits)
    classifier = tiny(epochs=1, optimizer="sgd", learning_rate=1e-3)
    assert np.isfinite(answers(classifier, digits)).all()


@pytest.mark.usefixtures("idle_model")
def test_models_whose_layers_were_unfrozen_stay_out_of_the_pool(tiny, digits):
    base = tiny(epochs=1).fit(*digits)
    classifier = tiny(model=Transfer(base), warm_start=True, epochs=1)
    classifier.fit(*digits)
    classifier.set_params(model__trainable="all").fit(*digits)
    del classifier
    assert idle() == []


@pytest.mark.usefixtures("idle_model")
def test_unpickled_classifiers_answer_without_the_pool(tiny, digits):
    images, labels = digits
    pickled = pickle.dumps(tiny(epochs=1).fit(images, labels))
    before = idle()
    again = pickle.loads(pickled)
    expected = again.predict_proba(images)
    assert idle() == before
    assert again.model_ not in before
    np.testing.assert_array_equal(again.predict_proba(images), expected)


@pytest.mark.usefixtures("idle_model")
def test_models_of_unpickled_classifiers_are_not_trained(tiny, digits):
    images, labels = digits
    copied = pickle.loads(pickle.dumps(tiny(epochs=1).fit(images, labels)))
    model = copied._network_in_keras().model
    del copied
    assert model in idle()
    assert not model.compiled
    again = tiny(epochs=1).fit(images, labels)
    assert again.model_ is not model


def test_kernels_of_many_fits_are_freed(idle_model, monkeypatch):
    cleared = []
    monkeypatch.setattr(_pool, "clear_kernel_cache", lambda: cleared.append(len(acquired)))
    acquired = []
    for _ in range(3 * _pool._FITS_BETWEEN_CLEARINGS):
        acquired.append(_pool.acquire(idle_model))
        _pool.release(acquired[-1])
    assert all(one is acquired[0] for one in acquired)
    assert np.diff(cleared).tolist() == [_pool._FITS_BETWEEN_CLEARINGS] * 2


def test_threads_do_not_share_a_model(tiny, digits):
    expected = {seed: answers(tiny(random_state=seed, epochs=1), digits) for seed in (0, 1)}
    with ThreadPoolExecutor(4) as pool:
        seeds = [0, 1] * 4
        found = pool.map(lambda seed: answers(tiny(random_state=seed, epochs=1), digits), seeds)
        for seed, values in zip(seeds, found, strict=True):
            np.testing.assert_array_equal(values, expected[seed])


def test_the_model_that_others_get_has_layers_of_keras_and_comes_back_to_no_one(tiny, digits):
    images, labels = digits
    params = {"model": CNN(filters=(4,), dense=()), "epochs": 1, "warm_start": True}
    classifier, unseen = tiny(**params).fit(*digits), tiny(**params).fit(*digits)
    model = classifier.model_
    layers = [*model.layers, *model.layers[-1].layers]
    assert "BatchNormalization" in {type(layer).__name__ for layer in layers}
    assert not [layer.name for layer in layers if "call" in vars(layer)]
    spec = tf.TensorSpec((None, 8, 8, 1))
    graph = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec).graph
    assert not {o.type for o in graph.get_operations() if o.type.startswith("FusedBatchNorm")}
    expected = unseen.predict_proba(images)
    np.testing.assert_allclose(model(images[..., np.newaxis]), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(classifier.predict_proba(images), expected)
    for other in (classifier, unseen):  # they go on alike
        other.fit(images, labels)
    expected = unseen.predict_proba(images)
    np.testing.assert_array_equal(classifier.predict_proba(images), expected)
    assert classifier.model_ is model
    assert not [layer.name for layer in layers if "call" in vars(layer)]
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    del classifier, unseen
    assert not any(other is model for other in idle())
    np.testing.assert_array_equal(
        tiny(**params).fit(*digits).fit(images, labels).predict_proba(images), expected
    )

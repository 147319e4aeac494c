"""Fits and predictions under what users set Keras and TensorFlow to, and where they cannot be."""

import multiprocessing
import pickle
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

from skhcr import CNN, ResNet, Transfer
from skhcr.networks import get_network, list_networks

EVERYTHING = """
    import pickle
    import keras
    import numpy as np
    import tensorflow as tf

    keras.config.set_floatx("float16")
    keras.config.set_epsilon(1e-3)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.disable_interactive_logging()
    keras.config.disable_traceback_filtering()
    keras.utils.set_random_seed(3)
    tf.config.experimental.enable_op_determinism()
    tf.config.run_functions_eagerly(True)
    tf.config.set_soft_device_placement(False)
    classifier = pickle.loads(pickled)
    loaded = classifier.predict_proba(images)
    keras.config.set_epsilon(1e-7)
    again = classifier.fit(images, labels).predict_proba(images)
    np.savez(answers, loaded=loaded, again=again)
    assert keras.config.floatx() == "float16"
    assert keras.config.image_data_format() == "channels_first"
    assert keras.config.dtype_policy().name == "mixed_float16"
"""


@pytest.fixture(scope="module")
def fitted(tiny, digits):
    network = CNN(filters=(4,), padding="same", dense=(8,), dropout=0.3)
    return tiny(model=network, epochs=1, batch_size=64).fit(*digits)


def test_no_setting_of_the_process_changes_a_fit_or_a_prediction(
    fitted, digits, tmp_path, run_in_new_process
):
    images, labels = digits
    answers = tmp_path / "answers.npz"
    names = {"pickled": pickle.dumps(fitted), "images": images, "labels": labels}
    assert run_in_new_process(EVERYTHING, **names, answers=answers) == 0
    expected = fitted.predict_proba(images)
    with np.load(answers) as found:
        np.testing.assert_allclose(found["loaded"], expected, atol=1e-6)
        np.testing.assert_allclose(found["again"], expected, atol=1e-4)


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("name", list_networks())
def test_networks_have_channels_last_whatever_keras_is_set_to(name, channels_first):
    model = get_network(name).build((32, 30, 3), 4)
    assert {"channels_last"} == formats_of(model)
    assert model.output_shape == (None, 4)


def test_new_layers_on_another_network_have_channels_last(channels_first):
    base = ResNet(width=2, depth=0, stages=1).build((16, 16, 1), 3)
    network = Transfer(base, filters=(4,), size=8, head="average")
    assert {"channels_last"} == formats_of(network.build((32, 32, 3), 4))
    network.set_params(base="VGG16", weights=None, size=32)
    assert {"channels_last"} == formats_of(network.build((32, 32, 1), 4))


def formats_of(model):
    configs = [layer.get_config() for layer in model.layers]
    return {config["data_format"] for config in configs if "data_format" in config}


def test_unsupported_contexts_are_refused_with_an_explanation(fitted, tiny, digits):
    images = digits[0]
    expected = fitted.predict_proba(images)
    with (
        tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
        pytest.raises(RuntimeError, match=r"scope of a MirroredStrategy: call fit outside of it"),
    ):
        tiny().fit(*digits)
    with tf.Graph().as_default():
        with pytest.raises(RuntimeError, match="need eager execution of TensorFlow"):
            tiny().fit(*digits)
        np.testing.assert_array_equal(fitted.predict_proba(images), expected)
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        again = clone(fitted).fit(*digits)
    np.testing.assert_allclose(again.predict_proba(images), fitted.predict_proba(images), atol=1e-6)


def test_a_forked_process_predicts_but_refuses_to_train(fitted, digits):
    expected = fitted.predict_proba(digits[0])
    never_asked = clone(fitted).fit(*digits)

    def child():
        copied = pickle.loads(pickle.dumps(fitted))
        for answering in (fitted, copied, never_asked):
            np.testing.assert_allclose(answering.predict_proba(digits[0]), expected, atol=1e-6)
        for call in (
            lambda: fitted.fit(*digits),
            lambda: clone(fitted).fit(*digits),
            lambda: copied.fit(*digits),
            lambda: copied.set_params(warm_start=True).fit(*digits),
        ):
            with pytest.raises(RuntimeError, match=r"forked .*get_context\('spawn'\)"):
                call()

    with warnings.catch_warnings():  # of newer versions of Python, of fork itself
        warnings.simplefilter("ignore", DeprecationWarning)
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
    process.join(120)
    process.kill()  # where it waits forever
    process.join()
    assert process.exitcode == 0

"""Answers for any number of images, from a function that is traced once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhcr._keras._predict import Predictor


@pytest.fixture
def traces():
    """How often the network was looked at by Python."""
    return []


@pytest.fixture
def predictor(traces):
    class Traced(keras.layers.Layer):
        def call(self, images):
            traces.append(images.shape)
            return images

    image = keras.Input((6, 6, 1))
    x = keras.layers.Conv2D(4, 3)(Traced()(image))
    answer = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x))
    return Predictor(keras.Model(image, answer))


def test_no_number_of_images_is_traced_anew(predictor, traces):
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 1), dtype=np.uint8)
    predictor(images[:5], batch_size=4)
    before = len(traces)
    for n in (1, 2, 3, 7, 16, 40):
        predictor(images[:n], batch_size=16)
        predictor(images[:n].astype(float), batch_size=n)
    assert len(traces) == before


def test_an_answer_does_not_depend_on_its_company(predictor):
    images = np.random.default_rng(0).random((40, 6, 6, 1), dtype=np.float32)
    whole = predictor(images, batch_size=40)
    for n in (1, 2, 7, 16):
        np.testing.assert_allclose(predictor(images, batch_size=n), whole, rtol=0, atol=1e-6)
    assert predictor(images[:0], batch_size=4).shape == (0, 3)


def test_different_networks_do_not_count_as_retracing(caplog):
    images = np.zeros((2, 2, 2, 1), np.uint8)
    with caplog.at_level("WARNING", logger="tensorflow"):
        tf.get_logger().addHandler(caplog.handler)
        try:
            for units in range(1, 8):
                image = keras.Input((2, 2, 1))
                answer = keras.layers.Dense(units)(keras.layers.Flatten()(image))
                Predictor(keras.Model(image, answer))(images, batch_size=2)
        finally:
            tf.get_logger().removeHandler(caplog.handler)
    assert caplog.messages == []

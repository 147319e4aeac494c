import keras
import numpy as np
import pytest
import tensorflow as tf

from skhcr._keras._batch_norm import fuse_batch_norms


def normalizing_model(**parameters):
    image = keras.Input((7, 5, 3))
    model = keras.Model(image, keras.layers.BatchNormalization(momentum=0.9, **parameters)(image))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 2, weight.shape) for weight in model.weights])
    return model


def everything(model, images):
    """Return the answers, the gradients, the moved statistics and what is predicted then."""
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        answers = model(images, training=True)
        loss = tf.reduce_sum(tf.sin(answers))
    gradients = tape.gradient(loss, [images, *model.trainable_variables])
    return [answers, *gradients, *model.get_weights(), model(images, training=False)]


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("n", [1, 6])
def test_a_fused_batch_norm_computes_the_same_as_keras(n, trainable):
    plain, fused = (normalizing_model(trainable=trainable) for _ in range(2))
    fuse_batch_norms(fused)
    images = np.random.default_rng(1).normal(3, 2, (n, 7, 5, 3)).astype(np.float32)
    for expected, found in zip(everything(plain, images), everything(fused, images), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_so_it_does_in_16_bits_with_statistics_in_32(policy):
    exact, plain, fused = (normalizing_model(dtype=dtype) for dtype in ("float32", policy, policy))
    fuse_batch_norms(fused)
    images = np.random.default_rng(1).normal(3, 2, (6, 7, 5, 3)).astype(np.float32)
    answers = [everything(model, images) for model in (exact, plain, fused)]
    for expected, by_keras, found in zip(*answers, strict=True):
        assert found.dtype == by_keras.dtype
        expected, by_keras, found = (np.asarray(x, np.float64) for x in (expected, by_keras, found))
        rounding = np.abs(by_keras - expected).max()
        assert np.abs(found - expected).max() <= 2 * rounding + 1e-4


@pytest.mark.parametrize("training", [True, False])
def test_the_fused_kernel_computes(training):
    model = normalizing_model()
    fuse_batch_norms(model)
    graph = tf.function(lambda images: model(images, training=training)).get_concrete_function(
        tf.TensorSpec((2, 7, 5, 3))
    )
    assert "FusedBatchNormV3" in {node.type for node in graph.graph.get_operations()}


@pytest.mark.parametrize("parameters", [{"scale": False}, {"center": False}, {"axis": 1}])
def test_unfusable_layers_stay_with_keras(parameters):
    plain, fused = normalizing_model(**parameters), normalizing_model(**parameters)
    fuse_batch_norms(fused)
    images = np.random.default_rng(1).normal(3, 2, (4, 7, 5, 3)).astype(np.float32)
    for expected, found in zip(everything(plain, images), everything(fused, images), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_batch_norms_of_nested_models_are_fused_and_saved_as_layers_of_keras(tmp_path):
    image = keras.Input((7, 5, 3))
    model = keras.Model(image, keras.Sequential([normalizing_model()])(image))
    before = model.to_json()
    fuse_batch_norms(model)
    assert model.to_json() == before
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(1).normal(size=(4, 7, 5, 3)).astype(np.float32)
    expected = loaded.predict(images, verbose=0)
    np.testing.assert_allclose(model(images), expected, rtol=1e-5, atol=1e-6)

"""Networks of Keras in ONNX Runtime: the same answers, or none."""

import json

import keras
import numpy as np
import onnx
import pytest

from skhcr import CNN, ResNet
from skhcr._answering._convert import to_onnx
from skhcr._answering._engine import Engine
from skhcr._answering._graph import CannotConvert
from skhcr._keras._features import Features
from skhcr.networks import get_network, list_networks

layers = keras.layers


def with_other_weights(model):
    """Give a model weights that no layer begins with, so that none can be left out unseen."""
    rng = np.random.default_rng(0)
    weights = [
        np.abs(rng.normal(1, 0.2, weight.shape)) if weight.ndim == 1 else weight
        for weight in model.get_weights()
    ]
    model.set_weights(weights)
    return model


def assert_same(model, atol=5e-6):
    images = np.random.default_rng(1).random((5, *model.input_shape[1:]), np.float32)
    engine = Engine(model.to_json(), model.get_weights())
    expected = np.asarray(model(images, training=False))
    found = engine.predict(images, 2)
    if expected.shape[1] == 1:
        found = found[:, 1:]
    np.testing.assert_allclose(found, expected, atol=atol)
    assert len(np.unique(expected)) > 1
    return engine


@pytest.mark.parametrize("name", list_networks())
def test_networks_by_name(name):
    size = 64 if name == "wide_cnn" else 32
    network = get_network(name)
    if name == "wide_cnn":  # thinner
        network.set_params(filters=(8, 4, 4), dense=(8, 7, 6, 5))
    assert_same(with_other_weights(network.build((size, size, 3), 4)))


@pytest.mark.parametrize("head", ["average", "max"])
def test_sizes_that_windows_do_not_divide(head):
    network = ResNet(4, head=head, stem_stride=2, stem_kernel_size=5)
    assert_same(with_other_weights(network.build((17, 14, 1), 3)))


ACTIVATIONS = [
    *("elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "linear", "relu"),
    *("relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh"),
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation):
    network = CNN((3,), activation=activation, batch_norm=False, pooling="average", dense=())
    assert_same(network.build((8, 8, 1), 3))


def of(*parts, shape=(9, 8, 3), n_outputs=3):
    last = [layers.Flatten(), layers.Dense(n_outputs, "softmax" if n_outputs > 1 else "sigmoid")]
    return keras.Sequential([keras.Input(shape), *parts, *last])


MODELS = {
    "depthwise": lambda: of(layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)),
    "separable": lambda: of(layers.SeparableConv2D(4, 3, depth_multiplier=2, activation="relu")),
    "groups": lambda: of(layers.Conv2D(6, 3, groups=3, dilation_rate=2, use_bias=False)),
    "borders": lambda: of(layers.ZeroPadding2D(((1, 0), (2, 3))), layers.Cropping2D(1)),
    "pools": lambda: of(layers.MaxPooling2D(3, 2, "same"), layers.AveragePooling2D(2, 1, "same")),
    "sizes": lambda: of(layers.Resizing(13, 6), layers.UpSampling2D(2)),
    "scales": lambda: of(layers.Rescaling([0.1, 0.2, 0.3], [1, 2, 3]), layers.Rescaling(1 / 2, 1)),
    "slopes": lambda: of(layers.LeakyReLU(0.3), layers.ELU(0.5), layers.ReLU(6.0), layers.ReLU()),
    "only in training": lambda: of(
        layers.Dropout(0.5), layers.GaussianNoise(1), layers.SpatialDropout2D(0.5)
    ),
    "reshaped": lambda: of(layers.Reshape((6, 12, 3)), layers.Reshape((-1,))),
    "softmax": lambda: of(layers.Softmax(), layers.Activation("softmax")),
    "one probability": lambda: of(n_outputs=1),
    "flat normalization": lambda: of(layers.Flatten(), layers.BatchNormalization(scale=False)),
    "within": lambda: of(of(layers.Conv2D(2, 3), shape=(9, 8, 3)).layers[0]),
}


@pytest.mark.parametrize("kind", MODELS)
def test_layers(kind):
    assert_same(with_other_weights(MODELS[kind]()))


def branched():
    image = keras.Input((8, 8, 2))
    left, right = layers.Conv2D(3, 3, padding="same")(image), layers.Conv2D(3, 1)(image)
    weights = layers.GlobalMaxPooling2D(keepdims=True)(left)
    x = layers.Multiply()([right, weights])
    x = layers.Concatenate()([layers.Add()([x, left]), layers.Maximum()([left, right]), image])
    inner = keras.Input((8, 8, 8))
    within = keras.Model(inner, layers.ReLU()(layers.Conv2D(2, 3)(inner)))
    x = layers.GlobalAveragePooling2D()(within(x))
    return keras.Model(image, layers.Dense(4, "softmax")(x))


def test_branches_and_networks_within_networks():
    engine = assert_same(branched())
    assert (engine.image_shape, engine.n_outputs, engine.n_features) == ((8, 8, 2), 4, 1)


@pytest.mark.parametrize("name", ["resnet", "bn_cnn", "lenet5", "deep_cnn"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_features_are_those_that_keras_computes(name, n_classes):
    model = with_other_weights(get_network(name).build((16, 16, 1), n_classes))
    assert_same_features(model)


def test_features_of_branches_and_of_a_network_that_is_wrapped():
    assert_same_features(branched())
    image = keras.Input((8, 8, 1))
    core = with_other_weights(CNN((3,), dense=(5,)).build((8, 8, 1), 3))
    assert_same_features(keras.Model(image, core(layers.Rescaling(0.5)(image)), name="skhcr"))


def assert_same_features(model):
    shape = model.input_shape[1:]
    images = np.random.default_rng(1).random((4, *shape), np.float32)
    found = Engine(model.to_json(), model.get_weights()).features(images, 3)
    np.testing.assert_allclose(found, Features(model).of(images, 4), rtol=1e-4, atol=1e-4)


def test_onnx_accepts_the_written_model():
    converted = to_onnx(branched().to_json(), branched().get_weights())
    onnx.checker.check_model(onnx.load_from_string(converted.model), full_check=True)


def shared():
    image = keras.Input((4, 4, 1))
    conv = layers.Conv2D(1, 3, padding="same")
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(conv(conv(image)))))


def always_dropping():
    image = keras.Input((4, 4, 1))
    x = layers.Flatten()(layers.Dropout(0.5)(image, training=True))
    return keras.Model(image, layers.Dense(2, "softmax")(x))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: of(layers.Lambda(lambda x: x)), "Lambda"),
        (lambda: of(layers.LayerNormalization()), "LayerNormalization"),
        (lambda: of(layers.Conv2D(3, 3, activation="mish")), "mish"),
        (lambda: of(layers.Dense(3)), "a dense layer on a feature map"),
        (lambda: of(layers.Conv2D(3, 3, dtype="mixed_bfloat16")), "compute in mixed_bfloat16"),
        (lambda: of(layers.Flatten(data_format="channels_first")), "channels first"),
        (shared, "called several times"),
        (always_dropping, "called with more than images"),
    ],
)
def test_unsupported_parts_are_named(model, message):
    model = model()
    with pytest.raises(CannotConvert, match=message):
        to_onnx(model.to_json(), model.get_weights())


def damaged(change):
    model = of(layers.Conv2D(3, 3))
    config, weights = json.loads(model.to_json()), model.get_weights()
    change(config["config"]["layers"], weights)
    return config, weights


def conv(parts):
    return next(part["config"] for part in parts if part["class_name"] == "Conv2D")


@pytest.mark.parametrize(
    "change",
    [
        lambda parts, weights: conv(parts).update(filters=10**12),
        lambda parts, weights: conv(parts).update(kernel_size=[10**9, 1]),
        lambda parts, weights: conv(parts).update(strides=[0, 1]),
        lambda parts, weights: conv(parts).update(padding="causal"),
        lambda parts, weights: conv(parts).pop("use_bias"),
        lambda parts, weights: conv(parts).update(
            kernel_initializer={"module": "keras.utils", "class_name": "get_file", "config": {}}
        ),
        lambda parts, weights: parts.insert(1, parts[0]),
        lambda parts, weights: weights.pop(),
        lambda parts, weights: weights.append(weights[0].copy()),
        lambda parts, weights: weights.__setitem__(1, weights[3]),
        lambda parts, weights: weights.__setitem__(0, weights[0].astype(object)),
    ],
)
def test_mismatched_parts_are_not_translated(change):
    with pytest.raises(CannotConvert):
        to_onnx(*damaged(change))

"""Every named network, layer by layer, against tables written by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from skhcr.networks import CNN, ResNet, get_network, list_networks
from skhcr.networks._presets import PRESETS

NAMES = ["bn_cnn", "deep_cnn", "lenet", "lenet5", "resnet", "simple_cnn", "vgg", "wide_cnn"]


def conv(name, filters, kernel, output, padding="valid", activation="relu"):
    return ("Conv2D", name, filters, kernel, padding, activation, output)


def pool(name, output, kind="MaxPooling2D"):
    return (kind, name, (2, 2), (2, 2), "valid", output)


def norm(name):
    return ("BatchNormalization", name)


def drop(name, rate):
    return ("Dropout", name, rate)


def dense(name, units, activation="relu"):
    return ("Dense", name, units, activation)


def softmax(units):
    return ("Dense", "probabilities", units, "softmax")


FLATTEN = ("Flatten", "flatten")

# name: (image shape, number of classes, layers, number of parameters)
TABLES = {
    "bn_cnn": (
        (32, 32, 1),
        28,
        [
            conv("conv1", 32, 3, (30, 30)),
            norm("batch_norm1"),
            pool("pool1", (15, 15)),
            conv("conv2", 64, 3, (13, 13)),
            norm("batch_norm2"),
            pool("pool2", (6, 6)),
            conv("conv3", 128, 3, (4, 4)),
            norm("batch_norm3"),
            pool("pool3", (2, 2)),
            FLATTEN,
            dense("dense1", 256),
            drop("dropout1", 0.5),
            softmax(28),
        ],
        (320 + 18_496 + 73_856) + 4 * (32 + 64 + 128) + 131_328 + 7_196,
    ),
    "lenet": (
        (32, 32, 1),
        28,
        [
            conv("conv1", 32, 5, (28, 28)),
            pool("pool1", (14, 14)),
            conv("conv2", 64, 5, (10, 10)),
            pool("pool2", (5, 5)),
            FLATTEN,
            dense("dense1", 1024),
            softmax(28),
        ],
        832 + 51_264 + (1_600 * 1_024 + 1_024) + 28_700,
    ),
    "deep_cnn": (
        (32, 32, 1),
        28,
        [
            conv("conv1", 32, 3, (32, 32), "same"),
            conv("conv2", 32, 3, (32, 32), "same"),
            pool("pool1", (16, 16)),
            conv("conv3", 64, 3, (16, 16), "same"),
            conv("conv4", 64, 3, (16, 16), "same"),
            pool("pool2", (8, 8)),
            conv("conv5", 64, 3, (8, 8), "same"),
            conv("conv6", 64, 3, (8, 8), "same"),
            pool("pool3", (4, 4)),
            drop("conv_dropout3", 0.25),
            conv("conv7", 64, 3, (4, 4), "same"),
            conv("conv8", 64, 3, (4, 4), "same"),
            pool("pool4", (2, 2)),
            drop("conv_dropout4", 0.25),
            FLATTEN,
            dense("dense1", 256),
            dense("dense2", 256),
            drop("dropout2", 0.25),
            softmax(28),
        ],
        351_484,
    ),
    "vgg": (
        (32, 32, 1),
        28,
        [
            conv("conv1", 32, 3, (30, 30)),
            conv("conv2", 32, 3, (28, 28)),
            pool("pool1", (14, 14)),
            conv("conv3", 64, 3, (12, 12)),
            conv("conv4", 64, 3, (10, 10)),
            pool("pool2", (5, 5)),
            FLATTEN,
            dense("dense1", 128),
            drop("dropout1", 0.25),
            softmax(28),
        ],
        320 + 9_248 + 18_496 + 36_928 + (1_600 * 128 + 128) + 3_612,
    ),
    "lenet5": (
        (32, 32, 1),
        28,
        [
            conv("conv1", 6, 5, (28, 28), activation="tanh"),
            pool("pool1", (14, 14), "AveragePooling2D"),
            conv("conv2", 16, 5, (10, 10), activation="tanh"),
            pool("pool2", (5, 5), "AveragePooling2D"),
            FLATTEN,
            dense("dense1", 120, "tanh"),
            dense("dense2", 84, "tanh"),
            softmax(28),
        ],
        156 + 2_416 + 48_120 + 10_164 + 2_380,
    ),
    "wide_cnn": (
        (64, 64, 3),
        62,
        [
            conv("conv1", 512, 5, (60, 60)),
            pool("pool1", (30, 30)),
            conv("conv2", 256, 3, (28, 28)),
            pool("pool2", (14, 14)),
            conv("conv3", 256, 3, (12, 12)),
            pool("pool3", (6, 6)),
            FLATTEN,
            dense("dense1", 512),
            dense("dense2", 1024),
            dense("dense3", 512),
            dense("dense4", 256, "sigmoid"),
            softmax(62),
        ],
        (38_912 + 1_179_904 + 590_080) + (9_216 * 512 + 512) + 525_312 + 524_800 + 131_328 + 15_934,
    ),
    "simple_cnn": (
        (28, 28, 1),
        26,
        [
            conv("conv1", 32, 3, (28, 28), "same"),
            pool("pool1", (14, 14)),
            conv("conv2", 64, 3, (14, 14), "same"),
            pool("pool2", (7, 7)),
            conv("conv3", 128, 3, (7, 7), "same"),
            pool("pool3", (3, 3)),
            FLATTEN,
            dense("dense1", 128),
            softmax(26),
        ],
        320 + 18_496 + 73_856 + (1_152 * 128 + 128) + 3_354,
    ),
}


def described(layer):
    """What a table says of a layer, read from the layer."""
    kind, config, maps = type(layer).__name__, layer.get_config(), layer.output.shape[1:3]
    if kind == "Conv2D":
        assert config["use_bias"]
        assert config["strides"] == (1, 1)
        assert layer.output.shape[3] == config["filters"]
        size, width = config["kernel_size"]
        assert size == width
        settings = (config["filters"], size, config["padding"], config["activation"], maps)
    elif kind in ("MaxPooling2D", "AveragePooling2D"):
        settings = (config["pool_size"], config["strides"], config["padding"], maps)
    elif kind == "Dropout":
        settings = (config["rate"],)
    elif kind == "Dense":
        assert config["use_bias"]
        settings = (config["units"], config["activation"])
    else:
        settings = ()
    return (kind, layer.name, *settings)


@pytest.fixture(scope="module")
def built():
    """Every preset of a table, built once for the images it was designed for."""
    return {
        name: get_network(name).build(image_shape, n_classes)
        for name, (image_shape, n_classes, _, _) in TABLES.items()
    }


@pytest.mark.parametrize("name", TABLES)
def test_layers_and_parameters_are_those_of_the_table(built, name):
    image_shape, n_classes, table, n_params = TABLES[name]
    model = built[name]
    first, *layers = model.layers
    assert type(first).__name__ == "InputLayer"
    assert model.input_shape == (None, *image_shape)
    assert model.output_shape == (None, n_classes)
    assert [described(layer) for layer in layers] == table
    assert model.count_params() == n_params


def test_the_default_cnn_is_bn_cnn():
    assert get_network("bn_cnn").get_params() == CNN().get_params()


def test_the_networks_have_names():
    assert list_networks() == sorted(PRESETS) == NAMES
    assert isinstance(get_network("resnet"), ResNet)


@pytest.mark.parametrize("name", NAMES)
def test_a_named_network_is_new_each_time_and_clones(name):
    network = get_network(name)
    other = get_network(name)
    assert network is not other
    assert repr(network) == repr(other) == repr(clone(network))
    assert get_network(name).set_params(dropout=0.125).dropout == 0.125
    assert get_network(name).get_params() == network.get_params()


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        PRESETS["mine"] = ResNet


@pytest.mark.parametrize(
    ("name", "close"), [("resnt", "resnet"), ("LeNet", "lenet"), ("deepcnn", "deep_cnn")]
)
def test_a_misspelled_name_is_answered_with_a_close_one(name, close):
    with pytest.raises(ValueError, match=f"no network named '{name}'. Did you mean '{close}'"):
        get_network(name)


def test_an_unknown_name_is_answered_with_all_names():
    with pytest.raises(ValueError, match="'zzz'. The names are " + ", ".join(NAMES)):
        get_network("zzz")
    with pytest.raises(TypeError, match=r"name must be the name of a network\. Got 3"):
        get_network(3)


@pytest.mark.parametrize("shape", [(8, 8, 1), (1, 1, 1), (2, 2, 3), (1, 8, 1), (3, 5, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_images_may_be_smaller_than_any_window(name, shape):
    model = get_network(name).build(shape, 3)
    images = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    probabilities = np.asarray(model(images, training=False))
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert all(size >= 1 for layer in model.layers for size in layer.output.shape[1:])


@pytest.mark.parametrize("name", NAMES)
def test_a_model_survives_safe_serialization(name):
    import keras

    model = get_network(name).build((8, 8, 1), 3)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype(np.float32)
    stored = json.dumps(keras.saving.serialize_keras_object(model))
    copies = [
        keras.saving.deserialize_keras_object(json.loads(stored), safe_mode=True),
        type(model).from_config(model.get_config()),
    ]
    for copy in copies:
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(
            np.asarray(copy(images, training=False)), np.asarray(model(images, training=False))
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_uncompiled_and_made_of_keras_own_layers(name):
    model = get_network(name).build((8, 8, 1), 3)
    assert not model.compiled
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert "Lambda" not in {type(layer).__name__ for layer in model.layers}


@pytest.mark.parametrize("name", ["bn_cnn", "resnet"])
def test_probabilities_stay_in_32_bits_under_mixed_precision(name):
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = get_network(name).build((8, 8, 1), 3)
    finally:
        keras.config.set_dtype_policy(policy)
    first = next(layer for layer in model.layers if type(layer).__name__ == "Conv2D")
    assert first.compute_dtype == "bfloat16"
    assert model.get_layer("probabilities").compute_dtype == "float32"
    answer = np.asarray(model(np.ones((2, 8, 8, 1), np.float32), training=False))
    assert answer.dtype == np.float32


def test_keras_is_imported_by_build_only():
    code = (
        "import sys, skhcr.networks as n; network = n.get_network('resnet'); repr(network); "
        "n.CNN(filters=(8,)).set_params(dense=()); "
        "print(sorted({'keras', 'tensorflow', 'scikeras'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.strip() == "[]"

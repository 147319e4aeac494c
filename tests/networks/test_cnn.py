"""The plain convolutional network and its parameters."""

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone

from skhcr.networks import CNN, Network


def named(model, kind):
    """The layers of a kind, in order."""
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def test_short_forms_and_long_forms_build_the_same():
    short = CNN(
        (4, 8),
        convs_per_block=2,
        kernel_size=3,
        pool_size=2,
        conv_dropout=0.1,
        dense=(16, 8),
        dense_activation="tanh",
        dropout=0.2,
    )
    long = CNN(
        ((4, 4), (8, 8)),
        kernel_size=((3, 3), (3, 3)),
        pool_size=(2, 2),
        conv_dropout=(0.1, 0.1),
        dense=(16, 8),
        dense_activation=("tanh", "tanh"),
        dropout=(0.2, 0.2),
    )
    assert short.build((16, 16, 1), 5).get_config() == long.build((16, 16, 1), 5).get_config()


def test_every_block_and_layer_gets_its_own_value():
    model = CNN(
        filters=(4, (6, 8), [10]),
        kernel_size=(5, (3, 1), 2),
        padding="same",
        convs_per_block=2,
        batch_norm=False,
        pooling="average",
        pool_size=(1, 2, 3),
        activation="elu",
        conv_dropout=(0.0, 0.1, 0.2),
        dense=(12, 7),
        dense_activation=("tanh", "sigmoid"),
        dropout=(0.3, 0.0),
    ).build((12, 12, 2), 4)
    convolutions = [(c.filters, c.kernel_size) for c in named(model, "Conv2D")]
    assert convolutions == [
        (4, (5, 5)),
        (4, (5, 5)),
        (6, (3, 3)),
        (8, (1, 1)),
        (10, (2, 2)),
    ]
    assert {c.activation.__name__ for c in named(model, "Conv2D")} == {"elu"}
    pools = [(p.name, p.pool_size, p.output.shape[1:3]) for p in named(model, "AveragePooling2D")]
    assert pools == [("pool2", (2, 2), (6, 6)), ("pool3", (3, 3), (2, 2))]
    drops = [(d.name, d.rate) for d in named(model, "Dropout")]
    assert drops == [("conv_dropout2", 0.1), ("conv_dropout3", 0.2), ("dropout1", 0.3)]
    answers = [(d.units, d.activation.__name__) for d in named(model, "Dense")]
    assert answers == [(12, "tanh"), (7, "sigmoid"), (4, "softmax")]
    assert not named(model, "BatchNormalization")


def test_batch_normalization_comes_between_activation_and_pooling():
    model = CNN((4,), dense=()).build((8, 8, 1), 3)
    assert [layer.name for layer in model.layers] == [
        "image",
        "conv1",
        "batch_norm1",
        "pool1",
        "flatten",
        "probabilities",
    ]
    assert model.get_layer("conv1").activation.__name__ == "relu"


def test_windows_are_cut_to_a_small_square_map():
    model = CNN().build((8, 8, 1), 10)
    convolutions = [(c.padding, c.output.shape[1:3]) for c in named(model, "Conv2D")]
    assert convolutions == [("valid", (6, 6)), ("valid", (1, 1)), ("same", (1, 1))]
    pools = [(p.name, p.pool_size, p.output.shape[1:3]) for p in named(model, "MaxPooling2D")]
    assert pools == [("pool1", (2, 2), (3, 3))]
    assert model.get_layer("flatten").output.shape == (None, 128)


def test_windows_are_cut_to_a_strip():
    model = CNN(pool_size=(2, 3, 2)).build((1, 8, 1), 10)
    convolutions = [(c.padding, c.output.shape[1:3]) for c in named(model, "Conv2D")]
    assert convolutions == [("same", (1, 8)), ("same", (1, 4)), ("same", (1, 1))]
    pools = [(p.pool_size, p.strides, p.output.shape[1:3]) for p in named(model, "MaxPooling2D")]
    assert pools == [((1, 2), (1, 2), (1, 4)), ((1, 3), (1, 3), (1, 1))]


def test_a_kernel_as_large_as_the_map_still_fits():
    model = CNN((4,), kernel_size=5, batch_norm=False).build((5, 7, 1), 3)
    assert model.get_layer("conv1").padding == "valid"
    assert model.get_layer("conv1").output.shape == (None, 1, 3, 4)


class Holder(BaseEstimator):
    """An estimator with a network among its parameters."""

    def __init__(self, model=None):
        self.model = model


def test_parameters_are_reached_from_outside():
    holder = Holder(CNN())
    assert holder.get_params()["model__filters"] == (32, 64, 128)
    other = clone(holder).set_params(model__filters=(8,), model__dropout=0.0)
    assert (other.model.filters, other.model.dropout) == ((8,), 0.0)
    assert holder.model.filters == (32, 64, 128)
    assert other.model.build((8, 8, 1), 3).get_layer("conv1").filters == 8
    assert repr(clone(other.model)) == repr(other.model) == "CNN(dropout=0.0, filters=(8,))"


def test_numbers_from_a_search_may_be_numpy_numbers():
    network = CNN(
        [np.int64(4), np.int64(4)],
        kernel_size=np.int64(3),
        convs_per_block=np.int64(1),
        batch_norm=np.True_,
        pool_size=np.int32(2),
        conv_dropout=np.float64(0.1),
        dense=(np.int64(8),),
        dropout=np.float32(0.5),
    )
    config = network.build((np.int64(8), np.int64(8), np.int64(1)), np.int64(3)).get_config()
    assert json.loads(json.dumps(config))["layers"][1]["config"]["filters"] == 4


def test_parameters_are_checked_in_build_and_not_before():
    network = CNN(filters="many").set_params(padding="full")
    with pytest.raises(ValueError, match="'filters' parameter of CNN must be"):
        network.build((8, 8, 1), 3)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"filters": 32}, "'filters' parameter of CNN must be an instance of 'tuple' or"),
        ({"filters": ()}, "filters must have an entry for at least one block"),
        ({"filters": (8, ())}, r"filters\[1\] must be an int or a tuple of at least one int"),
        ({"filters": (8, 2.5)}, r"filters\[1\] must be an int or a tuple .* Got 2.5"),
        ({"filters": (8, (8, 0))}, r"filters\[1\] must be an int in the range \[1, inf\). Got 0"),
        ({"kernel_size": 0}, "'kernel_size' parameter of CNN"),
        ({"kernel_size": (3, 3)}, r"kernel_size must .* each of the 3. Got 2 values, \(3, 3\)"),
        ({"kernel_size": (3, 3, (3, 5))}, r"kernel_size\[2\] must be one value for all convolut"),
        ({"kernel_size": (3, -1, 3)}, r"kernel_size\[1\] must be an int .* Got -1"),
        ({"padding": "full"}, "'padding' parameter of CNN must be a str among"),
        ({"convs_per_block": 0}, "'convs_per_block' parameter"),
        ({"batch_norm": "yes"}, "'batch_norm' parameter"),
        ({"pooling": "min"}, "'pooling' parameter"),
        ({"pool_size": (2, 2, 2, 2)}, "pool_size must be one value for all blocks"),
        ({"pool_size": (2, 0, 2)}, r"pool_size\[1\] must be an int .* Got 0"),
        ({"activation": "relux"}, "activation must be .* Got 'relux' instead. Did you mean 'relu'"),
        ({"activation": "glu"}, "activation must be the name of a Keras activation"),
        ({"activation": None}, "'activation' parameter of CNN must be an instance of 'str'"),
        ({"conv_dropout": 1.0}, "'conv_dropout' parameter"),
        ({"conv_dropout": (0, 0, 1.5)}, r"conv_dropout\[2\] must be a float .* Got 1.5"),
        ({"dense": 256}, "'dense' parameter of CNN must be an instance of 'tuple' or"),
        ({"dense": (256, 0)}, "dense must be an int in the range .* Got 0"),
        ({"dense": (8, 8), "dropout": (0.5,)}, "dropout must be one value for all dense layers"),
        ({"dense": (8,), "dropout": (-0.5,)}, "dropout must be a float .* Got -0.5"),
        ({"dense_activation": ("relu", "tanh")}, "dense_activation must be one value for all"),
        ({"dense_activation": (3,)}, "dense_activation must be the name .* Got 3"),
    ],
)
def test_a_wrong_parameter_is_named(params, message):
    with pytest.raises(ValueError, match=message):
        CNN(**params).build((8, 8, 1), 3)


@pytest.mark.parametrize(
    ("image_shape", "n_classes", "message"),
    [
        ((8, 8), 3, r"image_shape must be three positive integers, .* Got \(8, 8\)"),
        ((8, 0, 1), 3, r"image_shape .* Got \(8, 0, 1\)"),
        ((8, 8.0, 1), 3, r"image_shape .* Got \(8, 8.0, 1\)"),
        ("8x8", 3, "image_shape .* Got '8x8'"),
        ((8, 8, 1), 1, r"n_classes must be an int in the range \[2, inf\). Got 1"),
        ((8, 8, 1), 3.0, "n_classes must be an int .* Got 3.0"),
    ],
)
def test_wrong_arguments_of_build_are_named(image_shape, n_classes, message):
    with pytest.raises(ValueError, match=message):
        CNN().build(image_shape, n_classes)


def test_a_network_must_say_how_it_is_built():
    with pytest.raises(TypeError, match="abstract method"):
        Network()

"""The residual network and its parameters."""

import json

import numpy as np
import pytest
from sklearn.base import clone

from skhcr.networks import ResNet


@pytest.fixture(scope="module")
def default():
    return ResNet().build((32, 32, 1), 28)


def shape_of(model, name):
    return model.get_layer(name).output.shape[1:]


def test_the_default_network_is_that_of_the_table(default):
    convolutions = [
        (layer.name, layer.filters, layer.kernel_size, layer.strides, layer.output.shape[1:3])
        for layer in default.layers
        if type(layer).__name__ == "Conv2D"
    ]
    assert convolutions == [
        ("stem_conv", 16, (3, 3), (1, 1), (32, 32)),
        ("stage1_conv", 32, (3, 3), (1, 1), (32, 32)),
        ("stage2_conv", 64, (3, 3), (1, 1), (16, 16)),
        ("stage2_block1_1_conv", 64, (3, 3), (1, 1), (8, 8)),
        ("stage2_block1_2_conv", 64, (3, 3), (1, 1), (8, 8)),
        ("stage3_conv", 128, (3, 3), (1, 1), (8, 8)),
        ("stage3_block1_1_conv", 128, (3, 3), (1, 1), (4, 4)),
        ("stage3_block1_2_conv", 128, (3, 3), (1, 1), (4, 4)),
    ]
    weights = 9 * (16 + 16 * 32 + 32 * 64 + 2 * 64 * 64 + 64 * 128 + 2 * 128 * 128)
    norms = 4 * (16 + 32 + 64 * 3 + 128 * 3)
    classes = (4 * 4 * 128) * 28 + 28
    assert default.count_params() == weights + norms + classes == 525_420


def test_layers_come_in_the_stated_order(default):
    names = [layer.name for layer in default.layers]
    assert names[:8] == [
        "image",
        "stem_conv",
        "stem_batch_norm",
        "stem_relu",
        "stage1_conv",
        "stage1_pool",
        "stage1_batch_norm",
        "stage1_relu",
    ]
    assert names[-2:] == ["flatten", "probabilities"]


def test_convolutions_have_no_bias_and_he_weights(default):
    for layer in default.layers:
        if type(layer).__name__ == "Conv2D":
            config = layer.get_config()
            assert not config["use_bias"]
            assert config["padding"] == "same"
            assert config["kernel_initializer"]["class_name"] == "HeNormal"


def test_running_statistics_follow_within_tens_of_steps(default):
    norms = [layer for layer in default.layers if type(layer).__name__ == "BatchNormalization"]
    assert len(norms) == 8
    assert {layer.momentum for layer in norms} == {0.9}


def test_a_block_whose_convolutions_are_zero_hands_on_its_input():
    import keras

    model = ResNet(width=2, depth=1, stages=1).build((4, 4, 1), 2)
    for convolution in ("stage1_block1_1_conv", "stage1_block1_2_conv"):
        layer = model.get_layer(convolution)
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    ends = [model.get_layer(name).output for name in ("stage1_relu", "stage1_block1")]
    images = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype(np.float32)
    before, after = keras.Model(model.input, ends)(images, training=False)
    assert np.asarray(before).any()
    np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_the_wider_one_with_a_coarse_stem():
    network = ResNet(width=32, depth=(1, 1, 0), stem_kernel_size=5, stem_stride=2, head="average")
    model = network.build((32, 32, 1), 28)
    assert shape_of(model, "stem_relu") == (16, 16, 32)
    assert shape_of(model, "stage1_block1") == (8, 8, 64)
    assert shape_of(model, "stage2_block1") == (4, 4, 128)
    assert shape_of(model, "stage3_relu") == (2, 2, 256)
    assert shape_of(model, "average") == (256,)
    weights = 25 * 32 + 9 * (32 * 64 + 2 * 64 * 64 + 64 * 128 + 2 * 128 * 128 + 128 * 256)
    norms = 4 * (32 + 64 * 3 + 128 * 3 + 256)
    assert model.count_params() == weights + norms + 256 * 28 + 28 == 767_164


def test_one_depth_holds_for_all_stages():
    one = ResNet(width=2, depth=2, stages=2).build((8, 8, 1), 3)
    each = ResNet(width=2, depth=(2, 2), stages=2).build((8, 8, 1), 3)
    assert one.get_config() == each.get_config()
    blocks = [layer.name for layer in one.layers if layer.name.endswith("_add")]
    assert blocks == [f"stage{stage}_block{block}_add" for stage in (1, 2) for block in (1, 2)]


@pytest.mark.parametrize(
    ("head", "n_features"), [("flatten", 2 * 2 * 8), ("average", 8), ("max", 8)]
)
def test_heads(head, n_features):
    model = ResNet(width=4, depth=0, stages=1, head=head, dropout=0.25).build((4, 4, 1), 3)
    assert shape_of(model, head) == (n_features,)
    assert model.get_layer("dropout").rate == 0.25


def test_halving_rounds_up_and_a_pixel_stays_one():
    model = ResNet(width=2, depth=0).build((7, 1, 1), 3)
    maps = [shape_of(model, f"stage{stage}_relu")[:2] for stage in (1, 2, 3)]
    assert maps == [(4, 1), (2, 1), (1, 1)]


def test_numbers_from_a_search_may_be_numpy_numbers():
    network = ResNet(
        width=np.int64(4),
        depth=[np.int64(1)],
        stages=np.int64(1),
        stem_kernel_size=np.int64(3),
        stem_stride=np.int64(1),
        dropout=np.float32(0.5),
    )
    config = network.build((np.int64(8), np.int64(8), np.int64(1)), np.int64(3)).get_config()
    assert json.loads(json.dumps(config))["layers"][1]["config"]["filters"] == 4


def test_parameters():
    network = ResNet(width=8).set_params(depth=1)
    assert repr(clone(network)) == "ResNet(depth=1, width=8)"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"width": 0}, "'width' parameter of ResNet must be an int in the range"),
        ({"depth": -1}, "'depth' parameter"),
        ({"depth": (1, 1)}, r"depth must be one value for all stages .* 3. Got 2 values, \(1, 1\)"),
        ({"depth": (1, 1, -1)}, r"depth must be an int in the range \[0, inf\). Got -1"),
        ({"stages": 0}, "'stages' parameter"),
        ({"stem_kernel_size": 0}, "'stem_kernel_size' parameter"),
        ({"stem_stride": 1.5}, "'stem_stride' parameter"),
        ({"head": "mean"}, "'head' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
    ],
)
def test_a_wrong_parameter_is_named(params, message):
    with pytest.raises(ValueError, match=message):
        ResNet(**params).build((8, 8, 1), 3)


def test_wrong_arguments_of_build_are_named():
    with pytest.raises(ValueError, match="image_shape must be three positive integers"):
        ResNet().build((8, 8), 3)
    with pytest.raises(ValueError, match="n_classes must be"):
        ResNet().build((8, 8, 1), 0)

"""Transfer as a builder: what is copied, from where, and which layers are trained."""

import pickle
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skhcr.networks import CNN, ResNet, Transfer

SHAPE = (8, 8, 1)


class Fitted(BaseEstimator):
    """As much of a fitted classifier as a network looks at."""

    def __init__(self, depth=3):
        self.depth = depth

    def fit(self, X, y):
        return self


def scrambled(model):
    """The model with random weights everywhere, running statistics included."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def base():
    return scrambled(CNN((4, 6), padding="same", dense=(5,), dropout=0.2).build(SHAPE, 3))


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(1).normal(size=(3, *SHAPE)).astype(np.float32)


def names(model):
    return [layer.name for layer in model.layers]


def output_of(model, name, images):
    seeing = keras.Model(model.input, model.get_layer(name).output)
    return np.asarray(seeing(images, training=False))


def trained(model):
    """Names of the layers with trained weights."""
    return [layer.name for layer in model.layers if layer.trainable_weights]


def test_the_head_sits_on_the_last_feature_map(base):
    network = Transfer(base, filters=(7, 8), head="max", dense=(9, 10), dropout=0.25)
    model = network.build(SHAPE, 5)
    assert names(model) == [
        "image",
        "base_conv1",
        "base_batch_norm1",
        "base_pool1",
        "base_conv2",
        "base_batch_norm2",
        "base_pool2",
        "conv1",
        "batch_norm1",
        "relu1",
        "conv2",
        "batch_norm2",
        "relu2",
        "max",
        "dense1",
        "dropout1",
        "dense2",
        "dropout2",
        "probabilities",
    ]
    assert model.get_layer("relu2").output.shape == (None, 2, 2, 8)
    assert model.get_layer("dense2").output.shape == (None, 10)
    assert model.get_layer("dropout2").rate == 0.25
    assert model.output_shape == (None, 5)
    assert trained(model) == [
        "conv1",
        "batch_norm1",
        "conv2",
        "batch_norm2",
        "dense1",
        "dense2",
        "probabilities",
    ]


@pytest.mark.parametrize(("head", "n_features"), [("flatten", 24), ("average", 6), ("max", 6)])
def test_heads_and_the_dropout_before_the_classes(base, head, n_features):
    model = Transfer(base, head=head, dropout=0.5).build(SHAPE, 3)
    assert names(model)[-3:] == [head, "dropout", "probabilities"]
    assert model.get_layer(head).output.shape == (None, n_features)


def test_features_are_those_of_the_base(base, pictures):
    model = Transfer(base).build(SHAPE, 5)
    np.testing.assert_array_equal(
        output_of(model, "base_pool2", pictures), output_of(base, "pool2", pictures)
    )
    dense = Transfer(base, layer="dense1").build(SHAPE, 5)
    assert names(dense)[-3:] == ["base_dense1", "flatten", "probabilities"]
    np.testing.assert_array_equal(
        output_of(dense, "base_dense1", pictures), output_of(base, "dense1", pictures)
    )


def test_models_share_nothing_and_the_base_is_not_changed(base, pictures):
    before, flags = base.get_weights(), [layer.trainable for layer in base.layers]
    first, second = (Transfer(base, trainable=n).build(SHAPE, 5) for n in ("none", "all"))
    assert first is not second
    variables = [id(v) for model in (base, first, second) for v in model.variables]
    assert len(variables) == len(set(variables))
    answer = np.asarray(first(pictures))
    for weight in second.weights:
        weight.assign(weight * 0)
    np.testing.assert_array_equal(np.asarray(first(pictures)), answer)
    assert all(np.array_equal(a, b) for a, b in zip(before, base.get_weights(), strict=True))
    assert [layer.trainable for layer in base.layers] == flags
    assert base.get_layer("conv1").output is not None  # used in one place only, as before


@pytest.mark.parametrize(
    ("trainable", "expected"),
    [
        ("none", []),
        (0, []),
        (1, ["base_batch_norm2"]),
        (np.int64(3), ["base_batch_norm1", "base_conv2", "base_batch_norm2"]),
        (4, ["base_conv1", "base_batch_norm1", "base_conv2", "base_batch_norm2"]),
        ("all", ["base_conv1", "base_batch_norm1", "base_conv2", "base_batch_norm2"]),
    ],
)
def test_the_last_layers_with_weights_are_trained(base, trainable, expected):
    model = Transfer(base, trainable=trainable).build(SHAPE, 3)
    assert trained(model) == [*expected, "probabilities"]
    copied = keras.models.model_from_json(model.to_json())
    assert trained(copied) == [*expected, "probabilities"]
    copied = pickle.loads(pickle.dumps(model))
    assert trained(copied) == [*expected, "probabilities"]


def test_trainable_layers_can_be_changed_on_a_built_model(base):
    network = Transfer(base)
    model = network.build(SHAPE, 3)
    network.set_params(trainable=2).set_trainable(model)
    assert trained(model) == ["base_conv2", "base_batch_norm2", "probabilities"]
    network.set_params(trainable="none").set_trainable(model)
    assert trained(model) == ["probabilities"]
    other = CNN((4,)).build(SHAPE, 3)
    network.set_trainable(other)
    assert trained(other) == ["conv1", "batch_norm1", "dense1", "probabilities"]


def test_frozen_batch_normalization_keeps_its_statistics(base, pictures):
    seen = {}
    for trainable in ("none", "all"):
        model = Transfer(base, trainable=trainable).build(SHAPE, 3)
        seeing = keras.Model(model.input, model.get_layer("base_pool2").output)
        before = model.get_layer("base_batch_norm1").get_weights()
        seen[trainable] = np.asarray(seeing(pictures, training=True))
        after = model.get_layer("base_batch_norm1").get_weights()
        moved = not np.array_equal(before[2], after[2])
        assert moved == (trainable == "all")
    np.testing.assert_array_equal(seen["none"], output_of(base, "pool2", pictures))
    assert np.abs(seen["all"] - seen["none"]).max() > 0.1


def test_fitted_classifiers_pipelines_and_searches_are_bases(base, pictures):
    classifier, search = Fitted(), Fitted()
    image = keras.Input(SHAPE)
    classifier.model_ = keras.Model(image, base(keras.layers.Rescaling(100.0)(image)))
    search.best_estimator_ = classifier
    expected = output_of(base, "pool2", pictures)
    for given in (
        classifier,
        make_pipeline("passthrough", classifier),
        FrozenEstimator(classifier),
        search,
        classifier.model_,
    ):
        model = Transfer(given).build(SHAPE, 3)
        assert "rescaling" not in "".join(names(model))
        np.testing.assert_array_equal(output_of(model, "base_pool2", pictures), expected)


def test_an_initial_normalization_is_omitted_and_later_ones_are_kept(pictures):
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Rescaling(1 / 255, name="first"),
            keras.layers.Normalization(mean=3.0, variance=4.0, name="second"),
            keras.layers.Conv2D(2, 3, name="conv"),
            keras.layers.Rescaling(10.0, name="third"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    built = Transfer(model).build(SHAPE, 4)
    assert names(built) == ["image", "base_conv", "base_third", "flatten", "probabilities"]
    convolved = np.asarray(model.get_layer("conv")(pictures))
    np.testing.assert_allclose(output_of(built, "base_third", pictures), 10 * convolved, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_saved_models_are_bases(base, pictures, tmp_path, suffix):
    path = tmp_path / f"letters{suffix}"
    base.save(path)
    for given in (path, str(path)):
        model = Transfer(given, trainable=1).build(SHAPE, 3)
        assert trained(model) == ["base_batch_norm2", "probabilities"]
        np.testing.assert_array_equal(
            output_of(model, "base_pool2", pictures), output_of(base, "pool2", pictures)
        )


def test_a_transfer_can_be_the_base_of_another(base, pictures):
    first = scrambled(Transfer(base, filters=(3,)).build((8, 8, 3), 5))
    second = Transfer(first, trainable="all").build((8, 8, 3), 4)
    assert "base_base_conv1" in names(second)
    assert "base_base_conv1" in trained(second)
    assert "base_channel_mix" not in trained(second)
    color = np.repeat(pictures, 3, axis=3)
    np.testing.assert_array_equal(
        output_of(second, "base_relu1", color), output_of(first, "relu1", color)
    )


def test_branches_and_nested_models_are_copied(pictures):
    branched = scrambled(ResNet(width=2, depth=1, stages=1).build(SHAPE, 3))
    model = Transfer(branched).build(SHAPE, 3)
    np.testing.assert_array_equal(
        output_of(model, "base_stage1_block1", pictures),
        output_of(branched, "stage1_block1", pictures),
    )
    eye = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(2, 3), keras.layers.ReLU()])
    nested = keras.Sequential([keras.Input(SHAPE), eye, keras.layers.Flatten()])
    nested.add(keras.layers.Dense(3))
    eye.trainable = False
    model = Transfer(nested, trainable=1).build(SHAPE, 3)
    assert len(model.trainable_weights) == 4
    assert len(keras.models.model_from_json(model.to_json()).trainable_weights) == 4


def test_gray_becomes_color_and_color_becomes_gray(base):
    rng = np.random.default_rng(2)
    color = rng.normal(size=(2, 8, 8, 3)).astype(np.float32)
    mixed = Transfer(base).build((8, 8, 3), 3)
    np.testing.assert_allclose(
        output_of(mixed, "channel_mix", color)[..., 0],
        color @ np.array([0.299, 0.587, 0.114], np.float32),
        atol=1e-6,
    )
    assert "channel_mix" not in trained(Transfer(base, trainable="all").build((8, 8, 3), 3))

    colorful = CNN((4,)).build((8, 8, 3), 3)
    repeated = Transfer(colorful).build(SHAPE, 3)
    gray = color[..., :1]
    np.testing.assert_array_equal(
        output_of(repeated, "channel_mix", gray), np.repeat(gray, 3, axis=3)
    )
    with pytest.raises(ValueError, match="expects images of 3 channels, but the images have 2"):
        Transfer(colorful).build((8, 8, 2), 3)


def test_images_are_brought_to_the_size_the_base_has_learned_with(base):
    rows = np.arange(32, dtype=np.float32)[None, :, None, None] * np.ones((1, 32, 17, 1), "f4")
    model = Transfer(base).build((32, 17, 1), 3)
    assert names(model)[:3] == ["image", "shrink", "resize"]
    means = np.arange(1.5, 32, 4)  # of four rows each
    np.testing.assert_allclose(
        output_of(model, "resize", rows)[0, :, :, 0], means[:, None] * np.ones(8), rtol=1e-6
    )
    assert names(Transfer(base).build((6, 8, 1), 3))[1:3] == ["resize", "base_conv1"]


def test_or_the_base_runs_over_images_of_another_size(base, pictures):
    model = Transfer(base, size=(16, 12)).build((16, 12, 1), 3)
    assert names(model)[1] == "base_conv1"
    assert model.get_layer("base_pool2").output.shape == (None, 4, 3, 6)
    assert Transfer(base, size=4).build(SHAPE, 3).get_layer("base_pool2").output.shape[1:3] == (
        1,
        1,
    )
    with pytest.raises(ValueError, match=r"cannot be used on images of 20x20 .* another `size`"):
        Transfer(base, size=20, layer="dense1").build(SHAPE, 3)


def test_layers_compute_in_the_precision_of_the_new_fit(base):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = Transfer(base).build(SHAPE, 3)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("base_conv1").compute_dtype == "bfloat16"
    assert model.get_layer("probabilities").compute_dtype == "float32"
    assert Transfer(model).build(SHAPE, 3).get_layer("base_base_conv1").compute_dtype == "float32"


# ---------------------------------------------------------------------- keras.applications


def test_applications_with_a_local_file_of_weights(tmp_path):
    known = keras.applications.MobileNetV3Small(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    path = tmp_path / "small.weights.h5"
    scrambled(known).save_weights(path)
    model = Transfer("MobileNetV3Small", weights=path, head="average", trainable=2).build(SHAPE, 5)
    assert names(model)[1:3] == ["resize", "channel_mix"]
    assert names(model)[3].startswith("base_rescaling")
    assert trained(model) == ["base_conv_1", "base_conv_1_bn", "probabilities"]
    white = np.ones((1, *SHAPE), np.float32)
    pixels = output_of(model, "channel_mix", white)
    # One standard deviation above ImageNet's mean; this network scales pixels of 0..255 itself.
    np.testing.assert_allclose(
        pixels[0, 0, 0], [123.675 + 58.395, 116.28 + 57.12, 103.53 + 57.375], rtol=1e-6
    )
    np.testing.assert_allclose(
        output_of(model, names(model)[-3], white), np.asarray(known(pixels, training=False))
    )
    with pytest.raises(ValueError, match=r"MobileNetV3Small cannot be built for .* 16x16 pixels"):
        Transfer("MobileNetV3Small", weights=None, size=16).build(SHAPE, 5)
    with pytest.raises(FileNotFoundError, match=r"weights is the file .*gone"):
        Transfer("MobileNetV3Small", weights=tmp_path / "gone.h5").build(SHAPE, 5)
    with pytest.raises(ValueError, match=r"MobileNet cannot be built for .* \(no top\)"):
        Transfer("MobileNet", weights=path).build(SHAPE, 5)


@pytest.mark.parametrize(
    ("module", "kernel", "bias"),
    [
        # Blue, green, red around zero; one standard deviation of each is what it is in 0..255.
        (
            "resnet50",
            [[0, 0, 58.395], [0, 57.12, 0], [57.375, 0, 0]],
            [103.53 - 103.939, 116.28 - 116.779, 123.675 - 123.68],
        ),
        # From -1 to 1.
        (
            "mobilenet_v2",
            np.diag([58.395, 57.12, 57.375]) / 127.5,
            np.array([123.675, 116.28, 103.53]) / 127.5 - 1,
        ),
        # Standardized already.
        ("densenet", np.eye(3), np.zeros(3)),
    ],
)
def test_pixels_are_prepared_as_an_application_expects(module, kernel, bias):
    from skhcr.networks._pretrained import _expected_pixels

    preprocess = getattr(keras.applications, module).preprocess_input
    found_kernel, found_bias = _expected_pixels(preprocess)
    np.testing.assert_allclose(found_kernel, kernel, atol=1e-4)
    np.testing.assert_allclose(found_bias, bias, atol=1e-4)


def test_small_images_are_enlarged_for_an_application_and_keep_their_shape():
    from skhcr.networks import _pretrained

    sizes = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pretrained, "_application", lambda name, weights, size: sizes.append(size))
        for shape in ((8, 8, 1), (8, 12, 1), (64, 32, 3)):
            _pretrained.find_pretrained("MobileNetV2", None, shape, None)
    assert sizes == [(32, 32), (32, 48), (64, 32)]


# ---------------------------------------------------------------------- parameters


class Holder(BaseEstimator):
    """An estimator with a network among its parameters."""

    def __init__(self, model=None):
        self.model = model


def test_clones_share_the_base_and_nothing_reaches_into_it():
    base = Fitted(depth=5).fit(None, None)
    network = Transfer(base, dense=[8], trainable=2)
    holder = clone(Holder(network))
    assert holder.model is not network
    assert holder.model.base is base
    assert holder.model.dense == [8]
    assert holder.model.dense is not network.dense
    assert [name for name in holder.get_params() if "base" in name] == ["model__base"]
    with pytest.raises(ValueError, match="'base__depth' would change the base"):
        holder.set_params(model__base__depth=1)
    assert base.depth == 5
    other = Fitted()
    assert holder.set_params(model__base=other, model__trainable="all").model.base is other
    assert repr(Transfer("VGG16", dense=(4,))) == "Transfer(base='VGG16', dense=(4,))"


def test_parameters_are_stored_unchanged_and_checked_in_build(base):
    network = Transfer(None, trainable="some").set_params(size=[8])
    assert (network.base, network.trainable, network.size) == (None, "some", [8])
    with pytest.raises(ValueError, match="'trainable' parameter of Transfer must be"):
        network.build(SHAPE, 3)
    with pytest.raises(ValueError, match="n_classes must be"):
        Transfer(base).build(SHAPE, 1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"layer": 3}, "'layer' parameter"),
        (
            {"layer": "conv"},
            r"no layer='conv'. Did you mean 'conv\d'\? Its layers are image, conv1",
        ),
        ({"layer": "dense1", "head": "max"}, r"'dense1' is not a feature map, its shape is \(5,\)"),
        ({"layer": "dense1", "filters": (3,)}, "use filters=.. and head='flatten'"),
        ({"size": 0}, "'size' parameter"),
        ({"size": (8, 0)}, "size must be an int .* Got 0"),
        ({"size": (8, 8, 1)}, r"size must be an int, or two, .* Got \(8, 8, 1\)"),
        ({"size": 1, "layer": "pool1"}, "cannot be used on images of 1x1 pixels"),
        ({"weights": 3}, "'weights' parameter"),
        ({"trainable": -1}, "'trainable' parameter"),
        ({"trainable": True}, "trainable must be 'none', 'all' or the number .* Got True"),
        ({"trainable": 5}, "trainable=5, but the base has only 4 layers with weights"),
        ({"filters": 8}, "'filters' parameter"),
        ({"filters": (8, 0)}, "filters must be an int .* Got 0"),
        ({"head": "mean"}, "'head' parameter"),
        ({"dense": (2.5,)}, "dense must be an int .* Got 2.5"),
        ({"dropout": 1.0}, "'dropout' parameter"),
    ],
)
def test_a_wrong_parameter_is_named(base, params, message):
    with pytest.raises(ValueError, match=message):
        Transfer(base, **params).build(SHAPE, 3)


class Drawn(keras.Model):
    """A model whose layers are called in Python."""

    def call(self, images):
        return images


def two_inputs():
    left, right = keras.Input(SHAPE), keras.Input(SHAPE)
    return keras.Model([left, right], keras.layers.Add()([left, right]))


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (None, r"base must be a fitted CNNClassifier, the path .* Got None instead"),
        (CNN(), r"base must be a fitted CNNClassifier, .* Got CNN\(\) instead"),
        ("mobilenetv2", "neither a network of keras.applications nor .* mean 'MobileNetV2'"),
        ("letters", "base='letters' is neither"),
        (keras.Sequential([keras.layers.Flatten()]), "must be a functional or sequential"),
        (Drawn(), "must be a functional or sequential"),
        (two_inputs(), "base must have one input image"),
        (
            keras.Sequential(
                [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(3, name="only")]
            ),
            "no feature map .* Pass the name of the layer .* only",
        ),
    ],
    ids=str,
)
def test_a_base_that_cannot_be_one_is_named(base, message):
    with pytest.raises(ValueError, match=message):
        Transfer(base).build(SHAPE, 3)


def test_a_base_must_be_given_and_fitted():
    with pytest.raises(TypeError, match="base"):
        Transfer()
    for base in (Fitted(), make_pipeline(Fitted()), FrozenEstimator(Fitted())):
        with pytest.raises(NotFittedError, match="a Fitted, is not fitted: fit it before"):
            Transfer(base).build(SHAPE, 3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_that_cannot_be_a_base_are_named(base, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.keras', which does not exist"):
        Transfer(tmp_path / "gone.keras").build(SHAPE, 3)
    (tmp_path / "text.keras").write_text("no model")
    base.save_weights(tmp_path / "base.weights.h5")
    for name in ("text.keras", "base.weights.h5"):
        with pytest.raises(ValueError, match=rf"{name}' \(base\) cannot be loaded: .* whole model"):
            Transfer(tmp_path / name).build(SHAPE, 3)
    code = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Lambda(lambda x: x), keras.layers.Conv2D(2, 3)]
    )
    for suffix in (".keras", ".h5"):
        path = Path(tmp_path / f"code{suffix}")
        code.save(path)
        with pytest.raises(ValueError, match=r"cannot be loaded: .* Lambda layers contain code"):
            Transfer(path).build(SHAPE, 3)
    with pytest.raises(ValueError, match=r"base cannot be copied: .* Lambda layers contain code"):
        Transfer(code).build(SHAPE, 3)

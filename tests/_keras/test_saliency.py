import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers  # noqa: E402

from skhcr import CNN, CNNClassifier, ResNet  # noqa: E402
from skhcr._keras import saliency_maps  # noqa: E402
from skhcr.networks import Network  # noqa: E402


def model_of(core):
    """Return the core within a model, as a classifier holds it."""
    image = keras.Input(core.input_shape[1:])
    return keras.Model(image, core(layers.Rescaling(1.0)(image)))


def set_classes(core, kernel):
    core.layers[-1].set_weights([kernel, np.zeros(kernel.shape[1])])


def identity(core, name):
    """Let a convolution with one filter copy the middle of its window."""
    kernel, bias = core.get_layer(name).get_weights()
    kernel[:] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
    core.get_layer(name).set_weights([kernel, 0 * bias])


def linear_core(n_outputs=2):
    image = keras.Input((3, 4, 1))
    x = layers.Conv2D(1, 1, activation="relu", name="copy")(image)
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    core = keras.Model(image, layers.Dense(n_outputs, activation=activation)(layers.Flatten()(x)))
    identity(core, "copy")
    return core


RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(3, 4)).astype(np.float32)
IMAGES = RNG.uniform(0.5, 2, size=(3, 3, 4, 1)).astype(np.float32)


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("certainty", [1, 4])
def test_layer_cam_is_value_times_slope_where_it_speaks_for_the_class(n_outputs, certainty):
    core = linear_core(n_outputs)
    kernel = certainty * WEIGHTS.reshape(12, 1)
    set_classes(core, kernel if n_outputs == 1 else np.hstack([0 * kernel, kernel]))
    maps = saliency_maps(model_of(core), IMAGES, np.array([1, 0, 1]), layer="copy")
    # The logarithm of the odds of class 1 is the sum of weight times pixel.
    for image, sign, found in zip(IMAGES, [1, -1, 1], maps, strict=True):
        expected = np.maximum(sign * WEIGHTS, 0) * image[..., 0]
        np.testing.assert_allclose(found, expected / expected.max(), rtol=2e-3, atol=1e-6)
    assert maps.dtype == np.float32


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_the_gradient_of_a_linear_network_is_weight_times_ink(n_outputs):
    core = linear_core(n_outputs)
    core.get_layer("copy").activation = keras.activations.linear
    kernel = WEIGHTS.reshape(12, 1)
    set_classes(core, kernel if n_outputs == 1 else np.hstack([-kernel, kernel]))
    maps = saliency_maps(model_of(core), IMAGES, np.array([1, 0, 1]), method="gradient")
    for image, sign, found in zip(IMAGES[..., 0], [1, -1, 1], maps, strict=True):
        expected = np.maximum(sign * WEIGHTS * (image - np.median(image)), 0)
        np.testing.assert_allclose(found, expected / expected.max(), rtol=2e-3, atol=1e-6)


def test_a_certain_network_still_has_maps():
    core = linear_core()
    kernel = 3 * np.abs(WEIGHTS).reshape(12, 1)
    set_classes(core, np.hstack([-kernel, kernel]))
    model = model_of(core)
    assert np.asarray(model(IMAGES)).max() == 1  # no slope is left in the probability
    maps = saliency_maps(model, IMAGES, np.array([1, 1, 1]))
    expected = np.abs(WEIGHTS) * IMAGES[0, ..., 0]
    np.testing.assert_allclose(maps[0], expected / expected.max(), rtol=1e-3)


def test_evidence_against_a_class_gives_an_empty_map():
    core = linear_core()
    kernel = np.abs(WEIGHTS).reshape(12, 1)
    set_classes(core, np.hstack([-kernel, kernel]))
    assert not saliency_maps(model_of(core), IMAGES, np.array([0, 0, 0])).any()


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("place", [(5, 6), (8, 8), (5, 10), (10, 7)])
def test_maps_lie_where_the_pixels_are(padding, place):
    image = keras.Input((16, 16, 1))
    x = layers.Conv2D(1, 3, padding=padding, activation="relu", name="conv1")(image)
    x = layers.MaxPooling2D(2, padding=padding)(x)
    x = layers.Conv2D(1, 3, padding=padding, activation="relu", name="conv2")(x)
    core = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(x)))
    identity(core, "conv1")
    identity(core, "conv2")
    n_cells = core.layers[-1].input.shape[1]
    set_classes(core, np.stack([-np.ones(n_cells), np.ones(n_cells)], axis=1))
    dot = np.zeros((1, 16, 16, 1), np.float32)
    dot[0, *place] = 1
    for name, precision in {"conv1": 0, "conv2": 0.5}.items():
        (found,) = saliency_maps(model_of(core), dot, np.array([1]), layer=name)
        middle = [np.average(np.arange(16), weights=found.sum(axis=axis)) for axis in (1, 0)]
        np.testing.assert_allclose(middle, place, atol=precision + 1e-4)


def test_several_layers_are_averaged():
    model = model_of(CNN((4, 8), dense=()).build((32, 32, 1), 3))
    images, classes = RNG.normal(size=(5, 32, 32, 1)), np.array([0, 1, 2, 0, 1])
    one, other, both, default = (
        saliency_maps(model, images, classes, layer=layer)
        for layer in ("conv1", "conv2", ("conv1", "conv2"), None)
    )
    expected = one + other
    expected /= expected.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(both, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(default, both)


@pytest.mark.parametrize(
    ("core", "names"),
    [
        (lambda: ResNet(8).build((32, 32, 1), 3), ("stem_relu", "stage1_relu")),
        (lambda: ResNet(8, depth=1).build((32, 32, 1), 3), ("stem_relu", "stage1_block1")),
        (lambda: ResNet(8, stem_stride=4).build((32, 32, 1), 3), ("stem_relu",)),
        (lambda: CNN((4, 4, 4)).build((32, 32, 3), 3), ("conv1", "conv2")),
        (
            lambda: keras.Sequential(
                [
                    keras.Input((8, 8, 1)),
                    layers.Conv2D(2, 3, name="c"),
                    layers.ReLU(name="r"),
                    layers.Flatten(),
                    layers.Dense(2, activation="softmax"),
                ]
            ),
            ("r",),
        ),
    ],
    ids=["resnet", "resnet with blocks", "coarse resnet", "cnn", "sequential"],
)
def test_fine_layers_after_an_activation_are_the_default(core, names):
    model = model_of(core())
    images = RNG.normal(size=(2, *model.input_shape[1:]))
    default = saliency_maps(model, images, np.array([0, 1]))
    assert default.any()
    named = saliency_maps(model, images, np.array([0, 1]), layer=names)
    np.testing.assert_array_equal(default, named)


def test_the_order_and_number_of_images_make_no_difference():
    model = model_of(CNN((4,), dense=()).build((8, 8, 1), 3))
    images, classes = RNG.normal(size=(70, 8, 8, 1)), np.arange(70) % 3
    maps = saliency_maps(model, images, classes)
    backwards = saliency_maps(model, images[::-1], classes[::-1])
    np.testing.assert_allclose(backwards, maps[::-1], atol=1e-5)
    np.testing.assert_allclose(saliency_maps(model, images[:1], classes[:1]), maps[:1], atol=1e-5)


def test_the_noise_is_seeded():
    model = model_of(CNN((4,), dense=(8,)).build((8, 8, 1), 3))
    images, classes = RNG.normal(size=(2, 8, 8, 1)), np.array([0, 1])
    maps = [saliency_maps(model, images, classes, method="gradient", seed=s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])


class Dense(Network):
    """A network without convolutions."""

    def build(self, image_shape, n_classes):
        image = keras.Input(image_shape)
        x = layers.Dense(8, activation="relu")(layers.Flatten()(image))
        return keras.Model(image, layers.Dense(n_classes, activation="softmax")(x))


def test_no_convolution():
    model = model_of(Dense().build((8, 8, 1), 3))
    images = RNG.normal(size=(2, 8, 8, 1))
    with pytest.raises(ValueError, match=r"needs a network with convolutions.*method='gradient'"):
        saliency_maps(model, images, np.array([0, 1]))
    maps = saliency_maps(model, images, np.array([0, 1]), method="gradient")
    assert maps.shape == (2, 8, 8)
    assert maps.any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"layer": "conv_1"},
            r"layer='conv_1'\. Did you mean 'conv1'\?.*conv1, batch_norm1, pool1",
        ),
        ({"layer": "flatten"}, "no feature maps of layer='flatten'"),
        ({"method": "gradcam"}, "method must be 'layercam' or 'gradient'. Got 'gradcam'"),
    ],
)
def test_errors(options, message):
    model = model_of(CNN((4,), dense=()).build((8, 8, 1), 3))
    with pytest.raises(ValueError, match=message):
        saliency_maps(model, np.zeros((1, 8, 8, 1)), np.array([0]), **options)


SIGNS = {
    "bar": [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
    "cross": [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
    "pole": [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
}


@pytest.fixture(scope="module")
def planted():
    """Signs at chance places in noise, a classifier of them, other such images, their places."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(list(SIGNS), 200))
    X = rng.normal(scale=0.2, size=(len(y), 16, 16))
    places = rng.integers(0, 14, size=(len(y), 2))
    for image, label, (top, left) in zip(X, y, places, strict=True):
        image[top : top + 3, left : left + 3] += SIGNS[label]
    network = ResNet(8, stages=1, depth=0, head="max")
    classifier = CNNClassifier(network, epochs=10, batch_size=32, random_state=0)
    return classifier.fit(X[:500], y[:500]), X[500:], y[500:], places[500:]


@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({}, 0.6),
        ({"layer": "stem_relu"}, 0.6),
        ({"layer": "stage1_relu"}, 0.6),
        ({"method": "gradient"}, 0.3),
    ],
    ids=["default", "fine", "coarse", "gradient"],
)
def test_the_maps_find_a_planted_sign(planted, options, least):
    classifier, X, y, places = planted
    assert classifier.score(X, y) > 0.9
    codes = np.searchsorted(classifier.classes_, y)
    maps = saliency_maps(classifier.model_, X[..., None], codes, **options)
    inside = []
    for found, (top, left) in zip(maps, places, strict=True):
        # With a pixel around it, as far as a 3x3 filter reaches: at most 25 of 256.
        near = found[max(top - 1, 0) : top + 4, max(left - 1, 0) : left + 4]
        inside.append(near.sum() / found.sum())
    assert np.mean(inside) > least

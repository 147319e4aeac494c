import io

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhcr import CNNClassifier, ImageAugmenter, ImageLoader
from skhcr._keras import saliency_maps
from skhcr.inspection import SaliencyDisplay

IMAGES = np.arange(24.0).reshape(2, 3, 4)
MAPS = np.array([np.eye(3, 4), np.zeros((3, 4))])


def texts(display):
    return [text.get_text() for text in display.text_]


def no_convolution(meta):
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(meta["image_shape_"]),
            layers.Flatten(),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def one_probability(meta):
    import keras
    from keras import layers

    image = keras.Input(meta["image_shape_"])
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    answer = layers.Dense(1, activation="sigmoid")(layers.Flatten()(x))
    return keras.Model(image, answer)


@pytest.fixture(scope="module")
def fitted(digits):
    from skhcr import CNN

    X, y = digits
    network = CNN(filters=(8,), padding="same", batch_norm=False, dense=(16,), dropout=0.0)
    classifier = CNNClassifier(network, epochs=4, batch_size=32, random_state=0)
    return classifier.fit(X[:200], y[:200]), X[200:], y[200:]


def test_maps_lie_over_the_images():
    display = SaliencyDisplay(
        images=IMAGES, maps=MAPS, y_pred=["a", "b"], y_true=["a", "a"], probability=[1, 0.5]
    )
    assert display.plot(n_columns=1) is display
    assert texts(display) == ["true a\npredicted a\n100%", "✗ true a\npredicted b\n50%"]
    for ax, image, over, values in zip(display.axes_, IMAGES, display.maps_, MAPS, strict=True):
        below, above = ax.images
        np.testing.assert_array_equal(below.get_array(), image)
        assert above is over
        np.testing.assert_array_equal(over.get_array(), values)
        np.testing.assert_allclose(over.get_alpha(), 0.9 * values)  # unseen where it is 0
        assert over.get_clim() == (0, 1)
        assert below.get_extent() == above.get_extent()
    display.figure_.savefig(io.BytesIO())


def test_without_true_labels_and_with_other_targets():
    display = SaliencyDisplay(images=IMAGES, maps=MAPS, y_pred=["a", "b"]).plot()
    assert texts(display) == ["predicted a", "predicted b"]
    assert [text.get_color() for text in display.text_] == ["black", "black"]
    display = SaliencyDisplay(images=IMAGES, maps=MAPS, y_pred=["a", "b"], target=["b", "b"])
    assert texts(display.plot()) == ["predicted a\nsigns of b", "predicted b\nsigns of b"]


@pytest.mark.parametrize("method", ["layercam", "gradient"])
@pytest.mark.parametrize("target", ["predicted", "true", "ج"])
def test_from_estimator(fitted, method, target):
    classifier, X, y = fitted
    display = SaliencyDisplay.from_estimator(
        classifier, X, y, target=target, method=method, n_samples=4, random_state=0
    )
    rows = np.random.RandomState(0).permutation(len(X))[:4]
    proba = classifier.predict_proba(X[rows])
    predicted = classifier.predict(X[rows])
    np.testing.assert_array_equal(display.images, X[rows][..., None])
    np.testing.assert_array_equal(display.y_true, y[rows])
    np.testing.assert_array_equal(display.y_pred, predicted)
    np.testing.assert_allclose(display.probability, proba.max(axis=1))
    labels = {"predicted": predicted, "true": y[rows]}.get(target, np.array(["ج"] * 4))
    if target == "predicted":
        assert display.target is None
    else:
        np.testing.assert_array_equal(display.target, labels)
        assert [text.splitlines()[-1] for text in texts(display)] == [
            f"signs of {label}" for label in labels
        ]
    codes = np.searchsorted(classifier.classes_, labels)
    expected = saliency_maps(classifier.model_, X[rows][..., None], codes, method=method)
    np.testing.assert_allclose(display.maps, expected, atol=1e-6)
    assert display.maps.any()
    display.figure_.savefig(io.BytesIO())


def test_a_layer_by_name(fitted):
    classifier, X, _ = fitted
    options = {"n_samples": 3, "select": "first"}
    conv, pool, default = (
        SaliencyDisplay.from_estimator(classifier, X, layer=layer, **options).maps
        for layer in ("conv1", "pool1", None)
    )
    np.testing.assert_array_equal(conv, default)
    assert not np.allclose(conv, pool)
    with pytest.raises(ValueError, match=r"layer='conv2'.* Did you mean 'conv1'\?"):
        SaliencyDisplay.from_estimator(classifier, X, layer="conv2", **options)


def test_flat_rows_and_the_surest_mistakes(fitted):
    classifier, X, y = fitted
    flat = X.reshape(len(X), -1)
    y = np.where(np.arange(len(y)) < 3, "أ", y)  # so that there are mistakes
    display = SaliencyDisplay.from_estimator(classifier, flat, y, select="wrong", n_samples=2)
    assert display.images.shape == (2, 8, 8, 1)
    assert display.maps.shape == (2, 8, 8)
    assert all(text.startswith("✗") for text in texts(display))
    assert display.probability[0] >= display.probability[1]


@pytest.mark.parametrize("kind", ["pipeline", "search", "frozen"])
def test_a_pipeline_shows_the_network_input(digit_files, tiny, kind):
    paths, labels = digit_files
    estimator = make_pipeline(
        ImageLoader((12, 10)), FunctionTransformer(np.invert), ImageAugmenter(), tiny(epochs=1)
    )
    if kind == "search":
        estimator = GridSearchCV(estimator, {"cnnclassifier__epochs": [1]}, cv=2)
    estimator.fit(paths[:60], labels[:60])
    if kind == "frozen":
        estimator = FrozenEstimator(estimator)
    display = SaliencyDisplay.from_estimator(estimator, paths, labels, select="first", n_samples=2)
    expected = np.invert(ImageLoader((12, 10)).fit_transform(paths[:2]))
    np.testing.assert_array_equal(display.images, expected)
    assert display.maps.shape == (2, 12, 10)
    display.figure_.savefig(io.BytesIO())


def test_steps_that_only_train_are_passed_over(digits, tiny):
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    imblearn_pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = digits[0].reshape(250, -1), digits[1]
    estimator = imblearn_pipeline.make_pipeline(
        "passthrough", over_sampling.RandomOverSampler(random_state=0), tiny(epochs=1)
    ).fit(X, y)
    display = SaliencyDisplay.from_estimator(estimator, X, select="first", n_samples=2)
    np.testing.assert_array_equal(display.images[..., 0], digits[0][:2])


def test_a_pipeline_of_the_classifier_alone(fitted):
    classifier, X, _ = fitted
    display = SaliencyDisplay.from_estimator(make_pipeline(classifier), X, n_samples=2)
    assert display.maps.shape == (2, 8, 8)


def test_a_network_with_one_probability(digits, tiny):
    X, y = digits
    X, y = X[np.isin(y, ["ا", "ب"])], y[np.isin(y, ["ا", "ب"])]
    classifier = tiny(model=one_probability, epochs=3).fit(X, y)
    maps = {
        label: SaliencyDisplay.from_estimator(
            classifier, X, target=label, n_samples=4, select="first"
        ).maps
        for label in ("ا", "ب")
    }
    # What speaks for one class is not what speaks for the other.
    assert maps["ا"].any()
    assert maps["ب"].any()
    assert not np.allclose(maps["ا"], maps["ب"])


def test_a_network_without_convolutions(digits, tiny):
    X, y = digits
    classifier = tiny(model=no_convolution, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"needs a network with convolutions.*'gradient'"):
        SaliencyDisplay.from_estimator(classifier, X)
    display = SaliencyDisplay.from_estimator(classifier, X, method="gradient", n_samples=2)
    assert display.maps.any(axis=(1, 2)).all()


def test_given_axes_and_styles(fitted, plt):
    classifier, X, y = fitted
    figure, axes = plt.subplots(2, 2)
    display = SaliencyDisplay.from_estimator(
        classifier,
        X,
        y,
        n_samples=3,
        ax=axes,
        im_kw={"cmap": "viridis"},
        map_kw={"cmap": "cool", "alpha": 0.5},
        text_kw={"color": "blue"},
    )
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes.ravel()[:3])
    below, above = display.axes_[0].images
    assert (below.get_cmap().name, above.get_cmap().name) == ("viridis", "cool")
    assert above.get_alpha() == 0.5
    assert display.text_[0].get_color() == "blue"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "true"}, "target='true' needs the true labels: pass y"),
        ({"target": "Q"}, "'Q' is not a class of the classifier"),
        ({"select": "wrong"}, "select='wrong' needs the true labels: pass y"),
        ({"select": "per_class"}, "select='per_class' needs the true labels: pass y"),
        ({"method": "gradcam"}, "method must be 'layercam' or 'gradient'. Got 'gradcam'"),
    ],
)
def test_errors(fitted, options, message):
    classifier, X, _ = fitted
    with pytest.raises(ValueError, match=message):
        SaliencyDisplay.from_estimator(classifier, X, **options)


def test_estimators_that_cannot_be_looked_into(digits):
    X, y = digits
    flat = X.reshape(len(X), -1)
    with pytest.raises(TypeError, match="DummyClassifier has no network to explain"):
        SaliencyDisplay.from_estimator(make_pipeline(DummyClassifier()).fit(flat, y), flat)
    with pytest.raises(NotFittedError):
        SaliencyDisplay.from_estimator(CNNClassifier(), X)


def test_lengths_that_differ():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SaliencyDisplay(images=IMAGES, maps=MAPS, y_pred=["a"]).plot()
    with pytest.raises(ValueError, match="There are no images to show"):
        SaliencyDisplay(images=[], maps=[], y_pred=[]).plot()


@pytest.mark.parametrize("method", ["layercam", "gradient"])
def test_looking_changes_nothing_and_gives_the_same_again(digits, tiny, method):
    X, y = digits
    X = np.stack([X, 0 * X, X // 2], axis=-1)  # in color
    classifier = tiny(epochs=1).fit(X[:60], y[:60])
    weights = [weight.copy() for weight in classifier.model_.get_weights()]
    attributes = dict(vars(classifier))
    options = {"method": method, "n_samples": 3, "select": "first"}
    first, again = (SaliencyDisplay.from_estimator(classifier, X, **options).maps for _ in range(2))
    assert first.shape == (3, 8, 8)
    np.testing.assert_array_equal(first, again)
    assert vars(classifier) == attributes
    for before, after in zip(weights, classifier.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(after, before)

"""Bad input ends in a sentence that names the culprit, and leaves the estimator as it was."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from skhcr import CNN, CNNClassifier

IMAGES = np.random.default_rng(0).integers(0, 256, size=(12, 8, 8), dtype=np.uint8)
LABELS = np.array(["a", "b", "c"] * 4)


def with_value(value):
    images = IMAGES.astype(float)
    images[5, 2, 2] = value
    return images


def objects(*shapes):
    images = np.empty(len(shapes), dtype=object)
    images[:] = [np.zeros(shape) for shape in shapes]
    return images


@pytest.mark.parametrize(
    ("X", "y", "kind", "message"),
    [
        (with_value(np.nan), LABELS, ValueError, "X contains NaN"),
        (with_value(np.inf), LABELS, ValueError, "X contains infinity"),
        (with_value(np.nan).reshape(12, -1), LABELS, ValueError, "X contains NaN"),
        (IMAGES[None, None], LABELS, ValueError, "X has 5 dimensions"),
        (IMAGES[:, 0, 0], LABELS, ValueError, "Expected 2D array, got 1D array"),
        (IMAGES[:0], LABELS[:0], ValueError, "0 sample"),
        ([], [], ValueError, "Expected 2D array|0 sample"),
        (IMAGES, LABELS[:7], ValueError, r"inconsistent numbers of samples: \[12, 7\]"),
        (IMAGES, [1.0, np.nan] * 6, ValueError, "y contains NaN"),
        (IMAGES, ["a"] * 12, ValueError, "y contains only one class, 'a'"),
        (IMAGES, np.linspace(0, 1, 12), ValueError, "Unknown label type"),
        (IMAGES, np.ones((12, 2)), ValueError, "y should be a 1d array"),
        (scipy.sparse.eye_array(12).tocsr(), LABELS, TypeError, "Sparse data"),
        (objects((8, 8), (8, 9)), LABELS[:2], ValueError, r"X\[1\] has shape \(8, 9\)"),
        (
            [np.zeros((8, 8)), np.zeros((9, 8))],
            LABELS[:2],
            ValueError,
            r"X\[1\] has shape \(9, 8\)",
        ),
        (["a.png"] * 12, LABELS, ValueError, "ImageLoader"),
        (np.array(["a.png"] * 12), LABELS, ValueError, "ImageLoader"),
        (np.array([b"PNG"] * 12, dtype=object), LABELS, ValueError, "ImageLoader"),
    ],
)
def test_bad_data_is_named_and_nothing_is_fitted(X, y, kind, message):
    classifier = CNNClassifier(epochs=1)
    with pytest.raises(kind, match=message):
        classifier.fit(X, y)
    assert set(vars(classifier)) == set(classifier.get_params(deep=False))
    with pytest.raises(NotFittedError):
        classifier.predict(IMAGES)


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({"epochs": -1}, ValueError, "'epochs' parameter"),
        ({"epochs": 2.5}, ValueError, "'epochs' parameter"),
        ({"batch_size": 0}, ValueError, "'batch_size' parameter"),
        ({"learning_rate": 0}, ValueError, "'learning_rate' parameter"),
        ({"learning_rate": "fast"}, ValueError, "'learning_rate' parameter"),
        ({"weight_decay": -0.1}, ValueError, "'weight_decay' parameter"),
        ({"label_smoothing": 1}, ValueError, "'label_smoothing' parameter"),
        ({"validation_fraction": 1.0}, ValueError, "'validation_fraction' parameter"),
        ({"schedule": "cyclic"}, ValueError, "'schedule' parameter"),
        ({"optimizer": "adamm"}, ValueError, "optimizer='adamm'"),
        ({"optimizer": dict}, TypeError, "optimizer must be"),
        ({"model": "resnett"}, ValueError, "[Dd]id you mean 'resnet'"),
        ({"model": 3}, ValueError, "'model' parameter"),
        ({"model": lambda meta: None}, TypeError, "must return a keras.Model"),
        ({"model": CNN}, TypeError, "builds a new network for every fit"),
        ({"callbacks": [3]}, TypeError, "entry 0 is 3"),
        ({"class_weight": "even"}, ValueError, "'class_weight' parameter"),
        ({"random_state": "x"}, ValueError, "'random_state' parameter"),
        ({"mixed_precision": "int8"}, ValueError, "'mixed_precision' parameter"),
        ({"image_shape": (5, 5)}, ValueError, r"image_shape=\(5, 5\) does not match"),
        (
            {"early_stopping": True, "validation_fraction": 0.01},
            ValueError,
            "validation_fraction=0.01",
        ),
    ],
)
def test_bad_parameters_are_named(tiny, parameters, kind, message):
    classifier = tiny(**parameters)
    with pytest.raises(kind, match=message):
        classifier.fit(IMAGES.reshape(12, -1), LABELS)
    assert not hasattr(classifier, "model_")


@pytest.mark.parametrize(
    ("fit_parameters", "message"),
    [
        ({"sample_weight": np.zeros(12)}, "at least one non-zero|weights of all rows are zero"),
        ({"sample_weight": np.r_[np.ones(11), -1]}, r"sample_weight\[11\] is negative"),
        ({"sample_weight": np.ones(5)}, "sample_weight"),
        ({"X_val": IMAGES}, "X_val and y_val must be given together"),
        ({"X_val": IMAGES[:, :4], "y_val": LABELS}, r"X_val contains .* \(4, 8, 1\)"),
        ({"X_val": IMAGES, "y_val": np.roll(["q", *LABELS[1:]], 2)}, r"y_val\[2\] is 'q'"),
        ({"X_val": IMAGES, "y_val": LABELS[:3]}, "inconsistent numbers of samples"),
    ],
)
def test_bad_fit_arguments_are_named(tiny, fit_parameters, message):
    classifier = tiny()
    with pytest.raises(ValueError, match=message):
        classifier.fit(IMAGES, LABELS, **fit_parameters)
    assert not hasattr(classifier, "model_")


def test_networks_that_do_not_fit_the_data_are_explained(tiny):
    import keras

    def wrong_width(meta):
        return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(7, "softmax")])

    def logits(meta):
        return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])

    def other_input(meta):
        layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
        return keras.Sequential(layers)

    for network, message in [
        (wrong_width, "3 classes"),
        (logits, "probabilities"),
        (other_input, r"images of shape \(8, 8, 1\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            tiny(model=network).fit(IMAGES, LABELS)


def test_a_built_keras_model_is_refused(tiny):
    import keras

    built = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    with pytest.raises(TypeError, match="builds a new network for every fit"):
        tiny(model=built).fit(IMAGES, LABELS)


def test_a_failed_fit_leaves_the_earlier_one(tiny):
    classifier = tiny(epochs=1).fit(IMAGES, LABELS)
    expected = classifier.predict_proba(IMAGES)
    with pytest.raises(ValueError, match="only one class"):
        classifier.fit(IMAGES[:, :4, :4], ["a"] * 12)
    np.testing.assert_array_equal(classifier.predict_proba(IMAGES), expected)

    import keras

    class Crash(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("in the middle of training")

    classifier.set_params(callbacks=[Crash()], warm_start=True)
    with pytest.raises(RuntimeError, match="in the middle"):
        classifier.fit(IMAGES, LABELS)
    np.testing.assert_array_equal(classifier.predict_proba(IMAGES), expected)


def test_other_images_at_predict_than_at_fit(tiny):
    classifier = tiny(epochs=1).fit(IMAGES, LABELS)
    with pytest.raises(ValueError, match=r"shape \(8, 4, 1\).*fitted on \(8, 8, 1\)"):
        classifier.predict(IMAGES[:, :, :4])
    with pytest.raises(ValueError, match="X has 32 features, but CNNClassifier is expecting 64"):
        classifier.predict(IMAGES[:, :, :4].reshape(12, -1))
    with pytest.raises(ValueError, match="contains NaN"):
        classifier.predict(with_value(np.nan))


def test_partial_fit_needs_the_classes_first(tiny):
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        tiny().partial_fit(IMAGES, LABELS)


@pytest.mark.parametrize(("alike", "kind"), [("b\u200f", object), ("b ", str), ("\uff42", str)])
def test_labels_that_look_alike_are_named_before_they_are_trained(tiny, alike, kind):
    labels = np.array(["a", "b", alike], dtype=kind)[np.arange(12) % 3]
    with pytest.warns(UserWarning, match=r"look alike but are different classes: .*U\+0062"):
        tiny(epochs=1).fit(IMAGES, labels)

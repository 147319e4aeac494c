"""Seconds until there is a model of a given accuracy, chosen without a look at the test set."""

from functools import cache, partial

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhcr import ImageAugmenter, datasets
from skhcr.networks import get_network

from ._alone import alone
from ._fast import FAST, fast_classifier
from ._turns import OURS, compare, publish
from .augmentation import OF_IMAGE_DATA_GENERATOR


@cache
def _letters(subset):
    """Return AHCD's images, and their labels as codes."""
    letters = datasets.fetch_ahcd(subset=subset)
    return letters.images[..., np.newaxis], np.unique(letters.target, return_inverse=True)[1]


def _scaled(subset):
    images, codes = _letters(subset)
    return images.astype(np.float32) / 255, codes


# ------------------------------------------------------------------ theirs


def published(seed):
    """Train as the script does that published bn_cnn, which looks at the test set to stop."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    images, codes = _scaled("train")
    variations = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=15,
        width_shift_range=0.15,
        height_shift_range=0.15,
        shear_range=0.15,
        zoom_range=0.15,
    )
    model = _keras_bn_cnn()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    one_hot, (test_images, test_codes) = np.eye(28)[codes], _scaled("test")
    model.fit(
        variations.flow(images, one_hot, batch_size=64),
        epochs=50,
        validation_data=(test_images, np.eye(28)[test_codes]),
        callbacks=[
            keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3),
        ],
        verbose=0,
    )
    return lambda images: model.predict(images / np.float32(255), verbose=0).argmax(axis=1)


def bare_keras(variations, seed):
    """Train the same network by the best recipe we know, in Keras alone."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    epochs, batch = 10, 64
    images, codes = _scaled("train")
    one_hot = np.eye(28, dtype=np.float32)[codes]
    steps = epochs * -(-len(images) // batch)
    one_cycle = keras.optimizers.schedules.CosineDecay(
        1e-4,
        decay_steps=steps - steps // 4,
        warmup_target=1e-2,
        warmup_steps=steps // 4,
    )
    model = _keras_bn_cnn()
    model.compile(
        keras.optimizers.AdamW(one_cycle, weight_decay=0.05),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    )
    if variations:
        generator = tf.keras.preprocessing.image.ImageDataGenerator(**variations)
        model.fit(generator.flow(images, one_hot, batch_size=batch), epochs=epochs, verbose=0)
    else:
        model.fit(images, one_hot, batch_size=batch, epochs=epochs, verbose=0)
    return lambda images: model.predict(images / np.float32(255), verbose=0).argmax(axis=1)


def _keras_bn_cnn():
    return get_network("bn_cnn").build((32, 32, 1), 28)


def _on_flat_pixels(estimator):
    images, codes = _scaled("train")
    estimator.fit(images.reshape(len(images), -1), codes)
    return lambda images: estimator.predict(images.reshape(len(images), -1) / np.float32(255))


def svc(seed):
    """Train scikit-learn's support vectors on flat pixels."""
    return _on_flat_pixels(SVC(C=10))


def mlp(seed):
    """Train scikit-learn's neural network on flat pixels."""
    return _on_flat_pixels(MLPClassifier((512,), early_stopping=True, random_state=seed))


# ------------------------------------------------------------------ ours


def ours(epochs, seed):
    """Train as a user of skhcr does who is in a hurry."""
    images, codes = _letters("train")
    classifier = fast_classifier(seed, epochs, test_time_shift=1)
    return make_pipeline(ImageAugmenter(), classifier).fit(images, codes).predict


GOOD, BETTER = f"{OURS}, for 93.3 %", f"{OURS}, for 97.5 %"
PUBLISHED = "bn_cnn, its published script"
BARE_KERAS = "bn_cnn in bare Keras, one-cycle"
VARIED = f"{BARE_KERAS}, ImageDataGenerator"
FITS = {
    GOOD: partial(ours, 3),
    PUBLISHED: published,
    BETTER: partial(ours, 7),
    BARE_KERAS: partial(bare_keras, {}),
    VARIED: partial(bare_keras, OF_IMAGE_DATA_GENERATOR),
    "scikit-learn, SVC(C=10)": svc,
    "scikit-learn, MLPClassifier((512,), early_stopping=True)": mlp,
}
SEEDS = range(3)


def contenders():
    """Return fits by name and seed, which answer with their accuracy on AHCD's test images."""
    import tensorflow  # noqa: F401, off the clock

    return {
        f"{name} {seed}": partial(_accuracy, fit, seed)
        for name, fit in FITS.items()
        for seed in SEEDS
    }


def _accuracy(fit, seed):
    predict = fit(seed)
    images, codes = _letters("test")
    return float(np.mean(predict(images) == codes))


def main() -> None:
    """Train to 93.3 and to 97.5 % on AHCD: skhcr, a published script, bare Keras, scikit-learn."""
    seconds = {name: [] for name in FITS}
    accuracies = {name: [] for name in FITS}
    for seed in SEEDS:
        for name in FITS if seed % 2 else reversed(FITS):
            run = alone(__name__, f"{name} {seed}")
            seconds[name].append(run["seconds"])
            accuracies[name].append(run["answer"])
            print(f"{name}, seed {seed}: {run['answer']:.2%} in {run['seconds']:.1f} s")
    columns = {
        "accuracy, %": {
            name: f"{100 * np.mean(values):.2f} ± {100 * np.std(values, ddof=1):.2f}"
            for name, values in accuracies.items()
        }
    }

    def table(names, ours):
        return compare({name: seconds[name] for name in names}, columns, ours=ours)

    publish(
        "delivered",
        "Time to a delivered model",
        {
            "A model of 93.3 %": table([GOOD, PUBLISHED], GOOD),
            "A model of 97.5 %": table([BETTER, BARE_KERAS, VARIED], BETTER),
            "Accuracy and seconds of all": table(FITS, BETTER),
        },
        "Training on AHCD's training images and predicting its test images, in a separate "
        f"process for every fit, without the time for imports; {len(SEEDS)} seeds, by turns. "
        f"skhcr's are `make_pipeline(ImageAugmenter(), CNNClassifier({FAST!r}, epochs=3, "
        "learning_rate=0.03, batch_size=128, test_time_shift=1))` and the same with `epochs=7`, "
        "chosen on writers held out from the training images. The script stops when the *test* "
        "loss has not improved for five epochs. Bare Keras trains for ten epochs; its rate of "
        "0.01 was chosen on held-out writers, where its accuracy is 96.4 % with "
        "`ImageDataGenerator`, 95.6 % without augmentation, and at most 93.0 % with Keras' "
        "layers `RandomRotation`, `RandomTranslation` and `RandomZoom`.",
    )

"""Recipes of the accuracy table: ours and those of published projects.

Every recipe is written as a user would write it.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, ImageLoader, InkNormalizer, PixelScaler, datasets
from skhcr.networks import Transfer

from ._fast import fast_classifier
from ._splits import ENGLISH_INK

# What the default's learning rate was when the first of these rows were trained.
SMALL_STEPS = 3e-3

PLAIN_ADAM = {
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "weight_decay": 0,
    "schedule": "constant",
    "label_smoothing": 0,
    "standardize": False,
}


def published(network, **parameters):
    """Return a pipeline with the recipe of all these projects: pixels / 255, plain Adam."""
    return make_pipeline(PixelScaler(), CNNClassifier(network, **PLAIN_ADAM | parameters))


def fit_bn_cnn(split, seed):
    """Train as arabic_bn_cnn's project does, but stop by writers held out from training."""
    pipeline = published(
        "bn_cnn",
        schedule="plateau",
        epochs=50,
        early_stopping=True,
        patience=5,
        random_state=seed,
    )
    # The script's shear of 0.15 means degrees, which is as good as none.
    varied = ImageAugmenter(
        rotation=15, translation=0.15, zoom=0.15, shear=np.sin(np.radians(0.15)), fill="edge"
    ).fit_transform(split.X)
    return pipeline.fit(varied, split.y, cnnclassifier__groups=split.groups)


def fit_plain(network, split, seed, **parameters):
    """Train on the images as they are."""
    return published(network, random_state=seed, **parameters).fit(split.X, split.y)


def vary_as_in_four_tasks():
    """Return the variations of arabic_four_tasks, 2 to 4."""
    return ImageAugmenter(rotation=20, translation=(0.2, 0.1), zoom=0.1, shear=0, fill="edge")


def fit_varied(network, split, seed, **parameters):
    """Train as arabic_four_tasks 3 and 4."""
    pipeline = published(network(), batch_size=100, epochs=30, random_state=seed, **parameters)
    return pipeline.fit(vary_as_in_four_tasks().fit_transform(split.X), split.y)


def fit_going_on(split, seed):
    """Train arabic_four_tasks 1, then continue with augmented images: its task 2."""
    pipeline = fit_plain("deep_cnn", split, seed, batch_size=32, epochs=30, warm_start=True)
    pipeline.set_params(cnnclassifier__batch_size=100)
    return pipeline.fit(vary_as_in_four_tasks().fit_transform(split.X), split.y)


@cache
def russian_letters_network():
    """Return deep_cnn, trained on Russian letters by our recipe."""
    russian = datasets.fetch_russian_letters()
    images = InkNormalizer(size=(32, 32)).transform(russian.images)
    classifier = CNNClassifier("deep_cnn", learning_rate=SMALL_STEPS, epochs=12, random_state=0)
    pipeline = make_pipeline(ImageAugmenter(), classifier)
    return pipeline.fit(images, russian.target)[-1]


def new_head(trainable="none"):
    """Return a network that sees as the Russian letters' does, with new last layers."""
    return Transfer(
        russian_letters_network(),
        layer=BEFORE_LAST_POOLING,
        trainable=trainable,
        filters=(64, 64),
        dense=(256,),
        dropout=0.25,
    )


# Sixteen places instead of four are left for the new convolutions to look at.
BEFORE_LAST_POOLING = "pool3"


def fit_ours(network, split, seed, *, epochs=20, **parameters):
    """Train by our recipe: the defaults but for smaller steps."""
    classifier = CNNClassifier(
        network, learning_rate=SMALL_STEPS, epochs=epochs, random_state=seed, **parameters
    )
    return make_pipeline(ImageAugmenter(), classifier).fit(split.X, split.y)


def fit_untouched(split, seed, **parameters):
    """Train ``make_pipeline(ImageAugmenter(), CNNClassifier())``."""
    classifier = CNNClassifier(random_state=seed, **parameters)
    return make_pipeline(ImageAugmenter(), classifier).fit(split.X, split.y)


def fit_cleaned(split, seed):
    """Train by the defaults, without letters that networks for other writers call otherwise."""
    probabilities = cross_val_predict(
        make_pipeline(ImageAugmenter(), fast_classifier(seed)),
        split.X,
        split.y,
        groups=split.groups,
        cv=GroupKFold(3),
        method="predict_proba",
    )
    labels = np.unique(split.y, return_inverse=True)[1]
    is_kept = probabilities[np.arange(len(labels)), labels] >= LEAST_PROBABILITY
    return fit_untouched(replace(split, X=split.X[is_kept], y=split.y[is_kept]), seed)


# Of a letter's label, or the label is taken to be wrong.
LEAST_PROBABILITY = 0.02


def fit_two_stages(new_network, split, seed, *, head_epochs=5, epochs=15):
    """Train new last layers on a network that has learned already, then all in smaller steps."""
    classifier = CNNClassifier(
        new_network(),
        learning_rate=SMALL_STEPS,
        epochs=head_epochs,
        warm_start=True,
        random_state=seed,
    )
    pipeline = make_pipeline(ImageAugmenter(), classifier).fit(split.X, split.y)
    pipeline.set_params(
        cnnclassifier__model__trainable="all",
        cnnclassifier__learning_rate=1e-3,
        cnnclassifier__epochs=epochs,
    )
    return pipeline.fit(split.X, split.y)


def fit_wide_cnn(split, seed):
    """Train as english_wide_cnn's project does."""
    network = published("wide_cnn", batch_size=32, epochs=20, random_state=seed)
    loader = ImageLoader(size=(64, 64), mode="RGB", keep_aspect=False)
    return make_pipeline(loader, *network).fit(split.X, split.y)


@cache
def capitals_and_digits_network():
    """Return our default network, trained on other people's capital letters and digits."""
    letters = datasets.fetch_az_letters(subset="sample")
    digits = datasets.fetch_mnist(subset="train")
    images = np.concatenate([letters.images, digits.images[:N_DIGITS]])
    names = np.concatenate([letters.target, digits.target[:N_DIGITS].astype(str)])
    images = ENGLISH_INK.transform(images)
    classifier = CNNClassifier(learning_rate=SMALL_STEPS, random_state=0)
    return make_pipeline(ImageAugmenter(), classifier).fit(images, names)[-1]


# As many as there are of the letters, roughly.
N_DIGITS = 6_000

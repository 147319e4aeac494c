"""The rows of the accuracy table: data, network, recipe, what was reported, what we aim for.

Every recipe is written as a user would write it. A row is trained several times: once for every
seed, or once for every fold.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, ImageLoader, InkNormalizer, PixelScaler, datasets
from skhcr.networks import Transfer

from ._splits import (
    AHCD,
    AHCD_WRITERS,
    AZ,
    ENGLISH,
    ENGLISH_INK,
    ENGLISH_PAGES,
    FOLDS,
    MNIST,
    Protocol,
    Split,
)
from .delivered import FAST

SEEDS = 3
SEEDS_OF_OUR_BEST = 5


@dataclass(frozen=True)
class Row:
    """A line of the table.

    `example` names the script among the reproductions whose project published the network, and
    `base` trains what the network has learned before, which is not timed.
    """

    name: str
    example: str
    protocol: Protocol
    network: str
    recipe: str
    fit: Callable[[Split, int], BaseEstimator]
    pieces: int
    reported: float | None = None
    target: float | None = None
    votes: bool = False
    vote_target: float | None = None
    base: Callable[[], BaseEstimator] | None = None


# ------------------------------------------------------------------ recipes

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
    quick = CNNClassifier(FAST, epochs=7, learning_rate=0.03, batch_size=128, random_state=seed)
    probabilities = cross_val_predict(
        make_pipeline(ImageAugmenter(), quick),
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


# ------------------------------------------------------------------ rows


def _on_ahcd(name, example, network, reported, target, fit, base=None):
    """Return our recipe's two rows: the published split, and new writers."""
    return [
        Row(name, example, AHCD, network, "ours", fit, SEEDS, reported, target, base=base),
        Row(f"{name}-writers", example, AHCD_WRITERS, network, "ours", fit, FOLDS, base=base),
    ]


ROWS = [
    Row(
        "default",
        "-",
        AHCD,
        "resnet",
        "defaults",
        fit_untouched,
        SEEDS_OF_OUR_BEST,
        target=0.989,
        votes=True,
        vote_target=0.991,
    ),
    Row(
        "default-writers",
        "-",
        AHCD_WRITERS,
        "resnet",
        "defaults",
        fit_untouched,
        FOLDS,
        target=0.98,
    ),
    Row(
        "default-cleaned",
        "-",
        AHCD,
        "resnet",
        "defaults, without mislabeled letters",
        fit_cleaned,
        SEEDS_OF_OUR_BEST,
        target=0.989,
    ),
    Row(
        "mnist",
        "-",
        MNIST,
        "resnet",
        "defaults, 9 epochs",
        partial(fit_untouched, epochs=9),
        1,
        target=0.9965,
    ),
    Row("az", "letters_a_to_z", AZ, "resnet", "defaults", fit_untouched, SEEDS, target=0.97),
    Row(
        "az-published",
        "letters_a_to_z",
        AZ,
        "simple_cnn",
        "as published",
        partial(fit_plain, "simple_cnn", epochs=10, batch_size=32),
        1,
    ),
    Row(
        "english",
        "english_wide_cnn",
        ENGLISH,
        "resnet",
        "defaults",
        fit_untouched,
        FOLDS,
        target=0.88,
    ),
    Row(
        "english-transfer",
        "english_wide_cnn",
        ENGLISH,
        "resnet, has learned A-Z and MNIST",
        "ours, two stages",
        partial(fit_two_stages, lambda: Transfer(capitals_and_digits_network()), epochs=25),
        FOLDS,
        target=0.88,
        base=capitals_and_digits_network,
    ),
    *_on_ahcd("bn_cnn", "arabic_bn_cnn", "bn_cnn", 0.933, 0.975, partial(fit_ours, "bn_cnn")),
    *_on_ahcd("lenet", "arabic_lenet", "lenet", 0.92, 0.965, partial(fit_ours, "lenet")),
    Row(
        "deep_cnn",
        "arabic_four_tasks, 1 and 2",
        AHCD,
        "deep_cnn",
        "ours",
        partial(fit_ours, "deep_cnn", epochs=30),
        SEEDS,
        0.981,
        0.983,
    ),
    *_on_ahcd("vgg", "arabic_four_tasks, 3", "vgg", 0.9622, 0.975, partial(fit_ours, "vgg")),
    *_on_ahcd(
        "lenet5", "arabic_four_tasks, 3", "lenet5", 0.8741, None, partial(fit_ours, "lenet5")
    ),
    *_on_ahcd(
        "transfer",
        "arabic_four_tasks, 4",
        "transfer",
        0.9464,
        0.97,
        partial(fit_two_stages, new_head),
        base=russian_letters_network,
    ),
    Row("bn_cnn-published", "arabic_bn_cnn", AHCD, "bn_cnn", "as published", fit_bn_cnn, 1, 0.933),
    Row(
        "lenet-published",
        "arabic_lenet",
        AHCD,
        "lenet",
        "as published",
        partial(fit_plain, "lenet", batch_size=32, epochs=10),
        1,
        0.92,
    ),
    Row(
        "deep_cnn-T1-published",
        "arabic_four_tasks, 1",
        AHCD,
        "deep_cnn",
        "as published",
        partial(fit_plain, "deep_cnn", batch_size=32, epochs=30),
        1,
        0.964,
    ),
    Row(
        "deep_cnn-T2-published",
        "arabic_four_tasks, 2",
        AHCD,
        "deep_cnn",
        "as published: goes on from T1",
        fit_going_on,
        1,
        0.981,
    ),
    Row(
        "vgg-published",
        "arabic_four_tasks, 3",
        AHCD,
        "vgg",
        "as published",
        partial(fit_varied, lambda: "vgg"),
        1,
        0.9622,
    ),
    Row(
        "lenet5-published",
        "arabic_four_tasks, 3",
        AHCD,
        "lenet5",
        "as published",
        partial(fit_varied, lambda: "lenet5"),
        1,
        0.8741,
    ),
    Row(
        "transfer-published",
        "arabic_four_tasks, 4",
        AHCD,
        "transfer",
        "as published: the base stays frozen",
        partial(fit_varied, new_head, standardize=True),  # as its base
        1,
        0.9464,
        base=russian_letters_network,
    ),
    Row(
        "english-published",
        "english_wide_cnn",
        ENGLISH_PAGES,
        "wide_cnn",
        "as published",
        fit_wide_cnn,
        1,
    ),
]

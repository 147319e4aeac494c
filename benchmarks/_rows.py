"""The rows of the accuracy table: data, network, recipe, what was reported, what we aim for.

A row is trained several times: once for every seed, or once for every fold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sklearn.base import BaseEstimator

from skhcr.networks import Transfer

from ._recipes import (
    capitals_and_digits_network,
    fit_bn_cnn,
    fit_cleaned,
    fit_going_on,
    fit_ours,
    fit_plain,
    fit_two_stages,
    fit_untouched,
    fit_varied,
    fit_wide_cnn,
    new_head,
    russian_letters_network,
)
from ._splits import (
    AHCD,
    AHCD_WRITERS,
    AZ,
    ENGLISH,
    ENGLISH_PAGES,
    FOLDS,
    MNIST,
    Protocol,
    Split,
)

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

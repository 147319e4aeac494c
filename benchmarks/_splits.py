"""Training and test data: data sets, divided by the protocol of a figure."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.model_selection import GroupKFold, train_test_split

from skhcr import InkNormalizer, datasets

FOLDS = 5


@dataclass(frozen=True)
class Split:
    """Images, labels and groups to train on, images and labels to test on."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    X_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Protocol:
    """A way to divide a data set; ``split(i)`` gives the i-th division."""

    name: str
    split: Callable[[int], Split]


def _by_group(load: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]]):
    def split(fold: int) -> Split:
        X, y, groups = load()
        train, test = list(GroupKFold(FOLDS).split(X, y, groups))[fold % FOLDS]
        return Split(X[train], y[train], groups[train], X[test], y[test])

    return split


def _official(fetch: Callable):
    def split(_: int) -> Split:
        train, test = fetch("train"), fetch("test")
        return Split(train.images, train.target, train.get("groups"), test.images, test.target)

    return split


@cache
def _ahcd(subset):
    return datasets.fetch_ahcd(subset=subset)


@cache
def _mnist(subset):
    return datasets.fetch_mnist(subset=subset)


@cache
def _ahcd_of_all_writers():
    letters = _ahcd("all")
    return letters.images, letters.target, letters.groups


@cache
def _english():
    english = datasets.fetch_english_handwritten()
    return ENGLISH_INK.transform(english.filenames), english.target, english.groups


@cache
def _english_pages():
    english = datasets.fetch_english_handwritten()
    return english.filenames, english.target, english.groups


def is_held_out(writers: np.ndarray) -> np.ndarray:
    """Return which rows of UNIPEN are by the fifth of the writers that nothing may be trained on.

    The numbers are those of the prepared file, whose writers are in no order. Whatever is trained
    on UNIPEN here, pretrained models too, leaves these writers out, so that all can be tested on
    them.
    """
    return np.array([_hash(number) % 5 == 0 for number in np.asarray(writers).tolist()])


def _hash(number: int) -> int:
    """Return a number that is independent of the order of writers, and never changes."""
    return int.from_bytes(hashlib.sha256(b"writer %d" % number).digest()[:4], "big")


def _az(_: int) -> Split:
    letters = datasets.fetch_az_letters(subset="sample")
    train, test = train_test_split(
        np.arange(len(letters.target)), test_size=0.2, stratify=letters.target, random_state=0
    )
    images, target = letters.images, letters.target
    return Split(images[train], target[train], None, images[test], target[test])


# Read once for all folds: it looks at every page by itself, so no fold sees another.
ENGLISH_INK = InkNormalizer(size=(32, 32))

AHCD = Protocol("AHCD, published split", _official(_ahcd))
AHCD_WRITERS = Protocol("AHCD, unseen writers", _by_group(_ahcd_of_all_writers))
ENGLISH = Protocol("English 62, unseen writers", _by_group(_english))
ENGLISH_PAGES = Protocol("English 62, unseen writers", _by_group(_english_pages))
AZ = Protocol("A-Z sample, 20 % held out", _az)
MNIST = Protocol("MNIST, official split", _official(_mnist))

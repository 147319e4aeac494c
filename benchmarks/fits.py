"""Training itself: the same network, batches and epochs, on the same arrays."""

from functools import cache
from typing import Annotated

import numpy as np
import typer

from skhcr import CNNClassifier, datasets
from skhcr.networks import get_network

from ._alone import alone
from ._keras import compiled
from ._limits import SIDE, gflop_per_image, matrix_products
from ._recipes import PLAIN_ADAM
from ._turns import OURS, compare, publish, take_turns

EPOCHS, BATCH = 2, 64
LIMIT = "float32 matrix product"
# Backwards, every product is done twice: for the weights and for what came in.
FORWARDS_AND_BACKWARDS = 3


@cache
def _letters():
    """Return AHCD's training images from 0 to 1, their names and their codes."""
    letters = datasets.fetch_ahcd(subset="train")
    names, codes = np.unique(letters.target, return_inverse=True)
    images = letters.images[..., np.newaxis].astype(np.float32) / 255
    return images, names[codes], codes


def _model():
    images, names, _ = _letters()
    return compiled(get_network("bn_cnn"), images.shape[1:], len(np.unique(names)))


def contenders():
    """Return the fits, by the name of who does them."""
    return {OURS: ours, "bare Keras": bare_keras, "scikeras": scikeras, "skorch": skorch}


def ours():
    """Fit as a user of skhcr does."""
    images, names, _ = _letters()
    return CNNClassifier("bn_cnn", **PLAIN_ADAM, epochs=EPOCHS, batch_size=BATCH).fit(images, names)


def bare_keras():
    """Fit as Keras' own guide does."""
    images, _, codes = _letters()
    return _model().fit(images, codes, epochs=EPOCHS, batch_size=BATCH, verbose=0)


def scikeras():
    """Fit the same Keras model as scikeras' estimator."""
    from scikeras.wrappers import KerasClassifier

    images, names, _ = _letters()
    classifier = KerasClassifier(_model, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return classifier.fit(images, names)


def skorch():
    """Fit the same layers with PyTorch, channels last, as skorch's estimator."""
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    images, _, codes = _letters()
    layers = []
    for before, after in ((1, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3), nn.ReLU(), nn.BatchNorm2d(after), nn.MaxPool2d(2)]
    head = [nn.Flatten(), nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.5)]
    network = nn.Sequential(*layers, *head, nn.Linear(256, int(codes.max()) + 1))
    classifier = NeuralNetClassifier(
        network.to(memory_format=torch.channels_last),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return classifier.fit(images.transpose(0, 3, 1, 2), codes.astype(np.int64))


def main(
    rounds: Annotated[int, typer.Option(help="fits of every contender that are counted")] = 5,
) -> None:
    """Train bn_cnn on AHCD: skhcr, bare Keras, scikeras, skorch (PyTorch)."""
    # Loaded after TensorFlow, the LLVM that PyTorch brings ends the process.
    import torch._dynamo  # noqa: F401

    names = list(contenders())
    first = {name: alone(__name__, name) for name in names}
    multiply, gflop = matrix_products()
    seconds = take_turns({**contenders(), LIMIT: multiply}, rounds=rounds)
    limit = gflop / np.median(seconds.pop(LIMIT))
    work = FORWARDS_AND_BACKWARDS * EPOCHS * len(_letters()[0]) * gflop_per_image(_model())
    rates = {name: work / np.median(seconds[name]) for name in names}
    columns = {
        "first fit of a process, s": {name: first[name]["seconds"] for name in names},
        "GFLOP/s": rates,
        "share of the matrix product's": {name: f"{rates[name] / limit:.0%}" for name in names},
        "peak memory, MB": {name: first[name]["peak_mb"] for name in names},
    }
    publish(
        "fits",
        "Fitting",
        {"Fitting bn_cnn": compare(seconds, columns)},
        f"{EPOCHS} epochs over the 13,440 training images of AHCD as float32 arrays, in batches of "
        f"{BATCH}, with Adam and without augmentation; {rounds} fits of each, by turns, after one "
        f"that is not counted. In the same run, float32 matrices of {SIDE} x {SIDE} were "
        f"multiplied at {limit:.0f} GFLOP/s. skorch trains with PyTorch, channels last.",
    )

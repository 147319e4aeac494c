"""Networks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType

from ._base import Network
from ._cnn import CNN
from ._resnet import ResNet

PRESETS: Mapping[str, Callable[[], Network]] = MappingProxyType(
    {
        "resnet": ResNet,
        "bn_cnn": partial(CNN, (32, 64, 128), batch_norm=True, dense=(256,), dropout=0.5),
        "lenet": partial(
            CNN, (32, 64), kernel_size=5, batch_norm=False, dense=(1024,), dropout=0.0
        ),
        "deep_cnn": partial(
            CNN,
            ((32, 32), (64, 64), (64, 64), (64, 64)),
            padding="same",
            batch_norm=False,
            conv_dropout=(0.0, 0.0, 0.25, 0.25),
            dense=(256, 256),
            dropout=(0.0, 0.25),
        ),
        "vgg": partial(
            CNN, ((32, 32), (64, 64)), batch_norm=False, dense=(128,), dropout=0.25
        ),
        "lenet5": partial(
            CNN,
            (6, 16),
            kernel_size=5,
            batch_norm=False,
            pooling="average",
            activation="tanh",
            dense=(120, 84),
            dense_activation="tanh",
            dropout=0.0,
        ),
        "wide_cnn": partial(
            CNN,
            (512, 256, 256),
            kernel_size=(5, 3, 3),
            batch_norm=False,
            dense=(512, 1024, 512, 256),
            dense_activation=("relu", "relu", "relu", "sigmoid"),
            dropout=0.0,
        ),
        "simple_cnn": partial(
            CNN, (32, 64, 128), padding="same", batch_norm=False, dense=(128,), dropout=0.0
        ),
    }
)


def list_networks() -> list[str]:
    """Return the names of the networks that :func:`get_network` knows.

    Returns
    -------
    list of str
        The names, sorted.

    Examples
    --------
    >>> from skhcr.networks import list_networks
    >>> list_networks()
    ['bn_cnn', 'deep_cnn', 'lenet', 'lenet5', 'resnet', 'simple_cnn', 'vgg', 'wide_cnn']
    """
    return sorted(PRESETS)


def get_network(name: str) -> Network:
    """x."""
    if name not in PRESETS:
        raise ValueError
    return PRESETS[name]()

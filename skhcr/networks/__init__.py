"""Parameter objects that build Keras networks for images of a shape and a number of classes.

Keras is imported when a network is built, not before.
"""

from ._base import Network
from ._cnn import CNN
from ._keras import KerasNetwork
from ._presets import get_network, list_networks
from ._resnet import ResNet
from ._transfer import Transfer

__all__ = [
    "CNN",
    "KerasNetwork",
    "Network",
    "ResNet",
    "Transfer",
    "get_network",
    "list_networks",
]

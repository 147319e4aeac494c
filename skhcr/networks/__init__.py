"""Parameter objects that build Keras networks for an image shape and a number of classes.

Keras is imported only when a network is built.
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

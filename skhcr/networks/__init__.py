"""Parameter objects that build Keras networks for images of a shape and a number of classes.

Keras is imported when a network is built, not before.
"""

from ._base import Network
from ._cnn import CNN
from ._keras import KerasNetwork
from ._parts import essentials, foreign_parts
from ._presets import PRESETS, get_network, list_networks
from ._resnet import ResNet
from ._transfer import Transfer

__all__ = [
    "CNN",
    "PRESETS",
    "KerasNetwork",
    "Network",
    "ResNet",
    "Transfer",
    "essentials",
    "foreign_parts",
    "get_network",
    "list_networks",
]

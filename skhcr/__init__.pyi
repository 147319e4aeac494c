from . import datasets, images, inspection, model_selection, networks, persistence
from .classifier import CNNClassifier
from .images import ImageAugmenter, ImageLoader, ImageLoadError, InkNormalizer, PixelScaler
from .networks import CNN, ResNet, Transfer
from .persistence import export, load, load_exported, save

__version__: str

__all__ = [
    "CNN",
    "CNNClassifier",
    "ImageAugmenter",
    "ImageLoadError",
    "ImageLoader",
    "InkNormalizer",
    "PixelScaler",
    "ResNet",
    "Transfer",
    "datasets",
    "export",
    "images",
    "inspection",
    "load",
    "load_exported",
    "model_selection",
    "networks",
    "persistence",
    "save",
]

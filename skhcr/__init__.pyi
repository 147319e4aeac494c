from . import datasets, images, inspection, model_selection, networks
from .classifier import CNNClassifier
from .images import ImageAugmenter, ImageLoader, ImageLoadError, InkNormalizer, PixelScaler
from .networks import CNN, ResNet, Transfer

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
    "images",
    "inspection",
    "model_selection",
    "networks",
]

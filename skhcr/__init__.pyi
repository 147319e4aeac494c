from . import (
    app,
    datasets,
    images,
    inspection,
    model_selection,
    networks,
    pages,
    persistence,
    pretrained,
    writers,
)
from .classifier import CNNClassifier
from .images import (
    AugmentingSampler,
    ImageAugmenter,
    ImageLoader,
    ImageLoadError,
    InkNormalizer,
    PixelScaler,
)
from .merging import MergedLabels
from .networks import CNN, ResNet, Transfer
from .persistence import export, from_keras, load, load_exported, save, to_keras
from .pretrained import load_pretrained
from .writers import WriterAdapter

__version__: str

__all__ = [
    "CNN",
    "AugmentingSampler",
    "CNNClassifier",
    "ImageAugmenter",
    "ImageLoadError",
    "ImageLoader",
    "InkNormalizer",
    "MergedLabels",
    "PixelScaler",
    "ResNet",
    "Transfer",
    "WriterAdapter",
    "app",
    "datasets",
    "export",
    "from_keras",
    "images",
    "inspection",
    "load",
    "load_exported",
    "load_pretrained",
    "model_selection",
    "networks",
    "pages",
    "persistence",
    "pretrained",
    "save",
    "to_keras",
    "writers",
]

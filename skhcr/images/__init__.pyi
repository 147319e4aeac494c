from ._augmenter import AugmentedImages, ImageAugmenter
from ._errors import ImageFailure, ImageLoadError, ImageLoadWarning
from ._ink import InkNormalizer
from ._loader import ImageLoader
from ._scaler import PixelScaler

__all__ = [
    "AugmentedImages",
    "ImageAugmenter",
    "ImageFailure",
    "ImageLoadError",
    "ImageLoadWarning",
    "ImageLoader",
    "InkNormalizer",
    "PixelScaler",
]

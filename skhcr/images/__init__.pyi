from ._augmentation import AugmentedImages
from ._augmenter import ImageAugmenter
from ._errors import (
    BlankImageError,
    BlankImageWarning,
    ImageFailure,
    ImageLoadError,
    ImageLoadWarning,
    SeveralCharactersError,
    SeveralCharactersWarning,
)
from ._ink import InkNormalizer
from ._loader import ImageLoader
from ._lost import AugmentationLostWarning
from ._sampler import AugmentingSampler
from ._scaler import PixelScaler

__all__ = [
    "AugmentationLostWarning",
    "AugmentedImages",
    "AugmentingSampler",
    "BlankImageError",
    "BlankImageWarning",
    "ImageAugmenter",
    "ImageFailure",
    "ImageLoadError",
    "ImageLoadWarning",
    "ImageLoader",
    "InkNormalizer",
    "PixelScaler",
    "SeveralCharactersError",
    "SeveralCharactersWarning",
]

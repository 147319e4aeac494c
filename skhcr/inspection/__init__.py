"""Pictures of how a classifier learnt and what it sees, as scikit-learn ``Display`` classes."""

from ._confused_pairs import ConfusedPairsDisplay
from ._prediction_gallery import PredictionGalleryDisplay
from ._saliency import SaliencyDisplay
from ._search import SearchDisplay
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "ConfusedPairsDisplay",
    "PredictionGalleryDisplay",
    "SaliencyDisplay",
    "SearchDisplay",
    "TrainingHistoryDisplay",
]

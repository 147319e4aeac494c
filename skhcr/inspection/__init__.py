"""scikit-learn ``Display`` classes for classifiers of images, and a report."""

from ._confused_pairs import ConfusedPairsDisplay
from ._page import PageDisplay
from ._prediction_gallery import PredictionGalleryDisplay
from ._report import evaluation_report
from ._saliency import SaliencyDisplay
from ._search import SearchDisplay
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "ConfusedPairsDisplay",
    "PageDisplay",
    "PredictionGalleryDisplay",
    "SaliencyDisplay",
    "SearchDisplay",
    "TrainingHistoryDisplay",
    "evaluation_report",
]

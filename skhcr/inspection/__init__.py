"""Pictures of how a classifier learnt and what it sees, as scikit-learn ``Display`` classes."""

from ._sample_predictions import SamplePredictionsDisplay
from ._training_curves import TrainingCurvesDisplay

__all__ = ["SamplePredictionsDisplay", "TrainingCurvesDisplay"]

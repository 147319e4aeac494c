"""The Keras side of a classifier; importing this package imports TensorFlow."""

from .._tensorflow import import_tensorflow

import_tensorflow()  # before the modules below do

from ._batches import Batches
from ._build import check_answers, core_of
from ._callbacks import EpochWatch
from ._checkpoint import Checkpoint
from ._devices import use_one_gpu
from ._network import TrainedNetwork
from ._recipe import Recipe
from ._saliency import saliency_maps
from ._serving import SCORE, serving_model
from ._state import model_from_state, model_to_state

__all__ = [
    "SCORE",
    "Batches",
    "Checkpoint",
    "EpochWatch",
    "Recipe",
    "TrainedNetwork",
    "check_answers",
    "core_of",
    "model_from_state",
    "model_to_state",
    "saliency_maps",
    "serving_model",
    "use_one_gpu",
]

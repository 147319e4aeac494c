"""The Keras side of training; importing this room imports TensorFlow."""

from ._adopt import adopt, core_of
from ._batches import Batches
from ._callbacks import EpochWatch
from ._checkpoint import Checkpoint
from ._compile import compile_model
from ._config import restrict_to_builtin_layers
from ._devices import use_one_gpu
from ._fit import train
from ._loan import Loan, description, lend
from ._model import (
    Keeping,
    build_model,
    check_answers,
    image_statistics,
    keeping,
    meta,
    model_from_state,
    model_to_state,
    set_optimizer,
    set_trainable,
)
from ._saliency import saliency_maps
from ._serving import serving_model
from ._snapshot import snapshot

__all__ = [
    "Batches",
    "Checkpoint",
    "EpochWatch",
    "Keeping",
    "Loan",
    "adopt",
    "build_model",
    "check_answers",
    "compile_model",
    "core_of",
    "description",
    "image_statistics",
    "keeping",
    "lend",
    "meta",
    "model_from_state",
    "model_to_state",
    "restrict_to_builtin_layers",
    "saliency_maps",
    "serving_model",
    "set_optimizer",
    "set_trainable",
    "snapshot",
    "train",
    "use_one_gpu",
]

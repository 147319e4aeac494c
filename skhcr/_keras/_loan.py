"""Models that are used again: what TensorFlow has compiled for one serves its twins.

Tracing a network's training function takes seconds, training it on little data less than one; and a
search fits the same network again and again, from other seeds and on other rows.
"""

from __future__ import annotations

import json
import weakref
from collections import deque
from typing import Any

import keras
import numpy as np
from tensorflow.python.eager import context

from ._config import custom_objects_in
from ._predict import Predictor

# A few, because a fit borrows a model while that of the fit before it is still held.
_MOST_IDLE = 4
# Larger networks train for so long that tracing them again does not matter.
_MOST_WEIGHTS = 5_000_000


class _Compiled:
    """A model, what was compiled to predict with it, and the text that its twins share."""

    def __init__(self, model: keras.Model, kind: str | None) -> None:
        self.model, self.kind = model, kind
        self.predictor = Predictor(model)


_idle: deque[_Compiled] = deque(maxlen=_MOST_IDLE)


class Loan:
    """The use of a model. When nobody holds the loan any more, the model may serve a twin."""

    def __init__(self, compiled: _Compiled) -> None:
        self._compiled = compiled
        self._return = weakref.finalize(self, _idle.append, compiled)
        self._return.atexit = False
        if compiled.kind is None:
            self.hand_out()

    @property
    def model(self) -> keras.Model:
        """The model, for as long as the loan is held."""
        return self._compiled.model

    def hand_out(self) -> keras.Model:
        """Return the model to keep: it is not lent again."""
        self._return.detach()
        return self.model

    def predict(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the model's answers, see :class:`Predictor`."""
        return self._compiled.predictor(images, batch_size, shift=shift)


def lend(model: keras.Model) -> Loan:
    """Return a loan of the model, or of an idle twin that was given all its values.

    Twins have the same layers in the same order, and were compiled with the same loss and optimizer
    but for the learning rate.
    """
    kind = _kind(model)
    for compiled in list(_idle):
        if compiled.kind == kind and _take(compiled):
            for variable, value in zip(
                variables_of(compiled.model), variables_of(model), strict=True
            ):
                variable.assign(value)
            return Loan(compiled)
    # TensorFlow keeps the kernels of every function it ever ran, of networks long gone as well;
    # those that are still in use are made again when they are called.
    context.context().clear_kernel_cache()
    return Loan(_Compiled(model, kind))


def _take(compiled: _Compiled) -> bool:
    try:
        _idle.remove(compiled)
    except ValueError:  # another thread was faster
        return False
    return True


def variables_of(model: keras.Model) -> list[Any]:
    """Return all variables: weights, random states, and those of the optimizer."""
    variables = list(model.variables)
    if model.compiled:
        variables += optimizer_variables(model)
    return variables


def optimizer_variables(model: keras.Model) -> list[Any]:
    """Return the variables of a compiled model's optimizer, made where they are not there yet."""
    if not model.optimizer.built:  # loss scaling would take a second set of its own
        model.optimizer.build(model.trainable_variables)
    return model.optimizer.variables


def _kind(model: keras.Model) -> str | None:
    """Return a text that twins have in common, None where a model cannot be told from others.

    Such is one with a part that is not Keras' own: a class or function may have been defined anew
    under its old name.
    """
    if model.count_params() > _MOST_WEIGHTS:
        return None
    config = _config(model)
    if config is None or custom_objects_in(config):
        return None
    optimizer = config.get("compile_config", {}).get("optimizer", {"config": {}})
    if isinstance(optimizer["config"].get("learning_rate"), float):
        del optimizer["config"]["learning_rate"]  # a variable, unlike a schedule
    return json.dumps([_numbered(config, {}), model.dtype_policy.name])


def description(model: keras.Model) -> str | None:
    """Return a text of a model's layers, loss and optimizer, None where Keras cannot tell them."""
    config = _config(model)
    if config is None:
        return None
    return json.dumps([_numbered(config, {}), model.dtype_policy.name])


def _config(model: keras.Model) -> dict[str, Any] | None:
    try:
        return json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError):  # what get_config of some layer raised
        return None


_NAMING = {"name", "keras_history", "input_layers", "output_layers"}


def _numbered(config: Any, numbers: dict[str, int], is_name: bool = False) -> Any:
    """Return a configuration with numbers for names: Keras calls a second "dense" "dense_1"."""
    if isinstance(config, dict):
        if config.get("class_name", "").endswith("DTypePolicy"):
            return config  # whose name says what it is
        return {
            key: _numbered(value, numbers, is_name or key in _NAMING)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_numbered(value, numbers, is_name) for value in config]
    if is_name and isinstance(config, str):
        return numbers.setdefault(config, len(numbers))
    return config

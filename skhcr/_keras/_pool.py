"""A pool of compiled models, so that later models of the same kind reuse compiled functions.

Tracing a network's training function takes seconds, but training it on little data takes less than
one; and a search fits the same network repeatedly, with other seeds and rows.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from typing import Any

import keras

from .._compat import clear_kernel_cache
from ..networks._parts import custom_objects_in
from ._predict import Predictor
from ._state import variables_of

# A few, because a fit acquires a model while that of the fit before it is still in use.
_MAX_IDLE = 4
# Larger networks train for so long that tracing them again does not matter.
_MAX_WEIGHTS = 5_000_000
# TensorFlow keeps half a megabyte of kernels of every fit; to make those in use again takes half as
# long as a small fit.
_FITS_BETWEEN_CLEARINGS = 20


class CompiledModel:
    """A model, its configuration, its compiled prediction function, and the key of its kind."""

    def __init__(self, model: keras.Model, config: dict[str, Any] | None, key: str | None) -> None:
        self.model, self.config, self.key = model, config, key
        self.predictor = Predictor(model)


_idle: deque[CompiledModel] = deque(maxlen=_MAX_IDLE)
_reused = itertools.count(1)


def acquire(model: keras.Model) -> CompiledModel:
    """Return an idle compiled model of the same kind, with the values of this one, or a new one.

    Models of a kind have the same layers in the same order, and the same loss and optimizer except
    for the learning rate.
    """
    config = _config(model)
    key = _key(model, config)
    for compiled in list(_idle):
        if compiled.key == key and _remove(compiled):
            for variable, value in zip(
                variables_of(compiled.model), variables_of(model), strict=True
            ):
                variable.assign(value)
            if next(_reused) % _FITS_BETWEEN_CLEARINGS == 0:
                clear_kernel_cache()
            return compiled
    # Kernels that are still in use are made again when they are called.
    clear_kernel_cache()
    return CompiledModel(model, config, key)


def release(compiled: CompiledModel) -> None:
    """Return an unused compiled model to the pool."""
    if compiled.key is not None:
        _idle.append(compiled)


def _remove(compiled: CompiledModel) -> bool:
    try:
        _idle.remove(compiled)
    except ValueError:  # another thread was faster
        return False
    return True


def _key(model: keras.Model, config: dict[str, Any] | None) -> str | None:
    """Return a common key of models of a kind; None if it is unknown.

    This applies to models with custom objects: a class or function may have been redefined under
    its old name.
    """
    if model.count_params() > _MAX_WEIGHTS or config is None or custom_objects_in(config):
        return None
    known = _numbered(config, {})  # a copy
    optimizer = known.get("compile_config", {}).get("optimizer", {"config": {}})
    if isinstance(optimizer["config"].get("learning_rate"), float):
        del optimizer["config"]["learning_rate"]  # a variable, unlike a schedule
    return json.dumps([known, model.dtype_policy.name])


def description(model: keras.Model) -> str | None:
    """Return a text of a model's layers, loss and optimizer; None if Keras cannot describe them."""
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
            return config  # whose name is meaningful
        return {
            key: _numbered(value, numbers, is_name or key in _NAMING)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_numbered(value, numbers, is_name) for value in config]
    if is_name and isinstance(config, str):
        return numbers.setdefault(config, len(numbers))
    return config

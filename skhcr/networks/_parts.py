"""The parts of a Keras model configuration."""

from __future__ import annotations

import inspect
import sys
from functools import cache
from types import ModuleType
from typing import Any

from .._compat import KERAS_CONTROL_FLOW

# Parts that are not objects: the source of a layer's input, and indices.
_NO_PARTS = ("__keras_tensor__", "__ellipsis__", "__slice__")
_ARRAYS = ("__numpy__", "__tensor__")
_NUMBERS = ("bool", "float", "int", "uint", "bfloat")

# Layers that read files, contain programs of other libraries, or allocate tables of any size.
_MORE_THAN_LAYERS = frozenset(
    {
        "CategoryEncoding",
        "Discretization",
        "FlaxLayer",
        "HashedCrossing",
        "Hashing",
        "IndexLookup",
        "IntegerLookup",
        "JaxLayer",
        "Lambda",
        "MelSpectrogram",
        "STFTSpectrogram",
        "StringLookup",
        "TFSMLayer",
        "TextVectorization",
        "TorchModuleWrapper",
    }
)

# Arguments added to Keras layers and initializers since 3.13, with the values that turn them off.
_ADDED = {
    "input_axes": None,
    "output_axes": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "sliding_window": None,
    "use_gate": False,
}


def custom_objects_in(config: Any) -> list[str]:
    """Return the full names of parts that are not Keras' own, including lambdas.

    Keras' own parts are its layers, operations, initializers, regularizers, constraints and dtype
    policies, and, in a compile configuration, optimizers, losses and metrics. Functions and all
    other Keras names are not, because anything importable could be called.
    """
    return _custom(config, _parts_of_models())


def essentials(config: Any) -> Any:
    """Return a configuration without compile settings and without arguments that are off.

    An older Keras refuses unknown arguments, and behaves the same without them. Other defaults are
    kept: if Keras changed one, saved networks would change.
    """
    if isinstance(config, list):
        return [essentials(part) for part in config]
    if not isinstance(config, dict):
        return config
    config = {key: essentials(part) for key, part in config.items() if key != "compile_config"}
    name, arguments = config.get("class_name"), config.get("config")
    if isinstance(name, str) and isinstance(arguments, dict):
        kind = _find(config.get("module"), name)
        off = _off_by_default(kind) if isinstance(kind, type) else {}
        config["config"] = {
            key: value
            for key, value in arguments.items()
            if key not in off or (type(value), value) != (type(off[key]), off[key])
        }
    return config


@cache
def _off_by_default(kind: type) -> dict[str, Any]:
    """Return the arguments of a layer or an initializer that can be omitted at these values."""
    import keras

    kinds = (keras.layers.Layer, keras.initializers.Initializer)
    if not issubclass(kind, kinds):
        return {}
    if kind.__name__ in _MORE_THAN_LAYERS:  # some of these require all of their arguments
        return {}
    parameters = inspect.signature(kind.__init__).parameters  # type: ignore[misc]
    known = {name: parameter.default for name, parameter in parameters.items()}
    off = {name: default for name, default in known.items() if default is None or default is False}
    return off | {name: value for name, value in _ADDED.items() if name not in known}


def _custom(config: Any, kinds: tuple[type, ...]) -> list[str]:
    if isinstance(config, list):
        return [name for part in config for name in _custom(part, kinds)]
    if not isinstance(config, dict):
        return []
    found = []
    for key, value in config.items():
        also = _parts_of_training() if key == "compile_config" else ()
        found += _custom(value, (*kinds, *also))
    if "class_name" in config and not _is_builtin(config, kinds):
        name = str(config["class_name"])
        is_lambda = name.rpartition(".")[2] in ("__lambda__", "Lambda")
        found.append("a lambda" if is_lambda else f"{config.get('module')}.{name}")
    return found


def _is_builtin(part: dict[str, Any], kinds: tuple[type, ...]) -> bool:
    name = part["class_name"]
    if name in _NO_PARTS:
        return True
    if name in _ARRAYS:
        config = part.get("config")
        return isinstance(config, dict) and _is_number(str(config.get("dtype")))
    if not isinstance(name, str) or part.get("registered_name") not in (None, name):
        return False
    kind = _find(part.get("module"), name)
    return (
        isinstance(kind, type)
        and issubclass(kind, kinds)
        and kind.__module__ != KERAS_CONTROL_FLOW
        and name not in _MORE_THAN_LAYERS
    )


def _is_number(dtype: str) -> bool:
    return dtype.rstrip("0123456789") in _NUMBERS


def _find(module: Any, name: str) -> Any:
    """Return the Keras object of a name, without importing anything."""
    import keras

    if not module:  # files of Keras 2 do not specify it
        if name == "Functional":
            return keras.Model
        rooms = [keras.layers, keras.models, keras.initializers, keras.regularizers]
        rooms += [keras.constraints, keras.optimizers, keras.losses, keras.metrics]
        return next((vars(room)[name] for room in rooms if name in vars(room)), None)
    package, _, room = str(module).partition(".")
    if package != "keras":
        return None
    known = sys.modules.get(module) or vars(keras).get(room)
    return vars(known).get(name) if isinstance(known, ModuleType) else None


def _parts_of_models() -> tuple[type, ...]:
    import keras

    return (
        keras.Operation,  # every layer is one
        keras.initializers.Initializer,
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
        keras.DTypePolicy,
    )


def _parts_of_training() -> tuple[type, ...]:
    import keras

    return (
        keras.optimizers.Optimizer,
        keras.optimizers.schedules.LearningRateSchedule,
        keras.losses.Loss,
        keras.metrics.Metric,
    )

"""From a Keras network's configuration and weights to a model for ONNX Runtime."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _proto
from ._features import Step, add_features
from ._graph import CannotConvert, Graph, Tensor
from ._layers import LAYERS, N_WEIGHTS

INPUT, ANSWERS, FEATURES = "image", "answers", "features"
# Names in the model around a network, which is its last layer after preprocessing.
MODEL_NAME = "skhcr"

_MODELS = {
    "keras": {"Functional", "Sequential"},
    "keras.models": {"Functional", "Sequential"},
    "keras.src.models.functional": {"Functional"},
    "keras.src.models.sequential": {"Sequential"},
}
# Other configuration keys that do not affect the output of a trained network.
_OF_TRAINING = {
    "keras.initializers": {
        "Constant",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    },
    "keras.regularizers": {"L1", "L2", "L1L2", "OrthogonalRegularizer"},
    "keras.constraints": {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"},
}
_DEEPEST = 20


class Converted(NamedTuple):
    """A network for ONNX Runtime.

    Attributes
    ----------
    model : bytes
        In ONNX's format, with the input ``image``, channels last, and the outputs ``answers`` and
        ``features``.
    image_shape : tuple of int
        Height, width and channels.
    n_outputs : int
        The number of outputs for an image.
    n_features : int
        The number of features.
    """

    model: bytes
    image_shape: tuple[int, int, int]
    n_outputs: int
    n_features: int


def to_onnx(config: str | dict[str, Any], weights: Sequence[np.ndarray]) -> Converted:
    """Translate a network.

    Parameters
    ----------
    config : str or dict
        Its Keras configuration; JSON if it is a str.
    weights : sequence of ndarray
        Its weights, in Keras' order.

    Returns
    -------
    Converted
        The network.

    Raises
    ------
    CannotConvert
        If a part of it is not supported.
    """
    try:
        parsed = json.loads(config) if isinstance(config, str) else config
        return _Network(parsed, weights).to_onnx()
    except CannotConvert:
        raise
    except (
        AttributeError,
        IndexError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise CannotConvert(f"a configuration that is not understood ({error!r})") from error


class _Network:
    def __init__(self, config: dict[str, Any], weights: Sequence[np.ndarray]) -> None:
        for weight in weights:
            if type(weight) is not np.ndarray or weight.dtype.kind != "f":
                raise CannotConvert("weights that are no arrays of numbers")
        if len(set(map(id, weights))) < len(weights):
            raise CannotConvert("weights that several layers share")
        self._config, self._weights = config, deque(weights)
        self._graph = Graph()

    def to_onnx(self) -> Converted:
        _check_known(self._config)
        shape = _image_shape(self._config)
        height, width, channels = shape
        image = Tensor(INPUT, shape)
        if channels == 1:  # the same values in the same order
            x = self._graph.reshaped(image, (1, height, width))
        else:
            x = self._graph.add("Transpose", [image], (channels, height, width), perm=[0, 3, 1, 2])
        answers, steps = self._model(self._config, x, 0)
        if self._config["config"].get("name") == MODEL_NAME and steps and steps[-1].inner:
            steps = steps[-1].inner
        if self._weights:
            raise CannotConvert("more weights than its layers have")
        if len(answers.shape) != 1:
            raise CannotConvert(f"answers of shape {answers.shape}")
        outputs = {ANSWERS: answers, FEATURES: add_features(self._graph, steps, answers)}
        for name, tensor in outputs.items():
            self._graph.nodes.append(_proto.node("Identity", [tensor.name], [name], {}))
        shapes = {name: tensor.shape for name, tensor in outputs.items()}
        model = _proto.model(self._graph.nodes, self._graph.tensors, {INPUT: shape}, shapes)
        return Converted(model, shape, answers.shape[0], outputs[FEATURES].shape[0])

    def _model(self, model: dict[str, Any], x: Tensor, depth: int) -> tuple[Tensor, list[Step]]:
        """Return the output of a model, or of a layer that is a model, and its steps."""
        if depth > _DEEPEST:
            raise CannotConvert("networks within networks")
        config = model["config"]
        if model["class_name"] != "Sequential":
            return self._functional(config, x, depth)
        steps = []
        for layer in config["layers"]:
            if layer["class_name"] != "InputLayer":
                steps.append(self._step(layer, self._weights_of(layer), [x], depth))
                x = steps[-1].output
        return x, steps

    def _functional(
        self, config: dict[str, Any], x: Tensor, depth: int
    ) -> tuple[Tensor, list[Step]]:
        steps = []
        name, *_ = _the_one(config["input_layers"])
        values: dict[tuple[str, int], Tensor] = {(name, 0): x}
        for layer in config["layers"]:
            if layer["class_name"] == "InputLayer":
                if layer["name"] != name:
                    raise CannotConvert("a network of several inputs")
                continue
            calls = layer["inbound_nodes"]
            weights = self._weights_of(layer)
            if len(calls) != 1 and (weights or layer["class_name"] not in LAYERS):
                raise CannotConvert("a layer that is called several times")
            for number, call in enumerate(calls):
                sources = [_source(tensor) for tensor in _tensors(call)]
                if any(source not in values for source in sources):
                    raise CannotConvert("layers in another order than they are computed")
                inputs = [values[source] for source in sources]
                step = self._step(layer, weights, inputs, depth)
                values[layer["name"], number] = step.output
                if layer["class_name"] not in LAYERS:  # a model, which has a node of its own
                    values[layer["name"], 1] = step.output
                if len(calls) == 1:
                    steps.append(step)
        name, number, _ = _the_one(config["output_layers"])
        return values[name, number], steps

    def _weights_of(self, layer: dict[str, Any]) -> list[np.ndarray]:
        n_weights = N_WEIGHTS.get(layer["class_name"])
        count = n_weights(layer["config"]) if n_weights else 0
        if count > len(self._weights):
            raise CannotConvert("fewer weights than its layers need")
        return [self._weights.popleft() for _ in range(count)]

    def _step(
        self, layer: dict[str, Any], weights: list[np.ndarray], inputs: list[Tensor], depth: int
    ) -> Step:
        kind, config = layer["class_name"], layer["config"]
        if kind in ("Functional", "Sequential"):
            (x,) = inputs
            output, steps = self._model(layer, x, depth + 1)
            return Step(kind, config, weights, inputs, output, steps)
        output = LAYERS[kind](self._graph, config, weights, inputs)
        return Step(kind, config, weights, inputs, output)


def _image_shape(model: dict[str, Any]) -> tuple[int, int, int]:
    layers = model["config"]["layers"]
    shapes = [layer["config"]["batch_shape"] for layer in layers if _is_input(layer)]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] is not None:
        raise CannotConvert("other inputs than images")
    height, width, channels = shapes[0][1:]
    if not all(type(n) is int and n > 0 for n in (height, width, channels)):
        raise CannotConvert(f"images of shape {shapes[0][1:]}")
    if prod((height, width, channels)) >= 2**31:
        raise CannotConvert(f"images of shape {shapes[0][1:]}")
    return height, width, channels


def _is_input(layer: dict[str, Any]) -> bool:
    return layer["class_name"] == "InputLayer"


def _the_one(places: Any) -> list[Any]:
    """Return a reference to a layer output, also from a list with one item."""
    if isinstance(places[0], str):
        return places
    if len(places) != 1:
        raise CannotConvert("a network of several inputs or answers")
    return places[0]


def _tensors(call: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the inputs of a layer call."""
    known = {"mask": (None,), "training": (None, False)}
    if any(value not in known.get(name, ()) for name, value in call["kwargs"].items()):
        raise CannotConvert("a layer that is called with more than images")
    (tensors,) = call["args"]
    return tensors if isinstance(tensors, list) else [tensors]


def _source(tensor: dict[str, Any]) -> tuple[str, int]:
    if tensor["class_name"] != "__keras_tensor__":
        raise CannotConvert("a layer that is called with more than images")
    name, number, index = tensor["config"]["keras_history"]
    if index != 0:
        raise CannotConvert("a layer of several answers")
    return name, number


def _check_known(part: Any) -> None:
    """Raise an error for unknown parts anywhere in a configuration.

    Keras does not check this network now, so it must contain nothing harmful for later.
    """
    if isinstance(part, list):
        for one in part:
            _check_known(one)
        return
    if not isinstance(part, dict):
        return
    if "class_name" in part and part["class_name"] != "__keras_tensor__":
        _check_part(part)
    for key, value in part.items():
        if key != "compile_config":  # which is not read
            _check_known(value)


def _check_part(part: dict[str, Any]) -> None:
    name, module, config = part["class_name"], str(part.get("module")), part.get("config")
    if part.get("registered_name") not in (None, name):
        raise CannotConvert(f"{module}.{name}")
    if module == "keras.layers" and (name in LAYERS or name == "InputLayer"):
        _check_layer(name, config)
    elif module == "keras" and name == "DTypePolicy":
        _check_dtype(config)
    elif name not in _OF_TRAINING.get(module, ()) and name not in _MODELS.get(module, ()):
        raise CannotConvert(f"{module}.{name}")


def _check_layer(name: str, config: Any) -> None:
    if config.get("data_format", "channels_last") != "channels_last":
        raise CannotConvert("images with their channels first")
    if isinstance(config.get("dtype", "float32"), str):
        _check_dtype({"name": config.get("dtype", "float32")})


def _check_dtype(config: Any) -> None:
    if config != {"name": "float32"}:
        raise CannotConvert(f"layers that compute in {config.get('name')}")

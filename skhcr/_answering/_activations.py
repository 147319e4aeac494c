"""Keras' activations as operations of ONNX."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from ._graph import CannotConvert, Graph, Tensor


def relu(graph: Graph, x: Tensor) -> Tensor:
    """Return the positive part."""
    return graph.add("Relu", [x], x.shape)


def clipped(graph: Graph, x: Tensor, most: float) -> Tensor:
    """Return values limited to 0 and `most`."""
    bounds = graph.constant(0.0), graph.constant(most)
    return graph.add("Clip", [x, *bounds], x.shape)


def _times_hard_sigmoid(graph: Graph, x: Tensor) -> Tensor:
    return graph.add("Mul", [x, _hard_sigmoid(graph, x)], x.shape)


def _hard_sigmoid(graph: Graph, x: Tensor) -> Tensor:
    return graph.add("HardSigmoid", [x], x.shape, alpha=1 / 6, beta=0.5)


def _silu(graph: Graph, x: Tensor) -> Tensor:
    return graph.add("Mul", [x, graph.add("Sigmoid", [x], x.shape)], x.shape)


def _gelu(graph: Graph, x: Tensor) -> Tensor:
    error = graph.add("Mul", [x, graph.constant(1 / sqrt(2))], x.shape)
    error = graph.add("Erf", [error], x.shape)
    share = graph.add("Add", [error, graph.constant(1.0)], x.shape)
    half = graph.add("Mul", [x, graph.constant(0.5)], x.shape)
    return graph.add("Mul", [half, share], x.shape)


def softmax(graph: Graph, x: Tensor) -> Tensor:
    """Return the softmax along the last axis in Keras, which is the channels of a map."""
    return graph.add("Softmax", [x], x.shape, axis=1 if x.is_map else -1)


def _simple(kind: str, **attributes: float) -> Callable[[Graph, Tensor], Tensor]:
    return lambda graph, x: graph.add(kind, [x], x.shape, **attributes)


_ACTIVATIONS: dict[str, Callable[[Graph, Tensor], Tensor]] = {
    "elu": _simple("Elu"),
    "exponential": _simple("Exp"),
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _times_hard_sigmoid,
    "hard_swish": _times_hard_sigmoid,
    "leaky_relu": _simple("LeakyRelu", alpha=0.2),
    "linear": lambda graph, x: x,
    "relu": relu,
    "relu6": lambda graph, x: clipped(graph, x, 6.0),
    "selu": _simple("Selu"),
    "sigmoid": _simple("Sigmoid"),
    "silu": _silu,
    "softmax": softmax,
    "softplus": _simple("Softplus"),
    "softsign": _simple("Softsign"),
    "swish": _silu,
    "tanh": _simple("Tanh"),
}


def activated(graph: Graph, config: dict[str, Any], x: Tensor) -> Tensor:
    """Return values after the activation that a layer's configuration names."""
    name = config.get("activation") or "linear"
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        raise CannotConvert(f"the activation {name!r}")
    return _ACTIVATIONS[name](graph, x)

"""The features of :class:`skhcr._keras._features.Features`, for ONNX Runtime."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._graph import Graph, Tensor
from ._layers import LAYERS

_SCALES = 3  # sizes of maps, the coarsest ones
_MOST_CHANNELS = 192
_ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU"}
_TO_PROBABILITIES = ("softmax", "sigmoid")


class Step(NamedTuple):
    """The input and output of a layer, and the steps of a nested model."""

    kind: str
    config: dict[str, Any]
    weights: list[np.ndarray]
    inputs: list[Tensor]
    output: Tensor
    inner: list[Step] | None = None


def add_features(graph: Graph, steps: list[Step], answers: Tensor) -> Tensor:
    """Add the features of a network to its graph.

    Parameters
    ----------
    graph : Graph
        The graph of the network.
    steps : list of Step
        Its layers, in their order; none if they cannot be followed.
    answers : Tensor
        Its output.

    Returns
    -------
    Tensor
        Means of channels over the last maps of the three coarsest scales, the last layer of units,
        and the evidence: the logarithm of the sum of exponentials of the logits.
    """
    is_followed = steps and not any(step.inner for step in steps)
    if not is_followed or steps[-1].output.name != answers.name:
        return _of_answers(graph, answers)
    evidence = _evidence(graph, steps[-1], answers)
    means = _means(graph, steps[:-1])
    return _joined(graph, [*means, evidence]) if means else evidence


def _means(graph: Graph, steps: list[Step]) -> list[Tensor]:
    last: dict[Any, Step] = {}
    for step in steps:
        if step.output.is_map:
            if not _is_linear(step):
                last[step.output.shape[1:]] = step
        elif len(step.output.shape) == 1 and step.kind == "Dense":
            last["units"] = step
    found = [_mean(graph, step.output) for step in list(last.values())[-_SCALES:]]
    n_channels = sum(means.shape[0] for means in found)
    if n_channels <= _MOST_CHANNELS:
        return found
    chosen = np.linspace(0, n_channels - 1, _MOST_CHANNELS).astype(np.int64)
    places = graph.constant(chosen, np.int64)
    return [graph.add("Gather", [_joined(graph, found), places], (_MOST_CHANNELS,), axis=1)]


def _mean(graph: Graph, x: Tensor) -> Tensor:
    if not x.is_map:
        return x
    return graph.add("ReduceMean", [x], (x.shape[0],), axes=[2, 3], keepdims=0)


def _is_linear(step: Step) -> bool:
    """Return whether an activation follows a layer's output."""
    return step.config.get("activation") == "linear" and step.kind not in _ACTIVATIONS


def _evidence(graph: Graph, last: Step, answers: Tensor) -> Tensor:
    """Add the evidence, from the input of the layer of probabilities."""
    goes_to_probabilities = last.config.get("activation") in _TO_PROBABILITIES
    if last.kind == "Dense" and goes_to_probabilities:
        plain = {**last.config, "activation": "linear"}
        logits = LAYERS["Dense"](graph, plain, last.weights, last.inputs)
    elif last.kind == "Softmax" or (last.kind == "Activation" and goes_to_probabilities):
        (logits,) = last.inputs
    else:
        return _of_answers(graph, answers)
    if answers.shape == (1,):
        half = graph.add("Mul", [logits, graph.constant(0.5)], (1,))
        logits = _joined(graph, [graph.add("Neg", [half], (1,)), half])
    return graph.add("ReduceLogSumExp", [logits], (1,), axes=[1], keepdims=1)


def _of_answers(graph: Graph, answers: Tensor) -> Tensor:
    """Add the logarithm of the highest probability."""
    if answers.shape == (1,):
        other = graph.add("Sub", [graph.constant(1.0), answers], (1,))
        answers = _joined(graph, [other, answers])
    highest = graph.add("ReduceMax", [answers], (1,), axes=[1], keepdims=1)
    least = graph.constant(np.finfo(np.float32).tiny)
    return graph.add("Log", [graph.add("Max", [highest, least], (1,))], (1,))


def _joined(graph: Graph, tensors: list[Tensor]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    shape = (sum(tensor.shape[0] for tensor in tensors),)
    return graph.add("Concat", list(tensors), shape, axis=1)

"""A network's features: the means of its maps, and the evidence for any class."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from ._build import core_of

_SCALES = 3  # sizes of maps, the coarsest ones
_MOST_CHANNELS = 192  # further ones cost memory and add little
_PIXELS_AT_A_TIME = 2**19
_ACTIVATIONS = (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU)
_TO_PROBABILITIES = (keras.activations.softmax, keras.activations.sigmoid)


class Features:
    """Maps images to features, float32 of shape (n, n_channels + 1), with the weights of a model.

    The first columns are the means of the last maps of the three coarsest scales, channel by
    channel, and the last dense layer, if any. The last column is the evidence: the logarithm of the
    sum of exponentials of the logits. A network whose layers cannot be traced, for example with
    nested networks, has only the last column, with the logarithm of its highest probability.

    Parameters
    ----------
    model : keras.Model
        The result of :func:`build_model`.
    """

    def __init__(self, model: keras.Model) -> None:
        core, _ = core_of(model)
        self._before = [] if core is model else model.layers[1:-1]
        tensors = _tensors(core)
        if tensors is None:
            image = keras.Input(core.input_shape[1:])
            answers = core(image)
            tensors = image, answers, _evidence_of(answers)
        image, answers, features = tensors
        self._network = keras.Model(image, [answers, features])

    def answers_and_features(self, images: Any) -> tuple[Any, Any]:
        """Return the network's outputs for images, and its features, as tensors."""
        for layer in self._before:
            images = layer(images)
        return self._network(images, training=False)

    def of(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the features of images, without compiling anything.

        Small images use larger batches, because most of the time is overhead between operations.
        """
        batch_size = max(batch_size, _PIXELS_AT_A_TIME // int(np.prod(images.shape[1:3])))
        starts = range(0, len(images), batch_size)
        batches = (images[start : start + batch_size].astype(np.float32) for start in starts)
        return np.concatenate(
            [self.answers_and_features(tf.constant(batch))[1].numpy() for batch in batches]
        )


def _tensors(core: keras.Model) -> tuple[Any, Any, Any] | None:
    """Return the network's input, its outputs and the features, as symbolic tensors."""
    if any(isinstance(layer, keras.Model) for layer in getattr(core, "layers", ())):
        return None
    if isinstance(core, keras.Sequential):
        image = x = keras.Input(core.input_shape[1:])
        steps = []
        for layer in core.layers:
            steps.append((layer, x, y := layer(x)))
            x = y
    elif getattr(core, "inputs", None):
        image = core.inputs[0]
        steps = [(layer, *_ends(layer)) for layer in core.layers]
        steps = [step for step in steps if hasattr(step[2], "shape")]
    else:  # a subclass of Model that is neither kind
        return None
    last, before, answers = steps[-1]
    if not isinstance(core, keras.Sequential) and answers is not core.outputs[0]:
        return None
    means = _means([(layer, output) for layer, _, output in steps[:-1]])
    return image, answers, ops.concatenate([*means, _evidence(last, before, answers)], axis=1)


def _ends(layer: Any) -> tuple[Any, Any]:
    """Return a layer's input and output, or None if it has several."""
    try:
        return layer.input, layer.output
    except (AttributeError, ValueError):
        return None, None


def _means(outputs: list[tuple[Any, Any]]) -> list[Any]:
    """Return the channels' means over the last map of each of the coarsest scales."""
    last: dict[Any, Any] = {}
    for layer, output in outputs:
        if isinstance(layer, layers.InputLayer):
            continue
        n_axes = len(output.shape)
        if n_axes == 4 and None not in output.shape[1:3]:
            if not _is_linear(layer):
                last[output.shape[1:3]] = ops.mean(ops.cast(output, "float32"), axis=(1, 2))
        elif n_axes == 2 and isinstance(layer, layers.Dense):
            last["units"] = ops.cast(output, "float32")
    found = list(last.values())[-_SCALES:]
    n_channels = sum(means.shape[1] for means in found)
    if n_channels <= _MOST_CHANNELS:
        return found
    chosen = np.linspace(0, n_channels - 1, _MOST_CHANNELS).astype(np.int32)
    return [ops.take(ops.concatenate(found, axis=1), chosen, axis=1)]


def _is_linear(layer: Any) -> bool:
    """Return whether an activation follows a layer's output."""
    activation = getattr(layer, "activation", None)
    return activation is keras.activations.linear and not isinstance(layer, _ACTIVATIONS)


def _evidence(last: Any, before: Any, answers: Any) -> Any:
    """Return the evidence, from the input of the layer of probabilities."""
    if isinstance(last, layers.Dense) and last.activation in _TO_PROBABILITIES:
        logits = ops.matmul(ops.cast(before, "float32"), last.kernel)
        logits = logits if last.bias is None else logits + last.bias
    elif isinstance(last, layers.Softmax) or (
        isinstance(last, layers.Activation) and last.activation in _TO_PROBABILITIES
    ):
        logits = ops.cast(before, "float32")
    else:
        return _evidence_of(answers)
    if answers.shape[-1] == 1:
        logits = ops.concatenate([-logits / 2, logits / 2], axis=1)
    # LiteRT cannot quantize what goes into a maximum, which ops.logsumexp takes.
    return ops.mean(logits - ops.log_softmax(logits, axis=1), axis=1, keepdims=True)


def _evidence_of(answers: Any) -> Any:
    answers = ops.cast(answers, "float32")
    if answers.shape[-1] == 1:
        answers = ops.concatenate([1 - answers, answers], axis=1)
    highest = ops.max(answers, axis=1, keepdims=True)
    return ops.log(ops.maximum(highest, np.finfo(np.float32).tiny))

"""Keras' layers as operations of ONNX, from their configurations and weights alone."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ._activations import activated, clipped, relu, softmax
from ._graph import CannotConvert, Graph, Tensor

Config = dict[str, Any]
Weights = list[np.ndarray]  # of the layer
Translate = Callable[[Graph, Config, Weights, list[Tensor]], Tensor]


# ------------------------------------------------------------------ helpers


def _one(inputs: list[Tensor]) -> Tensor:
    if len(inputs) != 1:
        raise CannotConvert("a layer of several inputs")
    return inputs[0]


def _map(inputs: list[Tensor]) -> Tensor:
    x = _one(inputs)
    if not x.is_map:
        raise CannotConvert(f"a layer for images on values of shape {x.shape}")
    return x


def _pair(value: Any) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(pair) != 2 or not all(type(n) is int and 1 <= n < 2**20 for n in pair):
        raise CannotConvert(f"a size of {value!r}")
    return pair


def _check(config: Config, **usual: Any) -> None:
    """Raise an error for settings with unusual values."""
    for name, value in usual.items():
        if config.get(name, value) != value:
            raise CannotConvert(f"{name}={config[name]!r}")


def _taken(weights: Weights, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Return weights after a check of their shapes."""
    if [weight.shape for weight in weights] != list(shapes):
        raise CannotConvert(f"weights of other shapes than {shapes}")
    return [weight.astype(np.float32, copy=False) for weight in weights]


def _windows(
    x: Tensor, config: Config, window: tuple[int, int], strides: Any, dilation: Any = 1
) -> tuple[tuple[int, int], dict[str, Any]]:
    """Return the output size of windows, and their padding."""
    step, dilated = _pair(strides), _pair(dilation)
    spans = [(size - 1) * apart + 1 for size, apart in zip(window, dilated, strict=True)]
    lengths = x.shape[1:]
    if config["padding"] == "same":
        sizes = [-(-length // s) for length, s in zip(lengths, step, strict=True)]
        added = [
            max((size - 1) * s + span - length, 0)
            for size, s, span, length in zip(sizes, step, spans, lengths, strict=True)
        ]
        before = [n // 2 for n in added]
        pads = [*before, *(n - first for n, first in zip(added, before, strict=True))]
    elif config["padding"] == "valid":
        sizes = [
            (length - span) // s + 1 for length, s, span in zip(lengths, step, spans, strict=True)
        ]
        pads = [0, 0, 0, 0]
    else:
        raise CannotConvert(f"padding={config['padding']!r}")
    return (sizes[0], sizes[1]), {"kernel_shape": list(window), "strides": list(step), "pads": pads}


# ------------------------------------------------------------------ layers


def _convolved(
    graph: Graph,
    config: Config,
    x: Tensor,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    groups: int,
) -> Tensor:
    """Convolve with a kernel whose axes are output, input, height and width."""
    dilation = config.get("dilation_rate", 1)
    window = (kernel.shape[2], kernel.shape[3])
    size, moves = _windows(x, config, window, config.get("strides", 1), dilation)
    inputs: list[Tensor | str] = [x, graph.constant(kernel)]
    if bias is not None:
        inputs.append(graph.constant(bias))
    moves |= {"dilations": list(_pair(dilation)), "group": groups}
    return graph.add("Conv", inputs, (kernel.shape[0], *size), **moves)


def _conv(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, groups, filters = _map(inputs), config.get("groups", 1), config["filters"]
    window = _pair(config["kernel_size"])
    if type(groups) is not int or groups < 1 or x.shape[0] % groups:
        raise CannotConvert(f"groups={groups!r}")
    shapes: list[tuple[int, ...]] = [(*window, x.shape[0] // groups, filters)]
    kernel, *bias = _taken(weights, *shapes, *([(filters,)] if config["use_bias"] else []))
    kernel = kernel.transpose(3, 2, 0, 1)
    x = _convolved(graph, config, x, kernel, bias[0] if bias else None, groups)
    return activated(graph, config, x)


def _depthwise(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, each = _map(inputs), config.get("depth_multiplier", 1)
    channels, window = x.shape[0], _pair(config["kernel_size"])
    shapes: list[tuple[int, ...]] = [(*window, channels, each)]
    shapes += [(channels * each,)] if config["use_bias"] else []
    kernel, *bias = _taken(weights, *shapes)
    kernel = kernel.reshape(*window, 1, channels * each).transpose(3, 2, 0, 1)
    x = _convolved(graph, config, x, kernel, bias[0] if bias else None, channels)
    return activated(graph, config, x)


def _separable(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, each, filters = _map(inputs), config.get("depth_multiplier", 1), config["filters"]
    channels, window = x.shape[0], _pair(config["kernel_size"])
    shapes: list[tuple[int, ...]] = [(*window, channels, each), (1, 1, channels * each, filters)]
    shapes += [(filters,)] if config["use_bias"] else []
    deep, wide, *bias = _taken(weights, *shapes)
    deep = deep.reshape(*window, 1, channels * each).transpose(3, 2, 0, 1)
    x = _convolved(graph, config, x, deep, None, channels)
    plain = {"padding": "valid"}
    wide = wide.transpose(3, 2, 0, 1)
    x = _convolved(graph, plain, x, wide, bias[0] if bias else None, 1)
    return activated(graph, config, x)


def _dense(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, units = _one(inputs), config["units"]
    if len(x.shape) != 1:
        raise CannotConvert("a dense layer on a feature map")
    if config.get("lora_rank") or config.get("quantization_mode"):
        raise CannotConvert("a dense layer that was changed")
    shapes: list[tuple[int, ...]] = [(x.shape[0], units)]
    kernel, *bias = _taken(weights, *shapes, *([(units,)] if config["use_bias"] else []))
    arrays = [graph.constant(array) for array in (kernel, *bias)]
    return activated(graph, config, graph.add("Gemm", [x, *arrays], (units,)))


def _batch_norm(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = _one(inputs)
    channels = x.shape[0]
    if config["axis"] not in ((-1, 3) if x.is_map else (-1, 1)) or len(x.shape) not in (1, 3):
        raise CannotConvert(f"batch normalization along axis {config['axis']}")
    _check(config, renorm=False)
    scaled, centered = config["scale"], config["center"]
    found = _taken(weights, *[(channels,)] * (2 + bool(scaled) + bool(centered)))
    gamma = found.pop(0) if scaled else np.ones(channels)
    beta = found.pop(0) if centered else np.zeros(channels)
    mean, variance = found
    arrays = [graph.constant(array) for array in (gamma, beta, mean, variance)]
    epsilon = float(config["epsilon"])
    return graph.add("BatchNormalization", [x, *arrays], x.shape, epsilon=epsilon)


def _pool(kind: str, **attributes: int) -> Translate:
    def translate(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
        x, window = _map(inputs), _pair(config["pool_size"])
        size, moves = _windows(x, config, window, config["strides"] or window)
        if any(a >= b for a, b in zip(moves["pads"], (*window, *window), strict=True)):
            raise CannotConvert("windows that see nothing of the image")
        return graph.add(kind, [x], (x.shape[0], *size), **moves, **attributes)

    return translate


def _global_pool(kind: str) -> Translate:
    def translate(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
        x = _map(inputs)
        pooled = graph.add(kind, [x], (x.shape[0], 1, 1))
        if config.get("keepdims"):
            return pooled
        return graph.reshaped(pooled, (x.shape[0],))

    return translate


def _flatten(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = graph.channels_last(_one(inputs))
    return graph.reshaped(x, (prod(x.shape),))


def _reshape(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = graph.channels_last(_one(inputs))
    target = list(config["target_shape"])
    if target.count(-1) == 1:
        target[target.index(-1)] = prod(x.shape) // prod(n for n in target if n != -1)
    if prod(target) != prod(x.shape) or len(target) not in (1, 3):
        raise CannotConvert(f"a reshape to {tuple(target)}")
    if len(target) == 1:
        return graph.reshaped(x, tuple(target))
    height, width, channels = target
    x = graph.reshaped(x, (height, width, channels))
    return graph.add("Transpose", [x], (channels, height, width), perm=[0, 3, 1, 2])


def _same(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    return _one(inputs)


def _activation(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    return activated(graph, config, _one(inputs))


def _relu_layer(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, most, slope = _one(inputs), config.get("max_value"), config.get("negative_slope", 0)
    _check(config, threshold=0)
    if slope and most is None:
        return graph.add("LeakyRelu", [x], x.shape, alpha=float(slope))
    if slope:
        raise CannotConvert("a ReLU with a slope and a limit")
    return relu(graph, x) if most is None else clipped(graph, x, float(most))


def _leaky_relu(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = _one(inputs)
    return graph.add("LeakyRelu", [x], x.shape, alpha=float(config["negative_slope"]))


def _elu(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = _one(inputs)
    return graph.add("Elu", [x], x.shape, alpha=float(config["alpha"]))


def _softmax_layer(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    _check(config, axis=-1)
    return softmax(graph, _one(inputs))


def _merge(kind: str) -> Translate:
    def translate(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
        x, *others = inputs
        for other in others:
            # Different shapes can be merged if one has one value per channel.
            alike = len(x.shape) == len(other.shape) and x.shape[0] == other.shape[0]
            if not alike or not (x.shape == other.shape or prod(other.shape[1:]) == 1):
                raise CannotConvert(f"a merge of shapes {x.shape} and {other.shape}")
            x = graph.add(kind, [x, other], x.shape)
        return x

    return translate


def _concatenate(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    first = inputs[0].shape
    last = (-1, len(first))
    if config["axis"] not in last or any(one.shape[1:] != first[1:] for one in inputs):
        raise CannotConvert(f"a concatenation along axis {config['axis']}")
    shape = (sum(one.shape[0] for one in inputs), *first[1:])
    return graph.add("Concat", list(inputs), shape, axis=1)


def _borders(value: Any) -> list[int]:
    (top, bottom), (left, right) = value
    borders = [top, left, bottom, right]
    if not all(type(n) is int and 0 <= n < 2**20 for n in borders):
        raise CannotConvert(f"borders of {value!r}")
    return borders


def _zero_padding(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = _map(inputs)
    top, left, bottom, right = _borders(config["padding"])
    channels, height, width = x.shape
    pads = graph.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    shape = (channels, height + top + bottom, width + left + right)
    return graph.add("Pad", [x, pads], shape)


def _cropping(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x = _map(inputs)
    top, left, bottom, right = _borders(config["cropping"])
    channels, height, width = x.shape
    bounds = ([top, left], [height - bottom, width - right], [2, 3])
    arrays = [graph.constant(values, np.int64) for values in bounds]
    return graph.add("Slice", [x, *arrays], (channels, height - top - bottom, width - left - right))


def _rescaling(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, scale, offset = _one(inputs), config["scale"], config["offset"]
    channels = x.shape[0]
    values = []
    for value in (scale, offset):
        array = np.asarray(value, np.float32)
        if array.size not in (1, channels) or array.ndim > 1:
            raise CannotConvert("a rescaling of other values than channels")
        values.append(array.reshape(-1, 1, 1) if array.ndim and x.is_map else array)
    x = graph.add("Mul", [x, graph.constant(values[0])], x.shape)
    return graph.add("Add", [x, graph.constant(values[1])], x.shape)


def _resizing(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, size = _map(inputs), _pair([config["height"], config["width"]])
    _check(config, crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, antialias=False)
    if config["interpolation"] != "bilinear":
        raise CannotConvert(f"interpolation={config['interpolation']!r}")
    return _resized(graph, x, size, "linear")


def _upsampling(graph: Graph, config: Config, weights: Weights, inputs: list[Tensor]) -> Tensor:
    x, factors = _map(inputs), _pair(config["size"])
    mode = {"bilinear": "linear", "nearest": "nearest"}.get(config["interpolation"])
    if mode is None:
        raise CannotConvert(f"interpolation={config['interpolation']!r}")
    height, width = (n * factor for n, factor in zip(x.shape[1:], factors, strict=True))
    return _resized(graph, x, (height, width), mode)


def _resized(graph: Graph, x: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    scales = [1.0, 1.0, *(new / old for new, old in zip(size, x.shape[1:], strict=True))]
    how: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": "half_pixel"}
    if mode == "nearest":
        how = {"mode": mode, "coordinate_transformation_mode": "asymmetric"}
        how["nearest_mode"] = "floor"
    return graph.add("Resize", [x, "", graph.constant(scales)], (x.shape[0], *size), **how)


LAYERS: dict[str, Translate] = {
    "Activation": _activation,
    "ActivityRegularization": _same,
    "Add": _merge("Add"),
    "AlphaDropout": _same,
    "AveragePooling2D": _pool("AveragePool", count_include_pad=0),
    "BatchNormalization": _batch_norm,
    "Concatenate": _concatenate,
    "Conv2D": _conv,
    "Cropping2D": _cropping,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _same,
    "ELU": _elu,
    "Flatten": _flatten,
    "GaussianDropout": _same,
    "GaussianNoise": _same,
    "GlobalAveragePooling2D": _global_pool("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global_pool("GlobalMaxPool"),
    "Identity": _same,
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _pool("MaxPool"),
    "Maximum": _merge("Max"),
    "Minimum": _merge("Min"),
    "Multiply": _merge("Mul"),
    "ReLU": _relu_layer,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Resizing": _resizing,
    "SeparableConv2D": _separable,
    "Softmax": _softmax_layer,
    "SpatialDropout2D": _same,
    "UpSampling2D": _upsampling,
    "ZeroPadding2D": _zero_padding,
}
# Number of weights of each layer; additional weights make it another layer.
N_WEIGHTS: dict[str, Callable[[Config], int]] = {
    "BatchNormalization": lambda config: 2 + bool(config["scale"]) + bool(config["center"]),
    "Conv2D": lambda config: 1 + bool(config["use_bias"]),
    "Dense": lambda config: 1 + bool(config["use_bias"]),
    "DepthwiseConv2D": lambda config: 1 + bool(config["use_bias"]),
    "SeparableConv2D": lambda config: 2 + bool(config["use_bias"]),
}

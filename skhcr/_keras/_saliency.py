"""Saliency: the support of each pixel of an image for a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .._messages import did_you_mean

_BATCH = 64
_NOISY_COPIES = 24
_NOISE = 0.15  # standard deviation, as a fraction of the range of an image's pixels
_COARSEST = 1  # halvings of the image's height and width
_ACTIVATIONS = (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU)


def saliency_maps(
    model: keras.Model,
    images: np.ndarray,
    classes: np.ndarray,
    *,
    method: str = "layercam",
    layer: str | Sequence[str] | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return the saliency maps of a class.

    The maps explain the log odds of the class against all others, which unlike the probability have
    a gradient even when the network is certain.

    Parameters
    ----------
    model : keras.Model
        What :func:`build_model` returned, trained.
    images : ndarray of shape (n, height, width, channels)
        Input images of the model.
    classes : ndarray of shape (n,), int
        The class to be explained, as a number, for every image.
    method : {"layercam", "gradient"}, default="layercam"
        "layercam" weights the feature maps that support the class, pixel by pixel of the map
        (LayerCAM). "gradient" is the gradient over the pixels of the image, averaged over noisy
        copies (SmoothGrad), times their difference from the background, the image's median.
    layer : str, sequence of str or None, default=None
        For "layercam": the layer of the maps; the maps of several layers are averaged. None uses
        the last layer at full and the last at half the image's height and width (or the finest
        one).
    seed : int, default=0
        Seed for the noise of "gradient".

    Returns
    -------
    ndarray of shape (n, height, width), float32
        From 0 to 1, the maximum of every image. All 0 if nothing supports the class.

    Raises
    ------
    ValueError
        If `method` is unknown, or the network has no such layer.
    """
    if method == "gradient":
        maps = [
            _smooth_gradient(model, batch, codes, np.random.default_rng((seed, number)))
            for number, (batch, codes) in enumerate(_batches(images, classes))
        ]
    elif method == "layercam":
        before, core = model.layers[1:-1], model.layers[-1]
        seeing = _with_feature_maps(core, layer)
        placements = [_placement(seeing, tensor) for tensor in seeing.outputs[:-1]]
        maps = []
        for batch, codes in _batches(images, classes):
            for preparation in before:
                batch = preparation(batch)
            maps.append(_layer_cam(seeing, batch, codes, placements))
    else:
        raise ValueError(f"method must be 'layercam' or 'gradient'. Got {method!r} instead.")
    return _up_to_one(np.concatenate(maps))


def _batches(images: np.ndarray, classes: np.ndarray) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    for start in range(0, len(images), _BATCH):
        rows = slice(start, start + _BATCH)
        yield tf.constant(images[rows], tf.float32), tf.constant(classes[rows], tf.int32)


def _log_odds(answers: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    answers = tf.cast(answers, tf.float32)
    if answers.shape[-1] == 1:
        answers = tf.concat([1 - answers, answers], axis=1)
    chosen = tf.one_hot(classes, answers.shape[-1])
    # The others are summed, not taken from 1: near 1 a float has no digits left for them.
    own, others = (tf.reduce_sum(answers * mask, axis=1) for mask in (chosen, 1 - chosen))
    least = np.finfo(np.float32).tiny
    return tf.math.log(tf.maximum(own, least)) - tf.math.log(tf.maximum(others, least))


def _up_to_one(maps: np.ndarray) -> np.ndarray:
    largest = maps.max(axis=(1, 2), keepdims=True)
    return (maps / np.where(largest > 0, largest, 1)).astype(np.float32)


# ---------------------------------------------------------------------- the slope over the pixels


def _smooth_gradient(
    model: keras.Model, images: tf.Tensor, classes: tf.Tensor, rng: np.random.Generator
) -> np.ndarray:
    axes = (1, 2, 3)
    span = tf.reduce_max(images, axes, keepdims=True) - tf.reduce_min(images, axes, keepdims=True)
    total = tf.zeros_like(images)
    for _ in range(_NOISY_COPIES):
        noise = tf.constant(rng.standard_normal(images.shape, dtype=np.float32))
        noisy = images + _NOISE * span * noise
        with tf.GradientTape() as tape:
            tape.watch(noisy)
            score = _log_odds(model(noisy, training=False), classes)
        total += tape.gradient(score, noisy)
    # Gradient times the difference from the background: the sign of the gradient alone does not
    # show which of two classes a pixel supports, and it is as large in empty places.
    background = np.median(images, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(total * (images - background), axis=3)).numpy()


# ---------------------------------------------------------------------- the maps of layers


def _layer_cam(
    seeing: keras.Model,
    images: tf.Tensor,
    classes: tf.Tensor,
    placements: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    with tf.GradientTape() as tape:
        tape.watch(images)
        *features, answers = seeing(images, training=False)
        score = _log_odds(answers, classes)
    total = np.zeros(images.shape[:3], np.float32)
    for feature, slope, (rows, columns) in zip(
        features, tape.gradient(score, features), placements, strict=True
    ):
        speaks = tf.nn.relu(tf.reduce_sum(tf.nn.relu(slope) * feature, axis=3))
        cells = tf.cast(speaks, tf.float32).numpy()
        total += _up_to_one(np.einsum("yi,nij,xj->nyx", rows, cells, columns))
    return total


def _with_feature_maps(core: keras.Model, names: str | Sequence[str] | None) -> keras.Model:
    """Return a model whose outputs are the maps of the layers, then the probabilities."""
    if isinstance(core, keras.Sequential):
        # One that was rebuilt was built again with every layer, and its layers know the first time.
        rebuilt, core = core, keras.models.clone_model(core)
        core.set_weights(rebuilt.get_weights())
    maps = _feature_maps(core)
    if not maps:
        raise ValueError(
            "method='layercam' needs a network with convolutions: a functional or sequential "
            "Keras model of a fixed image size, whose layers can be traced. This one has no such "
            "layers; method='gradient' works with any network."
        )
    if names is None:
        names = _fine_layers(core, maps)
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in maps:
            raise ValueError(
                f"The network has no feature maps of layer={name!r}.{did_you_mean(name, maps)} It "
                f"has those of {', '.join(maps)}."
            )
    outputs = [*(maps[name].output for name in names), core.outputs[0]]
    return keras.Model(core.inputs, outputs)


def _feature_maps(core: keras.Model) -> dict[str, Any]:
    """Return the layers with feature maps, from the first convolution on."""
    if not getattr(core, "inputs", None):  # a subclass of Model that is neither kind
        return {}
    found: dict[str, Any] = {}
    for layer in core.layers:
        is_convolution = any(len(weight.shape) == 4 for weight in layer.weights)
        shape = getattr(_output(layer), "shape", ())
        if (found or is_convolution) and len(shape) == 4 and None not in shape[1:3]:
            found[layer.name] = layer
    return found


def _output(layer: Any) -> Any:
    """Return the layer's output, or None if it has several or is used several times."""
    try:
        return layer.output
    except (AttributeError, ValueError):
        return None


def _fine_layers(core: keras.Model, maps: dict[str, Any]) -> list[str]:
    """Return the last layer of each of the fine scales."""
    # LayerCAM reads a map's values as evidence, which is what they are after an activation. After
    # batch normalization an empty place has a value, too.
    active = [
        name
        for name, layer in maps.items()
        if isinstance(layer, _ACTIVATIONS)
        or getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear
    ]
    height, width = core.inputs[0].shape[1:3]
    last: dict[int, str] = {}
    for name in active or maps:
        _, rows, columns, _ = maps[name].output.shape
        halvings = round(np.log2(max(height / rows, width / columns)))
        last[max(halvings, 0)] = name
    coarsest = max(_COARSEST, min(last))
    return [name for halvings, name in last.items() if halvings <= coarsest]


def _placement(seeing: keras.Model, tensor: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices that map the rows and columns of a map to those of the image.

    A map is not simply stretched: without padding, its border does not match the image's border.
    """
    makers = {id(_output(operation)): operation for operation in seeing.operations}
    start, step = np.zeros(2), np.ones(2)
    path: list[Any] = []
    size = tensor.shape[1:3]
    while (maker := makers.get(id(tensor))) is not None and not isinstance(
        maker, layers.InputLayer
    ):
        # Branches that are united lie on the same place: any of them leads to the image.
        tensor = keras.tree.flatten(maker.input)[0]
        path.append((maker, tensor.shape[1:3], _output(maker).shape[1:3]))
    for maker, before, after in reversed(path):
        offset, stride = _window(maker, np.array(before), np.array(after))
        start, step = start + offset * step, step * stride
    rows, columns = (
        _interpolation(n_pixels, n_cells, *place)
        for n_pixels, n_cells, *place in zip(
            seeing.inputs[0].shape[1:3], size, start, step, strict=True
        )
    )
    return rows, columns


def _window(layer: Any, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the center of the first window, and the distance to the next one."""
    is_convolution = isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)
    if not is_convolution and not isinstance(layer, layers.MaxPooling2D | layers.AveragePooling2D):
        stride = before / after
        return (stride - 1) / 2, stride
    size = np.array(layer.kernel_size if is_convolution else layer.pool_size)
    if is_convolution:
        size = (size - 1) * np.array(layer.dilation_rate) + 1
    stride = np.array(layer.strides)
    padding = np.zeros(2)
    if layer.padding == "same":
        padding = np.maximum((after - 1) * stride + size - before, 0) // 2
    return (size - 1) / 2 - padding, stride


def _interpolation(n_pixels: int, n_cells: int, start: float, step: float) -> np.ndarray:
    cells = start + step * np.arange(n_cells)
    # A cell at the end reaches half a step farther; beyond that its value fades to 0.
    ends = np.array([1.5, 0.5]) * step
    places = [*(cells[0] - ends), *cells, *(cells[-1] + ends[::-1])]
    one_cell = np.pad(np.eye(n_cells), ((0, 0), (1, 1)), mode="edge")
    values = np.pad(one_cell, ((0, 0), (1, 1)))
    return np.stack([np.interp(np.arange(n_pixels), places, value) for value in values], axis=1)

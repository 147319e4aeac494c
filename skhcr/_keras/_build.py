"""The Keras model that is trained: a normalization learned on the data, then the network."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ..networks._base import NORMALIZATION
from ._batch_norm import fuse_batch_norms
from ._random import seeded_build

MODEL_NAME = "skhcr"  # of the model around a network
_CHUNK = 4096  # rows; keeps the float copies made for the statistics small


def image_statistics(images: np.ndarray, rows: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the mean and the standard deviation of every channel over the given rows."""
    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    n_pixels = len(rows) * images.shape[1] * images.shape[2]
    axes = (0, 1, 2)
    mean = sum(images[chunk].sum(axis=axes, dtype=np.float64) for chunk in chunks) / n_pixels
    squares = sum(
        ((images[chunk] - mean) ** 2).sum(axis=axes, dtype=np.float64) for chunk in chunks
    )
    std = np.sqrt(squares / n_pixels)
    std[std == 0] = 1.0
    return mean.tolist(), std.tolist()


def meta(images: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return the properties of the data, under scikeras' names, and ``image_shape_``."""
    return {
        "image_shape_": images.shape[1:],
        "X_shape_": images.shape,
        "X_dtype_": images.dtype,
        "n_features_in_": int(np.prod(images.shape[1:])),
        "classes_": labels,
        "n_classes_": len(labels),
        "n_outputs_": 1,
        "n_outputs_expected_": 1,
        "target_type_": "binary" if len(labels) == 2 else "multiclass",
    }


def build_model(
    network: Any,
    *,
    meta: dict[str, Any],
    statistics: tuple[list[float], list[float]] | None,
    dtype_policy: str,
    seed: int,
) -> keras.Model:
    """Build an uncompiled model from the user's pixels to probabilities.

    Parameters
    ----------
    network : object with ``build(image_shape, n_classes)``, or function
        A network's parameter object, or a function in scikeras' convention.
    meta : dict
        The properties of the data, see :func:`meta`.
    statistics : (mean, std) per channel, or None
        The normalization to put in front of the network.
    dtype_policy : str
        Keras' dtype policy for the layers.
    seed : int
        Seed for the initial weights and dropout.

    Raises
    ------
    ValueError, TypeError
        If a function returns something that is not a classifier of these images.
    """
    if isinstance(network, keras.Model | type):
        raise TypeError(
            "model must be something that builds a new network for every fit: a preset's name, a "
            f"network object such as CNN(), or a function; got {network!r}."
        )
    image_shape, n_classes = meta["image_shape_"], meta["n_classes_"]
    with seeded_build(seed, dtype_policy):
        if hasattr(network, "build"):
            core = network.build(image_shape, n_classes)
        else:
            core = _call_in_scikeras_convention(network, meta)
            what = "The network returned by the function given as model"
            check_answers(core, image_shape, n_classes, what)
        fuse_batch_norms(core)
        inputs = keras.Input(image_shape, name="image")
        normalized = inputs
        if statistics is not None:
            # As weights, not as constants in the graph, which would apply only to these images.
            layer = keras.layers.BatchNormalization(
                epsilon=0,
                center=False,
                scale=False,
                trainable=False,
                dtype="float32",
                name=NORMALIZATION,
            )
            normalized = layer(inputs)
            mean, std = np.asarray(statistics)
            layer.set_weights([mean, std**2])
        return keras.Model(inputs, core(normalized), name=MODEL_NAME)


def core_of(model: keras.Model) -> tuple[keras.Model, bool]:
    """Return the network in a model, and whether the model begins with our normalization."""
    layers = model.layers
    if model.name != MODEL_NAME or not isinstance(layers[-1], keras.Model):
        return model, False
    return layers[-1], layers[1].name == NORMALIZATION


def set_trainable(model: keras.Model, network: Any) -> bool:
    """Let the network set its trainable layers; return whether they changed.

    Parameters
    ----------
    model : keras.Model
        The result of :func:`build_model`. It must be compiled again after a change.
    network : object
        Used only if it has a method ``set_trainable(model)``, which gets the model returned by its
        ``build``.
    """
    if isinstance(network, type) or not hasattr(network, "set_trainable"):
        return False
    before = [id(variable) for variable in model.trainable_variables]
    network.set_trainable(model.layers[-1])
    return before != [id(variable) for variable in model.trainable_variables]


def _call_in_scikeras_convention(
    function: Callable[..., keras.Model], meta: dict[str, Any]
) -> keras.Model:
    """Call ``f(meta, compile_kwargs, params)`` with the arguments that it accepts."""
    parameters = inspect.signature(function).parameters
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    known = {"meta": meta, "compile_kwargs": {}, "params": {}}
    given = {name: value for name, value in known.items() if takes_all or name in parameters}
    model = function(**given)
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"The function given as model must return a keras.Model, but {function!r} returned "
            f"an object of type {type(model).__name__}."
        )
    return model


def check_answers(
    model: keras.Model, image_shape: tuple[int, ...], n_classes: int, what: str
) -> None:
    """Raise an error, about `what`, for a model that is not a classifier of such images."""
    sample = np.random.default_rng(0).normal(size=(2, *image_shape)).astype(np.float32)
    try:
        answer = np.asarray(model(sample, training=False), dtype=np.float64)
    except Exception as error:
        raise ValueError(
            f"{what} does not accept images of shape {image_shape}; build it for "
            "meta['image_shape_']."
        ) from error
    one_probability = n_classes == 2 and answer.shape == (2, 1)
    if answer.shape != (2, n_classes) and not one_probability:
        raise ValueError(
            f"{what} returns shape {answer.shape[1:]}, but y has {n_classes} classes: end it with "
            f"Dense({n_classes}, activation='softmax')."
        )
    sums_to_one = one_probability or np.allclose(answer.sum(axis=1), 1, atol=1e-2)
    if not (sums_to_one and answer.min() >= 0 and answer.max() <= 1):
        raise ValueError(f"{what} does not return probabilities: end it with a softmax activation.")

"""The Keras model that is trained: a normalization learned on the data, then the network."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import keras
import numpy as np

from ..networks import essentials
from ..networks._base import NORMALIZATION
from ._batch_norm import fuse_batch_norms
from ._config import check_parts
from ._loan import optimizer_variables
from ._random import seeded_build

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
    """Return what is known of the data, under scikeras' names, and ``image_shape_``."""
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
    """Build an uncompiled model: pixels as the user has them in, probabilities out.

    Parameters
    ----------
    network : object with ``build(image_shape, n_classes)``, or function
        A network's parameter object, or a function in scikeras' convention.
    meta : dict
        What is known of the data, see :func:`meta`.
    statistics : (mean, std) per channel, or None
        The normalization to put in front of the network.
    dtype_policy : str
        Keras' dtype policy for the layers.
    seed : int
        Seeds the initial weights and dropout.

    Raises
    ------
    ValueError, TypeError
        If a function returns something that is no classifier of these images.
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
            # As weights, not as numbers in the graph, which would fit these images only.
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
        return keras.Model(inputs, core(normalized), name="skhcr")


def set_trainable(model: keras.Model, network: Any) -> bool:
    """Let the network say which layers are trained; True where that is a change.

    Parameters
    ----------
    model : keras.Model
        What :func:`build_model` returned. It must be compiled anew after a change.
    network : object
        Asked only if it has a method ``set_trainable(model)``, which is given the model that its
        ``build`` returned.
    """
    if isinstance(network, type) or not hasattr(network, "set_trainable"):
        return False
    before = [id(variable) for variable in model.trainable_variables]
    network.set_trainable(model.layers[-1])
    return before != [id(variable) for variable in model.trainable_variables]


def _call_in_scikeras_convention(
    function: Callable[..., keras.Model], meta: dict[str, Any]
) -> keras.Model:
    """Call ``f(meta, compile_kwargs, params)`` with as much of that as it takes."""
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
    """Raise an error, about `what`, for a model that is no classifier of such images."""
    sample = np.random.default_rng(0).normal(size=(2, *image_shape)).astype(np.float32)
    try:
        answer = np.asarray(model(sample, training=False), dtype=np.float64)
    except Exception as error:
        raise ValueError(
            f"{what} does not take images of shape {image_shape}; meta['image_shape_'] holds the "
            "shape to build for."
        ) from error
    one_probability = n_classes == 2 and answer.shape == (2, 1)
    if answer.shape != (2, n_classes) and not one_probability:
        raise ValueError(
            f"{what} answers with shape {answer.shape[1:]}, but y has {n_classes} classes: end it "
            f"with Dense({n_classes}, activation='softmax')."
        )
    sums_to_one = one_probability or np.allclose(answer.sum(axis=1), 1, atol=1e-2)
    if not (sums_to_one and answer.min() >= 0 and answer.max() <= 1):
        raise ValueError(
            f"{what} does not answer with probabilities: end it with a softmax activation."
        )


class Keeping(NamedTuple):
    """What of a model goes into its state.

    Parameters
    ----------
    optimizers : bool, default=False
        The variables of its optimizer, if it has one.
    half : bool, default=False
        Its weights in 16 bits.
    """

    optimizers: bool = False
    half: bool = False


_USUALLY = Keeping()
_keeping: ContextVar[Keeping] = ContextVar("keeping", default=_USUALLY)


@contextmanager
def keeping(what: Keeping) -> Iterator[None]:
    """Let states hold more or less than they usually do, meanwhile."""
    token = _keeping.set(what)
    try:
        yield
    finally:
        _keeping.reset(token)


def model_to_state(model: keras.Model) -> dict[str, Any]:
    """Return a model as plain data: configuration, weights and random states.

    Nothing of how it is trained, unless :func:`keeping` says so.
    """
    config = essentials(json.loads(model.to_json()))
    state = {
        "config": json.dumps(config),
        "weights": [_kept(weight) for weight in model.get_weights()],
        "random": [keras.ops.convert_to_numpy(state) for state in _random_states(model)],
        "dtype_policy": model.dtype_policy.name,  # of the model itself, which to_json leaves out
    }
    if _keeping.get().optimizers and model.optimizer is not None:
        variables = model.optimizer.variables
        state["optimizer"] = [keras.ops.convert_to_numpy(variable) for variable in variables]
    return state


def _kept(weight: np.ndarray) -> np.ndarray:
    # Kernels; vectors take no room, and means and variances of pixels need their range.
    return weight.astype(np.float16) if _keeping.get().half and weight.ndim > 1 else weight


def model_from_state(state: dict[str, Any]) -> keras.Model:
    """Rebuild a model from :func:`model_to_state`, uncompiled."""
    config = essentials(json.loads(state["config"]))
    check_parts(config, state["weights"])
    with seeded_build(0, state["dtype_policy"]):
        model = keras.saving.deserialize_keras_object(config)
    model.set_weights(state["weights"])
    if "random" in state:  # states of earlier versions may lack it
        for variable, value in zip(_random_states(model), state["random"], strict=True):
            variable.assign(value)
    fuse_batch_norms(model)
    return model


def _random_states(model: keras.Model) -> list[Any]:
    """Return what dropout and the like draw from."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def set_optimizer(model: keras.Model, variables: list[np.ndarray]) -> None:
    """Give the optimizer of a compiled model its variables from :func:`model_to_state`."""
    for variable, value in zip(optimizer_variables(model), variables, strict=True):
        variable.assign(value)

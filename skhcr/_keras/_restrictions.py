"""Restrictions on the parts of a model's configuration."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import keras
import numpy as np

from .._answering._keeping import trusted_parts
from .._compat import variables_without_values
from ..networks._parts import custom_objects_in

_MOST_CALLS = 1_000_000
_MOST_BESIDE = 10_000  # variables that are no weights, such as what dropout draws from


def check_parts(config: dict[str, Any], weights: Sequence[np.ndarray]) -> None:
    """Raise an error, under :func:`restrict_to_builtin_layers`, for a model with other parts.

    Raises
    ------
    ValueError
        If the configuration has other parts, or does not match the weights.
    """
    trusted = trusted_parts()
    if trusted is None:
        return
    foreign = sorted(set(custom_objects_in(config)) - set(trusted))
    if foreign:
        raise ValueError(f"the network has parts that are not Keras' own: {', '.join(foreign)}")
    if _n_calls(config) > _MOST_CALLS:
        raise ValueError("the network contains too many nested networks")
    if not all(type(weight) is np.ndarray and weight.dtype.kind in "fiub" for weight in weights):
        raise ValueError("its weights are not arrays of numbers")
    if len(set(map(id, weights))) < len(weights):
        raise ValueError("an array is used for the weights of several layers")
    _check_nodes(config)
    expected = _weight_shapes(config)
    found = [weight.shape for weight in weights]
    if expected != found:
        raise ValueError(
            f"the network should have {sum(map(prod, expected)):,} weights, but there are "
            f"{sum(map(prod, found)):,} of other shapes"
        )


def _n_calls(config: Any) -> int:
    """Return the approximate number of layer calls to build a model, including nested models.

    Keras calls a model's layers several times to build it, and whenever it is a layer of another.
    """
    if isinstance(config, list):
        return sum(map(_n_calls, config))
    if not isinstance(config, dict):
        return 0
    inner = config.get("config")
    if isinstance(inner, dict) and isinstance(inner.get("layers"), list):
        calls = sum(
            _n_calls(layer) * len(layer.get("inbound_nodes") or [None]) for layer in inner["layers"]
        )
        return 3 * calls
    return 1 + _n_calls(list(config.values()))


def _check_nodes(config: Any) -> None:
    """Raise an error for layers with only constant inputs, which would be computed."""
    for part in _dicts_in(config):
        for node in part.get("inbound_nodes") or []:
            classes = [inner.get("class_name") for inner in _dicts_in(node)]
            if not isinstance(node, dict) or "__keras_tensor__" not in classes:
                raise ValueError("a layer of the network does not depend on the images")


def _dicts_in(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from _dicts_in(value)


def _weight_shapes(config: dict[str, Any]) -> list[tuple[int, ...]]:
    """Return the shapes of a model's weights, without the memory for them."""
    with variables_without_values() as made:
        model = keras.saving.deserialize_keras_object(copy.deepcopy(config))  # uses it up
    used = {id(weight) for weight in model.weights}
    beside = sum(prod(variable.shape) for variable in made if id(variable) not in used)
    if beside > _MOST_BESIDE:
        raise ValueError(f"the network has layers of {beside:,} weights that are not in use")
    return [tuple(weight.shape) for weight in model.weights]

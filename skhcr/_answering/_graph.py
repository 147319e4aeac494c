"""Builder for a graph of operations on images."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from . import _proto

_MOST_NODES = 20_000
_MOST_VALUES = 2**31  # of a row, between two operations


class CannotConvert(ValueError):
    """A network cannot be translated; the message names the part."""


class Tensor(NamedTuple):
    """An input or output of an operation.

    Attributes
    ----------
    name : str
        Its name in the graph.
    shape : tuple of int
        The shape of a row: (channels, height, width) for a feature map, otherwise as in Keras.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def is_map(self) -> bool:
        return len(self.shape) == 3


class Graph:
    """Operations and their arrays, in execution order.

    Feature maps have their channels first, as in ONNX.
    """

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def add(
        self, kind: str, inputs: list[Tensor | str], shape: tuple[int, ...], **attributes: Any
    ) -> Tensor:
        """Add an operation and return what it gives."""
        if len(self.nodes) >= _MOST_NODES:
            raise CannotConvert("too many layers")
        if min(shape, default=1) < 1 or prod(shape) > _MOST_VALUES:
            raise CannotConvert(f"features of shape {shape}")
        name = f"x{len(self.nodes)}"
        names = [one.name if isinstance(one, Tensor) else one for one in inputs]
        self.nodes.append(_proto.node(kind, names, [name], attributes))
        return Tensor(name, shape)

    def constant(self, values: Any, dtype: type = np.float32) -> str:
        """Add an array and return its name."""
        name = f"c{len(self.tensors)}"
        self.tensors.append(_proto.tensor(name, np.asarray(values, dtype)))
        return name

    def channels_last(self, x: Tensor) -> Tensor:
        """Return values in the order of Keras."""
        if not x.is_map or 1 in (x.shape[0], prod(x.shape[1:])):
            shape = x.shape if not x.is_map else (*x.shape[1:], x.shape[0])
            return Tensor(x.name, shape)  # to be reshaped
        shape = (*x.shape[1:], x.shape[0])
        return self.add("Transpose", [x], shape, perm=[0, 2, 3, 1])

    def reshaped(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Return the values in another shape; maps have their channels last before and after."""
        dims = self.constant([-1, *shape], np.int64)
        return self.add("Reshape", [x, dims], shape)

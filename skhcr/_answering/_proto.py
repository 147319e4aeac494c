"""Models in the ONNX format, which uses Protocol Buffers: the parts that networks need."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

Attribute = int | float | str | Sequence[int]

_IR_VERSION, _OPSET = 8, 17
_FLOAT, _INT64 = 1, 7  # types of elements
_DTYPES = {_FLOAT: "<f4", _INT64: "<i8"}


def _varint(number: int) -> bytes:
    number &= 2**64 - 1  # negative numbers as two's complement
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def node(
    kind: str, inputs: Iterable[str], outputs: Iterable[str], attributes: Mapping[str, Attribute]
) -> bytes:
    """Return an operation."""
    parts = [_bytes(1, name) for name in inputs] + [_bytes(2, name) for name in outputs]
    parts.append(_bytes(4, kind))
    parts += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join(parts)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        content = _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    elif isinstance(value, int):
        content = _number(3, value) + _number(20, 2)
    elif isinstance(value, str):
        content = _bytes(4, value) + _number(20, 3)
    else:
        content = b"".join(_number(8, item) for item in value) + _number(20, 7)
    return _bytes(1, name) + content


def tensor(name: str, values: np.ndarray) -> bytes:
    """Return an array of floats or whole numbers, under a name."""
    kind = _FLOAT if values.dtype.kind == "f" else _INT64
    data = values.astype(_DTYPES[kind]).tobytes()  # row by row
    dims = b"".join(_number(1, length) for length in values.shape)
    return dims + _number(2, kind) + _bytes(8, name) + _bytes(9, data)


def _value(name: str, shape: Sequence[int]) -> bytes:
    """Return the description of an input or output: floats, any number of rows of a shape."""
    dims = [_bytes(2, "n"), *(_number(1, length) for length in shape)]
    tensor_type = _number(1, _FLOAT) + _bytes(2, b"".join(_bytes(1, dim) for dim in dims))
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor_type))


def model(
    nodes: Iterable[bytes],
    tensors: Iterable[bytes],
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
) -> bytes:
    """Return a whole model; shapes are those of a row."""
    graph = [_bytes(1, one) for one in nodes]
    graph.append(_bytes(2, "network"))
    graph += [_bytes(5, one) for one in tensors]
    graph += [_bytes(11, _value(name, shape)) for name, shape in inputs.items()]
    graph += [_bytes(12, _value(name, shape)) for name, shape in outputs.items()]
    opset = _bytes(8, _number(2, _OPSET))
    return _number(1, _IR_VERSION) + _bytes(2, "skhcr") + _bytes(7, b"".join(graph)) + opset

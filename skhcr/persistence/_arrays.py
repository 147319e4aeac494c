"""Arrays in the JSON metadata of files."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

_BYTES = {"float16": 2, "float32": 4, "float64": 8}


def array_as_json(array: np.ndarray) -> dict[str, Any]:
    """Return an array of floating-point numbers as values that JSON can contain."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "base64": data}


def array_from_json(described: dict[str, Any]) -> np.ndarray:
    """Return the array from the result of :func:`array_as_json`."""
    dtype = np.dtype(f"f{_BYTES[described['dtype']]}")
    data = base64.b64decode(described["base64"], validate=True)
    return np.frombuffer(data, dtype).reshape(described["shape"])

"""Labels in the metadata of files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._archive import LoadError

KEY = "skhcr"  # the key of the JSON, if a format has keys for metadata
MEMBER = "skhcr.json"  # its name in a zip archive
PROTOTYPES = "prototypes"  # the key of the array in the JSON
_KINDS = "biufUO"
_LONGEST = 10_000_000  # letters; in an array, every label is as long as the longest


def as_json(labels: np.ndarray, others: Mapping[str, Any]) -> str:
    """Return labels and other plain values as JSON.

    Raises
    ------
    TypeError
        If the labels are not numbers, strings or booleans.
    """
    if labels.dtype.kind not in _KINDS:
        raise TypeError(f"Such a file cannot contain labels of dtype {labels.dtype}.")
    known = {"classes": labels.tolist(), "classes_dtype": labels.dtype.str, **others}
    return json.dumps(known, default=lambda value: value.item())


def read_labels(metadata: Mapping[str, Any]) -> np.ndarray:
    """Return the labels from the result of :func:`as_json`."""
    dtype, classes = np.dtype(str(metadata["classes_dtype"])), list(metadata["classes"])
    if dtype.kind not in _KINDS:
        raise LoadError(f"its labels are of dtype {str(dtype)[:50]!r}")
    longest = max(map(len, map(str, classes)), default=0)
    if dtype.kind == "U":  # numbers as text have more letters in the dtype than in any label
        longest = max(longest, dtype.itemsize // np.dtype("U1").itemsize)
    if longest * len(classes) > _LONGEST:
        raise LoadError(f"its {len(classes):,} labels have up to {longest:,} letters")
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise LoadError("it has fewer than two labels, or a label occurs twice")
    labels = np.array(classes, dtype=dtype)
    if labels.tolist() != metadata["classes"]:
        raise LoadError(f"its labels are not of dtype {dtype}")
    return labels

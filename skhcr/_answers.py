"""Checks of a network's predictions and of their settings, which files may corrupt."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np


def check_probabilities(probabilities: np.ndarray) -> None:
    """Raise an error for rows that are not probabilities.

    Raises
    ------
    ValueError
        The message names the first of them.
    """
    wrong = ~(np.isfinite(probabilities) & (probabilities >= 0)).all(axis=1)
    wrong |= probabilities.sum(axis=1) == 0
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"The network's answer to image {row} is not a row of probabilities, but "
            f"{probabilities[row][:5]}: its weights are damaged, or training diverged (lower the "
            "learning rate)."
        )


def check_adjustments(temperature: Any, shift: Any, image_shape: Sequence[int]) -> None:
    """Raise an error for an invalid temperature or test-time shift.

    Raises
    ------
    ValueError
        If the temperature is not a positive number, or images would be shifted out of view.
    """
    if not (isinstance(temperature, Real) and 0 < float(temperature) < np.inf):
        raise ValueError(f"its temperature_ must be a positive number, and is {temperature!r}")
    most = max(image_shape[:2])
    if not (isinstance(shift, Integral) and 0 <= int(shift) <= most):
        raise ValueError(
            f"its test_time_shift must be an integer from 0 to {most} pixels, and is {shift!r}"
        )

"""The confidence interval of an accuracy, in results and as a line of text."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhcr._interval import accuracy_interval

from ._terminal import tell


def interval_of(is_right: np.ndarray, groups: np.ndarray | None) -> dict[str, Any] | None:
    """Return the interval of the accuracy and its method; None if all images are of one group."""
    found = accuracy_interval(is_right, groups)
    return None if found is None else found._asdict()


def tell_interval(interval: dict[str, Any] | None, advice: str = "") -> None:
    """Print an interval, or the reason why there is none."""
    if interval is None:
        tell(
            "There is no confidence interval, because all these images are of one group and do not "
            f"show the variation between groups.{advice}"
        )
        return
    low, high, method = interval.values()
    tell(f"95 % confidence interval: {low:.2%} to {high:.2%} ({method})")

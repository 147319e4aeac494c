"""Confidence interval of the accuracy on test images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

_LEVEL = 0.95


class Interval(NamedTuple):
    """A confidence interval of an accuracy, and its method."""

    low: float
    high: float
    method: str


def accuracy_interval(is_right: ArrayLike, groups: ArrayLike | None = None) -> Interval | None:
    """Return the 95 % confidence interval of an accuracy.

    It is the Wilson interval for independent images. With groups, such as writers, it applies to
    new groups: the number of images is divided by the design effect, which is the variance of the
    accuracy when sampling whole groups, over its variance when sampling single images.

    Parameters
    ----------
    is_right : array-like of bool of shape (n,)
        Whether each image was classified correctly.
    groups : array-like of shape (n,), default=None
        Groups of the images.

    Returns
    -------
    Interval or None
        None for a single group, which does not show the variation between groups.

    Examples
    --------
    >>> from skhcr._interval import accuracy_interval
    >>> low, high, method = accuracy_interval([True] * 95 + [False] * 5)
    >>> print(f"{low:.3f} to {high:.3f} ({method})")
    0.888 to 0.978 (Wilson)
    >>> accuracy_interval([True, False], groups=["ada", "ada"]) is None
    True
    """
    from scipy.stats import norm, t

    right = np.asarray(is_right, dtype=float)
    n, share = float(len(right)), float(right.mean())
    if groups is None:
        return Interval(*_wilson(share, n, float(norm.ppf((1 + _LEVEL) / 2))), "Wilson")
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    n_groups = len(names)
    if n_groups < 2:
        return None
    # Correct images of a group above the average, summed over its images.
    beyond = np.bincount(codes, right - share)
    of_groups = n_groups / (n_groups - 1) * np.sum(beyond**2) / n**2
    of_images = share * (1 - share) / n
    effect = max(1.0, of_groups / of_images) if of_images else 1.0
    quantile = float(t.ppf((1 + _LEVEL) / 2, n_groups - 1))
    method = f"Wilson, with the design effect of {n_groups} groups"
    return Interval(*_wilson(share, n / effect, quantile), method)


def _wilson(share: float, n: float, z: float) -> tuple[float, float]:
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))

"""The choices for one parameter of a search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ._labels import find_alike, find_same, is_same, labels

# An unbounded distribution is sampled between these quantiles.
_QUANTILE = 1e-12


class Choice(Protocol):
    """A parameter to draw; a storage keeps the label of its value."""

    @property
    def size(self) -> int | None:
        """The number of labels, if it is finite."""

    @property
    def distribution(self) -> BaseDistribution:
        """Draws the labels."""

    def value(self, label: Any) -> Any:
        """Return the value of a label."""

    def label(self, value: Any) -> Any:
        """Return the label of a value; raise a ValueError if it cannot be drawn."""

    def label_at(self, index: int) -> Any:
        """Return one of a finite number of labels."""

    def key(self, label: Any) -> Any:
        """Return a key that is equal only for labels of the same value."""


class Listed:
    """One of these values."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values: list[Any] = []
        for value in values:
            if not any(is_same(value, other) for other in self.values):
                self.values.append(value)
        self.distribution = CategoricalDistribution(labels(self.values))
        self.size = len(self.values)

    def value(self, label: Any) -> Any:
        return self.values[int(self.distribution.to_internal_repr(label))]

    def label(self, value: Any) -> Any:
        index = find_same(self.values, value)
        if index is None:
            raise ValueError("not one of the values")
        return self.distribution.choices[index]

    def label_at(self, index: int) -> Any:
        return self.distribution.choices[index]

    def key(self, label: Any) -> Any:
        return label

    def alike(self) -> tuple[int, int] | None:
        """Return the positions of two indistinguishable values, if any."""
        return find_alike(self.values)


class Number:
    """A number of one of Optuna's distributions; its label is the number itself."""

    def __init__(self, distribution: FloatDistribution | IntDistribution) -> None:
        self.distribution = distribution
        low, high, self._step = distribution.low, distribution.high, distribution.step
        self.size: int | None = None
        if low == high:
            self.size = 1
        elif self._step is not None:
            self.size = round((high - low) / self._step) + 1

    def value(self, label: Any) -> Any:
        return label

    def label(self, value: Any) -> Any:
        low, high, step = self.distribution.low, self.distribution.high, self._step
        if isinstance(value, bool) or not low <= value <= high:
            raise ValueError("not between the ends")
        if step is not None and not np.isclose((value - low) / step % 1, [0, 1], atol=1e-8).any():
            raise ValueError("not on a step")
        return value

    def label_at(self, index: int) -> Any:
        return self.distribution.low + index * (self._step or 0)

    def key(self, label: Any) -> Any:
        # The same step may be a number and the next one, by the way that it was computed.
        return label if self._step is None else round((label - self.distribution.low) / self._step)


class Quantile:
    """A value of one of scipy's distributions; its label is the share of values below it."""

    size = None

    def __init__(self, frozen: Any) -> None:
        self._frozen = frozen
        self._is_discrete = hasattr(frozen, "pmf")
        low, high = (0.0 if end else _QUANTILE for end in np.isfinite(frozen.support()))
        self.distribution = FloatDistribution(low, 1 - high)

    def value(self, label: Any) -> Any:
        value = float(self._frozen.ppf(label))
        if not self._is_discrete:
            return value
        # scipy returns a value below all others for the quantile 0.
        value = max(value, float(self._frozen.support()[0]))
        return int(value) if value.is_integer() else value

    def label(self, value: Any) -> Any:
        label = float(self._frozen.cdf(value))
        if not np.isclose(self.value(label), value, rtol=1e-6, atol=0):
            raise ValueError("not a value of the distribution")
        return label

    def label_at(self, index: int) -> Any:
        raise NotImplementedError("The number of labels is infinite.")

    def key(self, label: Any) -> Any:
        return self.value(label)


def choice_of(name: str, entry: Any) -> Choice:
    """Return the choice for an entry of ``param_distributions``.

    Raises
    ------
    TypeError, ValueError
        If it is not a valid entry.
    """
    if isinstance(entry, CategoricalDistribution):
        return Listed(entry.choices)
    if isinstance(entry, FloatDistribution | IntDistribution):
        return Number(entry)
    if hasattr(entry, "ppf") and hasattr(entry, "support"):
        return _from_scipy(entry)
    if not isinstance(entry, str):
        try:
            values = list(entry)
        except TypeError:
            pass
        else:
            if not values:
                raise ValueError(f"param_distributions[{name!r}] is empty.")
            return Listed(values)
    raise TypeError(
        f"param_distributions[{name!r}] must be a list of values, a distribution of Optuna or a "
        f"frozen one of scipy.stats, such as loguniform(0.01, 1), got {entry!r}."
    )


def _from_scipy(frozen: Any) -> Choice:
    low, high = (float(end) for end in frozen.support())
    kind = getattr(getattr(frozen, "dist", None), "name", None)
    if kind == "randint":
        return Number(IntDistribution(int(low), int(high)))
    if kind == "uniform":
        return Number(FloatDistribution(low, high))
    # With a `loc`, its logarithms are not uniform any more.
    if kind in ("loguniform", "reciprocal") and np.isclose(frozen.median() ** 2, low * high):
        return Number(FloatDistribution(low, high, log=True))
    return Quantile(frozen)

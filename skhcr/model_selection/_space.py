"""The space of a search: parameters and their choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.base import clone

_PLAIN = (bool, int, float, str, type(None))
_LONGEST_LABEL = 80


class Space:
    """Parameters to be drawn: a dict of distributions, or a function of the trial.

    Parameters
    ----------
    space : dict or callable
        See ``param_distributions`` of :class:`skhcr.model_selection.OptunaSearchCV`.

    Raises
    ------
    TypeError, ValueError
        If an entry is nothing to draw from.
    """

    def __init__(self, space: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]) -> None:
        self._function = space if callable(space) else None
        self._distributions: dict[str, BaseDistribution] = {}
        self._values: dict[str, dict[Any, Any]] = {}  # what the labels of a choice stand for
        if not callable(space):
            if not isinstance(space, Mapping):
                raise TypeError(
                    f"param_distributions must be a dict or a function of the trial, got {space!r}."
                )
            for name, choice in space.items():
                self._add(name, choice)

    def _add(self, name: str, choice: Any) -> None:
        known = isinstance(choice, BaseDistribution) or hasattr(choice, "dist")
        if not known and not isinstance(choice, str):
            try:
                values = list(choice)
            except TypeError:
                pass
            else:
                if not values:
                    raise ValueError(f"param_distributions[{name!r}] has nothing to choose from.")
                labels = _labels(values)
                self._values[name] = dict(zip(labels, values, strict=True))
                self._distributions[name] = CategoricalDistribution(labels)
                return
        self._distributions[name] = _from_scipy(name, choice) if hasattr(choice, "dist") else choice
        if not isinstance(self._distributions[name], BaseDistribution):
            raise TypeError(
                f"param_distributions[{name!r}] must be a list of values, a distribution of Optuna "
                f"or one of scipy.stats (uniform, loguniform, randint), got {choice!r}."
            )

    def draw(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """Return the parameters of a trial; of a finished trial those that it had."""
        if self._function is not None:
            return dict(self._function(trial))
        params = {}
        for name, distribution in self._distributions.items():
            value = _suggest(trial, name, distribution)
            params[name] = self._values[name][value] if name in self._values else value
        # Networks and steps of pipelines are set parameters of; the next trial gets its own.
        return {name: clone(value, safe=False) for name, value in params.items()}

    def labels_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a trial would hold of these parameters, of those that could be drawn."""
        labels = {}
        for name in self._distributions.keys() & params.keys():
            value = params[name]
            if name in self._values:
                by_text = {_text(choice): label for label, choice in self._values[name].items()}
                if _text(value) in by_text:
                    labels[name] = by_text[_text(value)]
            elif _contains(self._distributions[name], value):
                labels[name] = value
        return labels


def _contains(distribution: BaseDistribution, value: Any) -> bool:
    try:
        optuna.trial.create_trial(
            value=0.0, params={"value": value}, distributions={"value": distribution}
        )
    except (TypeError, ValueError):
        return False
    return True


def _suggest(trial: Any, name: str, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, FloatDistribution):
        return trial.suggest_float(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    assert isinstance(distribution, CategoricalDistribution)
    return trial.suggest_categorical(name, distribution.choices)


def _labels(values: list[Any]) -> list[Any]:
    """Return what stands for the values in a storage, which knows plain values only."""
    if all(isinstance(value, _PLAIN) for value in values):
        return values
    return [
        value if isinstance(value, _PLAIN) else f"{index}: {_text(value)}"
        for index, value in enumerate(values)
    ]


def _text(value: Any) -> str:
    # Without addresses in memory, so that another process finds the same text.
    text = getattr(value, "__qualname__", None) or repr(value)
    return " ".join(text.split(" at 0x")[0].split())[:_LONGEST_LABEL]


def _from_scipy(name: str, frozen: Any) -> BaseDistribution:
    low, high = (float(bound) for bound in frozen.support())
    kind = frozen.dist.name
    if kind == "randint":
        return IntDistribution(int(low), int(high))
    if kind == "uniform":
        return FloatDistribution(low, high)
    if kind in ("loguniform", "reciprocal"):
        return FloatDistribution(low, high, log=True)
    raise TypeError(
        f"param_distributions[{name!r}] is scipy.stats.{kind}; of those, uniform, loguniform and "
        "randint are known. Use optuna.distributions."
    )

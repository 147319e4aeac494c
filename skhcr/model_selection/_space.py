"""The space of a search: parameters and their choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import prod
from random import Random
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.base import clone

from .._amount import BATCH_SIZE, EPOCHS
from ._choices import Choice, Listed, choice_of
from ._labels import describe
from ._pruning import find_classifier

# The value of "auto" for many rows.
_OF_MANY_ROWS = {"batch_size": BATCH_SIZE, "epochs": EPOCHS}
_WHICH = "param_distributions"  # the name of the choice between several dicts


class Space:
    """The parameter space: a dict of distributions, a list of dicts, or a function of the trial.

    Parameters
    ----------
    space : dict, list of dicts or callable
        See ``param_distributions`` of :class:`skhcr.model_selection.OptunaSearchCV`.

    Raises
    ------
    TypeError, ValueError
        If an entry is invalid.

    Attributes
    ----------
    size : int or None
        Number of settings, if it is known and finite.
    """

    def __init__(
        self,
        space: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Callable[[Any], Mapping[str, Any]],
    ) -> None:
        self._function: Callable[[Any], Mapping[str, Any]] | None = None
        self._which: Listed | None = None
        self._dicts: list[dict[str, Choice]] = []
        if isinstance(space, Mapping):
            self._dicts = [_choices(space)]
        elif callable(space):
            self._function = space
        else:
            if not space:
                raise ValueError("param_distributions is an empty list.")
            self._dicts = [_choices(one) for one in space]
            self._which = Listed(range(len(self._dicts)))
        self._sizes = [_size(choices) for choices in self._dicts]
        sizes = [size for size in self._sizes if size is not None]
        self.size = sum(sizes) if sizes and len(sizes) == len(self._sizes) else None

    def draw(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """Return the parameters of a trial, also of a finished one."""
        if self._function is not None:
            return dict(self._function(trial))
        index = 0
        if self._which is not None:
            index = _suggest(trial, _WHICH, self._which.distribution)
        params = {}
        for name, choice in self._dicts[index].items():
            label = _suggest(trial, self._trial_name(index, name), choice.distribution)
            params[name] = choice.value(label)
        # Networks and steps of pipelines are set parameters of; the next trial gets its own.
        return {name: clone(value, safe=False) for name, value in params.items()}

    def key(self, trial: optuna.trial.BaseTrial) -> str | None:
        """Return a key of the trial's setting; None while a trial is being sampled."""
        if self._function is None:
            return self._key(trial.params)
        try:
            return describe([trial.params, self.draw(trial)])
        except (KeyError, ValueError):
            return None

    def first_without(self, keys: set[str], random: Random) -> dict[str, Any]:
        """Return the labels of a setting whose key is not among these.

        Of a finite space; any setting, if all have these keys.
        """
        assert self.size is not None
        start = random.randrange(self.size)
        for step in range(self.size):
            labels = self._labels_at((start + step) % self.size)
            if self._key(labels) not in keys:
                break
        return labels

    def _key(self, labels: Mapping[str, Any]) -> str | None:
        index = 0 if self._which is None else labels.get(_WHICH)
        if index is None:
            return None
        choices = {self._trial_name(index, name): c for name, c in self._dicts[index].items()}
        if not choices.keys() <= labels.keys():
            return None
        return describe([index, [choice.key(labels[name]) for name, choice in choices.items()]])

    def _labels_at(self, position: int) -> dict[str, Any]:
        """Return the labels of one of a finite number of settings."""
        index = 0
        while position >= (self._sizes[index] or 0):
            position -= self._sizes[index] or 0
            index += 1
        labels = {} if self._which is None else {_WHICH: index}
        for name, choice in self._dicts[index].items():
            position, at = divmod(position, choice.size or 1)
            labels[self._trial_name(index, name)] = choice.label_at(at)
        return labels

    def labels_of(self, estimator: Any) -> dict[str, Any]:
        """Return the labels of an estimator's parameters that are in the space.

        Of several dicts, those of the one that lacks least of them.
        """
        found = [self._labels_in(index, estimator) for index in range(len(self._dicts))]
        if not any(found):
            return {}
        index = max(range(len(found)), key=lambda i: len(found[i]) - len(self._dicts[i]))
        return found[index] if self._which is None else {_WHICH: index} | found[index]

    def _labels_in(self, index: int, estimator: Any) -> dict[str, Any]:
        # Of a network that the estimator has by name, the one that all trials have tells more.
        fixed = {
            name: clone(choice.values[0], safe=False)
            for name, choice in self._dicts[index].items()
            if isinstance(choice, Listed) and len(choice.values) == 1
        }
        params = clone(estimator).set_params(**fixed).get_params() | estimator.get_params()
        labels = {}
        for name, choice in self._dicts[index].items():
            for value in [params[name], *_meant(name, estimator)] if name in params else []:
                with suppress(TypeError, ValueError):
                    labels[self._trial_name(index, name)] = choice.label(value)
                    break
        return labels

    def check_told_apart(self, study_name: str) -> None:
        """Raise an error if the meaning of a label may have changed since the study began."""
        for choices in self._dicts:
            for name, choice in choices.items():
                alike = choice.alike() if isinstance(choice, Listed) else None
                if alike is None or not isinstance(choice, Listed):
                    continue
                raise ValueError(
                    f"The study {study_name!r} cannot resume: values {alike[0]} and {alike[1]} of "
                    f"param_distributions[{name!r}] are both {describe(choice.values[alike[0]])}, "
                    "so the values of its trials are ambiguous. Give their class a __repr__ that "
                    "shows the difference, use named functions, or use another study_name."
                )

    def _trial_name(self, index: int, name: str) -> str:
        """Return a parameter's name in the study, where each has one distribution."""
        return name if self._which is None else f"{name} ({index})"


def _choices(space: Any) -> dict[str, Choice]:
    if not isinstance(space, Mapping):
        raise TypeError(
            "param_distributions must be a dict, a list of dicts or a function of the trial, got "
            f"{space!r}."
        )
    return {name: choice_of(name, entry) for name, entry in space.items()}


def _meant(name: str, estimator: Any) -> list[Any]:
    """Return the value for the fit; a network's parameter of this name may be "auto"."""
    found = find_classifier(estimator)
    if found is None or not name.startswith(found[0]):
        return []
    parameter = name.removeprefix(found[0])
    if parameter in _OF_MANY_ROWS:
        return [_OF_MANY_ROWS[parameter]]
    if parameter not in ("learning_rate", "weight_decay"):
        return []
    return [getattr(found[1]._recipe(partial=False), f"set_{parameter}")]


def _size(choices: Mapping[str, Choice]) -> int | None:
    sizes = [choice.size for choice in choices.values()]
    finite = [size for size in sizes if size is not None]
    return prod(finite) if len(finite) == len(sizes) else None


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

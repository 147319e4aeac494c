"""The trials of a search, and the parameters that mattered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._compat import InvalidParameterError
from ._axes import axes_for

if TYPE_CHECKING:
    import optuna
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = ("history", "importances", "slices")
_COLUMNS = 3
_LONGEST_LABEL = 24


class SearchDisplay:
    """A search by :class:`skhcr.model_selection.OptunaSearchCV`, or by Optuna itself.

    Use :meth:`from_estimator` or :meth:`from_study` to create one.

    Parameters
    ----------
    study : optuna.Study
        The trials. It must maximize one value.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One, or for ``kind="slices"`` one for each parameter.
    figure_ : matplotlib Figure
        The figure that holds them.

    See Also
    --------
    TrainingHistoryDisplay : The curves of one training.

    Notes
    -----
    Three kinds of picture:

    - "history": the score of every complete trial, the best so far, and which trials were pruned.
    - "importances": how much of the differences between scores each parameter explains, by Optuna's
      estimate.
    - "slices": the scores of the complete trials over the values of each parameter.

    Examples
    --------
    >>> import optuna
    >>> from skhcr.inspection import SearchDisplay
    >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
    >>> study = optuna.create_study(
    ...     direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    ... )
    >>> study.optimize(lambda trial: -trial.suggest_float("x", -1, 1) ** 2, n_trials=5)
    >>> display = SearchDisplay.from_study(study, kind="slices")
    >>> [axes.get_xlabel() for axes in display.axes_]
    ['x']
    """

    def __init__(self, *, study: optuna.Study) -> None:
        self.study = study

    def plot(
        self,
        kind: str = "history",
        *,
        params: Sequence[str] | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
    ) -> SearchDisplay:
        """Draw the search.

        Parameters
        ----------
        kind : {"history", "importances", "slices"}, default="history"
            The kind of picture.
        params : sequence of str, default=None
            Which parameters to draw slices of, by their names in the search; None for all that were
            varied.
        ax : matplotlib Axes or array-like of them, default=None
            Where to draw; for "slices" one for each parameter, or one whose place is divided. None
            makes a new figure.

        Returns
        -------
        SearchDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there are too few complete trials, or a parameter is unknown.
        """
        if kind not in _KINDS:
            raise InvalidParameterError(f"kind must be one of {_KINDS}, got {kind!r}.")
        complete = _complete(self.study)
        charts = [kind]
        if kind == "slices":
            charts = _varied(complete) if params is None else list(params)
            if not charts:
                raise ValueError("No parameter was varied: there are no slices to draw.")
        self.axes_ = axes_for(charts, ax, n_columns=_COLUMNS, size=(4.5, 3.5))
        if kind == "slices":
            for name, part in zip(charts, self.axes_, strict=True):
                _draw_slice(part, name, complete)
        else:
            draw = _draw_history if kind == "history" else _draw_importances
            draw(self.axes_[0], self.study, complete)
        self.figure_: Figure = self.axes_[0].figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        kind: str = "history",
        *,
        params: Sequence[str] | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
    ) -> SearchDisplay:
        """Draw a fitted search.

        Parameters
        ----------
        estimator : OptunaSearchCV
            The search.
        kind, params, ax
            See :meth:`plot`.

        Returns
        -------
        SearchDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the search is not fitted.
        TypeError
            If it keeps no study.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "study_"):
            raise TypeError(
                f"{type(estimator).__name__} keeps no study_ of its trials; pass a fitted "
                "OptunaSearchCV."
            )
        return cls(study=estimator.study_).plot(kind, params=params, ax=ax)

    @classmethod
    def from_study(
        cls,
        study: optuna.Study,
        kind: str = "history",
        *,
        params: Sequence[str] | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
    ) -> SearchDisplay:
        """Draw a study of Optuna.

        Parameters
        ----------
        study : optuna.Study
            The study; it must maximize one value.
        kind, params, ax
            See :meth:`plot`.

        Returns
        -------
        SearchDisplay
            The display, drawn.
        """
        return cls(study=study).plot(kind, params=params, ax=ax)


def _complete(study: optuna.Study) -> list[Any]:
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        raise ValueError("The study holds no complete trial: there is nothing to draw.")
    return complete


def _varied(trials: list[Any]) -> list[str]:
    """Return the parameters that had several values, in the order in which they came."""
    names = dict.fromkeys(name for trial in trials for name in trial.params)
    return [name for name in names if len({str(trial.params.get(name)) for trial in trials}) > 1]


def _draw_history(ax: Axes, study: optuna.Study, complete: list[Any]) -> None:
    from matplotlib.ticker import MaxNLocator
    from optuna.trial import TrialState

    pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    if pruned:
        # What they had reported may be of an epoch, and is no score: they stand at the bottom.
        places = [trial.number for trial in pruned]
        below = ax.get_xaxis_transform()
        ax.plot(places, [0.02] * len(places), "x", color="0.6", transform=below, label="pruned")
    numbers = [trial.number for trial in complete]
    scores = [trial.value for trial in complete]
    ax.scatter(numbers, scores, label="complete")
    ax.step(numbers, np.maximum.accumulate(scores), where="post", color="C1", label="best so far")
    ax.set(xlabel="Trial", ylabel="Score")
    if isinstance(locator := ax.xaxis.get_major_locator(), MaxNLocator):
        locator.set_params(integer=True)
    ax.legend()


def _draw_importances(ax: Axes, study: optuna.Study, complete: list[Any]) -> None:
    from optuna.importance import get_param_importances

    if len(complete) < 2:
        raise ValueError("Importances need two complete trials at least; the study has one.")
    importances = get_param_importances(study, params=_varied(complete))
    names, shares = list(importances)[::-1], list(importances.values())[::-1]
    ax.barh(names, shares)
    ax.set(xlabel="Share of the differences in score", xlim=(0, 1))


def _draw_slice(ax: Axes, name: str, complete: list[Any]) -> None:
    from optuna.distributions import CategoricalDistribution

    trials = [trial for trial in complete if name in trial.params]
    if not trials:
        raise ValueError(f"The study's complete trials have no parameter {name!r}.")
    distribution = trials[0].distributions[name]
    values = [trial.params[name] for trial in trials]
    if isinstance(distribution, CategoricalDistribution):
        places = [distribution.choices.index(value) for value in values]
        labels = [_label(choice) for choice in distribution.choices]
        ax.set_xticks(range(len(labels)), labels, rotation=30 if len("".join(labels)) > 30 else 0)
        ax.set_xlim(-0.5, len(labels) - 0.5)
        values = places
    elif getattr(distribution, "log", False):
        ax.set_xscale("log")
    numbers = [trial.number for trial in trials]
    # Later trials are darker: where the search has settled is seen at a glance.
    ax.scatter(
        values, [trial.value for trial in trials], c=numbers, cmap="Blues", vmin=-len(trials)
    )
    ax.set(xlabel=name, ylabel="Score")


def _label(choice: Any) -> str:
    """Return a choice's text without the number that OptunaSearchCV puts before it."""
    return re.sub(r"^\d+: ", "", str(choice))[:_LONGEST_LABEL]

"""The trials of a search, and the importance of its parameters."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._compat import InvalidParameterError
from .._messages import counted
from ._axes import axes_for

if TYPE_CHECKING:
    import optuna
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = ("history", "importances", "slices")
_COLUMNS = 3
_LONGEST_LABEL = 24
_WIDEST_NOTE = 60  # letters in a line
_FEW = 10  # complete trials, below which results are mostly chance


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
    notes_ : list of str
        Notes above the picture on omitted data: failed trials, parameters that did not vary, and
        too few complete trials.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    TrainingHistoryDisplay : The curves of one training.

    Notes
    -----
    Three kinds of picture:

    - "history": the score of every complete trial, the best so far, and the pruned trials.
    - "importances": the share of the score differences explained by each parameter, estimated by
      Optuna.
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
            Parameters for the slices, by their names in the search; None for all that were varied.
        ax : matplotlib Axes or array-like of them, default=None
            Axes to draw on; for "slices" one for each parameter, or one to divide. None makes a new
            figure.

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
        self.notes_ = _notes(kind, self.study, complete, charts)
        # Importances have long names at their left, above which there is room.
        _write(self.axes_[0], self.notes_, "right" if kind == "importances" else "left")
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
            If it has no study.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "study_"):
            raise TypeError(
                f"{type(estimator).__name__} has no study_; pass a fitted OptunaSearchCV."
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
        """Draw an Optuna study.

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
        counts = Counter(trial.state.name.lower() for trial in study.get_trials(deepcopy=False))
        others = ", ".join(f"{count} {state}" for state, count in counts.items())
        raise ValueError(
            f"The study contains no complete trial{f', only {others}' if others else ''}: there "
            "is nothing to draw. Search longer, or prune less."
        )
    return complete


def _notes(kind: str, study: optuna.Study, complete: list[Any], charts: list[str]) -> list[str]:
    """Return the notes on omitted data."""
    from optuna.trial import TrialState

    if kind == "history":
        n_failed = len(study.get_trials(deepcopy=False, states=(TrialState.FAIL,)))
        return [f"Not shown: {counted(n_failed, 'failed trial')}"] if n_failed else []
    names = dict.fromkeys(name for trial in complete for name in trial.params)
    shown = _common(complete) if kind == "importances" else charts
    notes = []
    if len(complete) < _FEW:
        trials = "1 complete trial" if len(complete) == 1 else f"{len(complete)} complete trials"
        notes.append(f"{trials}: too few to separate parameters from chance")
    still = [name for name in names if name not in _varied(complete)]
    if still:
        notes.append(f"Not shown, as all trials have the same: {', '.join(still)}")
    some = [name for name in names if name not in (*shown, *still)]
    if some and kind == "importances":
        notes.append(f"Not shown, as some trials lack them: {', '.join(some)}")
    return notes


def _write(ax: Axes, notes: list[str], side: Literal["left", "right"]) -> None:
    """Write notes above a picture."""
    if notes:
        text = "\n".join(line for note in notes for line in textwrap.wrap(note, _WIDEST_NOTE))
        ax.set_title(text, fontsize="small", color="0.4", loc=side)


def _varied(trials: list[Any]) -> list[str]:
    """Return the parameters that had several values, in order of appearance."""
    names = dict.fromkeys(name for trial in trials for name in trial.params)
    return [name for name in names if len({str(trial.params.get(name)) for trial in trials}) > 1]


def _common(trials: list[Any]) -> list[str]:
    """Return the parameters that had several values, and that all trials have."""
    return [name for name in _varied(trials) if all(name in trial.params for trial in trials)]


def _draw_history(ax: Axes, study: optuna.Study, complete: list[Any]) -> None:
    from matplotlib.ticker import MaxNLocator
    from optuna.trial import TrialState

    pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    if pruned:
        # Their reported values may be of an epoch, not scores, so they are drawn at the bottom.
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
        raise ValueError("Importances need at least two complete trials; the study has one.")
    names = _common(complete)
    if not names:
        raise ValueError(
            "No parameter of all complete trials was varied, so there are no importances."
        )
    if len({trial.value for trial in complete}) == 1:
        raise ValueError(
            f"All {len(complete)} complete trials score {complete[0].value:.4f}, so there are no "
            "importances."
        )
    importances = get_param_importances(study, params=names)
    bars, shares = list(importances)[::-1], list(importances.values())[::-1]
    ax.barh(bars, shares)
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

"""Curves of the loss and the scores during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._unwrap import final_estimator
from ._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_VALIDATION = "val_"
_NOT_SCORES = frozenset({"learning_rate", "lr"})


class TrainingHistoryDisplay:
    """Training curves: loss, accuracy and other scores over the epochs.

    Use :meth:`from_estimator` or :meth:`from_history` to create one. All parameters are stored as
    attributes.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One value per epoch for each score, such as ``"loss"`` and ``"accuracy"``, and for those
        on validation rows under the same name after ``"val_"``. Learning rates are not drawn.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_scores,)
        One for each score, the loss first.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of str to matplotlib Line2D
        The curves, by their names in the history.

    See Also
    --------
    PredictionGalleryDisplay : Images with their true and predicted labels.
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of training rows.

    Examples
    --------
    >>> from skhcr.inspection import TrainingHistoryDisplay
    >>> display = TrainingHistoryDisplay.from_history(
    ...     {"loss": [1.2, 0.5, 0.3], "val_loss": [1.1, 0.6, 0.5], "accuracy": [0.6, 0.9, 0.95]}
    ... )
    >>> [axes.get_ylabel() for axes in display.axes_]
    ['Loss', 'Accuracy']
    >>> display.figure_.savefig("curves.png")  # doctest: +SKIP
    """

    def __init__(self, *, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    def plot(
        self,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        *,
        train_kw: Mapping[str, Any] | None = None,
        validation_kw: Mapping[str, Any] | None = None,
    ) -> TrainingHistoryDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            Axes to draw on: one Axes for each score, or one Axes to divide among them. If None, a
            new figure is made.
        train_kw, validation_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.plot`, for the curves on training and on
            validation rows.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the history contains no scores, or scores of different lengths, or `ax` does not
            match.
        """
        from matplotlib.ticker import MaxNLocator

        scores = _scores(self.history)
        self.axes_ = axes_for(scores, ax, n_columns=len(scores), size=(5, 4))
        self.figure_: Figure = self.axes_[0].figure
        self.lines_: dict[str, Line2D] = {}
        for score, part in zip(scores, self.axes_, strict=True):
            styles = {
                score: {"label": "training", **(train_kw or {})},
                _VALIDATION + score: {"label": "validation", **(validation_kw or {})},
            }
            for name, style in styles.items():
                if name in self.history:
                    values = np.asarray(self.history[name], dtype=float)
                    # One epoch is one point, which a line does not show.
                    marker = "o" if len(values) == 1 else None
                    epochs = np.arange(1, len(values) + 1)
                    (self.lines_[name],) = part.plot(epochs, values, **{"marker": marker, **style})
            part.set(xlabel="Epoch", ylabel=score.replace("_", " ").capitalize())
            if isinstance(locator := part.xaxis.get_major_locator(), MaxNLocator):
                locator.set_params(integer=True)
            part.legend()
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        train_kw: Mapping[str, Any] | None = None,
        validation_kw: Mapping[str, Any] | None = None,
    ) -> TrainingHistoryDisplay:
        """Draw the curves of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`skhcr.CNNClassifier` or another estimator with ``history_``; a
            :class:`~sklearn.pipeline.Pipeline` that ends in one; or a fitted search over them,
            whose best estimator is shown.
        ax, train_kw, validation_kw
            See :meth:`plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no ``history_``.
        """
        history = _history_of(estimator)
        return cls(history=history).plot(ax, train_kw=train_kw, validation_kw=validation_kw)

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        train_kw: Mapping[str, Any] | None = None,
        validation_kw: Mapping[str, Any] | None = None,
    ) -> TrainingHistoryDisplay:
        """Draw the curves of a history.

        Parameters
        ----------
        history : mapping of str to sequence of float
            A classifier's ``history_``, or the ``history`` attribute of the result of Keras'
            ``fit``.
        ax, train_kw, validation_kw
            See :meth:`plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        return cls(history=history).plot(ax, train_kw=train_kw, validation_kw=validation_kw)


def _history_of(estimator: Any) -> Mapping[str, Sequence[float]]:
    check_is_fitted(estimator)
    found = final_estimator(estimator)
    if not hasattr(found, "history_"):
        raise TypeError(
            f"{type(found).__name__} has no history_. Pass a CNNClassifier, a pipeline that ends "
            "in one, or a fitted search over them (with refit=True)."
        )
    return found.history_


def _scores(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the names of the scores without "val_", the loss first."""
    scores = [name.removeprefix(_VALIDATION) for name in history if name not in _NOT_SCORES]
    lengths = {name: len(values) for name, values in history.items()}
    if not scores or not max(lengths.values()):
        raise ValueError("The history contains no scores: there is nothing to draw.")
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"The history must hold one value per epoch, but its lengths are {lengths}."
        )
    return sorted(dict.fromkeys(scores), key=lambda score: score != "loss")

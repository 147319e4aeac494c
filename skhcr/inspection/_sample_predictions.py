"""Images with what they show and what they were taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from ._fonts import LabelFonts
from ._pictures import as_colours, as_pictures, grey_range, take

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Select = Literal["random", "wrong", "first"]

_RIGHT_COLOR = "black"
_WRONG_COLOR = "crimson"
_WRONG_MARK = "✗"


class SamplePredictionsDisplay:
    """Images in a grid, with their true and their predicted labels.

    A wrong prediction is marked by colour and by a ✗ in the text.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one. All parameters are stored
    as attributes.

    Parameters
    ----------
    images : array-like of shape (n, ...)
        The images to show: numbers of shape (n, height, width), (n, height, width, channels) or
        (n, n_pixels) for square ones, or paths and whatever else :class:`skhcr.ImageLoader` reads.
    y_true, y_pred : array-like of shape (n,)
        True and predicted labels.
    probability : array-like of shape (n,), default=None
        Probability of the predicted label, in 0..1.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n,)
        One for each image.
    figure_ : matplotlib Figure
        The figure that holds them.
    text_ : list of matplotlib Text
        What stands above each image.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : How often each class is taken for each other.
    TrainingCurvesDisplay : How loss and accuracy went from epoch to epoch.

    Notes
    -----
    Labels may be of any script. Characters that no font of this machine holds are written by
    number, such as ``<U+65E5>``. Letters of a word are joined, and set from right to left, only
    by matplotlib 3.11 and later.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr.datasets import load_digit_images
    >>> from skhcr.inspection import SamplePredictionsDisplay
    >>> digits = load_digit_images()
    >>> X, y = digits.data / 255, digits.target
    >>> classifier = LogisticRegression().fit(X[:500], y[:500])
    >>> display = SamplePredictionsDisplay.from_estimator(
    ...     classifier, X[500:], y[500:], n_samples=6, random_state=0
    ... )
    >>> print(display.text_[0].get_text())
    true 8
    predicted 8
    ...%
    >>> display.figure_.savefig("samples.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        images: Any,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        probability: ArrayLike | None = None,
    ) -> None:
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.probability = probability

    def plot(
        self,
        axes: Sequence[Axes] | np.ndarray | None = None,
        *,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> SamplePredictionsDisplay:
        """Draw the images.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            At least one for each image; those left over are hidden. If None, a new figure is made.
        n_columns : int, default=6
            Images in a row of the new figure.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`, such as ``cmap``.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.set_title`.

        Returns
        -------
        SamplePredictionsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If lengths do not agree, there is no image, or `axes` are too few.
        skhcr.images.ImageLoadError
            If image files cannot be read.
        """
        y_true, y_pred = column_or_1d(self.y_true), column_or_1d(self.y_pred)
        probability = None if self.probability is None else column_or_1d(self.probability)
        if not len(y_pred):
            raise ValueError("There are no images to show.")
        pictures = as_pictures(self.images)
        check_consistent_length(pictures, y_true, y_pred, probability)

        self.axes_ = _axes_for(len(pictures), axes, n_columns)
        self.figure_: Figure = self.axes_[0].figure
        self.text_ = []
        darkest, brightest = grey_range(pictures)
        fonts = LabelFonts([*map(str, y_true), *map(str, y_pred), _WRONG_MARK])
        for index, (picture, ax) in enumerate(zip(pictures, self.axes_, strict=True)):
            style = {"cmap": "gray", "vmin": darkest, "vmax": brightest, **(im_kw or {})}
            if picture.ndim == 3:
                picture = as_colours(picture, darkest, brightest)
            ax.imshow(picture, **style)
            is_wrong = y_true[index] != y_pred[index]
            lines = [
                f"{_WRONG_MARK} true {y_true[index]}" if is_wrong else f"true {y_true[index]}",
                f"predicted {y_pred[index]}",
            ]
            if probability is not None:
                # On a line of its own: after a right-to-left letter, "61%" would become "%61".
                lines.append(f"{probability[index]:.0%}")
            color = _WRONG_COLOR if is_wrong else _RIGHT_COLOR
            text_style = {"fontsize": "small", "fontfamily": fonts.families, "color": color}
            text = ax.set_title(
                "\n".join(map(fonts.drawable, lines)),
                parse_math=False,
                **{**text_style, **(text_kw or {})},
            )
            self.text_.append(text)
            ax.set(xticks=[], yticks=[])
            for spine in ax.spines.values():
                spine.set(color=color if is_wrong else "lightgray", linewidth=3 if is_wrong else 1)
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        n_samples: int = 24,
        select: Select = "random",
        random_state: int | np.random.RandomState | None = None,
        axes: Sequence[Axes] | np.ndarray | None = None,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> SamplePredictionsDisplay:
        """Show what a fitted classifier makes of some images.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a pipeline that ends in one. Probabilities are shown if it has
            ``predict_proba``.
        X : array-like of shape (n, ...)
            Images as the estimator takes them.
        y : array-like of shape (n,)
            True labels.
        n_samples : int, default=24
            Number of images to show, or fewer where there are no more.
        select : {"random", "wrong", "first"}, default="random"
            Which images: drawn at random, only wrongly predicted ones (those with the highest
            probability first, where there are probabilities), or the first ones. For "wrong", all
            of `X` is predicted; otherwise only the images shown.
        random_state : int, RandomState or None, default=None
            Seed of the draw.
        axes, n_columns, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        SamplePredictionsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If no image is predicted wrongly, with ``select="wrong"``, or a parameter cannot be
            used.
        """
        y_true: np.ndarray = column_or_1d(y)
        rows = _first_choice(X, y_true, n_samples, select, random_state)
        X, y_true = take(X, rows), y_true[rows]
        y_pred = np.asarray(estimator.predict(X))
        if select == "wrong":
            rows = np.flatnonzero(y_true != y_pred)
            _check_any_wrong(rows, len(y_true))
            X, y_true, y_pred = take(X, rows), y_true[rows], y_pred[rows]
        probability = None
        if hasattr(estimator, "predict_proba"):
            columns = np.searchsorted(estimator.classes_, y_pred)
            probability = estimator.predict_proba(X)[np.arange(len(y_pred)), columns]
        if select == "wrong":
            rows = _most_certain(probability, len(y_pred))[:n_samples]
            X, y_true, y_pred = take(X, rows), y_true[rows], y_pred[rows]
            probability = None if probability is None else probability[rows]
        display = cls(images=X, y_true=y_true, y_pred=y_pred, probability=probability)
        return display.plot(axes, n_columns=n_columns, im_kw=im_kw, text_kw=text_kw)

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        probability: ArrayLike | None = None,
        n_samples: int = 24,
        select: Select = "random",
        random_state: int | np.random.RandomState | None = None,
        axes: Sequence[Axes] | np.ndarray | None = None,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> SamplePredictionsDisplay:
        """Show images with labels that were predicted before.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Images: arrays, paths, or whatever else :class:`skhcr.ImageLoader` reads.
        y_true, y_pred : array-like of shape (n,)
            True and predicted labels.
        probability : array-like of shape (n,), default=None
            Probability of the predicted label: ``predict_proba(X).max(axis=1)``.
        n_samples, select, random_state
            See :meth:`from_estimator`.
        axes, n_columns, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        SamplePredictionsDisplay
            The display, drawn.
        """
        truth: np.ndarray = column_or_1d(y_true)
        guess: np.ndarray = column_or_1d(y_pred)
        certainty = None if probability is None else column_or_1d(probability)
        check_consistent_length(truth, guess, certainty)
        rows = _first_choice(X, truth, n_samples, select, random_state)
        if select == "wrong":
            order = _most_certain(certainty, len(truth))
            rows = order[truth[order] != guess[order]]
            _check_any_wrong(rows, len(truth))
            rows = rows[:n_samples]
        display = cls(
            images=take(X, rows),
            y_true=truth[rows],
            y_pred=guess[rows],
            probability=None if certainty is None else certainty[rows],
        )
        return display.plot(axes, n_columns=n_columns, im_kw=im_kw, text_kw=text_kw)


def _first_choice(X: Any, y: np.ndarray, n_samples: int, select: Select, seed: Any) -> np.ndarray:
    """Return the rows to look at: those to show, or all of them where errors are wanted."""
    check_consistent_length(X, y)
    if select not in ("random", "wrong", "first"):
        raise ValueError(f"select must be 'random', 'wrong' or 'first', got {select!r}.")
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, got {n_samples!r}.")
    if select == "wrong":
        return np.arange(len(y))
    if select == "first":
        return np.arange(len(y))[:n_samples]
    return check_random_state(seed).permutation(len(y))[:n_samples]


def _most_certain(probability: np.ndarray | None, n: int) -> np.ndarray:
    """Return rows by falling probability, in their old order where it is equal or unknown."""
    return np.arange(n) if probability is None else np.argsort(-probability, kind="stable")


def _check_any_wrong(rows: np.ndarray, n: int) -> None:
    if not len(rows):
        raise ValueError(f"None of the {n} images is predicted wrongly: there is nothing to show.")


def _axes_for(n: int, axes: Sequence[Axes] | np.ndarray | None, n_columns: int) -> np.ndarray:
    if axes is None:
        import matplotlib.pyplot as plt
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        columns = min(n, n_columns)
        rows = -(-n // columns)
        size = (1.5 * columns, 1.95 * rows)
        layout = ConstrainedLayoutEngine(h_pad=0.08)
        _, axes = plt.subplots(rows, columns, figsize=size, layout=layout, squeeze=False)
    given = np.ravel(np.asarray(axes, dtype=object))
    if len(given) < n:
        raise ValueError(f"axes must hold one of each of the {n} images, got {len(given)}.")
    for ax in given[n:]:
        ax.set_axis_off()
    return given[:n]

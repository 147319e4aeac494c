"""The most confused pairs of classes, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from ._axes import text_style
from ._confusions import find_examples, rank_confusions
from ._fonts import LabelFonts, in_order
from ._pictures import as_pictures, take, unflattened
from ._thumbnails import draw_thumbnails, n_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_COLORS = ("tab:blue", "lightsteelblue")
_ARROWS = ("→", "←")
_ROW = 0.62  # height of a pair, in inches, as all that follow
_BARS = 3.2  # width of the bars
_LETTER = 0.1  # width of a letter of their labels
_FOOT = 0.8  # height of the axis below


class ConfusedPairsDisplay:
    """The worst confusions of two classes, ranked, with examples.

    A confusion matrix of 62 classes has 3,782 off-diagonal cells, most of them 0. This display
    lists the largest of the others.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one. All parameters are stored
    as attributes.

    Parameters
    ----------
    pairs : array-like of shape (n_pairs, 2)
        The labels of each pair, the true one first.
    counts : array-like of shape (n_pairs, n_directions), int
        Number of images of the first class that are classified as the second; with two directions,
        also the number of images of the second class that are classified as the first.
    shares : array-like of shape (n_pairs,)
        These images as a share, in 0..1, of all images of the true class; with two directions, of
        both classes.
    n_mistakes, n_samples : int
        Number of all wrong predictions, and of all predictions.
    images : array-like of shape (n_examples, ...), default=None
        Examples, in the formats of :class:`PredictionGalleryDisplay`.
    image_pairs : array-like of shape (n_examples, 2), int, default=None
        For each example its pair and direction, counted from 0.
    rank_by : {"count", "share"}, default="count"
        The lengths of the bars.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The bars.
    example_axes_ : ndarray of matplotlib Axes of shape (n_pairs,)
        The examples beside each bar; of length 0 without examples.
    figure_ : matplotlib Figure
        The figure.
    text_ : list of matplotlib Text
        Count and share beside each bar.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : All pairs, for a few classes.
    PredictionGalleryDisplay : Images with their true and predicted labels.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr.datasets import load_digit_images
    >>> from skhcr.inspection import ConfusedPairsDisplay
    >>> digits = load_digit_images()
    >>> X, y = digits.data / 255, digits.target
    >>> classifier = LogisticRegression().fit(X[:500], y[:500])
    >>> display = ConfusedPairsDisplay.from_estimator(classifier, X[500:], y[500:], n_pairs=2)
    >>> for pair, count in zip(display.pairs, display.counts):
    ...     print("true", pair[0], "predicted", pair[1], "times", count[0])
    true ... predicted ... times ...
    true ... predicted ... times ...
    >>> display.figure_.savefig("pairs.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        pairs: ArrayLike,
        counts: ArrayLike,
        shares: ArrayLike,
        n_mistakes: int,
        n_samples: int,
        images: Any = None,
        image_pairs: ArrayLike | None = None,
        rank_by: Literal["count", "share"] = "count",
    ) -> None:
        self.pairs = pairs
        self.counts = counts
        self.shares = shares
        self.n_mistakes = n_mistakes
        self.n_samples = n_samples
        self.images = images
        self.image_pairs = image_pairs
        self.rank_by = rank_by

    def plot(
        self,
        ax: Axes | None = None,
        *,
        bar_kw: Mapping[str, Any] | None = None,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> ConfusedPairsDisplay:
        """Draw the list.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, divided between bars and examples. If None, a new figure is made.
        bar_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.barh`.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`, such as ``cmap``.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.annotate`, for the counts.

        Returns
        -------
        ConfusedPairsDisplay
            The display itself. If there are no mistakes, the picture says so.
        """
        counts, shares = np.asarray(self.counts), np.asarray(self.shares)
        n_pairs = len(counts)
        places = np.zeros((0, 2), int) if self.image_pairs is None else np.asarray(self.image_pairs)
        pictures = as_pictures(self.images) if len(places) else []
        check_consistent_length(self.pairs, counts, shares)
        check_consistent_length(pictures, places)

        block_sizes = [
            int(np.bincount(places[places[:, 1] == direction, 0]).max())
            for direction in np.unique(places[:, 1])
        ]
        both = n_pairs > 0 and counts.shape[1] == 2
        arrow = "↔" if both else "→"
        lines = [in_order(str(one), arrow, str(other)) for one, other in np.asarray(self.pairs)]
        if ax is None:
            import matplotlib.pyplot as plt

            width = _BARS + _LETTER * max(map(len, lines), default=0) + _ROW * n_cells(block_sizes)
            size = (width, _FOOT + _ROW * max(n_pairs, 1))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_ = ax
        self.figure_: Figure = ax.figure  # type: ignore[assignment]
        self.text_: list[Text] = []
        self.example_axes_ = np.empty(0, dtype=object)
        if not n_pairs:
            ax.set_axis_off()
            message = (
                f"No class was confused with another:\nall {self.n_samples} predictions are "
                "correct."
            )
            ax.text(0.5, 0.5, message, ha="center", va="center", transform=ax.transAxes)
            return self

        self._draw_bars(ax, lines, counts, shares, bar_kw, text_kw)
        if pictures:
            self.example_axes_ = draw_thumbnails(
                ax, pictures, places, block_sizes, n_pairs, _ARROWS if both else ("",), im_kw
            )
        return self

    def _draw_bars(
        self,
        ax: Axes,
        lines: list[str],
        counts: np.ndarray,
        shares: np.ndarray,
        bar_kw: Mapping[str, Any] | None,
        text_kw: Mapping[str, Any] | None,
    ) -> None:
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        rows, totals = np.arange(len(counts)), counts.sum(axis=1)
        both = counts.shape[1] == 2
        by_share = self.rank_by == "share"
        lengths = counts * (shares / totals)[:, None] if by_share else counts
        left = np.zeros(len(counts))
        for direction, (color, label) in enumerate(zip(_COLORS, _ARROWS, strict=True)):
            if direction < counts.shape[1]:
                style = {"height": 0.6, "color": color, "label": label, **(bar_kw or {})}
                ax.barh(rows, lengths[:, direction], left=left, **style)
                left = left + lengths[:, direction]
        for row in rows:
            count = " + ".join(map(str, counts[row]))
            text = ax.annotate(
                f"{count} ({shares[row]:.1%})",
                (left[row], row),
                xytext=(4, 0),
                textcoords="offset points",
                **text_style({"va": "center", "fontsize": "small"}, text_kw),
            )
            self.text_.append(text)
        fonts = LabelFonts(lines)
        ax.set_yticks(rows, [fonts.drawable(line) for line in lines])
        for tick_label in ax.get_yticklabels():
            tick_label.set(fontfamily=fonts.families, parse_math=False, fontsize="large")
        ax.set(xlim=(0, 1.5 * left.max()), ylim=(len(counts) - 0.5, -0.5))
        shown = f"{totals.sum()} of all {self.n_mistakes} mistakes"
        if by_share:
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(PercentFormatter(1))
            of = "both classes" if both else "the true class"
            ax.set_xlabel(f"Share of {of} ({shown})")
        else:
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            ax.set_xlabel(f"Images ({shown})")
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        if both:
            ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        n_pairs: int = 10,
        n_examples: int = 5,
        merge_directions: bool = False,
        rank_by: Literal["count", "share"] = "count",
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | None = None,
        bar_kw: Mapping[str, Any] | None = None,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> ConfusedPairsDisplay:
        """Show which classes a fitted classifier confuses.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a pipeline that ends in one.
        X : array-like of shape (n, ...)
            Input images of the estimator. All of them are classified.
        y : array-like of shape (n,)
            True labels.
        n_pairs : int, default=10
            Maximum number of pairs to show.
        n_examples : int, default=5
            Number of random examples beside a pair, for each direction. 0 shows none.
        merge_directions : bool, default=False
            Whether to count "a" classified as "b" and "b" classified as "a" as one pair, written
            with the more frequent direction first.
        rank_by : {"count", "share"}, default="count"
            Whether the worst pairs are those with the most images, or with the largest share of the
            true class (of both classes, with `merge_directions`): the latter finds rare classes
            with a very low accuracy.
        random_state : int, RandomState or None, default=None
            Seed for the random examples.
        ax, bar_kw, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        ConfusedPairsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        return cls.from_predictions(
            y,
            estimator.predict(X),
            unflattened(estimator, X),
            n_pairs=n_pairs,
            n_examples=n_examples,
            merge_directions=merge_directions,
            rank_by=rank_by,
            random_state=random_state,
            ax=ax,
            bar_kw=bar_kw,
            im_kw=im_kw,
            text_kw=text_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        X: Any = None,
        *,
        n_pairs: int = 10,
        n_examples: int = 5,
        merge_directions: bool = False,
        rank_by: Literal["count", "share"] = "count",
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | None = None,
        bar_kw: Mapping[str, Any] | None = None,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> ConfusedPairsDisplay:
        """Show the confused classes of existing predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n,)
            True and predicted labels.
        X : array-like of shape (n, ...), default=None
            Images: arrays, paths, or any other input of :class:`skhcr.ImageLoader`. None shows no
            examples.
        n_pairs, n_examples, merge_directions, rank_by, random_state
            See :meth:`from_estimator`.
        ax, bar_kw, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        ConfusedPairsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        truth: np.ndarray = column_or_1d(y_true)
        guess: np.ndarray = column_or_1d(y_pred)
        check_consistent_length(truth, guess, X)
        _check_numbers(n_pairs, n_examples, rank_by)
        pairs, counts, shares = rank_confusions(truth, guess, merge_directions, rank_by)
        pairs, counts, shares = pairs[:n_pairs], counts[:n_pairs], shares[:n_pairs]
        images = image_pairs = None
        if X is not None and n_examples:
            rng = check_random_state(random_state)
            rows, image_pairs = find_examples(truth, guess, pairs, counts.shape[1], n_examples, rng)
            images = take(X, rows)
        display = cls(
            pairs=pairs,
            counts=counts,
            shares=shares,
            n_mistakes=int((truth != guess).sum()),
            n_samples=len(truth),
            images=images,
            image_pairs=image_pairs,
            rank_by=rank_by,
        )
        return display.plot(ax, bar_kw=bar_kw, im_kw=im_kw, text_kw=text_kw)


def _check_numbers(n_pairs: int, n_examples: int, rank_by: str) -> None:
    if n_pairs < 1:
        raise ValueError(f"n_pairs must be at least 1, got {n_pairs!r}.")
    if n_examples < 0:
        raise ValueError(f"n_examples must be at least 0, got {n_examples!r}.")
    if rank_by not in ("count", "share"):
        raise ValueError(f"rank_by must be 'count' or 'share', got {rank_by!r}.")

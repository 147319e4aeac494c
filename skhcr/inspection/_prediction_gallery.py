"""Images with their true and their predicted labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from ._fonts import LabelFonts
from ._image_grid import caption, columns_of, draw_image_grid, rows_of
from ._pictures import as_pictures, gray_range, unflattened
from ._selection import Predictions, Select, predict_some, select_some

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_N_SAMPLES = 24


class PredictionGalleryDisplay:
    """Images in a grid, with their true and their predicted labels.

    A wrong prediction is marked by color and by a ✗ in the text.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one. All parameters are stored
    as attributes.

    Parameters
    ----------
    images : array-like of shape (n, ...)
        The images to show: numbers of shape (n, height, width), (n, height, width, channels) or (n,
        n_pixels) for square ones, or paths and any other inputs of :class:`skhcr.ImageLoader`.
    y_true, y_pred : array-like of shape (n,)
        True and predicted labels.
    probability : array-like of shape (n,), default=None
        Probability of the predicted label, in 0..1.
    by_class : bool, default=False
        Whether images with the same true label, which must be consecutive, have separate rows with
        the label before them.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n,)
        One for each image.
    figure_ : matplotlib Figure
        The figure.
    text_ : list of matplotlib Text
        The text above each image.

    See Also
    --------
    ConfusedPairsDisplay : The most confused pairs of classes, with examples.
    SaliencyDisplay : The parts of images that support a class.
    TrainingHistoryDisplay : Curves of the loss and the scores over the epochs.

    Notes
    -----
    Labels may be in any script. Characters that no installed font contains are written as code
    points, such as ``<U+65E5>``. Only matplotlib 3.11 and later joins the letters of a word and
    sets them from right to left.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr.datasets import load_digit_images
    >>> from skhcr.inspection import PredictionGalleryDisplay
    >>> digits = load_digit_images()
    >>> X, y = digits.data / 255, digits.target
    >>> classifier = LogisticRegression().fit(X[:500], y[:500])
    >>> display = PredictionGalleryDisplay.from_estimator(
    ...     classifier, X[500:], y[500:], n_samples=6, random_state=0
    ... )
    >>> print(display.text_[0].get_text())
    true 8
    predicted 8
    ...%
    >>> display.figure_.savefig("gallery.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        images: Any,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        probability: ArrayLike | None = None,
        by_class: bool = False,
    ) -> None:
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.probability = probability
        self.by_class = by_class

    def plot(
        self,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        *,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> PredictionGalleryDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            Axes to draw on: at least one Axes for each image, with unused ones hidden (rows of
            images are drawn in rows of a 2-D array), or one Axes to divide among the images. If
            None, a new figure is made.
        n_columns : int, default=6
            Images in a row, unless `ax` is a 2-D array.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`, such as ``cmap``.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.set_title`.

        Returns
        -------
        PredictionGalleryDisplay
            The display itself.

        Raises
        ------
        ValueError
            If lengths differ, there is no image, or `ax` contains too few axes.
        skhcr.images.ImageLoadError
            If image files cannot be read.
        """
        y_true, y_pred = column_or_1d(self.y_true), column_or_1d(self.y_pred)
        probability = None if self.probability is None else column_or_1d(self.probability)
        if not len(y_pred):
            raise ValueError("There are no images to show.")
        pictures = as_pictures(self.images)
        check_consistent_length(pictures, y_true, y_pred, probability)

        # The beginnings of the classes: each begins a row, after its label.
        begins = np.flatnonzero(y_true[1:] != y_true[:-1]) + 1
        runs = np.diff([0, *begins, len(y_true)]) if self.by_class else [len(y_true)]
        n_in_rows = [n for run in runs for n in rows_of(int(run), columns_of(ax, n_columns))]
        captions = [
            caption(
                y_true[index],
                y_pred[index],
                None if probability is None else probability[index],
                repeat_true=not self.by_class,
            )
            for index in range(len(pictures))
        ]
        fonts = LabelFonts([*map(str, y_true), *(line for lines in captions for line in lines)])
        self.axes_, self.text_ = draw_image_grid(
            pictures,
            captions,
            y_true != y_pred,
            n_in_rows,
            ax,
            fonts=fonts,
            gray_range=gray_range(pictures),
            im_kw=im_kw,
            text_kw=text_kw,
        )
        self.figure_: Figure = self.axes_[0].figure
        for index in (0, *begins) if self.by_class else ():
            self.axes_[index].set_ylabel(
                fonts.drawable(str(y_true[index])),
                fontfamily=fonts.families,
                fontsize="xx-large",
                parse_math=False,
                rotation=0,
                ha="right",
                va="center",
            )
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        n_samples: int | None = None,
        select: Select = "random",
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> PredictionGalleryDisplay:
        """Show predictions of a fitted classifier for some images.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a pipeline that ends in one. Probabilities are shown if it has
            ``predict_proba``.
        X : array-like of shape (n, ...)
            Input images of the estimator.
        y : array-like of shape (n,)
            True labels.
        n_samples : int, default=None
            Maximum number of images to show; by default 24. With ``select="per_class"`` the number
            of each class, by default `n_columns`.
        select : {"random", "wrong", "per_class", "first"}, default="random"
            Which images:

            - "random": drawn at random;
            - "wrong": the most confident mistakes, with the highest probability first (or in the
              order of `X` without probabilities). This classifies all of `X`; the other options
              classify only the images shown;
            - "per_class": some of each class, drawn at random, in rows by class;
            - "first": the first ones.
        random_state : int, RandomState or None, default=None
            Seed for the random selection.
        ax, n_columns, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        PredictionGalleryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If no image is misclassified, with ``select="wrong"``, or a parameter is invalid.
        """
        predictions = predict_some(
            estimator,
            X,
            y,
            n_samples=_number(n_samples, select, columns_of(ax, n_columns)),
            select=select,
            seed=random_state,
        )
        predictions = predictions._replace(images=unflattened(estimator, predictions.images))
        return cls._of(predictions, select).plot(
            ax, n_columns=n_columns, im_kw=im_kw, text_kw=text_kw
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        X: Any,
        *,
        probability: ArrayLike | None = None,
        n_samples: int | None = None,
        select: Select = "random",
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> PredictionGalleryDisplay:
        """Show images with existing predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n,)
            True and predicted labels.
        X : array-like of shape (n, ...)
            Images: arrays, paths, or any other input of :class:`skhcr.ImageLoader`.
        probability : array-like of shape (n,), default=None
            Probability of the predicted label: ``predict_proba(X).max(axis=1)``.
        n_samples, select, random_state
            See :meth:`from_estimator`.
        ax, n_columns, im_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        PredictionGalleryDisplay
            The display, drawn.
        """
        predictions = Predictions(
            X,
            column_or_1d(y_true),
            column_or_1d(y_pred),
            None if probability is None else column_or_1d(probability),
        )
        chosen = select_some(
            predictions,
            n_samples=_number(n_samples, select, columns_of(ax, n_columns)),
            select=select,
            seed=random_state,
        )
        return cls._of(chosen, select).plot(ax, n_columns=n_columns, im_kw=im_kw, text_kw=text_kw)

    @classmethod
    def _of(cls, predictions: Predictions, select: Select) -> PredictionGalleryDisplay:
        return cls(**predictions._asdict(), by_class=select == "per_class")


def _number(n_samples: int | None, select: Select, n_columns: int) -> int:
    if n_samples is None:
        return n_columns if select == "per_class" else _N_SAMPLES
    return n_samples

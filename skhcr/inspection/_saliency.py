"""Saliency maps: the parts of images that support a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .._unwrap import fitted_steps, transformed
from .._validation import check_images, images_of_shape
from ..classifier import CNNClassifier
from ._fonts import LabelFonts
from ._image_grid import caption, columns_of, draw_image_grid, rows_of
from ._pictures import as_pictures, gray_range
from ._selection import Select, predict_some

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_OPACITY = 0.9  # where a map is 1; the image can just be seen
_PALER = 0.6  # added to the range of the image on either side, so that color stands out


class SaliencyDisplay:
    """Images with saliency maps in color.

    Use :meth:`from_estimator` to create one. All parameters are stored as attributes.

    Parameters
    ----------
    images : array-like of shape (n, height, width) or (n, height, width, channels)
        The inputs of the network.
    maps : array-like of shape (n, height, width)
        Support of each pixel for the class, in 0..1.
    y_pred : array-like of shape (n,)
        Predicted labels.
    y_true : array-like of shape (n,), default=None
        True labels.
    probability : array-like of shape (n,), default=None
        Probability of the predicted label, in 0..1.
    target : array-like of shape (n,), default=None
        The explained labels, which are then shown above the images. None means the predicted ones.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n,)
        One for each image.
    figure_ : matplotlib Figure
        The figure.
    text_ : list of matplotlib Text
        The text above each image.
    maps_ : list of matplotlib AxesImage
        The colors over each image.

    See Also
    --------
    PredictionGalleryDisplay : The images alone, with their true and predicted labels.

    Notes
    -----
    The maps explain the log odds of a class against all others, which unlike a probability have a
    gradient even when the network is certain. Every map is scaled by its own maximum: colors
    compare parts of one image, not different images.

    ``"layercam"`` is LayerCAM [1]_: each position of a layer's feature maps is weighted by its
    values times their positive gradients. Grad-CAM [2]_ weights whole maps instead, which is
    faithful only in the last ones; for an image of 32x32 pixels, these have 4x4 cells, too few to
    show single strokes. LayerCAM also works with fine maps. By default, the maps of the last layer
    at full size and of the last at half size are averaged: on Arabic letters, removing a fiftieth
    of the pixels by this map lowered the probability of the class more than with any later layer.
    ``layer="..."`` shows others.

    ``"gradient"`` is SmoothGrad [3]_: the gradient over the pixels, averaged over noisy copies of
    the image, times their difference from the background (the median of the image). It needs no
    convolutions and is sharp, but shows nothing in empty parts.

    Neither method predicts the network's behavior on other images, and a plausible map does not
    make a prediction correct.

    References
    ----------
    .. [1] P.-T. Jiang, C.-B. Zhang, Q. Hou, M.-M. Cheng and Y. Wei, "LayerCAM: exploring
       hierarchical class activation maps for localization", IEEE Transactions on Image Processing
       30, 2021.
    .. [2] R. R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via
       gradient-based localization", ICCV 2017.
    .. [3] D. Smilkov, N. Thorat, B. Kim, F. Viegas and M. Wattenberg, "SmoothGrad: removing noise
       by adding noise", 2017.

    Examples
    --------
    >>> from skhcr import CNN, CNNClassifier
    >>> from skhcr.datasets import load_digit_images
    >>> from skhcr.inspection import SaliencyDisplay
    >>> X, y = load_digit_images(return_X_y=True)
    >>> network = CNN(filters=(16,), padding="same", dense=(32,))
    >>> classifier = CNNClassifier(network, epochs=5, random_state=0).fit(X[:500], y[:500])
    >>> display = SaliencyDisplay.from_estimator(
    ...     classifier, X[500:], y[500:], n_samples=6, random_state=0
    ... )
    >>> display.maps.shape
    (6, 8, 8)
    >>> display.figure_.savefig("saliency.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        images: Any,
        maps: ArrayLike,
        y_pred: ArrayLike,
        y_true: ArrayLike | None = None,
        probability: ArrayLike | None = None,
        target: ArrayLike | None = None,
    ) -> None:
        self.images = images
        self.maps = maps
        self.y_pred = y_pred
        self.y_true = y_true
        self.probability = probability
        self.target = target

    def plot(
        self,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        *,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        map_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> SaliencyDisplay:
        """Draw the images and the maps over them.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            Axes to draw on: at least one Axes for each image, with unused ones hidden (rows of
            images are drawn in rows of a 2-D array), or one Axes to divide among the images. If
            None, a new figure is made.
        n_columns : int, default=6
            Images in a row, unless `ax` is a 2-D array.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`, for the images.
        map_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow`, for the maps, such as ``cmap``, or a
            number as ``alpha``; by default, larger values are more opaque.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.set_title`.

        Returns
        -------
        SaliencyDisplay
            The display itself.

        Raises
        ------
        ValueError
            If lengths differ, there is no image, or `ax` contains too few axes.
        """
        y_pred = column_or_1d(self.y_pred)
        y_true, probability, target = (
            None if values is None else column_or_1d(values)
            for values in (self.y_true, self.probability, self.target)
        )
        if not len(y_pred):
            raise ValueError("There are no images to show.")
        pictures, maps = as_pictures(self.images), np.asarray(self.maps)
        check_consistent_length(pictures, maps, y_pred, y_true, probability, target)

        captions = []
        for index in range(len(pictures)):
            values = (None if v is None else v[index] for v in (y_true, y_pred, probability))
            captions.append(caption(*values))
            if target is not None:
                captions[-1].append(f"signs of {target[index]}")
        darkest, brightest = gray_range(pictures)
        margin = _PALER * (brightest - darkest)
        self.axes_, self.text_ = draw_image_grid(
            pictures,
            captions,
            np.zeros(len(y_pred), bool) if y_true is None else y_true != y_pred,
            rows_of(len(pictures), columns_of(ax, n_columns)),
            ax,
            fonts=LabelFonts([line for lines in captions for line in lines]),
            gray_range=(darkest - margin, brightest + margin),
            im_kw=im_kw,
            text_kw=text_kw,
        )
        self.figure_: Figure = self.axes_[0].figure
        self.maps_: list[AxesImage] = []
        for image_ax, values in zip(self.axes_, maps, strict=True):
            style = {"cmap": "autumn_r", "alpha": _OPACITY * values, "vmin": 0, "vmax": 1}
            self.maps_.append(image_ax.imshow(values, **{**style, **(map_kw or {})}))
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        target: Any = "predicted",
        method: Literal["layercam", "gradient"] = "layercam",
        layer: str | Sequence[str] | None = None,
        n_samples: int = 12,
        select: Select = "random",
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | Sequence[Axes] | np.ndarray | None = None,
        n_columns: int = 6,
        im_kw: Mapping[str, Any] | None = None,
        map_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> SaliencyDisplay:
        """Show the saliency maps of a fitted network.

        Parameters
        ----------
        estimator : CNNClassifier, Pipeline or search
            A fitted :class:`skhcr.CNNClassifier`, a :class:`~sklearn.pipeline.Pipeline` that ends
            in one, or a fitted search over them, whose best estimator is shown. The images are the
            network's inputs, after the steps of the pipeline.
        X : array-like of shape (n, ...)
            Input images of the estimator.
        y : array-like of shape (n,), default=None
            True labels.
        target : {"predicted", "true"} or label, default="predicted"
            The explained class: the predicted one, the true one, or the same for all images.
        method : {"layercam", "gradient"}, default="layercam"
            The method; see the notes.
        layer : str, sequence of str or None, default=None
            For "layercam": the name of the layer in ``model_.layers[-1]`` whose maps are used, or
            several to average. By default the last ones at full and at half the image's size.
        n_samples : int, default=12
            Maximum number of images to show. With ``"per_class"``, the number for each class.
        select : {"random", "wrong", "per_class", "first"}, default="random"
            Selection of images; see :meth:`PredictionGalleryDisplay.from_estimator`. "wrong" and
            "per_class" need `y`.
        random_state : int, RandomState or None, default=None
            Seed for the random selection.
        ax, n_columns, im_kw, map_kw, text_kw
            See :meth:`plot`.

        Returns
        -------
        SaliencyDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it does not end in a CNNClassifier.
        ValueError
            If the network has no such layer (or no convolution at all), `target` is not a class, or
            another parameter is invalid.
        """
        check_is_fitted(estimator)
        shown = predict_some(estimator, X, y, n_samples=n_samples, select=select, seed=random_state)
        classifier, images = _as_seen(estimator, shown.images)
        labels = _targets(target, shown.y_true, shown.y_pred, classifier.classes_)

        from .._keras import saliency_maps

        maps = saliency_maps(
            classifier.model_,
            images,
            np.searchsorted(classifier.classes_, labels),
            method=method,
            layer=layer,
        )
        display = cls(
            **{**shown._asdict(), "images": images},
            maps=maps,
            target=None if labels is shown.y_pred else labels,
        )
        return display.plot(ax, n_columns=n_columns, im_kw=im_kw, map_kw=map_kw, text_kw=text_kw)


def _as_seen(estimator: Any, X: Any) -> tuple[CNNClassifier, np.ndarray]:
    """Return the classifier inside an estimator, and its input images."""
    *before, classifier = fitted_steps(estimator)
    if not isinstance(classifier, CNNClassifier):
        raise TypeError(
            f"{type(classifier).__name__} has no network to explain. Pass a CNNClassifier, a "
            "pipeline that ends in one, or a fitted search over them (with refit=True)."
        )
    images = check_images(classifier, transformed(before, X), reset=False)
    return classifier, images_of_shape(images, classifier.image_shape_)


def _targets(
    target: Any, y_true: np.ndarray | None, y_pred: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    if isinstance(target, str) and target == "predicted":
        return y_pred
    if isinstance(target, str) and target == "true":
        if y_true is None:
            raise ValueError("target='true' needs the true labels: pass y.")
        labels = y_true
    else:
        labels = np.full(len(y_pred), target)
    unknown = labels[~np.isin(labels, classes)].tolist()
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not a class of the classifier: pass 'predicted', 'true' (with "
            f"known labels in y) or one of {classes.tolist()} as target."
        )
    return labels

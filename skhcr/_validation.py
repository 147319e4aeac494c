"""Input checks of a classifier: images, labels, weights, validation rows and groups."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_consistent_length, column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ._compat import check_sample_weight
from ._lookalikes import warn_of_lookalikes
from ._messages import counted
from .images._flat import as_images, square_shape


class LabeledImages(NamedTuple):
    """Training or validation images; the arrays are shared, and `rows` selects the rows."""

    images: np.ndarray  # (n, height, width, channels)
    encoded: np.ndarray  # (n,), place of the label in the sorted classes
    weights: np.ndarray | None  # (n,)
    rows: np.ndarray


class TrainingData(NamedTuple):
    """The checked training data of a fit."""

    train: LabeledImages
    held_out: LabeledImages | None
    classes: np.ndarray
    image_shape: tuple[int, int, int]


def check_training_data(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    continued: bool,
    holds_out: bool,
    split_seed: int,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    groups: Any = None,
    classes: Any = None,
) -> TrainingData:
    """Check all inputs of a fit, and set the estimator's ``n_features_in_``.

    Parameters
    ----------
    estimator : CNNClassifier
        Its `class_weight`, `image_shape` and `validation_fraction` are used.
    X, y
        Arguments of ``fit`` or ``partial_fit``.
    continued : bool
        Whether the fit continues an earlier one, with its classes and shape of images.
    holds_out : bool
        Whether to hold out rows if no validation images are given.
    split_seed : int
        Seed for the split.
    sample_weight, X_val, y_val, groups, classes
        Other arguments of ``fit`` or ``partial_fit``.

    Raises
    ------
    ValueError
        If an argument is invalid. The message names the item and the solution.
    """
    images, y = check_images(estimator, X, y, reset=not continued)
    check_classification_targets(y)
    labels = _check_labels(
        np.unique(y if classes is None else column_or_1d(classes)),
        estimator.classes_ if continued else None,
    )
    if not continued and isinstance(labels[0], str):
        warn_of_lookalikes(labels)
    if continued:
        image_shape = estimator.image_shape_
    else:
        image_shape = infer_image_shape(images, estimator.image_shape)
    images = images_of_shape(images, image_shape)
    weights = _row_weights(sample_weight, estimator.class_weight, images, y)
    rows = np.arange(len(images)) if weights is None else np.flatnonzero(weights)
    train = LabeledImages(images, _encode(y, labels, "y"), weights, rows)
    held_out = _validation_images(estimator, X_val, y_val, labels, image_shape)
    if held_out is None and holds_out:
        train, held_out = split_images(
            train, groups, fraction=estimator.validation_fraction, seed=split_seed
        )
    return TrainingData(train, held_out, labels, image_shape)


def _validation_images(
    estimator: Any, X_val: Any, y_val: Any, labels: np.ndarray, image_shape: tuple[int, int, int]
) -> LabeledImages | None:
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if X_val is None:
        return None
    images, y_val = check_images(estimator, X_val, y_val, reset=False, names=("X_val", "y_val"))
    images = images_of_shape(images, image_shape, "X_val")
    encoded = _encode(y_val, labels, "y_val")
    return LabeledImages(images, encoded, None, np.arange(len(images)))


def check_images(
    estimator: BaseEstimator,
    X: Any,
    y: Any = "no_validation",
    *,
    reset: bool,
    names: tuple[str, str] = ("X", "y"),
) -> Any:
    """Return X as a numeric array of 2 to 4 dimensions, with y if it is given.

    Sets ``n_features_in_`` (and ``feature_names_in_``) if `reset`, else checks them.
    """
    _refuse_what_is_no_array_of_images(X, names[0])
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    ndim = len(X.shape)
    if ndim > 4:
        raise ValueError(
            f"{names[0]} has {ndim} dimensions; images must have the shape (n, height, width), "
            "(n, height, width, channels) or flat (n, n_pixels)."
        )
    alone = isinstance(y, str)
    if reset or ndim <= 2:
        checked = validate_data(estimator, X, y, reset=reset, allow_nd=True, dtype="numeric")
    else:
        checked = check_array(
            X, allow_nd=True, dtype="numeric", estimator=estimator, input_name=names[0]
        )
        if not alone:
            checked = checked, check_array(y, ensure_2d=False, dtype=None, input_name=names[1])
            check_consistent_length(*checked)
    images = checked if alone else checked[0]
    if reset:
        estimator.n_features_in_ = math.prod(images.shape[1:])
    return checked


def _refuse_what_is_no_array_of_images(X: Any, name: str) -> None:
    """Explain two common mistakes: files that were not loaded, and images of different sizes."""
    is_objects = isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    if not (isinstance(X, list | tuple) or is_objects) or len(X) == 0:
        if isinstance(X, np.ndarray) and X.dtype.kind in "US" and X.ndim == 1:
            raise ValueError(_not_loaded(name))
        return
    if isinstance(X[0], str | bytes) or hasattr(X[0], "__fspath__"):
        raise ValueError(_not_loaded(name))
    if isinstance(X[0], np.ndarray):
        for row, image in enumerate(X):
            if np.shape(image) != X[0].shape:
                raise ValueError(
                    f"{name} mixes images of several shapes: {name}[0] has shape {X[0].shape}, "
                    f"{name}[{row}] has shape {np.shape(image)}. Resize them to one size first, "
                    "for instance with skhcr.ImageLoader(size=(32, 32))."
                )


def _not_loaded(name: str) -> str:
    return (
        f"{name} seems to contain file names or encoded images, not pixels: put "
        "skhcr.ImageLoader() before the classifier in a pipeline."
    )


def infer_image_shape(
    images: np.ndarray, image_shape: tuple[int, ...] | None
) -> tuple[int, int, int]:
    """Return (height, width, channels) for checked images."""
    if images.ndim > 2:
        height, width, *channels = images.shape[1:]
        shape = height, width, channels[0] if channels else 1
        if image_shape is not None and (*image_shape, 1)[:3] != shape:
            raise ValueError(
                f"image_shape={tuple(image_shape)} is not the shape of the images, {shape}: "
                "remove it, it is only for images in flat rows."
            )
        return shape
    n_pixels = images.shape[1]
    if image_shape is not None:
        if len(image_shape) not in (2, 3) or math.prod(image_shape) != n_pixels:
            raise ValueError(
                f"image_shape={image_shape} does not match rows of {n_pixels} values: pass "
                f"(height, width) or (height, width, channels) with the product {n_pixels}."
            )
        height, width, *channels = image_shape
        return height, width, channels[0] if channels else 1
    advice = "Pass image_shape=(height, width) or (height, width, channels) if this is wrong."
    return square_shape(n_pixels, advice, pad=True)


def images_of_shape(
    images: np.ndarray, image_shape: tuple[int, int, int], name: str = "X"
) -> np.ndarray:
    """Return checked images as (n, height, width, channels)."""
    if images.ndim == 2:
        return as_images(images, image_shape)
    shape = images.shape[1:] if images.ndim == 4 else (*images.shape[1:], 1)
    if shape != image_shape:
        raise ValueError(
            f"{name} contains images of shape {shape}, but the classifier was fitted on "
            f"{image_shape}."
        )
    return images.reshape(-1, *image_shape)


def _check_labels(labels: np.ndarray, earlier: np.ndarray | None) -> np.ndarray:
    """Return the sorted labels of a fit.

    Parameters
    ----------
    labels : ndarray of shape (n_classes,)
        The labels, sorted.
    earlier : ndarray or None
        The labels of the fit that is continued.

    Raises
    ------
    ValueError
        If there is only one label, or a label that the earlier fit did not have.
    """
    if earlier is not None:
        unknown = np.setdiff1d(labels, earlier)
        if len(unknown):
            raise ValueError(
                f"A fit that continues another must keep its classes, {_shorten(earlier)}; "
                f"{unknown.tolist()[0]!r} is not one of them."
            )
        return earlier
    if len(labels) < 2:
        raise ValueError(
            f"y contains only one class, {labels.tolist()[0]!r}; a classifier needs at least two."
        )
    return labels


def _encode(y: np.ndarray, labels: np.ndarray, name: str) -> np.ndarray:
    """Return the index of every label among the sorted ones."""
    encoded = np.searchsorted(labels, y).clip(max=len(labels) - 1)
    unknown = np.flatnonzero(labels[encoded] != y)
    if len(unknown):
        raise ValueError(
            f"{name}[{unknown[0]}] is {y[unknown].tolist()[0]!r}, which is not one of the classes "
            f"{_shorten(labels)}."
        )
    return encoded


def _row_weights(
    sample_weight: Any, class_weight: Any, images: np.ndarray, y: np.ndarray
) -> np.ndarray | None:
    """Return float32 weights of mean 1 over rows of positive weight, or None for equal ones.

    Raises
    ------
    ValueError
        If a weight is negative, not finite, or none is positive.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = check_sample_weight(sample_weight, images, dtype=np.float64)
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(f"sample_weight[{row}] is negative: {weights[row]}.")
    if class_weight is not None:
        weights = weights * compute_sample_weight(class_weight, y)
    if not weights.any():
        raise ValueError("The weights of all rows are zero: there is nothing to train on.")
    return (weights / weights[weights > 0].mean()).astype(np.float32)


def split_images(
    labeled: LabeledImages, groups: Any, *, fraction: float, seed: int
) -> tuple[LabeledImages, LabeledImages]:
    """Hold out a fraction for validation, stratified by class and, if given, by whole groups.

    Raises
    ------
    ValueError
        If there are too few rows, or no group can be held out.
    """
    rows = labeled.rows
    if groups is None:
        try:
            train, held_out = train_test_split(
                rows, test_size=fraction, stratify=labeled.encoded[rows], random_state=seed
            )
        except ValueError as error:
            raise ValueError(
                f"Cannot hold out validation_fraction={fraction} of {len(rows)} "
                f"rows: {error} Give more rows, another validation_fraction, or X_val and y_val."
            ) from error
        return labeled._replace(rows=train), labeled._replace(rows=held_out)

    groups = column_or_1d(groups)
    check_consistent_length(labeled.encoded, groups)
    is_held_out = _choose_groups(groups[rows], labeled.encoded[rows], fraction, seed)
    return labeled._replace(rows=rows[~is_held_out]), labeled._replace(rows=rows[is_held_out])


def _choose_groups(
    groups: np.ndarray, encoded: np.ndarray, fraction: float, seed: int
) -> np.ndarray:
    """Return the rows to hold out: whole groups, near a fraction of each class.

    The groups are tried in random order, and selected if that brings the class counts closer to the
    fraction; if none does, the closest one is selected. No class is held out completely. (A fold of
    ``StratifiedGroupKFold`` may contain most of the rows, if one group does, or all rows of a
    class.)
    """
    names, places = np.unique(groups, return_inverse=True)
    classes, columns = np.unique(encoded, return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (places, columns), 1)
    total = counts.sum(axis=0)

    def distance(held_out: np.ndarray) -> float:
        return float(np.abs(held_out - fraction * total).sum())

    order = np.random.default_rng(seed).permutation(len(names))
    spared = [group for group in order if (counts[group] < total).all()]
    if not spared:
        raise ValueError(
            f"Cannot hold out validation_fraction={fraction} of {len(groups)} rows in "
            f"{counted(len(names), 'group')}: without any of them a class would be missing. Pass "
            "smaller groups, or X_val and y_val."
        )
    held_out, chosen = np.zeros(len(classes)), []
    for group in spared:
        more = held_out + counts[group]
        if distance(more) < distance(held_out) and (more < total).all():
            held_out = more
            chosen.append(group)
    return np.isin(places, chosen or [min(spared, key=lambda group: distance(counts[group]))])


def _shorten(labels: np.ndarray) -> str:
    shown = ", ".join(repr(label) for label in labels[:10].tolist())
    return f"[{shown}, ... {len(labels)} in all]" if len(labels) > 10 else f"[{shown}]"

"""One HTML file about the accuracy and the mistakes of a classifier."""

from __future__ import annotations

import base64
import io
import os
import platform
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import metadata, resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import log_loss, top_k_accuracy_score
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import column_or_1d

from .._atomic import replacing
from .._interval import accuracy_interval
from .._unwrap import final_estimator, fitted_steps
from ..classifier import CNNClassifier
from ._confused_pairs import ConfusedPairsDisplay
from ._label_errors import probable_label_errors
from ._pictures import unflattened
from ._prediction_gallery import PredictionGalleryDisplay
from ._report_rows import (
    ImageRow,
    class_rows,
    group_rows,
    image_rows,
    matrix_rows,
    names_of,
)
from ._saliency import SaliencyDisplay
from ._training_history import TrainingHistoryDisplay

_N_SHOWN = 24  # images in a picture
_MOST_CELLS = 64  # classes, beyond which a confusion matrix is illegible
_MOST_MISTAKES, _MOST_LABEL_ERRORS = 200, 50  # rows of their tables
_BINS = 10  # of confidence
_PACKAGES = ("skhcr", "scikit-learn", "numpy", "keras", "tensorflow", "onnxruntime")


class _Section(NamedTuple):
    """A part of the report: a picture, a table of images, a matrix, or a note if not available."""

    title: str
    text: str
    picture: str = ""
    images: list[ImageRow] | None = None
    matrix: list[tuple[str, list[Any]]] | None = None


def evaluation_report(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    path: str | os.PathLike[str],
    *,
    groups: ArrayLike | None = None,
    title: str = "Evaluation",
    random_state: int | None = 0,
) -> Path:
    """Write a report on a fitted classifier, from its predictions for labeled images.

    The report is a single self-contained HTML file for browsers, phones and printing. It contains
    the data, accuracy with its confidence interval, precision and recall of every class, accuracy
    of every writer, confusions with examples, the mistakes with their files, probable label errors,
    calibration, saliency maps, training history, parameters, time and versions. If a part is not
    available for a classifier, the report says so in its place.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, a pipeline or search that ends in one, or the result of
        :func:`skhcr.load_exported`.
    X : array-like of shape (n, ...)
        Held-out input images of the estimator.
    y : array-like of shape (n,)
        True labels.
    path : path
        The output HTML file. It is written completely or not at all, and replaces an existing file.
    groups : array-like of shape (n,), default=None
        Writers of the images, or other groups.
    title : str, default="Evaluation"
        The heading of the report.
    random_state : int or None, default=0
        Seed for the random selection of images.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    ValueError
        If there are no images, or their number differs from that of the labels or groups.
    OSError
        If the file cannot be written.

    See Also
    --------
    PredictionGalleryDisplay, ConfusedPairsDisplay, SaliencyDisplay : Its separate pictures.

    Notes
    -----
    The interval of the accuracy is the 95 % Wilson interval for independent images. Letters by one
    writer are not independent: on new writers, the accuracy varies more. With `groups`, the
    interval applies to new groups: the number of images is divided by the design effect, which is
    the variance of the accuracy when sampling whole groups, over its variance when sampling single
    images.

    A label is probably wrong if another class is more probable, and at least as probable as on
    average for the images with this other label [1]_. Many of these are still mistakes of the
    classifier: check the images.

    References
    ----------
    .. [1] C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident learning: estimating uncertainty
       in dataset labels", JAIR 70, 2021.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr.datasets import load_digit_images
    >>> from skhcr.inspection import evaluation_report
    >>> digits = load_digit_images()
    >>> X, y = digits.data / 255, digits.target
    >>> classifier = LogisticRegression().fit(X[:500], y[:500])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = evaluation_report(
    ...         classifier, X[500:], y[500:], os.path.join(folder, "report.html")
    ...     )
    ...     print(report.name, report.stat().st_size > 100_000)
    report.html True
    """
    from jinja2 import Environment

    y_true = column_or_1d(y)
    of_groups = None if groups is None else column_or_1d(groups)
    check_consistent_length(X, y_true, of_groups)
    if not len(y_true):
        raise ValueError("There are no images to report on.")
    begin = time.perf_counter()
    probabilities = estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else None
    if probabilities is None:
        y_pred = np.asarray(estimator.predict(X))
    else:
        y_pred = np.asarray(estimator.classes_)[probabilities.argmax(axis=1)]
    seconds = time.perf_counter() - begin
    y_true, y_pred = _of_one_kind(y_true, y_pred)
    classes, averages = class_rows(y_true, y_pred)

    pictures = unflattened(estimator, X)
    text = resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    page = template.render(
        title=title,
        now=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        summary=_summary(y_true, y_pred, probabilities, estimator, of_groups),
        n_images=len(y_true),
        seconds=seconds,
        classes=classes,
        averages=averages,
        groups=None if of_groups is None else group_rows(y_true == y_pred, of_groups),
        sections=_sections(estimator, X, pictures, y_true, y_pred, probabilities, random_state),
        steps=_parameters(estimator),
        environment=_environment(),
    )
    path = Path(path).expanduser()
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _of_one_kind(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return comparable labels: labels from files are strings, those of a model may be numbers."""
    if y_true.dtype.kind in "USO" and y_pred.dtype.kind in "biuf":
        return y_true.astype(str), y_pred.astype(str)
    return y_true, y_pred


def _summary(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray | None,
    estimator: Any,
    groups: np.ndarray | None,
) -> dict[str, str]:
    is_right = y_true == y_pred
    interval = accuracy_interval(is_right, groups)
    facts = {"Accuracy": f"{is_right.mean():.2%}"}
    if interval is not None:
        low, high, _ = interval
        kind = "95 % interval" if groups is None else "95 % interval, new groups"
        facts[kind] = f"{100 * low:.1f} – {high:.1%}"
    facts["Images"] = f"{len(y_true):,}"
    facts["Mistakes"] = f"{np.sum(~is_right):,}"
    facts["Classes"] = f"{len(unique_labels(y_true)):,}"
    if groups is not None:
        facts["Groups"] = f"{len(np.unique(groups)):,}"
    if probabilities is not None:
        encoded = _encoded(y_true, estimator)
        if encoded is not None:
            places = np.arange(probabilities.shape[1])
            if len(places) > 3:
                top = top_k_accuracy_score(encoded, probabilities, k=3, labels=places)
                facts["Among the first three"] = f"{top:.2%}"
            facts["Log loss"] = f"{log_loss(encoded, probabilities, labels=places):.4f}"
        gap = _calibration_error(is_right, probabilities.max(axis=1))
        facts["Calibration error"] = f"{gap:.2%}"
    return facts


def _encoded(y_true: np.ndarray, estimator: Any) -> np.ndarray | None:
    """Return the columns of the labels' probabilities, or None if some have none."""
    labels, known = _of_one_kind(y_true, np.asarray(estimator.classes_))
    if not np.isin(labels, known).all():
        return None
    order = np.argsort(known)
    return order[np.searchsorted(known, labels, sorter=order)]


def _calibration_error(is_right: np.ndarray, confidence: np.ndarray) -> float:
    """Return the expected calibration error over bins of equal width."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    sums = [np.bincount(bins, weights, _BINS) for weights in (is_right, confidence)]
    return float(np.abs(sums[0] - sums[1]).sum() / len(bins))


def _sections(
    estimator: Any,
    X: Any,
    pictures: Any,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray | None,
    seed: int | None,
) -> list[_Section]:
    confidence = None if probabilities is None else probabilities.max(axis=1)
    gallery = partial(
        PredictionGalleryDisplay.from_predictions,
        y_true,
        y_pred,
        pictures,
        probability=confidence,
        n_samples=_N_SHOWN,
        random_state=seed,
    )
    text = "A random selection, with predicted labels."
    folder, names = names_of(X)
    table = partial(
        image_rows, names, pictures, y_true=y_true, y_pred=y_pred, confidence=confidence
    )
    return [
        _Section("Images", text, _drawn(gallery)),
        _matrix(y_true, y_pred),
        *_mistakes(y_true, y_pred, pictures, confidence, folder, table, seed),
        _label_errors(estimator, y_true, probabilities, table),
        _confidence(y_true == y_pred, confidence),
        _network(estimator, X, seed),
        _training(estimator),
    ]


def _matrix(y_true: np.ndarray, y_pred: np.ndarray) -> _Section:
    title, rows = "Confusion matrix", matrix_rows(y_true, y_pred)
    if len(rows) > _MOST_CELLS:
        text = f"Not shown: with {len(rows)} classes it is too large. See the most confused pairs."
        return _Section(title, text)
    text = (
        "Rows are true classes, columns are predicted ones. Hover over a cell to see its classes."
    )
    return _Section(title, text, matrix=rows)


def _mistakes(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    pictures: Any,
    confidence: np.ndarray | None,
    folder: str,
    table: Callable[..., list[ImageRow]],
    seed: int | None,
) -> list[_Section]:
    titles = "Confused most", "Mistakes"
    wrong = np.flatnonzero(y_true != y_pred)
    if not len(wrong):
        return [_Section(title, "None: all images were classified correctly.") for title in titles]
    pairs = partial(
        ConfusedPairsDisplay.from_predictions, y_true, y_pred, pictures, random_state=seed
    )
    order = "In the order of the images."
    if confidence is not None:
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
        order = "The most confident ones first."
    if len(wrong) > _MOST_MISTAKES:
        order += f" {_MOST_MISTAKES} of {len(wrong):,} are shown."
    if folder:
        order += f" The files are in {folder}."
    text = "The pairs of classes with the most mistakes, with examples."
    return [
        _Section(titles[0], text, _drawn(pairs)),
        _Section(titles[1], order, images=table(wrong[:_MOST_MISTAKES])),
    ]


def _label_errors(
    estimator: Any,
    y_true: np.ndarray,
    probabilities: np.ndarray | None,
    table: Callable[..., list[ImageRow]],
) -> _Section:
    title = "Probable label errors"
    if probabilities is None:
        return _Section(title, "Not searched: the classifier has no probabilities.")
    encoded = _encoded(y_true, estimator)
    if encoded is None:
        return _Section(title, "Not searched: the classifier does not have some of the labels.")
    rows = probable_label_errors(encoded, probabilities)
    if not len(rows):
        return _Section(title, "None were found.")
    text = (
        "The classifier contradicts these labels: it predicts another class as confidently as it "
        "usually predicts that class for its own images. The classifier may also be wrong: check "
        "the images, and correct the wrong labels."
    )
    if len(rows) > _MOST_LABEL_ERRORS:
        text += f" {_MOST_LABEL_ERRORS} of {len(rows):,} are shown."
    return _Section(title, text, images=table(rows[:_MOST_LABEL_ERRORS]))


def _confidence(is_right: np.ndarray, confidence: np.ndarray | None) -> _Section:
    title = "Confidence"
    if confidence is None:
        return _Section(title, "Not shown: the classifier has no probabilities.")
    text = (
        "Accuracy by confidence. On the diagonal, predictions with a probability of 90 % are "
        "correct nine times in ten; above it, the classifier is underconfident."
    )
    return _Section(title, text, _drawn(lambda: _reliability(is_right, confidence)))


def _network(estimator: Any, X: Any, seed: int | None) -> _Section:
    title = "Saliency maps"
    if not isinstance(final_estimator(estimator), CNNClassifier):
        text = (
            "Not shown: saliency maps need a CNNClassifier, not another classifier or an exported "
            "model."
        )
        return _Section(title, text)
    text = "Color marks pixels that support the predicted label."
    return _Section(title, text, _drawn(lambda: _saliency(estimator, X, seed)))


def _training(estimator: Any) -> _Section:
    title = "Training"
    history = getattr(final_estimator(estimator), "history_", {})
    history = {name: values for name, values in history.items() if values}
    if not history:
        text = (
            "Not shown: the classifier has no training history, like pretrained and exported "
            "models."
        )
        return _Section(title, text)
    text = "Over the epochs of the last fit."
    return _Section(title, text, _drawn(lambda: TrainingHistoryDisplay.from_history(history)))


def _reliability(is_right: np.ndarray, confidence: np.ndarray) -> Any:
    import matplotlib.pyplot as plt
    from sklearn.calibration import CalibrationDisplay

    _, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    display = CalibrationDisplay.from_predictions(
        is_right.astype(int), confidence, pos_label=1, n_bins=_BINS, strategy="quantile", ax=ax
    )
    ax.set(xlabel="Mean confidence", ylabel="Share of correct predictions")
    ax.legend().remove()
    return display


def _drawn(draw: Callable[[], Any]) -> str:
    """Return a picture as a data URL."""
    import matplotlib.pyplot as plt

    display = draw()
    file = io.BytesIO()
    display.figure_.savefig(file, format="svg", metadata={"Date": None})
    plt.close(display.figure_)
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"


def _saliency(estimator: Any, X: Any, seed: int | None) -> Any:
    try:
        return SaliencyDisplay.from_estimator(estimator, X, random_state=seed)
    except ValueError:  # of networks without convolutions
        return SaliencyDisplay.from_estimator(estimator, X, method="gradient", random_state=seed)


def _parameters(estimator: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return the parameters of every step, and whether each differs from its default."""
    tables = []
    for step in fitted_steps(estimator):
        if hasattr(step, "get_params"):
            defaults = _defaults(step)
            rows = [
                (name, repr(value), repr(value) != defaults.get(name, repr(value)))
                for name, value in step.get_params(deep=False).items()
            ]
            tables.append((type(step).__name__, rows))
    return tables


def _defaults(step: Any) -> dict[str, str]:
    try:
        return {name: repr(value) for name, value in type(step)().get_params(deep=False).items()}
    except TypeError:  # some estimators cannot be made without parameters
        return {}


def _environment() -> dict[str, str]:
    versions = {"Python": platform.python_version(), "Machine": platform.platform()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions

"""One HTML file about the accuracy and the mistakes of a classifier."""

from __future__ import annotations

import os
import platform
import time
from datetime import datetime
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import log_loss, top_k_accuracy_score
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import column_or_1d

from .._atomic import replacing
from .._calibration import calibration_error
from .._interval import accuracy_interval
from .._unwrap import fitted_steps
from ._pictures import unflattened
from ._report_labels import encoded, of_one_kind
from ._report_rows import class_rows, group_rows
from ._report_sections import BINS, sections

_PACKAGES = ("skhcr", "scikit-learn", "numpy", "keras", "tensorflow", "onnxruntime")


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
    y_true, y_pred = of_one_kind(y_true, y_pred)
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
        sections=sections(estimator, X, pictures, y_true, y_pred, probabilities, random_state),
        steps=_parameters(estimator),
        environment=_environment(),
    )
    path = Path(path).expanduser()
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _summary(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray | None,
    estimator: Any,
    groups: np.ndarray | None,
) -> dict[str, str]:
    is_right = y_true == y_pred
    interval = accuracy_interval(is_right, groups)
    kind = "95 % interval" if groups is None else "95 % interval, new groups"
    facts = {
        "Accuracy": f"{is_right.mean():.2%}",
        kind: f"{100 * interval.low:.1f} – {interval.high:.1%}" if interval else "unknown",
    }
    facts["Images"] = f"{len(y_true):,}"
    facts["Mistakes"] = f"{np.sum(~is_right):,}"
    facts["Classes"] = f"{len(unique_labels(y_true)):,}"
    if groups is not None:
        facts["Groups"] = f"{len(np.unique(groups)):,}"
    if probabilities is not None:
        columns = encoded(y_true, estimator)
        if columns is not None:
            places = np.arange(probabilities.shape[1])
            if len(places) > 3:
                top = top_k_accuracy_score(columns, probabilities, k=3, labels=places)
                facts["Among the first three"] = f"{top:.2%}"
            facts["Log loss"] = f"{log_loss(columns, probabilities, labels=places):.4f}"
        gap = calibration_error(is_right, probabilities.max(axis=1), BINS)
        facts["Calibration error"] = f"{gap:.2%}"
    return facts


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

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
from sklearn.metrics import accuracy_score, classification_report, log_loss, top_k_accuracy_score
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import column_or_1d

from .._atomic import replacing
from .._unwrap import final_estimator, fitted_steps
from ..classifier import CNNClassifier
from ._confused_pairs import ConfusedPairsDisplay
from ._fonts import LabelFonts
from ._pictures import unflattened
from ._prediction_gallery import PredictionGalleryDisplay
from ._saliency import SaliencyDisplay
from ._training_history import TrainingHistoryDisplay

_N_SHOWN = 24  # images in a picture
_MOST_CELLS = 64  # classes, beyond which a confusion matrix cannot be read
_WITH_NUMBERS = 15  # classes, up to which its cells have numbers
_BINS = 10  # of confidence
_PACKAGES = ("skhcr", "scikit-learn", "numpy", "keras", "tensorflow", "onnxruntime")


class _Picture(NamedTuple):
    title: str
    text: str
    source: str


def evaluation_report(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    path: str | os.PathLike[str],
    *,
    title: str = "Evaluation",
    random_state: int | None = 0,
) -> Path:
    """Write a report on a fitted classifier, from its predictions for labeled images.

    One HTML file that needs nothing else, to be read in a browser or printed: the data, accuracy
    with its interval, precision and recall of every class, confusions with examples, the most
    confident mistakes, how far probabilities can be trusted, what the network looks at, how it was
    trained, parameters, time and versions.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, a pipeline or search that ends in one, or what
        :func:`skhcr.load_exported` returns. Probabilities, the network and the history are left
        out if it has none.
    X : array-like of shape (n, ...)
        Images as the estimator takes them, that it was not trained on.
    y : array-like of shape (n,)
        True labels.
    path : path
        The HTML file to write. It is written whole or not at all, and replaces one that is there.
    title : str, default="Evaluation"
        The heading of the report.
    random_state : int or None, default=0
        Seed of the draw of the images that are shown.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    ValueError
        If there are no images, or not as many as labels.
    OSError
        If the file cannot be written.

    See Also
    --------
    PredictionGalleryDisplay, ConfusedPairsDisplay, SaliencyDisplay : Its pictures, one by one.

    Notes
    -----
    The interval of the accuracy is Wilson's, for independent images at 95 %. Letters of one writer
    are not independent: on new writers, accuracy varies more.

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
    check_consistent_length(X, y_true)
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

    pictures = unflattened(estimator, X)
    text = resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    page = template.render(
        title=title,
        now=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        summary=_summary(y_true, y_pred, probabilities, estimator),
        n_images=len(y_true),
        seconds=seconds,
        classes=_classes(y_true, y_pred),
        sections=_sections(estimator, X, pictures, y_true, y_pred, probabilities, random_state),
        steps=_parameters(estimator),
        environment=_environment(),
    )
    path = Path(path).expanduser()
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _of_one_kind(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels that can be compared: those in files are texts, those of a model may not be."""
    if y_true.dtype.kind in "USO" and y_pred.dtype.kind in "biuf":
        return y_true.astype(str), y_pred.astype(str)
    return y_true, y_pred


def _summary(
    y_true: np.ndarray, y_pred: np.ndarray, probabilities: np.ndarray | None, estimator: Any
) -> dict[str, str]:
    accuracy, n = accuracy_score(y_true, y_pred), len(y_true)
    low, high = _wilson(accuracy, n)
    facts = {
        "Accuracy": f"{accuracy:.2%}",
        "95 % interval": f"{100 * low:.1f} – {high:.1%}",
        "Images": f"{n:,}",
        "Mistakes": f"{np.sum(y_true != y_pred):,}",
        "Classes": f"{len(unique_labels(y_true)):,}",
    }
    if probabilities is not None:
        classes = np.asarray(estimator.classes_)
        labels, known = _of_one_kind(y_true, classes)
        if np.isin(labels, known).all():
            if len(classes) > 3:
                top = top_k_accuracy_score(labels, probabilities, k=3, labels=known)
                facts["Among the first three"] = f"{top:.2%}"
            facts["Log loss"] = f"{log_loss(labels, probabilities, labels=known):.4f}"
        gap = _calibration_error(y_true == y_pred, probabilities.max(axis=1))
        facts["Calibration error"] = f"{gap:.2%}"
    return facts


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = 1.959964  # the normal distribution's 97.5 % point
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def _calibration_error(is_right: np.ndarray, confidence: np.ndarray) -> float:
    """Return how far confidence and accuracy are apart, in the mean over bins of equal width."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    sums = [np.bincount(bins, weights, _BINS) for weights in (is_right, confidence)]
    return float(np.abs(sums[0] - sums[1]).sum() / len(bins))


def _classes(y_true: np.ndarray, y_pred: np.ndarray) -> list[dict[str, Any]]:
    """Return a row of the table for each class."""
    labels = unique_labels(y_true, y_pred)
    report = classification_report(
        y_true,
        y_pred,
        labels=labels,
        target_names=[*map(str, labels)],
        output_dict=True,
        zero_division=0.0,
    )
    return [
        {
            "name": str(label),
            "precision": report[str(label)]["precision"],
            "recall": report[str(label)]["recall"],
            "f1": report[str(label)]["f1-score"],
            "images": int(report[str(label)]["support"]),
        }
        for label in labels
    ]


def _sections(
    estimator: Any,
    X: Any,
    pictures: Any,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray | None,
    seed: int | None,
) -> list[_Picture]:
    """Return the pictures, without those for which something is missing."""
    confidence = None if probabilities is None else probabilities.max(axis=1)
    n_classes = len(unique_labels(y_true, y_pred))
    gallery = partial(
        PredictionGalleryDisplay.from_predictions,
        y_true,
        y_pred,
        pictures,
        probability=confidence,
        n_samples=_N_SHOWN,
        random_state=seed,
    )
    sections = [
        _Picture(
            "Images",
            "Some of them, drawn at random, with what was read.",
            _drawn(gallery),
        )
    ]
    if n_classes <= _MOST_CELLS:
        text = "Rows are true classes, columns are what was read."
        source = _drawn(lambda: _confusion_matrix(y_true, y_pred))
        sections.append(_Picture("Confusion matrix", text, source))
    if (y_true != y_pred).any():
        sections += [
            _Picture(
                "Confused most",
                "The pairs of classes with the most mistakes, with examples.",
                _drawn(
                    lambda: ConfusedPairsDisplay.from_predictions(
                        y_true, y_pred, pictures, random_state=seed
                    )
                ),
            ),
            _Picture(
                "Mistakes",
                "The most confident ones first."
                if confidence is not None
                else "In the order of the images.",
                _drawn(partial(gallery, select="wrong")),
            ),
        ]
    if confidence is not None:
        text = (
            "How often labels of a confidence are right. On the diagonal, a probability of 90 % is "
            "right nine times in ten; above it, the classifier is better than it says."
        )
        source = _drawn(lambda: _reliability(y_true == y_pred, confidence))
        sections.append(_Picture("Confidence", text, source))
    if isinstance(final_estimator(estimator), CNNClassifier):
        text = "Color is where the network saw signs of the label that it read."
        source = _drawn(lambda: _saliency(estimator, X, seed))
        sections.append(_Picture("What the network looks at", text, source))
    history = getattr(final_estimator(estimator), "history_", {})
    if any(history.values()):
        text = "Over the epochs of the last fit."
        history = {name: values for name, values in history.items() if values}
        source = _drawn(lambda: TrainingHistoryDisplay.from_history(history))
        sections.append(_Picture("Training", text, source))
    return sections


def _confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray) -> Any:
    import matplotlib.pyplot as plt
    from sklearn.metrics import ConfusionMatrixDisplay

    labels = unique_labels(y_true, y_pred)
    names = [str(label) for label in labels]
    fonts = LabelFonts(names)
    size = min(4 + 0.25 * len(names), 13)
    _, ax = plt.subplots(figsize=(size, size), layout="constrained")
    display = ConfusionMatrixDisplay.from_predictions(
        y_true,
        y_pred,
        labels=labels,
        display_labels=[fonts.drawable(name) for name in names],
        include_values=len(names) <= _WITH_NUMBERS,
        cmap="Blues",
        colorbar=False,
        ax=ax,
    )
    ax.set(xlabel="Read as", ylabel="True class")
    plt.setp([*ax.get_xticklabels(), *ax.get_yticklabels()], fontfamily=fonts.families)
    return display


def _reliability(is_right: np.ndarray, confidence: np.ndarray) -> Any:
    import matplotlib.pyplot as plt
    from sklearn.calibration import CalibrationDisplay

    _, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    display = CalibrationDisplay.from_predictions(
        is_right.astype(int), confidence, pos_label=1, n_bins=_BINS, strategy="quantile", ax=ax
    )
    ax.set(xlabel="Mean confidence", ylabel="Share that is right")
    ax.legend().remove()
    return display


def _drawn(draw: Callable[[], Any]) -> str:
    """Return a picture as an address that holds all of it."""
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

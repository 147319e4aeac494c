"""The parts of a report: pictures, tables of images, or the reason why one is not available."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .._unwrap import final_estimator
from ..classifier import CNNClassifier
from ._confused_pairs import ConfusedPairsDisplay
from ._label_errors import probable_label_errors
from ._prediction_gallery import PredictionGalleryDisplay
from ._report_labels import encoded
from ._report_rows import ImageRow, image_rows, matrix_rows, names_of
from ._saliency import SaliencyDisplay
from ._training_history import TrainingHistoryDisplay

_N_SHOWN = 24  # images in a picture
_MOST_CELLS = 64  # classes, beyond which a confusion matrix is illegible
_MOST_MISTAKES, _MOST_LABEL_ERRORS = 200, 50  # rows of their tables
BINS = 10  # of confidence


class Section(NamedTuple):
    """A part of the report: a picture, a table of images, a matrix, or a note if not available."""

    title: str
    text: str
    picture: str = ""
    images: list[ImageRow] | None = None
    matrix: list[tuple[str, list[Any]]] | None = None
    is_small: bool = False  # of the picture


def sections(
    estimator: Any,
    X: Any,
    pictures: Any,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray | None,
    seed: int | None,
) -> list[Section]:
    """Return all parts, in their order in the report."""
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
        Section("Images", text, _drawn(gallery)),
        _matrix(y_true, y_pred),
        *_mistakes(y_true, y_pred, pictures, confidence, folder, table, seed),
        _label_errors(estimator, y_true, probabilities, table),
        _confidence(y_true == y_pred, confidence),
        _network(estimator, X, seed),
        _training(estimator),
    ]


def _matrix(y_true: np.ndarray, y_pred: np.ndarray) -> Section:
    title, rows = "Confusion matrix", matrix_rows(y_true, y_pred)
    if len(rows) > _MOST_CELLS:
        text = f"Not shown: with {len(rows)} classes it is too large. See the most confused pairs."
        return Section(title, text)
    text = (
        "Rows are true classes, columns are predicted ones. Hover over a cell to see its classes."
    )
    return Section(title, text, matrix=rows)


def _mistakes(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    pictures: Any,
    confidence: np.ndarray | None,
    folder: str,
    table: Callable[..., list[ImageRow]],
    seed: int | None,
) -> list[Section]:
    titles = "Confused most", "Mistakes"
    wrong = np.flatnonzero(y_true != y_pred)
    if not len(wrong):
        return [Section(title, "None: all images were classified correctly.") for title in titles]
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
        Section(titles[0], text, _drawn(pairs)),
        Section(titles[1], order, images=table(wrong[:_MOST_MISTAKES])),
    ]


def _label_errors(
    estimator: Any,
    y_true: np.ndarray,
    probabilities: np.ndarray | None,
    table: Callable[..., list[ImageRow]],
) -> Section:
    title = "Probable label errors"
    if probabilities is None:
        return Section(title, "Not searched: the classifier has no probabilities.")
    columns = encoded(y_true, estimator)
    if columns is None:
        return Section(title, "Not searched: the classifier does not have some of the labels.")
    rows = probable_label_errors(columns, probabilities)
    if not len(rows):
        return Section(title, "None were found.")
    text = (
        "The classifier contradicts these labels: it predicts another class as confidently as it "
        "usually predicts that class for its own images. The classifier may also be wrong: check "
        "the images, and correct the wrong labels."
    )
    if len(rows) > _MOST_LABEL_ERRORS:
        text += f" {_MOST_LABEL_ERRORS} of {len(rows):,} are shown."
    return Section(title, text, images=table(rows[:_MOST_LABEL_ERRORS]))


def _confidence(is_right: np.ndarray, confidence: np.ndarray | None) -> Section:
    title = "Confidence"
    if confidence is None:
        return Section(title, "Not shown: the classifier has no probabilities.")
    text = (
        "Accuracy by confidence. On the diagonal, predictions with a probability of 90 % are "
        "correct nine times in ten; above it, the classifier is underconfident."
    )
    picture = _drawn(lambda: _reliability(is_right, confidence))
    return Section(title, text, picture, is_small=True)


def _network(estimator: Any, X: Any, seed: int | None) -> Section:
    title = "Saliency maps"
    if not isinstance(final_estimator(estimator), CNNClassifier):
        text = (
            "Not shown: saliency maps need a CNNClassifier, not another classifier or an exported "
            "model."
        )
        return Section(title, text)
    text = "Color marks pixels that support the predicted label."
    return Section(title, text, _drawn(lambda: _saliency(estimator, X, seed)))


def _training(estimator: Any) -> Section:
    title = "Training"
    history = getattr(final_estimator(estimator), "history_", {})
    history = {name: values for name, values in history.items() if values}
    if not history:
        text = (
            "Not shown: the classifier has no training history, like pretrained and exported "
            "models."
        )
        return Section(title, text)
    text = "Over the epochs of the last fit."
    return Section(title, text, _drawn(lambda: TrainingHistoryDisplay.from_history(history)))


def _reliability(is_right: np.ndarray, confidence: np.ndarray) -> Any:
    import matplotlib.pyplot as plt
    from sklearn.calibration import CalibrationDisplay

    _, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    display = CalibrationDisplay.from_predictions(
        is_right.astype(int), confidence, pos_label=1, n_bins=BINS, strategy="quantile", ax=ax
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

"""The tables of a report: rows of classes, groups, confusions and single images."""

from __future__ import annotations

import base64
import io
import os
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.utils.multiclass import unique_labels

from .._messages import printable
from ._pictures import as_pictures, gray_range, take

_THUMBNAIL = 96  # pixels, shown at half of that


class ImageRow(NamedTuple):
    """An image in a table."""

    name: str
    thumbnail: str
    label: str
    predicted: str
    confidence: float | None


class GroupRow(NamedTuple):
    """The accuracy on the images of a group."""

    name: str
    images: int
    mistakes: int
    accuracy: float


def class_rows(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[list[dict[str, Any]], Any]:
    """Return a row for each class, and one of their averages."""
    labels = unique_labels(y_true, y_pred)
    report = classification_report(
        y_true,
        y_pred,
        labels=labels,
        target_names=[str(place) for place in range(len(labels))],  # a class may be called "all"
        output_dict=True,
        zero_division=0.0,
    )
    rows = [_class_row(str(label), report[str(place)]) for place, label in enumerate(labels)]
    return rows, _class_row("macro average", report["macro avg"])


def _class_row(name: str, scores: dict[str, float]) -> dict[str, Any]:
    values = {key: scores[key] for key in ("precision", "recall")}
    return {"name": name, **values, "f1": scores["f1-score"], "images": int(scores["support"])}


def group_rows(is_right: np.ndarray, groups: np.ndarray) -> list[GroupRow]:
    """Return a row for each group, the least accurate first."""
    names, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    right = np.bincount(codes, is_right)
    rows = [
        GroupRow(str(name), int(n), int(n - n_right), float(n_right / n))
        for name, n, n_right in zip(names, counts, right, strict=True)
    ]
    return sorted(rows, key=lambda row: row.accuracy)


def matrix_rows(y_true: np.ndarray, y_pred: np.ndarray) -> list[tuple[str, list[Any]]]:
    """Return the labels, and a count and a share of every predicted label for each."""
    labels = unique_labels(y_true, y_pred)
    counts = confusion_matrix(y_true, y_pred, labels=labels)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return [
        (str(label), [*zip(map(int, row), map(float, row_shares), strict=True)])
        for label, row, row_shares in zip(labels, counts, shares, strict=True)
    ]


def names_of(X: Any) -> tuple[str, list[str]]:
    """Return the common folder of all image files, and their paths in it; else their indices."""
    items = X.tolist() if hasattr(X, "tolist") and np.ndim(X) == 1 else X
    if not all(isinstance(item, str | os.PathLike) for item in items):
        return "", [f"image {row}" for row in range(len(items))]
    paths = [os.fsdecode(item) for item in items]
    try:
        folder = os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # on several drives, or not all of them absolute
        folder = ""
    names = [os.path.relpath(path, folder) if folder else path for path in paths]
    return printable(folder), [printable(name) for name in names]


def image_rows(
    names: list[str],
    pictures: Any,
    rows: np.ndarray,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    confidence: np.ndarray | None,
) -> list[ImageRow]:
    """Return the rows of a table of some images."""
    thumbnails = _thumbnails(as_pictures(take(pictures, rows)))
    return [
        ImageRow(
            names[row],
            thumbnail,
            str(y_true[row]),
            str(y_pred[row]),
            None if confidence is None else float(confidence[row]),
        )
        for row, thumbnail in zip(rows, thumbnails, strict=True)
    ]


def _thumbnails(pictures: list[np.ndarray]) -> list[str]:
    """Return small copies of pictures as data URLs."""
    from PIL import Image

    darkest, brightest = gray_range(pictures)
    addresses = []
    for picture in pictures:
        levels = (np.nan_to_num(picture.astype(float)) - darkest) / ((brightest - darkest) or 1.0)
        image = Image.fromarray(np.round(255 * levels.clip(0, 1)).astype(np.uint8))
        image.thumbnail((_THUMBNAIL, _THUMBNAIL))
        file = io.BytesIO()
        image.save(file, "PNG")
        addresses.append(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}")
    return addresses

"""Images in a CSV file, one per line."""

from __future__ import annotations

import csv
import os
import unicodedata
from pathlib import Path
from typing import Literal, TextIO, overload

import numpy as np

from .._messages import counted
from ..images._flat import square_shape
from ._data_bunch import DataBunch
from ._pixel_columns import fields_of, infer_label_column, is_header, number, sniff_delimiter
from ._sklearn_bunch import Bunch
from ._tables import open_table

_CHARACTERS_AT_A_TIME = 2**24
_ORDERS = ("C", "F")


@overload
def load_pixel_csv(
    path: str | os.PathLike[str],
    *,
    label_column: int | str | None = "infer",
    labels: str | os.PathLike[str] | None = None,
    image_shape: tuple[int, int] | None = None,
    order: Literal["C", "F"] = "C",
    header: Literal["infer"] | bool = "infer",
    return_X_y: Literal[False] = False,
) -> Bunch: ...
@overload
def load_pixel_csv(
    path: str | os.PathLike[str],
    *,
    label_column: int | str | None = "infer",
    labels: str | os.PathLike[str] | None = None,
    image_shape: tuple[int, int] | None = None,
    order: Literal["C", "F"] = "C",
    header: Literal["infer"] | bool = "infer",
    return_X_y: Literal[True],
) -> tuple[np.ndarray, np.ndarray | None]: ...
@overload
def load_pixel_csv(
    path: str | os.PathLike[str],
    *,
    label_column: int | str | None = "infer",
    labels: str | os.PathLike[str] | None = None,
    image_shape: tuple[int, int] | None = None,
    order: Literal["C", "F"] = "C",
    header: Literal["infer"] | bool = "infer",
    return_X_y: bool,
) -> Bunch | tuple[np.ndarray, np.ndarray | None]: ...
def load_pixel_csv(
    path: str | os.PathLike[str],
    *,
    label_column: int | str | None = "infer",
    labels: str | os.PathLike[str] | None = None,
    image_shape: tuple[int, int] | None = None,
    order: Literal["C", "F"] = "C",
    header: Literal["infer"] | bool = "infer",
    return_X_y: bool = False,
) -> Bunch | tuple[np.ndarray, np.ndarray | None]:
    r"""Load images from the pixels in a CSV file, one image per line.

    Parameters
    ----------
    path : str or path-like
        The CSV file, in UTF-8, with commas, semicolons or tabs between the values; compressed if
        its name ends in ``.gz``. ``letters.zip/train.csv`` is the member ``train.csv`` of an
        archive. A leading ``~`` stands for the home folder.
    label_column : int, str or None, default="infer"
        Number, from 0 (or, from the end, -1), or name of the column of labels; None if there is
        none. All other columns are pixels. Ignored if `labels` is given. "infer" uses the column
        with the header label, class or target, or else the first or the last column, if only one of
        them can contain labels: corner pixels are all the same or not integers, and labels are
        neither. If both or neither can, it is an error.
    labels : str or path-like, default=None
        A CSV file with one column of labels, if they are not in the pixel file; compressed or not,
        as above. If all values but the first are integers, the first is the column name.
    image_shape : tuple of int, default=None
        Height and width of the images; by default they are square.
    order : {"C", "F"}, default="C"
        Whether each image is stored row by row, "C", or column by column, "F".
    header : {"infer"} or bool, default="infer"
        Whether the first line contains column names (not the number of this line, as in pandas).
        "infer" treats it as names if no pixel in it is a number, or if they are the numbers of the
        columns, from 0 or from 1.
    return_X_y : bool, default=False
        If True, return ``(images, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        images : ndarray of shape (n, height, width)
            The images, upright. Their dtype is uint8 if all pixels are integers in 0..255, else
            float32.
        data : ndarray of shape (n, height * width)
            The same images as flat rows, row by row.
        target : ndarray of shape (n,), or None
            The labels: of dtype int if all are integers, else str, in Unicode's composed form
            (NFC).
        target_names : ndarray of shape (n_classes,), or None
            The classes, sorted.
        groups : None
            The writers are not known.
        DESCR : str
            The CSV file, and the number and size of the images.

    (images, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no such member of the archive.
    ValueError
        If a line has too many or too few fields or a non-numeric value, the pixels do not form
        images of that shape, the number of labels differs from the number of images, or the label
        column is ambiguous.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skhcr.datasets import load_pixel_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "letters.csv")
    ...     _ = path.write_text("label,p0,p1,p2,p3\nA,0,255,0,255\nB,255,255,0,0\n")
    ...     letters = load_pixel_csv(path)
    >>> letters.images[0]
    array([[  0, 255],
           [  0, 255]], dtype=uint8)
    >>> letters.target.tolist()
    ['A', 'B']
    """
    if order not in _ORDERS:
        raise ValueError(f"order must be 'C' or 'F'. Got {order!r} instead.")
    if not (header == "infer" or isinstance(header, bool)):
        raise ValueError(f"header must be 'infer', True or False. Got {header!r} instead.")
    table = Path(path).expanduser()
    column = None if labels is not None else label_column
    if column == "infer":
        with open_table(table) as file:
            column = infer_label_column(file, str(table), header)
    with open_table(table) as file:
        rows, texts = read_pixels(file, str(table), column, header)
    height, width = _shape(rows.shape[1], image_shape, table)
    if order == "C":
        images = rows.reshape(-1, height, width)
    else:
        images = np.ascontiguousarray(rows.reshape(-1, width, height).transpose(0, 2, 1))
    if labels is not None:
        texts = _labels_for(len(images), table, Path(labels).expanduser())
    target = None if texts is None else _as_target(texts)
    if return_X_y:
        return images, target
    return DataBunch(
        images=images,
        data=images.reshape(len(images), -1),
        target=target,
        target_names=None if target is None else np.unique(target),
        groups=None,
        DESCR=f"{counted(len(images), 'image')} of {height}x{width} pixels in {table}.",
    )


def read_pixels(
    file: TextIO, name: str, label_column: int | str | None, header: str | bool
) -> tuple[np.ndarray, list[str] | None]:
    """Return the pixels in an open CSV file, and the labels if it has a label column.

    Raises
    ------
    ValueError
        If a line cannot be read. The message names the line, the file `name` and the reason.
    """
    columns: list[str] = []
    label: int | None = None
    labels: list[str] = []
    blocks: list[np.ndarray] = []
    delimiter = ","
    start = 1
    # In parts, because the text of a file is several times as large as its pixels.
    while lines := file.readlines(_CHARACTERS_AT_A_TIME):
        if start == 1:
            delimiter = sniff_delimiter(lines[:2])
            columns = fields_of(lines[0], delimiter)
            label = _position(label_column, columns, name)
            if len(columns) < (1 if label is None else 2):
                raise ValueError(
                    f"Line 1 of {name!r} has no pixels: numbers with commas, semicolons or tabs "
                    "between them."
                )
            named = isinstance(label_column, str) or is_header(columns, label)
            if named if header == "infer" else header:
                lines[0] = ""
        if any(line.strip() for line in lines):
            block, more = _parse(lines, label, delimiter)
            if block is None or block.shape[1] != len(columns):
                raise ValueError(_fault(lines, start, columns, label, name, delimiter))
            blocks.append(_whole(block if label is None else np.delete(block, label, axis=1)))
            labels += more
        start += len(lines)
    if not blocks:
        raise ValueError(f"{name!r} contains no images.")
    return np.concatenate(blocks), None if label is None else labels


def _parse(
    lines: list[str], label: int | None, delimiter: str
) -> tuple[np.ndarray | None, list[str]]:
    """Return the numbers in some lines, or None if they cannot be read, and the labels.

    A 0 replaces a label.
    """
    labels: list[str] = []

    def set_aside(text: str) -> float:
        labels.append(text.strip())
        return 0.0

    try:
        block = np.loadtxt(
            lines,
            # NumPy reads "0.5" as the byte 0, with a warning only.
            dtype=np.float32,
            comments=None,
            delimiter=delimiter,
            quotechar='"',
            encoding="utf-8",
            converters=None if label is None else {label: set_aside},
            ndmin=2,
        )
    except ValueError:
        return None, labels
    return (block if np.isfinite(block).all() and all(labels) else None), labels


def _whole(block: np.ndarray) -> np.ndarray:
    """Return pixels as bytes if possible."""
    if block.min() < 0 or block.max() > 255:
        return block
    as_bytes = block.astype(np.uint8)
    return as_bytes if np.array_equal(as_bytes, block) else block


def _fault(
    lines: list[str],
    start: int,
    columns: list[str],
    label: int | None,
    name: str,
    delimiter: str,
) -> str:
    """Return the problem with the first line that cannot be read."""
    for i, line in enumerate(lines, start):
        fields = fields_of(line, delimiter)
        if fields and len(fields) != len(columns):
            return f"Line {i} of {name!r} has {len(fields)} fields, but line 1 has {len(columns)}."
        for j, text in enumerate(fields):
            if j == label and not text.strip():
                return f"Line {i} of {name!r} has no label in column {j}."
            if j != label and number(text) is None:
                return (
                    f"Line {i} of {name!r} has {text!r} in column {j}, which is not a number. "
                    "Apart from the label column (label_column), the file must contain only "
                    "pixels."
                )
    return f"Lines {start} to {start + len(lines) - 1} of {name!r} cannot be read."


def _position(label_column: int | str | None, columns: list[str], table: str) -> int | None:
    if label_column is None:
        return None
    if isinstance(label_column, str):
        names = [name.strip() for name in columns]
        if label_column.strip() in names:
            return names.index(label_column.strip())
        shown = ", ".join(map(repr, columns[:5])) + (", ..." if len(columns) > 5 else "")
        raise ValueError(
            f"label_column is {label_column!r}, but the columns of {table!r} are {shown}."
        )
    if not -len(columns) <= label_column < len(columns):
        raise ValueError(
            f"label_column is {label_column}, but {table!r} has {len(columns)} columns."
        )
    return label_column % len(columns)


def _shape(n_pixels: int, image_shape: tuple[int, int] | None, table: Path) -> tuple[int, int]:
    if image_shape is None:
        advice = f"Pass image_shape=(height, width) for {str(table)!r}, and check label_column."
        return square_shape(n_pixels, advice)[:2]
    height, width = image_shape
    if height * width != n_pixels or height < 1:
        raise ValueError(
            f"image_shape is {image_shape}, which needs {height * width} pixels, but "
            f"{str(table)!r} has {n_pixels} columns of them. Check label_column."
        )
    return height, width


def _labels_for(n_images: int, table: Path, path: Path) -> list[str]:
    """Return the labels from a separate file."""
    with open_table(path) as file:
        lines = list(csv.reader(file))
    for line, fields in enumerate(lines, 1):
        if len(fields) > 1:
            raise ValueError(
                f"Line {line} of {str(path)!r} has {len(fields)} fields; it must contain one label."
            )
    labels = [fields[0].strip() for fields in lines if fields]
    if len(labels) > 1 and not _is_whole(labels[0]) and all(map(_is_whole, labels[1:])):
        del labels[0]
    if len(labels) != n_images:
        one_more = len(labels) == n_images + 1
        hint = " If its first line is not a label, remove it." if one_more else ""
        raise ValueError(
            f"{str(path)!r} contains {len(labels)} labels for the {n_images} images in "
            f"{str(table)!r}.{hint}"
        )
    return labels


def _as_target(labels: list[str]) -> np.ndarray:
    if all(map(_is_whole, labels)):
        return np.array([int(label) for label in labels])
    return np.array([unicodedata.normalize("NFC", label) for label in labels])


def _is_whole(text: str) -> bool:
    """Whether a label is an integer in its usual form, unlike 03 or \u0663."""
    try:
        return str(int(text)) == text
    except ValueError:
        return False

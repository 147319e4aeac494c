"""Image files that a csv file lists."""

from __future__ import annotations

import csv
import os
import unicodedata
from pathlib import Path
from typing import Literal, overload

import numpy as np
from sklearn.utils import Bunch

from ._bunch import file_bunch
from ._tables import open_table

_SHOWN = 3  # missing files that an error names


@overload
def load_image_csv(
    path: str | os.PathLike[str],
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    return_X_y: Literal[False] = False,
) -> Bunch: ...
@overload
def load_image_csv(
    path: str | os.PathLike[str],
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    return_X_y: Literal[True],
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def load_image_csv(
    path: str | os.PathLike[str],
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    return_X_y: bool,
) -> Bunch | tuple[np.ndarray, np.ndarray]: ...
def load_image_csv(
    path: str | os.PathLike[str],
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    return_X_y: bool = False,
) -> Bunch | tuple[np.ndarray, np.ndarray]:
    r"""List image files and their labels as a csv file gives them.

    No image is opened: the result holds paths, which :class:`skhcr.ImageLoader` reads. The file's
    first line names the columns::

        image,label
        Img/img001-001.png,0
        Img/img001-002.png,0

    Parameters
    ----------
    path : str or path-like
        The csv file, in UTF-8; packed if its name ends in ``.gz``. A leading ``~`` stands for the
        home folder.
    image_column : str, default=None
        Name of the column of paths; by default "image", or else the first that does not hold the
        labels.
    label_column : str, default=None
        Name of the column of labels; by default "label", or else the first that does not hold the
        paths.
    group_column : str, default=None
        Name of the column of groups, such as writers, if there is one.
    folder : str or path-like, default=None
        The folder that relative paths begin at; by default that of the csv file.
    return_X_y : bool, default=False
        If True, return ``(filenames, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        filenames : ndarray of str of shape (n,)
            Paths of the files, in the order of the csv file.
        target : ndarray of str of shape (n,)
            Their labels, in Unicode's composed form (NFC).
        target_names : ndarray of str of shape (n_classes,)
            The classes, sorted.
        groups : ndarray of str of shape (n,), or None
            The groups, for :class:`sklearn.model_selection.GroupKFold` and the like.
        DESCR : str
            The csv file and the number of files in every class.

    (filenames, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If there is no such csv file, or files that it lists are missing.
    ValueError
        If there is no such column, or a line has too many or too few fields or an empty one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from skhcr.datasets import load_image_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("1.png", "2.png"):
    ...         Image.new("L", (8, 8)).save(Path(folder, name))
    ...     listed = Path(folder, "letters.csv")
    ...     _ = listed.write_text("image,label\n1.png,b\n2.png,a\n")
    ...     letters = load_image_csv(listed)
    >>> [Path(filename).name for filename in letters.filenames]
    ['1.png', '2.png']
    >>> letters.target.tolist()
    ['b', 'a']
    """
    table = Path(path).expanduser()
    root = table.parent if folder is None else Path(folder).expanduser()
    entries = _read(table, image_column, label_column, group_column)
    files = [(line, root / name) for line, name, *_ in entries]
    missing = [(line, file) for line, file in files if not file.is_file()]
    if missing:
        shown = ", ".join(f"{str(file)!r} (line {line})" for line, file in missing[:_SHOWN])
        raise FileNotFoundError(
            f"{len(missing)} of the {len(files)} files that {str(table)!r} lists are missing: "
            f"{shown}{', ...' if len(missing) > _SHOWN else ''}. Relative paths begin at "
            f"{str(root)!r}; pass another with folder=..."
        )
    filenames = np.array([str(file) for _, file in files])
    target = np.array([label for _, _, label, _ in entries])
    if return_X_y:
        return filenames, target
    groups = None if group_column is None else np.array([group for *_, group in entries])
    return file_bunch(filenames, target, groups, f"listed in {table}")


def _read(
    table: Path, image_column: str | None, label_column: str | None, group_column: str | None
) -> list[tuple[int, str, str, str]]:
    """Return (line, image, label, group) of every entry; without groups the label again."""
    entries = []
    with open_table(table, newline="") as file:
        reader = csv.reader(file)
        columns = next(reader, [])
        if len(columns) < 2:
            raise ValueError(
                f"Line 1 of {str(table)!r} must name the columns, separated by commas. It is "
                f"{','.join(columns)!r}."
            )
        image, label = _positions(columns, image_column, label_column, group_column, table)
        group = label if group_column is None else columns.index(group_column)
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(columns):
                raise ValueError(
                    f"Line {reader.line_num} of {str(table)!r} has {len(fields)} fields, where "
                    f"line 1 names {len(columns)} columns."
                )
            for position in (image, label, group):
                if not fields[position]:
                    raise ValueError(
                        f"Line {reader.line_num} of {str(table)!r} has nothing in column "
                        f"{columns[position]!r}."
                    )
            names = [unicodedata.normalize("NFC", fields[place]) for place in (label, group)]
            entries.append((reader.line_num, fields[image], names[0], names[1]))
    if not entries:
        raise ValueError(f"{str(table)!r} lists no images.")
    return entries


def _positions(
    columns: list[str],
    image_column: str | None,
    label_column: str | None,
    group_column: str | None,
    table: Path,
) -> tuple[int, int]:
    named = {
        "image_column": image_column,
        "label_column": label_column,
        "group_column": group_column,
    }
    for name, column in named.items():
        if column is not None and column not in columns:
            raise ValueError(
                f"{name} is {column!r}, but the columns of {str(table)!r} are "
                f"{', '.join(map(repr, columns))}."
            )
    image = image_column or ("image" if "image" in columns else None)
    label = label_column or ("label" if "label" in columns else None)
    image = image or next((c for c in columns if c not in (label, group_column)), None)
    label = label or next((c for c in columns if c not in (image, group_column)), None)
    if image is None or label is None:
        raise ValueError(f"{str(table)!r} has no columns for both images and labels.")
    if image == label:
        raise ValueError(f"image_column and label_column are both {image!r}.")
    return columns.index(image), columns.index(label)

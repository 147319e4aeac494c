"""Image files listed in a CSV file."""

from __future__ import annotations

import csv
import io
import itertools
import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PureWindowsPath
from typing import Literal, NamedTuple, overload

import numpy as np

from .._lookalikes import warn_of_lookalikes
from ..images._formats import extensions
from ._bunch import file_bunch
from ._pixel_columns import number as as_number
from ._sklearn_bunch import Bunch
from ._tables import open_table

_SHOWN = 3  # missing files that an error names
_DELIMITERS = (",", ";", "\t")
_SNIFFED = 100  # lines that must agree on the separator
_MANY = 10  # numbers on a line, which then contains pixels
_IMAGE_NAMES = (
    *("image", "filename", "file", "path", "file_name", "filepath", "file_path"),
    *("image_path", "image_name", "img"),
)
_LABEL_NAMES = ("label", "class", "target", "labels", "classes", "targets")
_COUNTER_NAMES = frozenset({"id", "index"})


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
    r"""List image files and their labels from a CSV file.

    No image is opened: the result contains paths for :class:`skhcr.ImageLoader`. The file's first
    line names the columns, unless there are two columns and it already lists an image::

        image,label
        Img/img001-001.png,0
        Img/img001-002.png,0

    Parameters
    ----------
    path : str or path-like
        The CSV file, in UTF-8, with commas, semicolons or tabs between the fields; compressed if
        its name ends in ``.gz``. Spaces around a field are ignored, and paths may contain Windows
        backslashes. A leading ``~`` stands for the home folder.
    image_column : str, default=None
        Name of the column of paths; by default "image", "filename", "file" or "path", or else the
        first column of image files, or else the first column that is not the labels.
    label_column : str, default=None
        Name of the column of labels; by default "label", "class" or "target", or else the first
        column that is not the paths. By default, a column without a name is never used, and "id" or
        "index" only if there is no other.
    group_column : str, default=None
        Name of the column of groups, such as writers, if there is one.
    folder : str or path-like, default=None
        The folder for relative paths. None uses the folder of the CSV file or, if files are
        missing there, the folder in it that contains all of them.
    return_X_y : bool, default=False
        If True, return ``(filenames, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        filenames : ndarray of str of shape (n,)
            Paths of the files, in the order of the CSV file.
        target : ndarray of str of shape (n,)
            Their labels, in Unicode's composed form (NFC).
        target_names : ndarray of str of shape (n_classes,)
            The classes, sorted.
        groups : ndarray of str of shape (n,), or None
            The groups, for :class:`sklearn.model_selection.GroupKFold` and similar splitters.
        DESCR : str
            The CSV file and the number of files in every class.

    (filenames, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If there is no such CSV file, or listed files are missing.
    ValueError
        If there is no such column, a line has too many or too few fields or an empty one, or the
        file contains pixels.

    Warns
    -----
    UserWarning
        If labels differ only in invisible marks or in the form of a letter.

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
    entries = _read(table, root, _Columns(image_column, label_column, group_column))
    files = [_find(root, entry.image) for entry in entries]
    missing = [entry for entry, file in zip(entries, files, strict=True) if file is None]
    inner = _folder_of_all(root, entries) if missing and folder is None else None
    if inner is not None:
        files, missing = [_find(inner, entry.image) for entry in entries], []
    if missing:
        shown = ", ".join(
            f"{str(root / entry.image)!r} (line {entry.line})" for entry in missing[:_SHOWN]
        )
        raise FileNotFoundError(
            f"{_share(len(missing), len(files))} files that {str(table)!r} lists are missing: "
            f"{shown}{', ...' if len(missing) > _SHOWN else ''}. Relative paths start from "
            f"{str(root)!r}{', or from a folder in it that contains all files' * (folder is None)}."
        )
    filenames = np.array([str(file) for file in files])
    target = np.array([entry.label for entry in entries])
    warn_of_lookalikes(target)
    if return_X_y:
        return filenames, target
    groups = None if group_column is None else np.array([entry.group for entry in entries])
    return file_bunch(filenames, target, groups, f"listed in {table}")


def _folder_of_all(root: Path, entries: Sequence[_Entry]) -> Path | None:
    """Return the one folder in another that holds all files; None if there is none, or several."""
    folders = (folder for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else ()
    found = [
        folder
        for folder in folders
        if all(_find(folder, entry.image) is not None for entry in entries)
    ]
    return found[0] if len(found) == 1 else None


def _share(n: int, of: int) -> str:
    return "All" if n == of else f"{n} of the {of}"


class _Entry(NamedTuple):
    """A line of the table."""

    line: int
    image: str
    label: str
    group: str


def _read(table: Path, root: Path, columns: _Columns) -> list[_Entry]:
    """Return all entries; without groups, labels replace them."""
    with open_table(table, newline="") as file:
        lines = _split(file.read(), table)
    number, names = lines[0] if lines else (1, [])
    for line in lines[:2][-1:]:  # the first of them may name columns of pixels
        _check_no_pixels(line, table)
    if len(names) < 2:
        raise ValueError(
            f"Line 1 of {str(table)!r} must name the columns, separated by commas, semicolons or "
            f"tabs. It is {','.join(names)!r}."
        )
    if _is_image(names, root) and not columns.are_in(names):
        image, label = _places_without_names(names, root, columns, table)
        group = label
        kinds = [f"{place} of {number}" for place in range(len(names))]
        kinds[image], kinds[label] = "image", "label"
    else:
        kinds = [name.strip() for name in names]
        lines = lines[1:]
        image, label = columns.places(kinds, [fields for _, fields in lines], root, table)
        group = label if columns.group is None else kinds.index(columns.group.strip())
    if not lines:
        raise ValueError(f"{str(table)!r} lists no images.")
    return [_entry(number, fields, kinds, (image, label, group), table) for number, fields in lines]


def _entry(
    number: int, fields: list[str], kinds: list[str], places: tuple[int, int, int], table: Path
) -> _Entry:
    if len(fields) != len(kinds):
        raise ValueError(
            f"Line {number} of {str(table)!r} has {len(fields)} fields, where line 1 names "
            f"{len(kinds)} columns."
        )
    for place in places:
        if not fields[place].strip():
            raise ValueError(
                f"Line {number} of {str(table)!r} has an empty field in column {kinds[place]!r}."
            )
    image, label, group = (fields[place] for place in places)
    composed = (unicodedata.normalize("NFC", text.strip()) for text in (label, group))
    return _Entry(number, image, *composed)


def _split(text: str, table: Path) -> list[tuple[int, list[str]]]:
    """Return the lines that are not empty, with their numbers, as lists of fields."""

    def split(delimiter: str, n_lines: int | None = None) -> list[tuple[int, list[str]]]:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
        )
        try:
            lines = ((reader.line_num, fields) for fields in reader if fields)
            return list(itertools.islice(lines, n_lines))
        except csv.Error as error:
            raise ValueError(f"Line {reader.line_num} of {str(table)!r}: {error}.") from error

    def suits(delimiter: str) -> bool:
        lengths = {len(fields) for _, fields in split(delimiter, _SNIFFED)}
        return len(lengths) == 1 and lengths.pop() > 1

    def splits_names(delimiter: str) -> bool:
        return any(len(fields) > 1 for _, fields in split(delimiter, 1))

    # A path or a label may contain any of them, so all lines must agree; otherwise the names
    # decide.
    for is_right in (suits, splits_names):
        for delimiter in _DELIMITERS:
            if is_right(delimiter):
                return split(delimiter)
    return split(_DELIMITERS[0])


def _check_no_pixels(line: tuple[int, list[str]], table: Path) -> None:
    number, fields = line
    n_numbers = sum(as_number(text) is not None for text in fields)
    if len(fields) >= _MANY and n_numbers >= len(fields) - 2:
        raise ValueError(
            f"{str(table)!r} contains pixels, not names of image files: line {number} has "
            f"{n_numbers} numbers. Load it in Python with skhcr.datasets.load_pixel_csv, and fit "
            "a CNNClassifier to the returned images."
        )
    if any(_are_pixels(text) for text in fields):
        raise ValueError(
            f"{str(table)!r} contains pixels, not names of image files: a field of line {number} "
            "contains all pixels of an image. Use one column per pixel, and load the file in "
            "Python with skhcr.datasets.load_pixel_csv."
        )


def _are_pixels(text: str) -> bool:
    words = text.strip("[] ").replace(",", " ").split()
    return len(words) >= _MANY and all(as_number(word) is not None for word in words)


def _is_image(fields: Iterable[str], root: Path) -> bool:
    """Return whether one of the fields is the name of an image file, existing or not."""
    return any(_names_image(text, root) for text in fields)


def _names_image(text: str, root: Path) -> bool:
    text = text.strip()
    if not text:
        return False
    return PureWindowsPath(text).suffix.lower() in extensions() or _find(root, text) is not None


def _places_without_names(
    fields: list[str], root: Path, columns: _Columns, table: Path
) -> tuple[int, int]:
    """Return the columns of images and labels of a table whose first line is an image."""
    images = [place for place, text in enumerate(fields) if _names_image(text, root)]
    asked = [column for column in columns if column is not None]
    if len(fields) != 2 or len(images) != 1 or asked:
        raise ValueError(
            f"Line 1 of {str(table)!r} must name the columns, such as image,label. It is an image: "
            f"{','.join(fields)!r}."
        )
    return images[0], 1 - images[0]


def _find(root: Path, name: str) -> Path | None:
    """Return the path of a listed file, which may have backslashes or spaces."""
    for other in (name, name.strip(), name.strip().replace("\\", "/")):
        if _is_file(root / other):
            return root / other
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # not a valid file name, such as one that is too long
        return False


class _Columns(NamedTuple):
    """The columns given by the user."""

    image: str | None
    label: str | None
    group: str | None

    def are_in(self, names: list[str]) -> bool:
        """Return whether columns are given, and all of them exist."""
        asked = [column.strip() for column in self if column is not None]
        return bool(asked) and {name.strip() for name in names}.issuperset(asked)

    def places(
        self, names: list[str], lines: list[list[str]], root: Path, table: Path
    ) -> tuple[int, int]:
        """Return the numbers of the columns of images and labels."""
        for option, column in zip(
            ("image_column", "label_column", "group_column"), self, strict=True
        ):
            if column is not None and column.strip() not in names:
                raise ValueError(
                    f"{option} is {column!r}, but the columns of {str(table)!r} are "
                    f"{', '.join(map(repr, names))}."
                )
        if self.image is not None and self.label is not None and self.image == self.label:
            raise ValueError(f"image_column and label_column are both {self.image!r}.")
        first = lines[0] if lines else []
        holding = [place for place, text in enumerate(first) if _names_image(text, root)]
        image, label, group = (None if name is None else names.index(name.strip()) for name in self)
        if label is None:
            label = _first(_named(names, _LABEL_NAMES), but=(image, group))
        if image is None:
            known = [*_named(names, _IMAGE_NAMES), *holding[: len(names)]]
            image = _first([*known, *_others(names)], but=(label, group))
        if label is None:
            label = _first(_others(names), but=(image, group))
        if image is None or label is None:
            raise ValueError(f"{str(table)!r} has no columns for both images and labels.")
        return image, label


def _named(names: list[str], known: Iterable[str]) -> list[int]:
    lower = [name.casefold() for name in names]
    return [lower.index(name) for name in known if name in lower]


def _others(names: list[str]) -> list[int]:
    """Return the named columns, with possible line numbers last."""
    places = [
        place
        for place, name in enumerate(names)
        if name and not name.casefold().startswith("unnamed:")
    ]
    return sorted(places, key=lambda place: names[place].casefold() in _COUNTER_NAMES)


def _first(places: Iterable[int], but: tuple[int | None, ...]) -> int | None:
    return next((place for place in places if place not in but), None)

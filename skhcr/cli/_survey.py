"""Summary of labeled images before training: classes, writers, unused files."""

from __future__ import annotations

import contextlib
import csv
import gzip
import re
import shlex
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skhcr._messages import counted
from skhcr.datasets import labels_from_filenames
from skhcr.images import BlankImageWarning, ImageLoadError
from skhcr.images._errors import some_of

from ._data import Data
from ._terminal import say, why_unread

_SHOWN = 60  # classes
_WRITERS = (
    *("writer", "author", "scribe", "person", "user", "subject", "student", "pupil"),
    *("participant", "volunteer", "donor", "contributor"),
)


def say_classes(images: Any) -> None:
    """Print every class and the number of its images."""
    names, counts = np.unique(images.target, return_counts=True)
    shown = [f"{name} ({count})" for name, count in zip(names, counts, strict=True)][:_SHOWN]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    say(f"{counted(len(names), 'class', 'classes')}: {', '.join([*shown, *more])}")


def say_split(images: Any, rows: np.ndarray, test_rows: np.ndarray) -> None:
    """Print the numbers of training and test images, and the classes missing from either."""
    _say_parts("image", len(rows), len(test_rows))
    if images.groups is not None:
        n_groups, n_test = (len(np.unique(images.groups[part])) for part in (rows, test_rows))
        _say_parts("group", n_groups, n_test)
    untrained = np.setdiff1d(images.target_names, images.target[rows])
    if len(untrained):
        say(
            f"Warning: All images of {_names(untrained)} are held out with their groups, so the "
            "model cannot learn these classes. Add images by other writers, or use "
            "--test-fraction 0."
        )
    untested = np.setdiff1d(images.target_names, images.target[test_rows])
    if len(test_rows) and len(untested):
        say(
            f"Warning: The held-out images include none of {_names(untested)}, so their accuracy "
            "is not tested."
        )


def _say_parts(what: str, n_train: int, n_test: int) -> None:
    held_out = f", {counted(n_test, 'other')} held out for testing" if n_test else ""
    say(f"{counted(n_train, what)} to train on{held_out}")


def say_rare_classes(target: np.ndarray, n_folds: int) -> None:
    """Name the classes that some folds of a cross-validation lack."""
    names, counts = np.unique(target, return_counts=True)
    if len(rare := names[counts < n_folds]):
        say(
            f"Warning: There are fewer than {n_folds} images of {_names(rare)} to train on: some "
            f"of the {n_folds} folds have no test image of them."
        )


def _names(labels: np.ndarray) -> str:
    shown = ", ".join(map(repr, labels.tolist()[:_SHOWN]))
    return shown + (", …" if len(labels) > _SHOWN else "")


def check_classes(images: Any) -> None:
    """Raise an error if there is only one class."""
    if len(images.target_names) < 2:
        raise ValueError(
            f"All images are of one class, {str(images.target_names[0])!r}: there is nothing to "
            "classify. Add images of another class."
        )


def check_folds(images: Any, rows: np.ndarray, n_folds: int) -> None:
    """Raise an error if there is too little to train on for a cross-validation."""
    _, counts = np.unique(images.target[rows], return_counts=True)
    n_groups = n_folds if images.groups is None else len(np.unique(images.groups[rows]))
    if counts.max() < n_folds or n_groups < n_folds:
        what = "images of a class" if counts.max() < n_folds else "groups"
        raise ValueError(
            f"There are fewer than {n_folds} {what} to train on, too few to compare candidates by "
            f"cross-validation in {n_folds} folds. Add images, or use skhcr train."
        )


def say_common_folders(data: Data, images: Any) -> None:
    """Warn if all classes contain the same folders, whose images are mixed."""
    if data.table is not None or data.label_pattern is not None:
        return
    root = data.path.expanduser()
    within: dict[str, set[str]] = {}
    for file in images.filenames:
        label, *folders, _ = Path(file).relative_to(root).parts
        within.setdefault(label, set()).update(folders[:1])
    common = sorted(set.intersection(*within.values()))
    # The data set itself warns about single letters as folders within folders.
    if len(within) < 2 or len(common) < 2 or max(map(len, common)) == 1:
        return
    names = ", ".join(map(repr, common[:4])) + (", …" if len(common) > 4 else "")
    say(
        f"Warning: All classes contain the same folders ({names}), and their images are mixed: "
        "the held-out images come from all of them. To separate parts such as train and test, "
        "list the images of each in a CSV file. To hold out whole folders, such as years or "
        "writers, list all images in one CSV file with a column for --group-column."
    )


def say_writers(data: Data, images: Any) -> None:
    """Suggest groups if file names, or a column of the CSV file, look like writers."""
    if images.groups is not None:
        return
    found = _writers_in_table(data, images) if data.table else _writers_in_names(images)
    if found is not None:
        option, n_writers, where = found
        say(
            f"{where} ({n_writers} of them). If they are, {option} holds out whole writers: the "
            "accuracy is then an estimate for new writers, and usually lower."
        )


def _writers_in_table(data: Data, images: Any) -> tuple[str, int, str] | None:
    assert data.table is not None
    for column in _columns(data.table):
        words = re.split(r"[\W_]+", column.casefold())
        if not any(word.rstrip("s") in _WRITERS for word in words):
            continue
        with warnings.catch_warnings(), contextlib.suppress(OSError, ValueError):
            warnings.simplefilter("ignore")  # said when the table was first read
            groups = replace(data, group_column=column).read().groups
            # The first line may be an image instead of column names.
            if len(groups) == len(images.target) and _are_groups(groups, images.target):
                option = f"--group-column {shlex.quote(column)}"
                return option, len(np.unique(groups)), f"The column {column!r} looks like writers"
    return None


def _columns(table: Path) -> list[str]:
    """Return the column names of a table; none for a table in an archive."""
    opening = gzip.open if table.suffix == ".gz" else open
    try:
        with opening(table, "rt", encoding="utf-8-sig", newline="") as file:
            line = file.readline()
    except OSError:
        return []
    delimiter = max(",;\t", key=line.count)
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _writers_in_names(images: Any) -> tuple[str, int, str] | None:
    names = [Path(file).name for file in images.filenames]
    for pattern in _patterns(names[0]):
        if not all(re.search(pattern, name) for name in names):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of lookalikes
            groups = labels_from_filenames(names, pattern)
        # Leading numbers may count the images of each class.
        are_numbers = pattern[0] == "^" and all(map(str.isdecimal, groups))
        if _are_groups(groups, images.target, 2 if are_numbers else 1):
            writers = np.unique(groups)
            shown = ", ".join(map(str, writers[:3])) + (" and so on" if len(writers) > 3 else "")
            where = f"The file names seem to contain writers, {shown}"
            return f"--group-pattern {shlex.quote(pattern)}", len(np.unique(groups)), where
    return None


def _patterns(name: str) -> Iterator[str]:
    """Return patterns that may find writers in file names like this one."""
    if match := re.search(rf"({'|'.join(_WRITERS)})([-_ ]?)\d+", name, re.IGNORECASE):
        yield rf"{match[1]}{match[2]}(\d+)"
    if match := re.match(r"[^-_ ]+([-_ ])", name):
        yield rf"^([^{match[1]}]+){match[1]}"


def _are_groups(groups: np.ndarray, target: np.ndarray, n_each: int = 1) -> bool:
    """Return whether groups have several images of several classes, as writers have."""
    n_groups, n_classes = len(np.unique(groups)), len(np.unique(target))
    n_pairs = len({*zip(groups.tolist(), target.tolist(), strict=True)})
    is_common = n_pairs >= n_groups * max(2, n_classes / 4)
    return n_groups > 1 and is_common and len(groups) >= n_each * n_pairs


def readable(reader: Any, images: Any, skip_bad: bool) -> Any:
    """Read all images; return them all, or only the usable ones and list the others.

    Images are bad if they cannot be read or, for a reader that looks for ink, have none.

    Raises
    ------
    ImageLoadError
        If images cannot be read and are not skipped.
    """
    if not skip_bad:
        try:
            reader.transform(images.filenames)
        except ImageLoadError as error:
            error.add_note("To train without them, use --skip-bad.")
            raise
        return images
    bad: dict[int, str] = {}
    rows = np.arange(len(images.filenames))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BlankImageWarning)
        try:
            reader.transform(images.filenames)
        except ImageLoadError as error:
            bad = {failure.index: why_unread(failure.cause) for failure in error.failures}
            rows = np.setdiff1d(rows, list(bad))
            if len(rows):
                reader.transform(images.filenames[rows])
    if len(rows):
        bad |= {int(rows[place]): "no ink" for place in getattr(reader, "blank_", ())}
    if not bad:
        return images
    if len(bad) == len(images.filenames):
        raise ValueError(
            "None of the images can be used. Run the command without --skip-bad to see the errors."
        )
    lines = [f"{images.filenames[row]}: {bad[row]}" for row in sorted(bad)]
    say(f"{some_of(len(bad), len(images.filenames))} skipped:")
    for line in lines:
        say(f"  {line}")
    return _without(images, sorted(bad))


def _without(images: Any, rows: Sequence[int]) -> Bunch:
    kept = np.delete(np.arange(len(images.filenames)), rows)
    target = images.target[kept]
    lost = np.setdiff1d(images.target_names, target)
    if len(lost):
        say(f"Warning: No image is left of {_names(lost)}.")
    groups = None if images.groups is None else images.groups[kept]
    return Bunch(
        filenames=images.filenames[kept],
        target=target,
        target_names=np.unique(target),
        groups=groups,
    )

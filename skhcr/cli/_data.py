"""The images and labels for a command."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skhcr.datasets import DataPartsError, load_image_csv, load_image_folder

_TABLES = (".csv", ".gz")
TABLE = "labels.csv"  # in a folder written by ``skhcr datasets fetch``


@dataclass(frozen=True)
class Data:
    """A folder or CSV file of the user, and the options that find labels and writers in it."""

    path: Path
    label_pattern: str | None = None
    group_pattern: str | None = None
    image_column: str | None = None
    label_column: str | None = None
    group_column: str | None = None

    def read(self, advise: Callable[[Path, Path | None], str] | None = None) -> Any:
        """Return ``filenames``, ``target`` and ``groups`` in a Bunch.

        If the folder contains the parts of a data set, `advise` suggests commands that train and
        test on these parts.
        """
        try:
            return self._read()
        except DataPartsError as error:
            if advise is None:
                raise
            raise ValueError(f"{error.problem} {advise(error.train, error.test)}") from error

    def files(self) -> np.ndarray:
        """Return the images, whatever their labels are."""
        path = self.path.expanduser()
        if self.table is None and path.is_dir():
            return load_image_folder(path, pattern="**/*", label_pattern="(.)").filenames
        return self.read().filenames

    @property
    def table(self) -> Path | None:
        """The CSV file, given directly or as its folder."""
        path = self.path.expanduser()
        if (path / TABLE).is_file():
            return path / TABLE
        return path if path.suffix in _TABLES else None

    def _read(self) -> Any:
        path = self.path.expanduser()
        if path.is_file() and path.suffix not in _TABLES:
            raise ValueError(
                f"{str(path)!r} is neither a folder of images nor a CSV file that lists images."
            )
        if (table := self.table) is not None:
            path = table
            if self.label_pattern or self.group_pattern:
                raise ValueError(
                    "--label-pattern and --group-pattern are for folders of images. The CSV file "
                    f"{str(path)!r} has columns of labels and writers: use --label-column and "
                    "--group-column."
                )
            return load_image_csv(
                path,
                image_column=self.image_column,
                label_column=self.label_column,
                group_column=self.group_column,
            )
        if self.image_column or self.label_column or self.group_column:
            raise ValueError(
                "--image-column, --label-column and --group-column are for CSV files. In the "
                f"folder {str(path)!r}, labels are folder names or parts of file names, and "
                "writers are parts of file names: use --label-pattern and --group-pattern."
            )
        if self.label_pattern is None and path.is_dir() and not _has_folders(path):
            raise ValueError(
                f"{str(path)!r} holds no folders of classes, such as {str(path / 'a')!r}. If the "
                "names of the images hold their labels, use --label-pattern: '_(.)_' finds the A "
                "in anna_A_1.png. If a csv file lists the images, name that file, not the folder."
            )
        return load_image_folder(
            path,
            pattern="**/*",
            label_pattern=self.label_pattern,
            group_pattern=self.group_pattern,
        )


def _has_folders(path: Path) -> bool:
    return any(entry.is_dir() for entry in path.iterdir())


def command(*words: str | Path) -> str:
    """Return a ``skhcr`` command as typed in a shell."""
    return shlex.join(["skhcr", *map(str, words)])


def split(data: Any, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the training rows and the test rows, with every class in both.

    No group, such as a writer, is in both sets.
    """
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    rows = np.arange(len(data.target))
    if not fraction:
        return rows, rows[:0]
    if data.groups is None:
        names, counts = np.unique(data.target, return_counts=True)
        if counts.min() < 2:
            raise ValueError(
                f"There is one image of {str(names[counts.argmin()])!r} only, but some images of "
                "each class must be held out for testing. Add images, or use --test-fraction 0."
            )
        n_test = max(round(fraction * len(rows)), len(names))
        train, test = train_test_split(
            rows, test_size=n_test, stratify=data.target, random_state=seed
        )
        return train, test
    n_folds = max(2, min(round(1 / fraction), len(np.unique(data.groups))))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about rare classes, which say_split reports
        return next(folds.split(rows, data.target, data.groups))

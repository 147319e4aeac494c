"""The images and labels that a command is given."""

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
TABLE = "labels.csv"  # in a folder that ``skhcr datasets fetch`` has written


@dataclass(frozen=True)
class Data:
    """A folder or csv file of the user's, and how its labels and writers are found."""

    path: Path
    label_pattern: str | None = None
    group_pattern: str | None = None
    image_column: str | None = None
    label_column: str | None = None
    group_column: str | None = None

    def read(self, advise: Callable[[Path, Path | None], str] | None = None) -> Any:
        """Return ``filenames``, ``target`` and ``groups`` in a Bunch.

        Where the folder holds the parts of a data set, `advise` says which commands take those to
        train and to test on.
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
        """The csv file, given itself or as the folder that it is in."""
        path = self.path.expanduser()
        if (path / TABLE).is_file():
            return path / TABLE
        return path if path.suffix in _TABLES else None

    def _read(self) -> Any:
        path = self.path.expanduser()
        if path.is_file() and path.suffix not in _TABLES:
            raise ValueError(
                f"{str(path)!r} is neither a folder of images nor a csv file that lists them."
            )
        if (table := self.table) is not None:
            path = table
            if self.label_pattern or self.group_pattern:
                raise ValueError(
                    "--label-pattern and --group-pattern are for folders of images. The csv file "
                    f"{str(path)!r} has columns of labels and writers: --label-column, "
                    "--group-column."
                )
            return load_image_csv(
                path,
                image_column=self.image_column,
                label_column=self.label_column,
                group_column=self.group_column,
                folder=path.parent,
            )
        if self.image_column or self.label_column or self.group_column:
            raise ValueError(
                "--image-column, --label-column and --group-column are for csv files. In the "
                f"folder {str(path)!r}, file names hold writers, and labels unless folders do: "
                "--group-pattern, --label-pattern."
            )
        return load_image_folder(
            path,
            pattern="**/*",
            label_pattern=self.label_pattern,
            group_pattern=self.group_pattern,
        )


def command(*words: str | Path) -> str:
    """Return a command of ``skhcr`` as it is typed in a shell."""
    return shlex.join(["skhcr", *map(str, words)])


def split(data: Any, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to train on and those to test on, every class in both.

    No group, such as a writer, is in both.
    """
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    rows = np.arange(len(data.target))
    if not fraction:
        return rows, rows[:0]
    if data.groups is None:
        names, counts = np.unique(data.target, return_counts=True)
        if counts.min() < 2:
            raise ValueError(
                f"There is one image of {str(names[counts.argmin()])!r} only, and some images of "
                "each class are held out to test on. Add images, or use --test-fraction 0."
            )
        n_test = max(round(fraction * len(rows)), len(names))
        train, test = train_test_split(
            rows, test_size=n_test, stratify=data.target, random_state=seed
        )
        return train, test
    n_folds = max(2, min(round(1 / fraction), len(np.unique(data.groups))))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rare classes: say_split tells what came of them
        return next(folds.split(rows, data.target, data.groups))

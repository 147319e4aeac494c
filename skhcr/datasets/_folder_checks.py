"""Checks of a folder of class folders: other layouts, and files that would be ignored."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_TRAIN = ("train", "training")
_TEST = ("test", "testing")
_HELD_OUT = (*_TEST, "valid", "validation", "val", "dev", "eval")
_PARTS = (*_TRAIN, *_HELD_OUT)
_YEAR = re.compile(r"(19|20)\d\d")
_COUNTED = re.compile(r"[^\W\d]{2,}.*\d")
# Common files beside images.
_COMPANIONS = frozenset(
    {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".log"}
    | {".db", ".ini", ".py", ".ipynb", ".m", ".mat", ".npy", ".npz", ".pkl", ".h5", ".zip", ".gz"}
)
_SHOWN = 3


class DataPartsError(ValueError):
    """Raised by :func:`load_image_folder` for folders that are parts of a data set, not classes.

    Parameters
    ----------
    root : Path
        The folder.
    parts : sequence of Path
        Its subfolders.

    Attributes
    ----------
    problem : str
        The message, without advice.
    train : Path
        The training part.
    test : Path or None
        The test part, if any.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skhcr.datasets import DataPartsError, load_image_folder
    >>> with tempfile.TemporaryDirectory() as archive:
    ...     for part in ("train", "test"):
    ...         Path(archive, part).mkdir()
    ...     try:
    ...         load_image_folder(archive)
    ...     except DataPartsError as error:
    ...         print(error.train.name, error.test.name)
    train test
    """

    def __init__(self, root: Path, parts: Sequence[Path]) -> None:
        self.train = _named(parts, _TRAIN) or parts[0]
        self.test = _named(parts, _HELD_OUT) if len(parts) > 1 else None
        names = ", ".join(repr(folder.name) for folder in parts)
        then = "" if self.test is None else f", and test on {str(self.test)!r}"
        self.problem = (
            f"The folders in {str(root)!r} are the parts of a data set ({names}), not its classes."
        )
        super().__init__(f"{self.problem} Pass one of them, such as {str(self.train)!r}{then}.")


def check_no_parts(root: Path, folders: Iterable[Path]) -> None:
    """Raise an error if the folders have names such as train and test."""
    folders = list(folders)
    parts = [folder for folder in folders if folder.name.strip().casefold() in _PARTS]
    # A data set of words may contain one of these words.
    if parts and (len(parts) == len(folders) or (len(parts) > 1 and all(map(_has_folders, parts)))):
        raise DataPartsError(root, parts)


def check_levels(root: Path, files: Mapping[Path, Sequence[Path]]) -> None:
    """Raise an error, or warn, if the classes seem to be the nested folders."""
    inner = [
        {file.relative_to(folder).parts[0] for file in files[folder]}
        for folder in files
        if all(file.parent != folder for file in files[folder])
    ]
    if len(files) < 2 or len(inner) < len(files):
        return
    common = sorted(set.intersection(*inner))
    if len(common) < 2 or _all(_YEAR, common):
        return
    outer = [folder.name for folder in files]
    shown = ", ".join(map(repr, common[:_SHOWN])) + (", ..." if len(common) > _SHOWN else "")
    found = f"All folders in {str(root)!r} contain the same folders ({shown})"
    advice = (
        "pass one of them, or a CSV file that lists all images, with the columns image and label."
    )
    if _all(_YEAR, outer):
        raise ValueError(
            f"{found}, and their names are years: they are not the classes. To train on the "
            f"folders within them, {advice}"
        )
    are_letters = max(map(len, common)) == 1 < min(map(len, outer))
    if are_letters or (_all(_COUNTED, outer) and not _all(_COUNTED, common)):
        warnings.warn(
            f"{found}, but {outer[0]!r}, {outer[1]!r} and so on are used as the classes. If the "
            f"nested folders are the classes, {advice}",
            UserWarning,
            stacklevel=5,
        )


def warn_of_others(root: Path, others: Iterable[Path]) -> None:
    """Warn about files that are ignored because of their extensions."""
    left = [file for file in others if file.suffix.lower() not in _COMPANIONS]
    left = [file for file in left if file.name not in ("Thumbs.db", "desktop.ini")]
    if not left:
        return
    counts = Counter(file.suffix.lower() or "no extension" for file in left)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    heic = (
        " HEIC files are read if the package pillow-heif is installed."
        if any(kind.startswith((".hei", ".hif")) for kind in counts)
        else ""
    )
    _warn(
        f"{_left_out(len(left), 'file', f'in {str(root)!r}')}, with unsupported extensions "
        f"({kinds}): {_first_names(root, left)}. Save images as PNG.{heic}"
    )


def warn_of_images_beside(root: Path, images: Sequence[Path]) -> None:
    """Warn about images beside the class folders."""
    if images:
        _warn(
            f"{_left_out(len(images), 'image', f'in {str(root)!r} itself')}, beside the class "
            f"folders: {_first_names(root, images)}."
        )


def warn_of_images_within(root: Path, images: Sequence[Path]) -> None:
    """Warn about images in deeper folders than the pattern matches."""
    if images:
        _warn(
            f"{_left_out(len(images), 'image', 'in folders within the class folders')} of "
            f"{str(root)!r}: {_first_names(root, images)}. pattern='**/*' includes them."
        )


def _named(folders: Iterable[Path], names: Iterable[str]) -> Path | None:
    by_name = {folder.name.strip().casefold(): folder for folder in folders}
    return next((by_name[name] for name in names if name in by_name), None)


def _has_folders(folder: Path) -> bool:
    return any(entry.is_dir() for entry in folder.iterdir())


def _all(pattern: re.Pattern[str], names: Iterable[str]) -> bool:
    return all(pattern.fullmatch(name) for name in names)


def _left_out(n: int, what: str, where: str) -> str:
    return f"{n} {what} {where} is left out" if n == 1 else f"{n} {what}s {where} are left out"


def _first_names(root: Path, files: Sequence[Path]) -> str:
    shown = ", ".join(repr(file.relative_to(root).as_posix()) for file in files[:_SHOWN])
    return shown + (", ..." if len(files) > _SHOWN else "")


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=5)

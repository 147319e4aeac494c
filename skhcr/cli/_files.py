"""The image files of a command, given by name or in folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from skhcr.images._formats import extensions


def image_files(paths: Iterable[Path]) -> list[Path]:
    """Return the given files, and all images in the given folders.

    Files of a folder, and of its subfolders, are in natural order: 2.png before 10.png. Hidden
    files are ignored. A warning names other files, except texts, tables and similar files.

    Raises
    ------
    FileNotFoundError
        If there is no image in a folder.
    """
    known = extensions()
    images: list[Path] = []
    for path in paths:
        if not path.is_dir():
            images.append(path)
            continue
        files = _files(path)
        found = [file for file in files if file.suffix.lower() in known]
        if len(found) < len(files):
            _warn_of_others(path, [file for file in files if file.suffix.lower() not in known])
        if not found:
            raise FileNotFoundError(f"There is no image in the folder {str(path)!r}.")
        images += found
    return images


def _warn_of_others(folder: Path, others: list[Path]) -> None:
    from skhcr.datasets._folder_checks import warn_of_others  # which imports scikit-learn

    warn_of_others(folder, others)


def _files(folder: Path) -> list[Path]:
    names = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    shown = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return [folder / name for name in sorted(shown, key=_natural)]


def _natural(path: Path) -> list[list[Any]]:
    """Return a sort key for paths, with the numbers in them as numbers."""
    return [
        [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.casefold())]
        for name in path.parts
    ]

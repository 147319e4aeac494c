"""The files of a folder, in natural order."""

from __future__ import annotations

import re
from pathlib import Path


def files_in(folder: Path) -> list[Path]:
    """Return the files in a folder and its subfolders, in natural order: 2.png before 10.png.

    Hidden files, and files in hidden folders, are omitted.
    """
    names = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    shown = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return [folder / name for name in sorted(shown, key=_natural)]


def _natural(path: Path) -> tuple[list[list[int | str]], Path]:
    """Return a sort key for paths, with the numbers in them as numbers.

    The path orders names such as 1.png and 01.png, which the file system lists in any order.
    """
    names = [
        [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.casefold())]
        for name in path.parts
    ]
    return names, path

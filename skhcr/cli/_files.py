"""The image files that a command is given, by name or in folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from skhcr.images._formats import extensions

from ._terminal import say

_NAMED = 3  # of the files that are left out


def image_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are named, and all images in the folders that are named.

    Those of a folder, and of folders in it, come in natural order: 2.png before 10.png. A line says
    which other files are left out. Hidden files are not looked at.

    Raises
    ------
    FileNotFoundError
        If there is no image in a folder.
    """
    known = extensions()
    images: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if not path.is_dir():
            images.append(path)
            continue
        files = _files(path)
        found = [file for file in files if file.suffix.lower() in known]
        if not found:
            raise FileNotFoundError(f"There is no image in the folder {str(path)!r}.")
        images += found
        others += [file for file in files if file.suffix.lower() not in known]
    if others:
        names = ", ".join(map(str, others[:_NAMED]))
        more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
        say(f"Left out, as no {'image' if len(others) == 1 else 'images'}: {names}{more}")
    return images


def _files(folder: Path) -> list[Path]:
    names = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    shown = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return [folder / name for name in sorted(shown, key=_natural)]


def _natural(path: Path) -> list[list[Any]]:
    """Return what paths are sorted by: the numbers in them as numbers."""
    return [
        [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.casefold())]
        for name in path.parts
    ]

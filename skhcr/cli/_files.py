"""The image files of a command, given by name or in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skhcr._folder_files import files_in
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
        files = files_in(path)
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

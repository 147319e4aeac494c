"""Image files in one folder per class."""

from __future__ import annotations

import os
import warnings
from pathlib import Path, PurePath
from typing import Literal, overload

import numpy as np

from .._folder_names import label_of_folder
from .._lookalikes import warn_of_lookalikes
from ..images._formats import extensions
from ._bunch import file_bunch
from ._folder_checks import (
    check_levels,
    check_no_parts,
    warn_of_images_beside,
    warn_of_images_within,
    warn_of_others,
)
from ._labels import labels_from_filenames
from ._sklearn_bunch import Bunch


@overload
def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    pattern: str = "*",
    label_pattern: str | None = None,
    group_pattern: str | None = None,
    return_X_y: Literal[False] = False,
) -> Bunch: ...
@overload
def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    pattern: str = "*",
    label_pattern: str | None = None,
    group_pattern: str | None = None,
    return_X_y: Literal[True],
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    pattern: str = "*",
    label_pattern: str | None = None,
    group_pattern: str | None = None,
    return_X_y: bool,
) -> Bunch | tuple[np.ndarray, np.ndarray]: ...
def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    pattern: str = "*",
    label_pattern: str | None = None,
    group_pattern: str | None = None,
    return_X_y: bool = False,
) -> Bunch | tuple[np.ndarray, np.ndarray]:
    r"""List image files with classes from their folders or their names.

    No image is opened: the result contains paths for :class:`skhcr.ImageLoader`. Without
    `label_pattern`, the layout is that of :func:`sklearn.datasets.load_files`::

        folder/
            alef/
                0001.png
                0002.png
            beh/
                0001.png

    Files with the extension of an image format that :class:`skhcr.ImageLoader` reads are included,
    in upper or lower case. Hidden files and folders, whose names begin with a dot, are ignored. A
    warning names other files, except texts, tables and similar files, and images beside the class
    folders or in deeper folders than `pattern` matches.

    Parameters
    ----------
    folder : str or path-like
        The folder with the class folders. A leading ``~`` stands for the home folder.
    pattern : str, default="*"
        Glob pattern for the images in a class folder: ``"*.png"``, ``"writer1_*"``, or ``"**/*"``
        to include nested folders.
    label_pattern : str, default=None
        For images directly in `folder`: a regular expression whose group matches the label in their
        names, such as ``r"label_(\d+)"``; see :func:`labels_from_filenames`.
    group_pattern : str, default=None
        A regular expression whose group matches the writer of the image, or another group, in the
        same way.
    return_X_y : bool, default=False
        If True, return ``(filenames, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        filenames : ndarray of str of shape (n,)
            Paths of the files, beginning with `folder`; class by class, and by name within a class.
        target : ndarray of str of shape (n,)
            The class of each file: the name of its folder.
        target_names : ndarray of str of shape (n_classes,)
            The classes, sorted.
        groups : ndarray of str of shape (n,), or None
            The groups found by `group_pattern`, for :class:`sklearn.model_selection.GroupKFold` and
            similar splitters.
        DESCR : str
            The folder and the number of files in every class.

    (filenames, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `folder` is a file.
    ValueError
        If the folder has no class folders, or none with a matching image; if its folders are years
        or parts of a data set such as train and test (:class:`DataPartsError`) instead of classes;
        or if the name of an image does not match `label_pattern` or `group_pattern`.

    Warns
    -----
    UserWarning
        If some class folders have no matching image, so that these classes are excluded; if files
        are ignored, as above; if the classes may be the nested folders instead; or if labels differ
        only in invisible marks or in the form of a letter.

    See Also
    --------
    load_image_csv : Image files and labels from a CSV file.

    Notes
    -----
    Class names are in Unicode's composed form (NFC), so that a letter such as U+0623, alef with
    hamza, equals the one typed in a program even if a file system stores it in two parts.

    A class that is not a valid folder name is percent-encoded: ``%2F`` for a slash, ``%2E`` for a
    period, ``%41`` for A beside ``a`` on file systems that do not distinguish them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path, PurePath
    >>> from PIL import Image
    >>> from skhcr.datasets import load_image_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for letter in "ab":
    ...         Path(folder, letter).mkdir()
    ...         Image.new("L", (8, 8)).save(Path(folder, letter, "0001.png"))
    ...     letters = load_image_folder(folder)
    >>> [Path(filename).name for filename in letters.filenames]
    ['0001.png', '0001.png']
    >>> letters.target.tolist()
    ['a', 'b']
    """
    root = Path(folder).expanduser()
    if not root.exists():
        raise FileNotFoundError(f"There is no folder {str(root)!r}.")
    if not root.is_dir():
        raise NotADirectoryError(
            f"{str(root)!r} is a file; pass the folder with the class folders."
        )
    if label_pattern is not None:
        images, others = _files(root, pattern)
        warn_of_others(root, others)
        filenames = np.array([str(file) for file in images])
        if not len(filenames):
            raise ValueError(
                f"{str(root)!r} contains no image that matches {pattern!r}. Known extensions: "
                f"{_known_extensions()}.{_if_deeper('it', pattern)}"
            )
        target = labels_from_filenames(filenames, label_pattern)
    else:
        filenames, target = _in_class_folders(root, pattern)
    if return_X_y:
        return filenames, target
    groups = None if group_pattern is None else labels_from_filenames(filenames, group_pattern)
    return file_bunch(filenames, target, groups, f"in {root}")


def _in_class_folders(root: Path, pattern: str) -> tuple[np.ndarray, np.ndarray]:
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not _is_hidden(entry))
    if not folders:
        raise ValueError(
            f"{str(root)!r} contains no folders; images must be in one folder per class, such as "
            f"{str(root / 'a' / '0001.png')!r}. If file names contain the labels, "
            "pass label_pattern; if a CSV file lists the images, use load_image_csv."
        )
    check_no_parts(root, folders)
    files, others = {}, []
    for folder in folders:
        files[folder], more = _files(folder, pattern)
        others += more
    empty = [folder.name for folder in folders if not files[folder]]
    if len(empty) == len(folders):
        check_levels(root, {folder: _files(folder, "**/*")[0] for folder in folders})
        warn_of_others(root, others)
        raise ValueError(
            f"None of the {len(folders)} folders in {str(root)!r} contains an image that matches "
            f"{pattern!r}. Known extensions: "
            f"{_known_extensions()}.{_if_deeper('the class folders', pattern)}"
        )
    check_levels(root, {folder: found for folder, found in files.items() if found})
    if empty:
        warnings.warn(
            f"Ignored {len(empty)} of {len(folders)} folders in {str(root)!r} without an image "
            f"that matches {pattern!r}: {', '.join(map(repr, empty))}.",
            UserWarning,
            stacklevel=3,
        )
    warn_of_others(root, others)
    beside, _ = _files(root, PurePath(pattern).name)
    warn_of_images_beside(root, beside)
    if pattern == "*":
        deep = [file for folder in folders for file in _files(folder, "*/**/*")[0]]
        warn_of_images_within(root, deep)
    pairs = [
        (str(file), label_of_folder(folder.name)) for folder in files for file in files[folder]
    ]
    filenames, target = zip(*pairs, strict=True)
    warn_of_lookalikes(target, stacklevel=4)
    return np.array(filenames), np.array(target)


def _known_extensions() -> str:
    return ", ".join(sorted(extensions()))


def _if_deeper(place: str, pattern: str) -> str:
    if "**" in pattern:
        return ""
    return f" Images in folders within {place} are found with pattern='**/*'."


def _files(folder: Path, pattern: str) -> tuple[list[Path], list[Path]]:
    """Return the images that match, and the other files."""
    found = sorted(
        file
        for file in folder.glob(pattern)
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    )
    known = extensions()
    images = [file for file in found if file.suffix.lower() in known]
    return images, [file for file in found if file.suffix.lower() not in known]


def _is_hidden(entry: Path) -> bool:
    return entry.name.startswith(".")

"""Hijja: Arabic letters written by children."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, joined
from ._checks import GitBlob, ZipCheck
from ._pixel_csv import read_pixels
from ._remote import RemoteFile, fetch_file

HIJJA = RemoteFile(
    "hijja/CSV.zip",
    ("https://github.com/israksu/Hijja2/raw/96559391f948dcba51905b5400a1fa1eb18ad414/CSV.zip",),
    GitBlob("0744eb4af32e8ae4f1a5fbca25c4992fecc42d84"),
)


class PngTree(ZipCheck):
    """A zip file with the folders of PNG files, one for each shape of a letter."""

    def __init__(self, names_sha256: str) -> None:
        self.names_sha256 = names_sha256  # of their names, sorted, each followed by a newline

    def problem_of(self, archive: zipfile.ZipFile) -> str | None:
        """Return what the file lacks, or None if nothing."""
        lines = sorted(f"{place}\n" for place in _places(archive))
        found = hashlib.sha256("".join(lines).encode()).hexdigest()
        if found == self.names_sha256:
            return None
        return f"the joint SHA-256 of the names of its {len(lines)} images is {found}"

    def __str__(self) -> str:
        return f"a zip file of PNG files whose names have the joint SHA-256 {self.names_sha256}"


# GitHub packs archives again for every download, so they have no stable checksum.
PNG = RemoteFile(
    "hijja/hijja-png.zip",
    ("https://github.com/israksu/Hijja2/archive/96559391f948dcba51905b5400a1fa1eb18ad414.zip",),
    PngTree("ebfe66f5bba8ebb380c34dfc4d56f3df8f3a45983391bec67f4b7bd42a8d3c16"),
)
_LETTERS = np.array(list("أبتثجحخدذرزسشصضطظعغفقكلمنهويء"))
_SIZE = 32
FORMS = ("isolated", "initial", "medial", "final")
# Meaning of the second number in a folder name, by the number of the letter; taken from the
# pictures. Several shapes of alef and hamza have separate folders.
_SHAPES = {
    1: {1: "isolated", 2: "final", 3: "isolated", 4: "isolated", 5: "final", 6: "final"},
    **{letter: dict(enumerate(FORMS, 1)) for letter in range(2, 29)},
    # Letters that are never joined to the next one.
    **{letter: {1: "isolated", 2: "final"} for letter in (8, 9, 10, 11, 27)},
    26: {1: "initial", 2: "medial", 3: "final", 4: "isolated"},
    29: {1: "isolated", 2: "isolated", 4: "isolated", 5: "medial"},
}
_CELLS = 108  # of the form that every child completed
# Images are numbered cell by cell and child by child. Beyond this number, cells of other children
# are between them, so these are combined into larger groups.
_IN_ORDER = 34_560
_MIXED = 11 * _CELLS


def fetch_hijja(
    *,
    subset: str = "train",
    forms: str | Sequence[str] | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load Hijja, Arabic letters written by children, and download it if necessary.

    =======   ===========================================
    Classes             29: the 28 letters, and hamza
    Images    47,434: 37,933 train, 9,501 test
    Size      32 x 32, gray, uint8
    =======   ===========================================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The subset; "all" contains the training images, then the test images.
    forms : str, sequence of str, or None, default=None
        Forms of the letters, from the published folders of PNG files: "isolated", "initial",
        "medial", "final", several of these, or "all". None gives the published CSV files instead,
        which mix all forms without identifying them.
    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. Existing files are checked and used, and
        never changed.
    download_if_missing : bool, default=True
        If False, a missing file is an error.
    return_X_y : bool, default=False
        If True, return ``(images, target)``, or with `as_frame` ``(data, target)``.
    as_frame : bool, default=False
        If True, ``data`` and ``target`` are a pandas DataFrame and Series, ``frame`` both in one.
    n_retries : int, default=3
        Number of retries for a download.
    delay : float, default=1.0
        Seconds between two attempts.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        images : ndarray of shape (n, 32, 32), dtype uint8
            As published: the PNG files contain dark ink on white.
        data : ndarray of shape (n, 1024) or DataFrame
            The same images as flat rows.
        target : ndarray of shape (n,) of str, or Series
            The letters.
        target_names : ndarray of shape (29,)
            The letters in alphabetical order, from alef to yeh, then hamza.
        groups : ndarray of shape (n,), dtype int, or None
            With `forms`, the children, as far as the file numbers identify them (see Notes); else
            None, because the CSV files do not contain the children.
        form : ndarray of shape (n,) of str
            With `forms`: the shape of each letter.
        folder : ndarray of shape (n,) of str
            With `forms`: the folder of each image, such as "1.3": the numbers of the letter and of
            the shape.
        DESCR : str
            Description, source, caveats.

    Raises
    ------
    OSError
        If the file is missing and cannot be downloaded.
    ValueError
        If `subset` or a form is unknown, or the file does not have the expected contents.

    Notes
    -----
    The PNG files have no published split. With `forms`, "test" are the images of every fifth group
    and "train" the others, so that no child is in both.

    The isolated shapes of alef are with and without hamza, and those of hamza are alone, on waw and
    on yeh.

    References
    ----------
    .. [1] N. Altwaijry and I. Al-Turaiki, "Arabic handwriting recognition system using
       convolutional neural network", Neural Computing and Applications 33, 2021.

    Examples
    --------
    >>> from skhcr.datasets import fetch_hijja
    >>> letters = fetch_hijja(subset="test")  # doctest: +SKIP
    >>> isolated = fetch_hijja(forms="isolated", subset="all")  # doctest: +SKIP
    """
    names = joined(("train", "test"), subset)
    if forms is not None:
        wanted = _forms(forms)
        path = fetch_file(PNG, data_home, download_if_missing, n_retries, delay)
        return _of_forms(path, wanted, names, return_X_y, as_frame)
    path = fetch_file(HIJJA, data_home, download_if_missing, n_retries, delay)
    parts = [_read(path, name) for name in names]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return image_bunch(images, _LETTERS[labels], _LETTERS.copy(), "hijja", return_X_y, as_frame)


def _read(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and their letters' indices, from the tables of 1,024 and 1 columns."""
    tables = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            name = member.lower()
            if part in name and name.endswith(".csv") and "__macosx" not in name:
                with io.TextIOWrapper(archive.open(member), encoding="utf-8-sig") as file:
                    table, _ = read_pixels(file, f"{path}/{member}", None, "infer")
                tables[table.shape[1]] = table
    images, labels = tables.get(_SIZE * _SIZE), tables.get(1)
    if images is None or labels is None or len(images) != len(labels):
        shapes = ", ".join(str(table.shape) for table in tables.values()) or "none"
        raise ValueError(
            f"{path} must contain a table of {part} images, with {_SIZE * _SIZE} columns, and one "
            f"of as many labels. The shapes of its {part} tables are: {shapes}."
        )
    if images.dtype != np.uint8:
        raise ValueError(f"The {part} images in {path} are not whole numbers of 0 to 255.")
    # Letters are numbered from 0 or from 1.
    first, last = int(labels.min()), int(labels.max())
    if first not in (0, 1) or last - first != len(_LETTERS) - 1 or labels.dtype != np.uint8:
        raise ValueError(
            f"The {part} labels in {path} must be the numbers of {len(_LETTERS)} letters, from 0 "
            f"or from 1. They run from {labels.min()} to {labels.max()}."
        )
    return images.reshape(-1, _SIZE, _SIZE), labels[:, 0] - first


# ------------------------------------------------------------------ the PNG files


def _forms(forms: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the requested forms."""
    names = (forms,) if isinstance(forms, str) else tuple(forms)
    unknown = [name for name in names if name not in (*FORMS, "all")]
    if unknown or not names:
        known = ", ".join(map(repr, (*FORMS, "all")))
        raise ValueError(f"forms must be some of {known}, or None. Got {forms!r} instead.")
    return FORMS if "all" in names else names


def _of_forms(
    path: Path, forms: tuple[str, ...], subsets: list[str], return_X_y: bool, as_frame: bool
) -> Any:
    """Return the images of some forms, in the order of letters, shapes and numbers."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for place, member in _places(archive).items():
            letter, shape, number = map(int, re.findall(r"(\d+)[. /]", place)[1:])
            form = _SHAPES[letter][shape]
            group = _group(number)
            if form in forms and ("test" if group % 5 == 4 else "train") in subsets:
                image = _image(archive.read(member))
                found.append((letter, shape, number, form, group, image))
    found.sort(key=lambda entry: entry[:3])
    letters, shapes, _, form_names, groups, images = zip(*found, strict=True)
    return image_bunch(
        np.stack(images),
        _LETTERS[np.array(letters) - 1],
        _LETTERS.copy(),
        "hijja",
        return_X_y,
        as_frame,
        groups=np.array(groups),
        form=np.array(form_names),
        folder=np.array(
            [f"{letter}.{shape}" for letter, shape in zip(letters, shapes, strict=True)]
        ),
    )


def _places(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the image members of an archive, by their path below its root."""
    found = ((re.search(r"\d+ \w+/\d+\.\d+/\d+\.png$", name), name) for name in archive.namelist())
    return {match[0]: name for match, name in found if match}


def _group(number: int) -> int:
    if number <= _IN_ORDER:
        return (number - 1) // _CELLS
    return _IN_ORDER // _CELLS + (number - 1 - _IN_ORDER) // _MIXED


def _image(content: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))

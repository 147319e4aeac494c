"""Hijja: Arabic letters written by children."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, joined
from ._checks import GitBlob
from ._pixel_csv import read_pixels
from ._remote import RemoteFile, fetch_file

HIJJA = RemoteFile(
    "hijja/CSV.zip",
    ("https://github.com/israksu/Hijja2/raw/96559391f948dcba51905b5400a1fa1eb18ad414/CSV.zip",),
    GitBlob("0744eb4af32e8ae4f1a5fbca25c4992fecc42d84"),
)
_LETTERS = np.array(list("أبتثجحخدذرزسشصضطظعغفقكلمنهويء"))
_SIZE = 32


def fetch_hijja(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load Hijja, Arabic letters written by children, downloading it if need be.

    =======   ===========================================
    Classes             29: the 28 letters, and hamza
    Images    47,434: 37,933 train, 9,501 test
    Size      32 x 32, gray, uint8
    =======   ===========================================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images; "all" are the training images, then the test images.
    data_home : str or path-like, default=None
        Where data sets are kept, see :func:`get_data_home`. Files that are there are checked and
        used, and never changed.
    download_if_missing : bool, default=True
        If False, a file that is missing is an error.
    return_X_y : bool, default=False
        If True, return ``(images, target)``, or with `as_frame` ``(data, target)``.
    as_frame : bool, default=False
        If True, ``data`` and ``target`` are a pandas DataFrame and Series, ``frame`` both in one.
    n_retries : int, default=3
        How often a download is tried again.
    delay : float, default=1.0
        Seconds between two tries.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``images`` of shape (n, 32, 32), dtype uint8, as published; ``data``, the same as flat
        rows; ``target``, the letters; ``target_names``, from alef to yeh, then hamza; ``groups``,
        None, as the csv files do not tell the writers; ``DESCR``.

    Raises
    ------
    OSError
        If the file is neither there nor to be had.
    ValueError
        If `subset` is unknown, or the file does not hold what it should.

    References
    ----------
    .. [1] N. Altwaijry and I. Al-Turaiki, "Arabic handwriting recognition system using
       convolutional neural network", Neural Computing and Applications 33, 2021.

    Examples
    --------
    >>> from skhcr.datasets import fetch_hijja
    >>> letters = fetch_hijja(subset="test")  # doctest: +SKIP
    """
    names = joined(("train", "test"), subset)
    path = fetch_file(HIJJA, data_home, download_if_missing, n_retries, delay)
    parts = [_read(path, name) for name in names]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return image_bunch(images, _LETTERS[labels], _LETTERS.copy(), "hijja", return_X_y, as_frame)


def _read(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and the places of their letters, from the tables of 1,024 and 1 columns."""
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
            f"{path} must hold a table of {part} images, with {_SIZE * _SIZE} columns, and one of "
            f"as many labels. The shapes of its {part} tables are: {shapes}."
        )
    if images.dtype != np.uint8:
        raise ValueError(f"The {part} images in {path} are not whole numbers of 0 to 255.")
    # Letters are counted from 0 or from 1.
    first, last = int(labels.min()), int(labels.max())
    if first not in (0, 1) or last - first != len(_LETTERS) - 1 or labels.dtype != np.uint8:
        raise ValueError(
            f"The {part} labels in {path} must be the numbers of {len(_LETTERS)} letters, from 0 "
            f"or from 1. They run from {labels.min()} to {labels.max()}."
        )
    return images.reshape(-1, _SIZE, _SIZE), labels[:, 0] - first

"""Capital letters A to Z."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from .._atomic import replacing
from ._bunch import image_bunch
from ._checks import SHA256
from ._remote import RemoteFile, fetch_file

FULL = RemoteFile(
    "az/A_Z Handwritten Data.csv",
    (
        "https://media.githubusercontent.com/media/shadhinwebtec/Hand_Writing_Recognition-/"
        "d7e886a3e24c76724f787f8aa3775d77ea8cfdf9/A_Z%20Handwritten%20Data.csv",
    ),
    SHA256("75dc66675c0ec478b46d74769c6e5866d0568025fe20f5fffc46b3769b5b43dc"),
    "It is also the Kaggle data set sachinpatel21/az-handwritten-alphabets-in-csv-format.",
)
SAMPLE = RemoteFile(
    "az/A_Z Handwritten Data sample.csv.gz",
    (),
    SHA256("efa0d481a852dabc0355249e89f9c02039f72017f31fc65131db4aed02681061"),
    "The sample is not published; subset='full' can be downloaded.",
)
_SUBSETS = {"full": FULL, "sample": SAMPLE}
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_BYTES_AT_A_TIME = 2**25
_COLUMN_NUMBERS = b"0,1,2,3,"  # some copies begin with a row of them, which is not an image


def fetch_az_letters(
    *,
    subset: str = "full",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load handwritten letters A to Z, and download them if necessary.

    =======   ============================
    Classes                             26
    Images    372,450 full, 5,934 sample
    Size      28 x 28, gray, uint8
    =======   ============================

    Parameters
    ----------
    subset : {"full", "sample"}, default="full"
        The full file is 699 MB of text. The sample is not published; it is used if it is in the
        data home.
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
        With ``images`` of shape (n, 28, 28), dtype uint8, light ink on black; ``data``, the same as
        flat rows; ``target``, the capital letters; ``target_names``; ``groups``, None, as the
        writers are not known; ``DESCR``.

    Raises
    ------
    OSError
        If the file is missing and cannot be downloaded.
    ValueError
        If `subset` is unknown.

    See Also
    --------
    deduplicate : Remove exact copies, before any split.

    Notes
    -----
    Reading the full file takes some ten seconds, so a copy in NumPy's format (292 MB) is saved
    beside it if the data home is writable.

    The full file very probably contains exact copies of most rows. Call :func:`deduplicate` before
    you split; otherwise, test images are also in the training set.

    Examples
    --------
    >>> from skhcr.datasets import deduplicate, fetch_az_letters
    >>> images, letters = fetch_az_letters(return_X_y=True)  # doctest: +SKIP
    >>> rows = deduplicate(images, letters)  # doctest: +SKIP
    >>> images, letters = images[rows], letters[rows]  # doctest: +SKIP
    """
    if subset not in _SUBSETS:
        raise ValueError(f"subset must be 'full' or 'sample'. Got {subset!r} instead.")
    path = fetch_file(_SUBSETS[subset], data_home, download_if_missing, n_retries, delay)
    rows = _cached(path) if subset == "full" else _read(path)
    images, target = np.array(rows[:, 1:]).reshape(-1, 28, 28), _LETTERS[rows[:, 0]]
    return image_bunch(images, target, _LETTERS.copy(), "az", return_X_y, as_frame)


def _cached(path: Path) -> np.ndarray:
    """Return the numbers in a CSV file from a copy in NumPy's format, created if missing.

    The copy's name identifies the version of the CSV file.
    """
    stat = path.stat()
    copy = path.with_name(f"{path.stem}.{stat.st_size}-{stat.st_mtime_ns}.npy")
    try:
        # Memory-mapped, because the caller copies the pixels from the rows anyway.
        return np.load(copy, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        rows = _read(path)
    # In a read-only folder, the CSV file is read every time.
    with contextlib.suppress(OSError):
        with replacing(copy) as part:
            np.save(part, rows)
        of_another_state = re.compile(rf"{re.escape(path.stem)}\.\d+-\d{{15,}}\.npy")
        for other in path.parent.iterdir():
            if other != copy and of_another_state.fullmatch(other.name):
                other.unlink()
    return rows


def _read(path: Path) -> np.ndarray:
    """Return the numbers in a CSV file as bytes, read in parts, because text is much larger."""
    parts: list[np.ndarray] = []
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while lines := file.readlines(_BYTES_AT_A_TIME):
            if not parts and lines[0].startswith(_COLUMN_NUMBERS):
                lines = lines[1:]
            parts.append(np.loadtxt(lines, delimiter=",", dtype=np.uint8, ndmin=2))
    return np.concatenate(parts)

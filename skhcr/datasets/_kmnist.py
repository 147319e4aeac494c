"""Kuzushiji-MNIST and Kuzushiji-49: characters of old Japanese books."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, read_parts
from ._checks import MD5, Check
from ._remote import RemoteFile

_ADDRESS = "http://codh.rois.ac.jp/kmnist/dataset"


@dataclass(frozen=True)
class LabelFile:
    """The labels in a file without a published checksum: the numbers of labels and classes."""

    n: int
    n_classes: int

    def problem(self, path: Path) -> str | None:
        """Return the problem with the file, or None."""
        try:
            labels = read_npz(path)
        except OSError:
            raise  # a disk error, not a damaged file
        except Exception as error:  # of many types, because archives can be damaged in many ways
            return f"it cannot be read: {error}"
        if labels.shape != (self.n,) or labels.dtype.kind not in "ui":
            return f"it contains {labels.dtype} of shape {labels.shape}"
        if not np.array_equal(np.unique(labels), np.arange(self.n_classes)):
            return "it contains other classes"
        return None

    def __str__(self) -> str:
        return f"{self.n:,} labels of {self.n_classes} classes"


def read_npz(path: Path) -> np.ndarray:
    """Return the only array in a file."""
    with np.load(path, allow_pickle=False) as arrays:
        array: np.ndarray = arrays["arr_0"]
    return array


_CLASSES = {
    "kmnist": np.array(list("おきすつなはまやれを")),
    "k49": np.array(
        list(
            "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ"
        )
    ),
}
# The MD5 of the images, and the number of labels.
_KNOWN = {
    "kmnist-train": ("a183fbc01ed9a345513b145673d3d0bb", 60_000),
    "kmnist-test": ("dace6de62ca8b90843cc45366337d02e", 10_000),
    "k49-train": ("7ac088b20481cf51dcd01ceaab89d821", 232_365),
    "k49-test": ("d352e201d846ce6b94f42c990966f374", 38_547),
}


def _files(name: str, part: str) -> tuple[RemoteFile, RemoteFile]:
    md5, n = _KNOWN[f"{name}-{part}"]
    return (
        _file(name, f"{name}-{part}-imgs.npz", MD5(md5)),
        _file(name, f"{name}-{part}-labels.npz", LabelFile(n, len(_CLASSES[name]))),
    )


def _file(name: str, file: str, check: Check) -> RemoteFile:
    return RemoteFile(f"kmnist/{file}", (f"{_ADDRESS}/{name}/{file}",), check)


KMNIST = {name: {part: _files(name, part) for part in ("train", "test")} for name in _CLASSES}


def fetch_kmnist(
    name: str = "kmnist",
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load Kuzushiji-MNIST or Kuzushiji-49, and download it if necessary.

    Hiragana in cursive script, from books of the Edo period [1]_.

    ========   =======   ===========================
    name       classes   images (28 x 28, gray)
    ========   =======   ===========================
    "kmnist"        10   60,000 train, 10,000 test
    "k49"           49   232,365 train, 38,547 test
    ========   =======   ===========================

    Parameters
    ----------
    name : {"kmnist", "k49"}, default="kmnist"
        Which set.
    subset : {"train", "test", "all"}, default="train"
        The subset; "all" contains the training images, then the test images.
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
        flat rows; ``target``, the hiragana; ``target_names``, in the publisher's order; ``groups``,
        None; ``DESCR``.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If `name` or `subset` is unknown.

    Notes
    -----
    There is no published checksum for the label files; their shape and classes are checked instead.

    References
    ----------
    .. [1] T. Clanuwat et al., "Deep learning for classical Japanese literature", 2018.

    Examples
    --------
    >>> from skhcr.datasets import fetch_kmnist
    >>> X, y = fetch_kmnist("k49", subset="test", return_X_y=True)  # doctest: +SKIP
    """
    if name not in KMNIST:
        raise ValueError(f"name must be 'kmnist' or 'k49'. Got {name!r} instead.")
    images, labels = read_parts(
        KMNIST[name], subset, read_npz, data_home, download_if_missing, n_retries, delay
    )
    classes = _CLASSES[name]
    return image_bunch(images, classes[labels], classes.copy(), "kmnist", return_X_y, as_frame)

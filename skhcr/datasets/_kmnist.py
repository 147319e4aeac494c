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
    """What is known of a label file whose publisher gives no checksum."""

    n: int
    n_classes: int

    def problem(self, path: Path) -> str | None:
        """Return what is wrong with the file, or None if nothing is."""
        try:
            labels = read_npz(path)
        except OSError:
            raise  # of the disk, not of the file
        except Exception as error:  # of many types, for archives are damaged in many ways
            return f"it cannot be read: {error}"
        if labels.shape != (self.n,) or labels.dtype.kind not in "ui":
            return f"it holds {labels.dtype} of shape {labels.shape}"
        if not np.array_equal(np.unique(labels), np.arange(self.n_classes)):
            return "other classes are in it"
        return None

    def __str__(self) -> str:
        return f"{self.n:,} labels of {self.n_classes} classes"


def read_npz(path: Path) -> np.ndarray:
    """Return the only array in a file."""
    with np.load(path, allow_pickle=False) as arrays:
        array: np.ndarray = arrays["arr_0"]
    return array


def _file(name: str, part: str, kind: str, check: Check) -> RemoteFile:
    file = f"{name}-{part}-{kind}.npz"
    return RemoteFile(f"kmnist/{file}", (f"{_ADDRESS}/{name}/{file}",), check)


KMNIST = {
    "kmnist": {
        "train": (
            _file("kmnist", "train", "imgs", MD5("a183fbc01ed9a345513b145673d3d0bb")),
            _file("kmnist", "train", "labels", LabelFile(60_000, 10)),
        ),
        "test": (
            _file("kmnist", "test", "imgs", MD5("dace6de62ca8b90843cc45366337d02e")),
            _file("kmnist", "test", "labels", LabelFile(10_000, 10)),
        ),
    },
    "k49": {
        "train": (
            _file("k49", "train", "imgs", MD5("7ac088b20481cf51dcd01ceaab89d821")),
            _file("k49", "train", "labels", LabelFile(232_365, 49)),
        ),
        "test": (
            _file("k49", "test", "imgs", MD5("d352e201d846ce6b94f42c990966f374")),
            _file("k49", "test", "labels", LabelFile(38_547, 49)),
        ),
    },
}
_CLASSES = {
    "kmnist": np.array(list("おきすつなはまやれを")),
    "k49": np.array(
        list(
            "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ"
        )
    ),
}


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
    """Load Kuzushiji-MNIST or Kuzushiji-49, downloading it if need be.

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
        With ``images`` of shape (n, 28, 28), dtype uint8, light ink on black; ``data``, the same as
        flat rows; ``target``, the hiragana; ``target_names``, in the publisher's order; ``groups``,
        None; ``DESCR``.

    Raises
    ------
    OSError
        If the files are neither there nor to be had.
    ValueError
        If `name` or `subset` is unknown.

    Notes
    -----
    For the label files no checksum is published; their shape and classes are checked instead.

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
        KMNIST[name],
        subset,
        read_npz,
        data_home,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    return image_bunch(
        images,
        _CLASSES[name][labels],
        target_names=_CLASSES[name].copy(),
        descr="kmnist",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

"""MNIST and data sets in its file format."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, read_parts
from ._checks import SHA256, Check, UnpackedMD5
from ._remote import RemoteFile

_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
)


def _mnist_file(name: str, check: Check) -> RemoteFile:
    return RemoteFile(f"mnist/{name}", tuple(f"{mirror}/{name}" for mirror in _MIRRORS), check)


MNIST = {
    "train": (
        # Some mirrors compress the files again, so the content is checked.
        _mnist_file("train-images-idx3-ubyte.gz", UnpackedMD5("6bbc9ace898e44ae57da46a324031adb")),
        _mnist_file(
            "train-labels-idx1-ubyte.gz",
            SHA256("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ),
    ),
    "test": (
        _mnist_file(
            "t10k-images-idx3-ubyte.gz",
            SHA256("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ),
        _mnist_file(
            "t10k-labels-idx1-ubyte.gz",
            SHA256("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
}


def fetch_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load MNIST, and download it if necessary.

    The standard benchmark of the field [1]_.

    =======   =========================
    Classes                          10
    Images    60,000 train, 10,000 test
    Size      28 x 28, gray, uint8
    =======   =========================

    Parameters
    ----------
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
        flat rows; ``target``, the digits as int; ``target_names``; ``groups``, None, as the writers
        are not known; ``DESCR``.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If `subset` is unknown.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from skhcr.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="test", return_X_y=True)  # doctest: +SKIP
    """
    images, labels = read_parts(
        MNIST, subset, read_idx, data_home, download_if_missing, n_retries, delay
    )
    return image_bunch(images, labels.astype(int), np.arange(10), "mnist", return_X_y, as_frame)


def read_idx(path: Path) -> np.ndarray:
    """Return the bytes in a gzipped file of the idx format.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    with gzip.open(path) as file:
        content = file.read()
    n_dimensions = content[3] if content[:3] == b"\0\0\x08" else 0
    header = 4 + 4 * n_dimensions
    if not n_dimensions or len(content) < header:
        raise ValueError(f"{path} is not a file of unsigned bytes in idx format.")
    shape = struct.unpack(f">{n_dimensions}I", content[4:header])
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()

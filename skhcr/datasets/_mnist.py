"""MNIST and sets in its file format."""

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
        # Packed anew by some mirrors: what counts is the content.
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
    """Load MNIST, downloading it if need be.

    The field's common benchmark [1]_.

    =======   =========================
    Classes                          10
    Images    60,000 train, 10,000 test
    Size      28 x 28, gray, uint8
    =======   =========================

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
        With ``images`` of shape (n, 28, 28), dtype uint8, light ink on black; ``data``, the same as
        flat rows; ``target``, the digits as int; ``target_names``; ``groups``, None, as the
        writers are not told; ``DESCR``.

    Raises
    ------
    OSError
        If the files are neither there nor to be had.
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
        If it is no such file.
    """
    with gzip.open(path) as file:
        content = file.read()
    n_dimensions = content[3] if content[:3] == b"\0\0\x08" else 0
    header = 4 + 4 * n_dimensions
    if not n_dimensions or len(content) < header:
        raise ValueError(f"{path} does not begin as a file of unsigned bytes in idx format does.")
    shape = struct.unpack(f">{n_dimensions}I", content[4:header])
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()

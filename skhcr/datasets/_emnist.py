"""EMNIST: letters and digits in MNIST's format."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._bunch import image_bunch, read_parts
from ._checks import SHA256
from ._mnist import read_idx
from ._remote import RemoteFile

_REPOSITORY = (
    "https://media.githubusercontent.com/media/aurelienduarte/emnist/"
    "55838475bfb43e14b3b371aaa7b77b66413ed62e/gzip"
)
_HINT = (
    "It is part of gzip.zip, which NIST publishes with Special Database 19 "
    "(https://www.nist.gov/itl/products-and-services/emnist-dataset)."
)
_SHA256 = {
    "letters-train-images": "6288f418a917e007bf5fddb823a2dc7a5c6a35031401b93292a539cb12bd881f",
    "letters-train-labels": "9759af91ea6bccdf07a6040fd085861f2ec88e37f7c3f5760f6feb57106fbe5c",
    "letters-test-images": "50f0e93d75b99b463e9760b8345866f22587fa2c2fba472730a5ba09c693412d",
    "letters-test-labels": "924955c31fe7fd809b7303b5c0141282955f4b8390c74cdfd5d80435e0f4b4cb",
    "balanced-train-images": "74295e75e4e9fa2c102147460ee7eb763653d5132d883a84fb88932bfb8d2db4",
    "balanced-train-labels": "b46d41e5156a0a8aaaa4d18979fdd1588850fa8571018acffd5d93b325a7d6ed",
    "balanced-test-images": "117fc12b015e37ea98bfb2cbba3f77c3782c056cdbd219b87abfc8661d7135db",
    "balanced-test-labels": "a67cac948379b67270b9a4d0a01c8ec661598accf2f2b1964340b7c83cb175cd",
}


def _file(name: str, idx: str) -> RemoteFile:
    file = f"emnist-{name}-{idx}-ubyte.gz"
    return RemoteFile(f"emnist/{file}", (f"{_REPOSITORY}/{file}",), SHA256(_SHA256[name]), _HINT)


EMNIST = {
    split: {
        part: (_file(f"{split}-{part}-images", "idx3"), _file(f"{split}-{part}-labels", "idx1"))
        for part in ("train", "test")
    }
    for split in ("letters", "balanced")
}
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Labels are positions in these; those of the letters start at 1.
_CLASSES = {
    "letters": np.array(list(" " + _CAPITALS)),
    # Lowercase letters that look like their capitals are merged with them.
    "balanced": np.array(list("0123456789" + _CAPITALS + "abdefghnqrt")),
}


def fetch_emnist(
    split: str = "letters",
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load a split of EMNIST, and download it if necessary.

    Letters and digits of NIST Special Database 19, in the style of MNIST [1]_.

    ==========   =======   ===========================
    split        classes   images (28 x 28, gray)
    ==========   =======   ===========================
    "letters"         26   124,800 train, 20,800 test
    "balanced"        47   112,800 train, 18,800 test
    ==========   =======   ===========================

    Parameters
    ----------
    split : {"letters", "balanced"}, default="letters"
        "letters" has A to Z, with uppercase and lowercase in one class each; "balanced" has digits,
        uppercase letters, and the lowercase letters that do not look like their capitals.
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
        With ``images`` of shape (n, 28, 28), dtype uint8, light ink on black, upright; ``data``,
        the same as flat rows; ``target``, the characters; ``target_names``; ``groups``, None, as
        these files do not contain the writers; ``DESCR``.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If `split` or `subset` is unknown.

    References
    ----------
    .. [1] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
       handwritten letters", 2017.

    Examples
    --------
    >>> from skhcr.datasets import fetch_emnist
    >>> letters = fetch_emnist("letters", subset="test")  # doctest: +SKIP
    """
    if split not in EMNIST:
        raise ValueError(f"split must be 'letters' or 'balanced'. Got {split!r} instead.")
    images, labels = read_parts(
        EMNIST[split], subset, read_idx, data_home, download_if_missing, n_retries, delay
    )
    images = images.transpose(0, 2, 1).copy()  # the files store them transposed
    target, names = _CLASSES[split][labels], _CLASSES[split][_CLASSES[split] != " "]
    return image_bunch(images, target, names, "emnist", return_X_y, as_frame)

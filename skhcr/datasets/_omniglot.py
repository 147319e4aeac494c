"""Omniglot: characters of fifty alphabets, twenty of each."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, joined
from ._checks import MD5, SHA256
from ._remote import RemoteFile, copy_of_all, fetch_file

_REPOSITORY = "https://github.com/brendenlake/omniglot/raw/master/python"
SUBSETS = {
    name: RemoteFile(
        f"omniglot/images_{name}.zip", (f"{_REPOSITORY}/images_{name}.zip",), MD5(digest)
    )
    for name, digest in (
        ("background", "68d2efa1b9178cc56df9314c21c6e718"),
        ("evaluation", "6b91aef0f799c5bb55b94e3f2daec811"),
    )
}
# The images of both in one file, which is used if it exists.
ALL_IN_ONE = RemoteFile(
    "omniglot/omniglot.npz",
    (),
    SHA256("76eb7d8e1d6f7df6cc94247ad1acbde3c3918d4d4f9e35811e896d1470f99c8c"),
)
_SIZE = 105
_DRAWERS = 20


def fetch_omniglot(
    *,
    subset: str = "background",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load Omniglot, characters of fifty alphabets, and download it if necessary.

    Each of 1,623 characters was drawn by twenty people [1]_, so this data set suits pretraining and
    few-shot learning.

    =======   ==================================================
    Classes   964 of 30 alphabets, 659 of 20 others
    Images    19,280 background, 13,180 evaluation, 20 a class
    Size      105 x 105, black and white, uint8
    =======   ==================================================

    Parameters
    ----------
    subset : {"background", "evaluation", "all"}, default="background"
        The alphabets for training, those for testing, or both in this order. All take 358 MB of
        memory.
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

        images : ndarray of shape (n, 105, 105), dtype uint8
            Ink is 255, the background 0.
        data : ndarray of shape (n, 11025) or DataFrame
            The same images as flat rows.
        target : ndarray of shape (n,) of str, or Series
            The characters, such as "Greek/character01".
        target_names : ndarray of shape (n_classes,) of str
            The characters in order.
        groups : ndarray of shape (n,), dtype int
            The drawers. It is not known which of them drew several alphabets, so each alphabet has
            twenty separate drawers.
        alphabet : ndarray of shape (n,) of str
            The alphabets.
        drawer : ndarray of shape (n,), dtype int
            The numbers of the drawers, 1 to 20 in each alphabet.
        DESCR : str
            Description, source, caveats.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If `subset` is unknown, or an archive contains no images.

    Notes
    -----
    A file ``omniglot/omniglot.npz`` with all images is used instead of the archives if it is in the
    data home.

    References
    ----------
    .. [1] B. M. Lake, R. Salakhutdinov and J. B. Tenenbaum, "Human-level concept learning through
       probabilistic program induction", Science 350(6266), 2015.

    Examples
    --------
    >>> from skhcr.datasets import fetch_omniglot
    >>> characters = fetch_omniglot()  # doctest: +SKIP
    >>> greek = characters.alphabet == "Greek"  # doctest: +SKIP
    """
    names = joined(SUBSETS, subset)
    one = copy_of_all(ALL_IN_ONE, data_home, "the published archives are")
    if one is not None:
        parts = [_read_stored(one, name) for name in names]
    else:
        options = data_home, download_if_missing, n_retries, delay
        parts = [_read_archive(fetch_file(SUBSETS[name], *options)) for name in names]
    images, alphabets, characters, drawers = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    target = np.array(
        [f"{name}/character{number:02}" for name, number in zip(alphabets, characters, strict=True)]
    )
    numbers = np.unique(alphabets, return_inverse=True)[1]
    return image_bunch(
        images,
        target,
        np.unique(target),
        "omniglot",
        return_X_y,
        as_frame,
        groups=numbers * _DRAWERS + drawers - 1,
        alphabet=alphabets,
        drawer=drawers,
    )


def _read_stored(path: Path, subset: str) -> tuple[np.ndarray, ...]:
    """Return the images, alphabets, characters and drawers of a subset."""
    with np.load(path, allow_pickle=False) as arrays:
        rows = arrays["subset"] == subset
        bits = np.unpackbits(arrays["packed_images"][rows], axis=1, count=_SIZE * _SIZE)
        bits *= 255
        return (
            bits.reshape(-1, _SIZE, _SIZE),
            arrays["alphabet"][rows],
            *(arrays[name][rows].astype(int) for name in ("character", "drawer")),
        )


def _read_archive(path: Path) -> tuple[np.ndarray, ...]:
    """Return the same from the files of an archive, in their order."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            match = re.search(r"([^/]+)/character(\d+)/\d+_(\d+)\.png$", name)
            if match:
                place = match[1], int(match[2]), int(match[3])
                found.append((*place, _image(archive.read(name))))
    if not found:
        raise ValueError(f"{path} contains no files such as 'Greek/character01/0394_01.png'.")
    found.sort(key=lambda entry: entry[:3])
    alphabets, characters, drawers, images = zip(*found, strict=True)
    return np.stack(images), np.array(alphabets), np.array(characters), np.array(drawers)


def _image(content: bytes) -> np.ndarray:
    """Return an image with light ink: the files are black on white."""
    from PIL import Image

    return 255 - np.asarray(Image.open(io.BytesIO(content)).convert("L"))

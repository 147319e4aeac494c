"""Arabic Handwritten Characters Dataset."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ._bunch import image_bunch, joined
from ._checks import SHA256
from ._remote import RemoteFile, fetch_file

_REPOSITORY = (
    "https://github.com/mloey/Arabic-Handwritten-Characters-Dataset/raw/"
    "13dd6509a70442d5cb81a687c4dbb28d5de78882"
)
CSV = RemoteFile(
    "ahcd/Arabic Handwritten Characters Dataset CSV.zip",
    (f"{_REPOSITORY}/Arabic%20Handwritten%20Characters%20Dataset%20CSV.zip",),
    SHA256("3dcf2ed8f57a5914078929a53a6302aeb1b065ffec5f0dd92b3b463a121d0161"),
)
PNG = RemoteFile(
    "ahcd/Test Images 3360x32x32.zip",
    (f"{_REPOSITORY}/Test%20Images%203360x32x32.zip",),
    SHA256("0f572cc8363cfe81f6b6460d376b5a1945da18e3fe80499daa12f19145726b1e"),
)
_PARTS = {"train": ("Train", 13440), "test": ("Test", 3360)}
_WRITERS = 60
_LETTERS = np.array(list("أبتثجحخدذرزسشصضطظعغفقكلمنهوي"))


def fetch_ahcd(
    *,
    subset: str = "train",
    form: str = "gray",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load the Arabic Handwritten Characters Dataset, and download it if necessary.

    16,800 letters by 60 writers [1]_. Each writer wrote every letter ten times, eight for training
    and two for testing.

    =======   =========================
    Classes                          28
    Images    13,440 train, 3,360 test
    Size      32 x 32, gray, uint8
    Writers                          60
    =======   =========================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The subset; "all" contains the training images, then the test images.
    form : {"gray", "png"}, default="gray"
        The published CSV files contain gray strokes, "gray". In the published PNG files, every
        pixel above 0 is 255: strokes are thick, and dots merge. "png" gives this form: test images
        come from their PNG files, and training images are converted from the CSV file, because only
        the PNG files of the test images have a known checksum.
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
            Light ink on black.
        data : ndarray of shape (n, 1024) or DataFrame
            The same images as flat rows.
        target : ndarray of shape (n,) of str, or Series
            The letters.
        target_names : ndarray of shape (28,)
            The letters in alphabetical order, from alef to yeh.
        groups : ndarray of shape (n,), dtype int
            Writers, 0 to 59; the same number is the same writer in both subsets.
        DESCR : str
            Description, source, caveats.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If `subset` or `form` is unknown.

    Notes
    -----
    **The published split does not measure accuracy on new writers**: all 60 writers are in both
    subsets, contrary to some descriptions. For the accuracy on held-out writers, use
    ``subset="all"`` with ``GroupKFold`` over ``groups``.

    A network trained on gray strokes reaches about 46 % accuracy on the PNG form, so state the form
    when you report an accuracy.

    References
    ----------
    .. [1] A. El-Sawy, M. Loey and H. El-Bakry, "Arabic handwritten characters recognition using
       convolutional neural network", WSEAS Transactions on Computer Research 5, 2017.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> from skhcr.datasets import fetch_ahcd
    >>> letters = fetch_ahcd(subset="all")  # doctest: +SKIP
    >>> folds = GroupKFold(5).split(letters.images, groups=letters.groups)  # doctest: +SKIP
    """
    names = joined(_PARTS, subset)
    if form not in ("gray", "png"):
        raise ValueError(f"form must be 'gray' or 'png'. Got {form!r} instead.")
    options = data_home, download_if_missing, n_retries, delay
    parts = []
    for name in names:
        if form == "png" and name == "test":
            images, labels = _read_png(fetch_file(PNG, *options))
        else:
            images, labels = _read_csv(fetch_file(CSV, *options), *_PARTS[name])
            if form == "png":
                images = np.where(images > 0, np.uint8(255), np.uint8(0))
        # Both files list the writers one after the other.
        parts.append((images, labels, np.repeat(np.arange(_WRITERS), len(labels) // _WRITERS)))
    images, labels, groups = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    target = _LETTERS[labels - 1]
    return image_bunch(images, target, _LETTERS.copy(), "ahcd", return_X_y, as_frame, groups=groups)


def _read_csv(path: Path, name: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        images, labels = (
            np.loadtxt(io.BytesIO(archive.read(member)), delimiter=",", dtype=np.uint8)
            for member in (f"csv{name}Images {n}x1024.csv", f"csv{name}Label {n}x1.csv")
        )
    # The file stores the images column by column.
    upright = np.ascontiguousarray(images.reshape(-1, 32, 32).transpose(0, 2, 1))
    return upright, labels.astype(int)


def _read_png(path: Path) -> tuple[np.ndarray, np.ndarray]:
    from PIL import Image

    numbered = []
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if match := re.search(r"id_(\d+)_label_(\d+)\.png$", member):
                image = np.asarray(Image.open(io.BytesIO(archive.read(member))).convert("L"))
                numbered.append((int(match[1]), int(match[2]), image))
    numbered.sort(key=lambda entry: entry[0])
    return np.stack([image for *_, image in numbered]), np.array(
        [label for _, label, _ in numbered]
    )

"""Russian handwritten letters."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ._bunch import image_bunch
from ._checks import SHA256, GitBlob
from ._remote import RemoteFile, copy_of_all, fetch_file

_REPOSITORY = (
    "https://github.com/OlgaBelitskaya/deep_learning_projects/raw/"
    "1a524797fb9639acde291d04ae5902c9bce21f84"
)
COLLECTIONS = (
    RemoteFile(
        "russian/letters1.zip",
        (f"{_REPOSITORY}/DL_PP2/data/letters.zip",),
        GitBlob("14ea41acb0b8ed8c7e666ba0d9ff4e1d963fefda"),
    ),
    RemoteFile(
        "russian/letters2.zip",
        (f"{_REPOSITORY}/DL_PP2/data2/letters2.zip",),
        GitBlob("80dec5fbec3cd76cb244a8f442238fab91bc53fb"),
    ),
    RemoteFile(
        "russian/letters3.zip",
        (f"{_REPOSITORY}/DL_PP2/data3/letters3.zip",),
        GitBlob("1e0c5e7ad837b74d60e7f71b240e778fd4270b9e"),
    ),
)
# The images of all three in one archive, which is used if it exists.
ALL_IN_ONE = RemoteFile(
    "russian/letters.zip",
    (),
    SHA256("2c6756e09c32a405cb33247c08669a3fc6bee02b0e921977a870fa62c670ce93"),
)
_LETTERS = np.array(list("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"))
_SIZE = (32, 32)
_FOLDERS = {"letters": 1, "letters2": 2, "letters3": 3}


def fetch_russian_letters(
    *,
    color: bool = False,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load photos of Russian handwritten letters, and download them if necessary.

    =======   ======================================
    Classes                                       33
    Images    14,190, in three collections, no split
    Size      32 x 32, uint8
    =======   ======================================

    Parameters
    ----------
    color : bool, default=False
        If True, images are RGB, as photographed; else gray.
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
        With ``images`` of shape (14190, 32, 32), or (14190, 32, 32, 3) in color, dtype uint8, ink
        of any color on lighter paper, as photographed; ``data``, the same as flat rows; ``target``,
        the letters, in lower case; ``target_names``, in the order of the alphabet; ``collection``,
        the number 1, 2 or 3 of the archive that an image is from; ``groups``, None, as the writers
        are not known; ``DESCR``.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.
    ValueError
        If an archive does not have the expected contents.

    Notes
    -----
    The paper differs with the letter: the border's color alone identifies the letter in 19 % of the
    images. Pass the images through :class:`skhcr.InkNormalizer` first, and in color: in gray, the
    ink of many images can hardly be distinguished from the paper.

    Examples
    --------
    >>> from skhcr import InkNormalizer
    >>> from skhcr.datasets import fetch_russian_letters
    >>> letters = fetch_russian_letters(color=True)  # doctest: +SKIP
    >>> ink = InkNormalizer(size=(32, 32)).transform(letters.images)  # doctest: +SKIP
    """
    one = copy_of_all(ALL_IN_ONE, data_home, "the three collections are")
    mode = "RGB" if color else "L"
    if one is not None:
        found = _read(one, mode)
    else:
        found = []
        for number, file in enumerate(COLLECTIONS, 1):
            path = fetch_file(file, data_home, download_if_missing, n_retries, delay)
            found += _read(path, mode, number)
    found.sort(key=lambda entry: entry[:3])
    collections, letters, _, images = zip(*found, strict=True)
    return image_bunch(
        np.stack(images),
        _LETTERS[np.array(letters) - 1],
        _LETTERS.copy(),
        "russian",
        return_X_y,
        as_frame,
        collection=np.array(collections),
    )


def _read(
    path: Path, mode: str, collection: int | None = None
) -> list[tuple[int, int, int, np.ndarray]]:
    """Return (collection, letter, number, image) of every PNG file in an archive.

    If the archive has several collections, its folders identify them.
    """
    found = []
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            place = PurePosixPath(member)
            name = re.fullmatch(r"(\d\d)_(\d+)\.png", place.name)
            if name is None:
                continue
            letter, number = int(name[1]), int(name[2])
            of = collection or _FOLDERS.get(place.parent.name)
            if of is None or not 1 <= letter <= len(_LETTERS):
                raise ValueError(
                    f"{path} contains {member!r}, which is not a letter of a collection."
                )
            found.append((of, letter, number, _image(archive.read(member), mode)))
    if not found:
        raise ValueError(f"{path} contains no files such as '01_01.png'.")
    return found


def _image(content: bytes, mode: str) -> np.ndarray:
    from PIL import Image

    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    image = Image.alpha_composite(paper, picture).convert(mode)
    if image.size != _SIZE:  # a dozen are a pixel larger or smaller
        image = image.resize(_SIZE, Image.Resampling.BILINEAR)
    return np.asarray(image)

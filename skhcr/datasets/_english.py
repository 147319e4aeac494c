"""English Handwritten Characters: 62 classes, one file for each writer and character."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from .._messages import counted
from ._bunch import description
from ._data_bunch import DataBunch
from ._data_home import get_data_home
from ._remote import RemoteFile, fetch_file, set_aside

_FOLDER = "english"
_CSV = "english.csv"


@dataclass(frozen=True)
class Contents:
    """The expected contents of the files, packed or unpacked.

    GitHub packs archives again for every download, so only their contents have stable checksums.
    """

    csv_sha256: str
    images_sha256: str  # of the lines "sha256  path" of all images, sorted by path

    def problem_of(self, names: Iterable[str], read: Callable[[str], bytes]) -> str | None:
        """Return the problem with a folder's or an archive's files, or None."""
        names = set(names)
        if _CSV not in names:
            return f"{_CSV} is not there"
        if hashlib.sha256(read(_CSV)).hexdigest() != self.csv_sha256:
            return f"{_CSV} is damaged"
        listed = {row["image"] for row in csv.DictReader(_lines(read(_CSV)))}
        if lacking := sorted(listed - names):
            return f"it lacks {counted(len(lacking), 'image')}, such as {lacking[0]}"
        lines = (f"{hashlib.sha256(read(name)).hexdigest()}  {name}\n" for name in sorted(listed))
        whole = hashlib.sha256("".join(lines).encode()).hexdigest()
        if whole == self.images_sha256:
            return None
        for name in sorted(listed):
            if (fault := _fault_of_image(read(name))) is not None:
                return f"{name} is damaged ({fault})"
        return "an image differs from the published one"

    def problem(self, path: Path) -> str | None:
        """Return the problem with an archive, or None."""
        try:
            with zipfile.ZipFile(path) as archive:
                members = members_of(archive)
                return self.problem_of(members, lambda name: archive.read(members[name]))
        except zipfile.BadZipFile as error:
            return f"it is not a zip file ({error})"
        except OSError:
            raise  # a disk error, not a damaged archive
        except Exception as error:  # of many types, because archives can be damaged in many ways
            return f"it cannot be unpacked ({error})"

    def __str__(self) -> str:
        return f"an archive whose images have the joint SHA-256 {self.images_sha256}"


CONTENTS = Contents(
    "f56e5afbe8ffd94e422f5f0d9d18f803e4b17cec1de2b30c7cb33c033da9f5bb",
    "d0487c91b10a8a092070c27e103235cf348d9b837c8ff7cfd3eff1a060fa3e2c",
)
ARCHIVE = RemoteFile(
    f"{_FOLDER}/English-Handwritten-Characters.zip",
    (
        "https://github.com/Programmer-RD-AI-Archive/English-Handwritten-Characters/archive/"
        "528f55aa48c2f4e91b1e7ea8cba974035905d771.zip",
    ),
    CONTENTS,
    "It is also the Kaggle data set dhruvildave/english-handwritten-characters-dataset: you can "
    "also unpack its english.csv and Img into this folder.",
)


def fetch_english_handwritten(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Find the English Handwritten Characters, and download them if necessary.

    3,410 image files of digits and letters by 55 writers [1]_. They are large, so this function
    returns their paths; :class:`skhcr.ImageLoader` and :class:`skhcr.InkNormalizer` read them.

    =======   ====================================
    Classes     62, in order 0-9, A-Z, a-z
    Images      3,410, no split
    Size        1200 x 900, RGB, black on white
    Writers     55
    =======   ====================================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. Existing files are checked and used, and
        never changed.
    download_if_missing : bool, default=True
        If False, missing files are an error.
    return_X_y : bool, default=False
        If True, return ``(filenames, target)`` instead of a Bunch.
    n_retries : int, default=3
        Number of retries for a download.
    delay : float, default=1.0
        Seconds between two attempts.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        filenames : ndarray of shape (3410,) of str
            Paths of the image files.
        target : ndarray of shape (3410,) of str
            The characters.
        target_names : ndarray of shape (62,) of str
            The characters in order.
        groups : ndarray of shape (3410,), dtype int
            Writers, 1 to 55.
        DESCR : str
            Description, source, caveats.

    Raises
    ------
    OSError
        If the files are missing and cannot be downloaded.

    Notes
    -----
    Split by writers, for instance with ``GroupKFold().split(filenames, groups=groups)``: the
    accuracy on a random split is too high.

    References
    ----------
    .. [1] T. E. de Campos, B. R. Babu and M. Varma, "Character recognition in natural images",
       VISAPP 2009.

    Examples
    --------
    >>> from skhcr import InkNormalizer
    >>> from skhcr.datasets import fetch_english_handwritten
    >>> english = fetch_english_handwritten()  # doctest: +SKIP
    >>> images = InkNormalizer(size=32).transform(english.filenames)  # doctest: +SKIP
    """
    folder = get_data_home(data_home) / _FOLDER
    problem = problem_with_folder(folder)
    if problem is not None:
        if (folder / _CSV).exists() or (folder / "Img").exists():
            warnings.warn(f"{folder}: {problem}; the data set is fetched.", stacklevel=2)
        try:
            archive = fetch_file(ARCHIVE, data_home, download_if_missing, n_retries, delay)
        except OSError as error:
            raise OSError(f"{folder}: {problem}. {error}") from error
        unpack(archive, folder)
    rows = list(csv.DictReader(_lines((folder / _CSV).read_bytes())))
    filenames = np.array([str(folder / row["image"]) for row in rows])
    target = np.array([row["label"] for row in rows])
    if return_X_y:
        return filenames, target
    writers = [re.search(r"-(\d+)\.png$", row["image"]) for row in rows]
    return DataBunch(
        filenames=filenames,
        target=target,
        target_names=np.unique(target),
        groups=np.array([int(writer[1]) for writer in writers if writer]),
        DESCR=description("english"),
    )


def problem_with_folder(folder: Path) -> str | None:
    """Return the problem with the files in a folder, or None."""
    paths = [folder / _CSV, *folder.glob("Img/*.png")]
    try:
        status = [(path, path.stat()) for path in sorted(paths)]
    except FileNotFoundError:
        return f"{_CSV} is not there"
    state = tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in status)
    return _checked(folder, CONTENTS, state)


@lru_cache(maxsize=4)
def _checked(folder: Path, check: Contents, state: tuple[tuple[str, int, int], ...]) -> str | None:
    names = [Path(path).relative_to(folder).as_posix() for path, *_ in state]
    return check.problem_of(names, lambda name: (folder / name).read_bytes())


def members_of(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the members of an archive by their path relative to english.csv."""
    tables = [name for name in archive.namelist() if PurePosixPath(name).name == _CSV]
    if not tables:
        return {}
    root = PurePosixPath(tables[0]).parent
    places = {}
    for name in archive.namelist():
        path = PurePosixPath(name)
        # On some systems, a name such as "..\\x" would point outside the folder.
        is_image = path.parent == root / "Img" and re.fullmatch(r"[\w-]+\.png", path.name)
        if path == root / _CSV or is_image:
            places[path.relative_to(root).as_posix()] = name
    return places


def unpack(path: Path, folder: Path) -> None:
    """Write the missing files of an archive, each of them completely or not at all.

    An existing, different file is kept under another name.
    """
    try:
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch,
        ):
            for place, member in members_of(archive).items():
                content, target = archive.read(member), folder / place
                if target.exists() and target.read_bytes() == content:
                    continue
                target.parent.mkdir(exist_ok=True)
                unpacked = Path(scratch) / "file"
                unpacked.write_bytes(content)
                set_aside(target)
                os.replace(unpacked, target)
    except OSError as error:
        raise OSError(f"{path} cannot be unpacked into {folder}: {error}") from error


def _fault_of_image(content: bytes) -> str | None:
    """Return the reason why an image cannot be read, or None."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            image.verify()
    except (OSError, SyntaxError) as error:  # raised by Pillow for a broken chunk
        return str(error)
    return None


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig").splitlines()

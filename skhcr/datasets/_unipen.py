"""UNIPEN: characters as pen strokes, and as pictures of them."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from .._atomic import replacing
from ._bunch import description, image_bunch
from ._checks import SHA256, ZipCheck
from ._data_bunch import DataBunch
from ._remote import RemoteFile, copy_of_all, fetch_file
from ._strokes import draw_strokes
from ._unipen_format import Character, UnipenReader

_FOLDER = "unipen"
_SECTIONS = {
    "1a": "0123456789",
    "1b": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "1c": "abcdefghijklmnopqrstuvwxyz",
}
_SUBSETS = {"digits": ["1a"], "capitals": ["1b"], "small": ["1c"], "all": list(_SECTIONS)}
_SIDE = 1000  # the longer side of every character


class UnipenArchive(ZipCheck):
    """A zip file with the folders data and include of the collection."""

    def problem_of(self, archive: zipfile.ZipFile) -> str | None:
        """Return what the file lacks, or None if nothing."""
        missing = sorted(_SECTIONS.keys() - {section for section, _ in _data_files(archive)})
        return f"it holds no files below data/{missing[0]}" if missing else None

    def __str__(self) -> str:
        return "a zip file with the folders data and include of UNIPEN train_r01_v07"

    def __hash__(self) -> int:
        return hash(type(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnipenArchive)


ARCHIVE = RemoteFile(
    f"{_FOLDER}/train_r01_v07.zip",
    (
        "https://github.com/GreenCappuccino/train_r01_v07/archive/"
        "552a4d440bc94bb34710650c0826be7deb986f7c.zip",
    ),
    UnipenArchive(),
    "It is also at https://doi.org/10.5281/zenodo.1195803: you can also unpack that file and put "
    "its folders data and include into a zip file.",
)
# The strokes of some of the writers, which are used if they exist.
PREPARED = RemoteFile(
    f"{_FOLDER}/unipen-train_r01_v07-253-writers.npz",
    (),
    SHA256("78ddc2aa9a574e6f5e9c1eb4a8acaf9bb04de11c58ff868af5c6d1263d710041"),
)


def fetch_unipen(
    *,
    subset: str = "all",
    size: int | None = 32,
    pen_width: float = 0.06,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:
    """Load UNIPEN's digits and letters, and download them if necessary, and draw them.

    Characters by hundreds of writers on tablets [1]_. They are published as pen strokes, so they
    can be drawn with any pen, at any size.

    =======   ===================================================
    Classes   62, in order 0-9, A-Z, a-z
    Images    some 100,000, no split
    Size      as wanted, square, gray, uint8
    Writers   hundreds
    =======   ===================================================

    Parameters
    ----------
    subset : {"digits", "capitals", "small", "all"}, default="all"
        The characters: the collection's sections 1a, 1b, 1c, or all three.
    size : int or None, default=32
        Height and width of the images. None draws none, and returns strokes only.
    pen_width : float, default=0.06
        Width of the pen, as a fraction of the longer side of a character, see :func:`draw_strokes`.
    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. Existing files are checked and used, and
        never changed.
    download_if_missing : bool, default=True
        If False, a missing file is an error.
    return_X_y : bool, default=False
        If True, return ``(images, target)``, or with `as_frame` ``(data, target)``; without a size
        ``(strokes, target)``.
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

        images : ndarray of shape (n, size, size), dtype uint8
            Light ink on black. Like `data`, it is not there without a size.
        data : ndarray of shape (n, size * size) or DataFrame
            The same images as flat rows.
        strokes : list of list of ndarray of shape (n_points, 2), dtype int16
            The strokes of every character: x and y from 0, with y increasing downward; the longer
            side of each character is 1000. Draw them with :func:`draw_strokes`.
        target : ndarray of shape (n,) of str, or Series
            The characters.
        target_names : ndarray of shape (n_classes,) of str
            The characters in order.
        groups : ndarray of shape (n,), dtype int
            Writers. The numbers are arbitrary, and the same in all subsets.
        section : ndarray of shape (n,) of str
            The section of the collection, "1a", "1b" or "1c".
        DESCR : str
            Description, source, caveats.

    Raises
    ------
    OSError
        If the file is missing and cannot be downloaded.
    ValueError
        If `subset` is unknown, the file contains no characters, or `as_frame` is True without a
        size.

    See Also
    --------
    draw_strokes : Draw characters with other pens.

    Notes
    -----
    Reading the archive takes minutes, so the characters (some 10 MB) are saved beside it if the
    data home is writable. Drawing all characters takes a quarter of a minute at 32 pixels.

    A file ``unipen/unipen-train_r01_v07-253-writers.npz`` of characters read before is used instead
    of the archive if it is in the data home.

    References
    ----------
    .. [1] I. Guyon, L. Schomaker, R. Plamondon, M. Liberman and S. Janet, "UNIPEN project of
       on-line data exchange and recognizer benchmarks", ICPR 1994.

    Examples
    --------
    >>> from skhcr.datasets import draw_strokes, fetch_unipen
    >>> unipen = fetch_unipen(subset="digits")  # doctest: +SKIP
    >>> large = draw_strokes(unipen.strokes[0], size=300, pen_width=0.03)  # doctest: +SKIP
    """
    if subset not in _SUBSETS:
        names = ", ".join(map(repr, _SUBSETS))
        raise ValueError(f"subset must be one of {names}. Got {subset!r} instead.")
    if size is None and as_frame:
        raise ValueError("as_frame=True is for images: pass a size.")
    prepared = copy_of_all(PREPARED, data_home, "the collection is")
    stored = (
        _stored(data_home, download_if_missing, n_retries, delay)
        if prepared is None
        else _loaded(prepared)
    )
    rows = np.flatnonzero(np.isin(stored["section"], _SUBSETS[subset]))
    strokes = _as_lists(stored, rows)
    target = stored["target"][rows]
    classes = np.array(list("".join(_SECTIONS[section] for section in _SUBSETS[subset])))
    more: dict[str, Any] = {
        "groups": stored["writer"][rows].astype(int),
        "strokes": strokes,
        "section": stored["section"][rows],
    }
    if size is None:
        if return_X_y:
            return strokes, target
        descr = description("unipen")
        return DataBunch(target=target, target_names=classes, DESCR=descr, **more)
    images = np.empty((len(rows), size, size), np.uint8)
    for image, character in zip(images, strokes, strict=True):
        image[:] = draw_strokes(character, size=size, pen_width=pen_width)
    return image_bunch(images, target, classes, "unipen", return_X_y, as_frame, **more)


def _stored(data_home: Any, *options: Any) -> dict[str, np.ndarray]:
    """Return all characters of the collection, as plain arrays."""
    path = fetch_file(ARCHIVE, data_home, *options)
    status = path.stat()
    copy = path.with_name(f"{path.stem}.{status.st_size}-{status.st_mtime_ns}.npz")
    try:
        return _loaded(copy)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        stored = as_arrays(read_archive(path))
    # In a read-only folder, the archive is read every time.
    with contextlib.suppress(OSError), replacing(copy) as part:
        np.savez_compressed(part, **stored)  # type: ignore[arg-type]
    return stored


def _loaded(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in _ARRAYS}


def _as_lists(stored: dict[str, np.ndarray], rows: np.ndarray) -> list[list[np.ndarray]]:
    """Return the strokes of some characters."""
    strokes = np.split(stored["points"], stored["stroke_starts"][1:-1])
    starts = stored["character_starts"]
    return [strokes[starts[row] : starts[row + 1]] for row in rows]


# ------------------------------------------------------------------ the collection


def read_archive(path: Path) -> list[tuple[str, Character]]:
    """Return the characters of the three sections in an archive, each with its section.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = []
    with zipfile.ZipFile(path) as archive:
        names = {_below_root(name): name for name in archive.namelist()}

        def read(name: str) -> str:
            return archive.read(names[name]).decode("latin-1")

        reader = UnipenReader(read, lambda name: f"include/{name}")
        # Sections refer to the same points: those of a writer are read one after the other.
        for section, name in sorted(_data_files(archive), key=lambda file: (file[1][8:], file[0])):
            contributor = name.split("/")[2]
            for character in reader.characters(name):
                if character.label in _SECTIONS[section]:
                    writer = character.writer or contributor
                    found.append((section, character._replace(writer=writer)))
    if not found:
        raise ValueError(f"{path} contains no labeled digits or letters.")
    if reader.n_unreadable:
        warnings.warn(
            f"{reader.n_unreadable} labels in {path} refer to missing points; {len(found)} "
            "characters were read.",
            stacklevel=4,
        )
    return sorted(found, key=lambda entry: entry[0])


def _data_files(archive: zipfile.ZipFile) -> Iterable[tuple[str, str]]:
    """Yield the section and the name, below the collection's root, of the files with labels."""
    for name in archive.namelist():
        match = re.fullmatch(r"data/(1[abc])/.+\.dat", _below_root(name))
        if match:
            yield match[1], match[0]


def _below_root(name: str) -> str:
    """Return the path of a member below the folder with data and include."""
    parts = PurePosixPath(name).parts
    places = [i for i, part in enumerate(parts) if part in ("data", "include")]
    return "/".join(parts[places[0] :]) if places else name


_ARRAYS = ("points", "stroke_starts", "character_starts", "target", "writer", "section")


def as_arrays(characters: list[tuple[str, Character]]) -> dict[str, np.ndarray]:
    """Return characters as plain arrays, each moved to the origin and scaled to the same side."""
    strokes: list[np.ndarray] = []
    character_starts = [0]
    for _, character in characters:
        strokes += _scaled(character.strokes)
        character_starts.append(len(strokes))
    names = [str(character.writer) for _, character in characters]
    return {
        "points": np.concatenate(strokes),
        "stroke_starts": np.cumsum([0, *map(len, strokes)]),
        "character_starts": np.array(character_starts),
        "target": np.array([character.label for _, character in characters]),
        "writer": np.unique(names, return_inverse=True)[1],
        "section": np.array([section for section, _ in characters]),
    }


def _scaled(strokes: list[np.ndarray]) -> list[np.ndarray]:
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    side = (points - low).max() or 1.0
    return [np.rint((stroke - low) * (_SIDE / side)).astype(np.int16) for stroke in strokes]

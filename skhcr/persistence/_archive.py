"""A zip archive of plain members: written completely or not at all, read as untrusted input."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._atomic import replacing
from .._messages import printable

MANIFEST = "skhcr.json"

# A manifest contains only versions and checksums, nothing that grows.
_LONGEST_MANIFEST = 100_000


class LoadError(ValueError):
    """A file that cannot be loaded: damaged, of another kind, or malicious."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, keep="\n"))  # it may quote the file


def write_archive(path: Path, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    """Write an archive; until it is complete, an existing file stays.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    text = json.dumps({**manifest, "sha256": sums}, indent=2)
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, text)
        for name, data in members.items():
            archive.writestr(name, data)


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and the members, with verified checksums.

    Raises
    ------
    LoadError
        If the file is not such an archive, or damaged.
    OSError
        If it cannot be read.
    """
    with (
        open(path, "rb") as file,
        damaged("not a skhcr archive, or a damaged one"),
        zipfile.ZipFile(file) as archive,
    ):
        return _read(archive, os.fstat(file.fileno()).st_size)


def archive_in(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and the members of an archive, given its bytes.

    Raises
    ------
    LoadError
        If they are not such an archive, or damaged.
    """
    with (
        damaged("not a skhcr archive, or a damaged one"),
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        return _read(archive, len(data))


def _read(archive: zipfile.ZipFile, n_bytes: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    check_members(archive, n_bytes)
    if MANIFEST not in archive.namelist():
        raise LoadError("not a skhcr archive: it has no manifest")
    if archive.getinfo(MANIFEST).file_size > _LONGEST_MANIFEST:
        raise LoadError("its manifest is far too long")
    try:
        manifest = json.loads(archive.read(MANIFEST))
        sums = dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LoadError("its manifest is damaged") from error
    if set(sums) | {MANIFEST} != set(archive.namelist()):
        raise LoadError("its members do not match its manifest")
    members = {name: archive.read(name) for name in sums}
    for name, data in members.items():
        if hashlib.sha256(data).hexdigest() != sums[name]:
            raise LoadError(f"its member {name!r} has been changed")
    return manifest, members


@contextmanager
def damaged(what: str) -> Iterator[None]:
    """Raise a LoadError for any error while untrusted bytes are read.

    A missing package is a problem of the environment, and stays an ImportError.
    """
    try:
        yield
    except (LoadError, ImportError):
        raise
    except Exception as error:
        raise LoadError(f"{what} ({in_short(error)})") from error


def in_short(error: Exception) -> str:
    """Return an error message; if it is long, its beginning and its end."""
    words = " ".join(str(error).split())
    return words if len(words) <= 400 else f"{words[:150]} ... {words[-250:]}"


def check_format(number: Any, known: int) -> None:
    """Raise an error for files of a later version."""
    if not isinstance(number, int):
        raise LoadError("it has no format number")
    if number > known:
        raise LoadError(
            f"it has format {number}, but this version of skhcr supports only {known}; use a "
            "later one"
        )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the path to the error of a file that cannot be loaded."""
    try:
        yield
    except LoadError as error:
        if type(error) is not LoadError:  # a kind that names it itself
            raise
        raise LoadError(f"{str(path)!r} cannot be loaded: {error}.") from error


def check_members(archive: zipfile.ZipFile, n_bytes: int) -> None:
    """Raise an error if reading the members would need more bytes than the file has."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise LoadError("it contains two members with the same name")
    for info in infos:
        # Nothing is written to disk in any case, but skhcr files have no such names.
        if info.is_dir() or os.path.basename(info.filename) != info.filename:
            raise LoadError(f"it contains a member with a path, {info.filename!r}")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise LoadError(f"its member {info.filename!r} is compressed or encrypted")
    if sum(info.file_size for info in infos) > n_bytes:
        raise LoadError("its members claim to be larger than the file")

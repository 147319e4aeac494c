"""Opening CSV files, compressed or not."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_SHOWN = 5  # number of archive members in an error message
# Spreadsheets begin UTF-8 files with a byte order mark, which is not part of the first field.
_ENCODING = "utf-8-sig"


@contextmanager
def open_table(path: Path, *, newline: str | None = None) -> Iterator[TextIO]:
    """Open a CSV file, a gzip-compressed one, or a member of a zip archive.

    Parameters
    ----------
    path : Path
        The file. ``letters.zip/train.csv`` is a member of the archive ``letters.zip``.
    newline : str, default=None
        As in :func:`open`.

    Raises
    ------
    FileNotFoundError
        If there is no such file or member.
    ValueError
        If the file is damaged, not UTF-8 text, or a whole archive.
    """
    try:
        archive = next((folder for folder in path.parents if folder.is_file()), None)
        if path.is_file() and zipfile.is_zipfile(path):
            raise ValueError(
                f"{str(path)!r} is an archive, which contains {_members(path)}: pass the path of "
                f"a member, such as {str(path / 'train.csv')!r}."
            )
        if archive is not None:
            with _open_member(archive, path.relative_to(archive).as_posix(), newline) as file:
                yield file
        elif path.suffix.lower() == ".gz":
            with gzip.open(path, "rt", encoding=_ENCODING, newline=newline) as file:
                yield file
        else:
            with path.open(encoding=_ENCODING, newline=newline) as file:
                yield file
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} is not UTF-8 text ({error}); save it in UTF-8.") from error
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{str(path)!r} is damaged: {error}.") from error


@contextmanager
def _open_member(archive: Path, name: str, newline: str | None) -> Iterator[TextIO]:
    with zipfile.ZipFile(archive) as members:
        if name not in members.namelist():
            raise FileNotFoundError(
                f"There is no {name!r} in {str(archive)!r}; it contains {_members(archive)}."
            )
        with io.TextIOWrapper(members.open(name), encoding=_ENCODING, newline=newline) as file:
            yield file


def _members(archive: Path) -> str:
    with zipfile.ZipFile(archive) as members:
        names = members.namelist()
    return ", ".join(map(repr, names[:_SHOWN])) + (", ..." if names[_SHOWN:] else "")

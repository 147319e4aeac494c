"""A cache of read images, in a file that several processes can use at once."""

from __future__ import annotations

import hashlib
import math
import mmap
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import ImageFailure

# Images per transaction: while one process reads so many files, the others wait for them.
_BLOCK = 256
_PATIENCE = 3600  # seconds to wait for other processes
_SILENCE = 10  # seconds before a warning
# Results of at least this many bytes are memory-mapped files.
_LARGE = 2**30

# Tables of earlier versions, with other columns, are called images and decoded.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS read_images (
    kind TEXT, path BLOB, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, n_bytes INTEGER,
    height INTEGER, width INTEGER, pixels BLOB, is_several INTEGER,
    UNIQUE (kind, path)
)
"""

File = tuple[bytes, int, int, int, int]  # path, time of change, of the entry's change, inode, size
Read = Callable[[Sequence[int]], list[ImageFailure]]


def empty_images(
    shape: tuple[int, ...], folder: str | os.PathLike[str] | None
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return an empty array: in memory, or memory-mapped to a file in the folder if it is large.

    The file has no name and is deleted with the array.

    Raises
    ------
    OSError
        If the disk has too little space.
    """
    n_bytes = math.prod(shape)
    if folder is None or n_bytes < _LARGE:
        return np.empty(shape, np.uint8)
    folder = Path(folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(n_bytes)
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            except OSError as error:
                raise OSError(
                    error.errno, f"{error.strerror} for {n_bytes:,} bytes", str(folder)
                ) from None
        return np.ndarray(shape, np.uint8, buffer=mmap.mmap(file.fileno(), n_bytes))


class ImageCache:
    """Decoded images, found by the path, times of change, inode and size of their files.

    Parameters
    ----------
    folder : path
        Folder of ``images.sqlite``; created if missing.
    kind : str
        Distinguishes images read with different parameters.
    """

    def __init__(self, folder: str | os.PathLike[str], kind: str) -> None:
        self._path = Path(folder).expanduser() / "images.sqlite"
        kind = f"{kind} {_decoding_code()}"
        self._kind = hashlib.blake2b(kind.encode(), digest_size=8).hexdigest()

    def fill(
        self, images: Any, is_several: np.ndarray, items: Sequence[Any], read: Read
    ) -> list[ImageFailure]:
        """Fill in every image and whether it is several, from the cache or by ``read(indices)``.

        Every file is read once, even if several processes request it at the same time.

        Raises
        ------
        OSError
            If the cache cannot be read or written.
        """
        files = {index: _file(item) for index, item in enumerate(items)}
        failures = read([index for index, file in files.items() if file is None])
        places = [index for index, file in files.items() if file is not None]
        with self._connection() as connection:
            for start in range(0, len(places), _BLOCK):
                block: Any = {index: files[index] for index in places[start : start + _BLOCK]}
                if self._find(connection, block, images, is_several):
                    self._wait(connection, "BEGIN IMMEDIATE")  # one reads, the others wait
                    failures += self._read(connection, block, images, is_several, read)
                    connection.execute("COMMIT")
        return sorted(failures, key=lambda failure: failure.index)

    def _read(
        self,
        connection: sqlite3.Connection,
        block: dict[int, File],
        images: Any,
        is_several: np.ndarray,
        read: Read,
    ) -> list[ImageFailure]:
        missing = self._find(connection, block, images, is_several)
        firsts = {file: index for index, file in reversed(missing.items())}  # of equal files
        failures = read(sorted(firsts.values()))
        for failure in failures:
            del firsts[missing[failure.index]]
        connection.executemany(
            "INSERT OR REPLACE INTO read_images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(self._kind, *file, *images[index].shape[:2], images[index].tobytes()),
                    int(is_several[index]),
                )
                for file, index in firsts.items()
            ],
        )
        known = {*firsts.values(), *(failure.index for failure in failures)}
        others = {index: file for index, file in missing.items() if index not in known}
        return failures + read(sorted(self._find(connection, others, images, is_several)))

    def _find(
        self,
        connection: sqlite3.Connection,
        block: dict[int, File],
        images: Any,
        is_several: np.ndarray,
    ) -> dict[int, File]:
        """Fill in the cached images; return the others."""
        paths = list({path for path, *_ in block.values()})
        marks = ", ".join("?" * len(paths))
        rows = connection.execute(
            "SELECT path, mtime_ns, ctime_ns, inode, n_bytes, height, width, pixels, is_several "
            f"FROM read_images WHERE kind = ? AND path IN ({marks})",
            (self._kind, *paths),
        )
        shape = images.shape[1:] if isinstance(images, np.ndarray) else None
        known: Any = {
            row[:5]: (pixels, bool(row[8]))
            for row in rows
            if (pixels := _pixels(row[5], row[6], row[7], shape)) is not None
        }
        found = {index: file for index, file in block.items() if file in known}
        for index, file in found.items():
            pixels, is_several[index] = known[file]
            images[index] = pixels.copy()
        return {index: file for index, file in block.items() if index not in found}

    def _wait(self, connection: sqlite3.Connection, statement: str) -> None:
        """Execute a statement that may have to wait for other processes; warn if it takes long."""
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            warnings.warn(
                f"Another process is writing to the cache {str(self._path)!r}: waiting for it. "
                "cache_folder=None reads without a cache.",
                stacklevel=5,
            )
            connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
            connection.execute(statement)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(
                sqlite3.connect(self._path, timeout=_SILENCE, isolation_level=None)
            ) as connection:
                self._wait(connection, "PRAGMA journal_mode = WAL")  # readers do not wait
                connection.execute("PRAGMA synchronous = NORMAL")
                self._wait(connection, _SCHEMA)
                yield connection
        except sqlite3.Error as error:
            raise OSError(
                f"The cache {str(self._path)!r} cannot be used: {error}. It contains only data "
                "that can be read from the images again, so you can delete it, or use "
                "cache_folder=None."
            ) from error


def _file(item: Any) -> File | None:
    """Return a key that identifies a file and its version; None for no file."""
    if not isinstance(item, str | os.PathLike):
        return None
    try:
        path = os.path.abspath(os.fsencode(item))
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    inode = status.st_ino % 2**63  # SQLite's numbers have a sign
    return path, status.st_mtime_ns, status.st_ctime_ns, inode, status.st_size


def _pixels(height: Any, width: Any, data: Any, shape: tuple[int, ...] | None) -> np.ndarray | None:
    """Return the pixels in a row of the cache; None if it is damaged and must be read again."""
    if not (isinstance(height, int) and isinstance(width, int) and isinstance(data, bytes)):
        return None
    if height < 1 or width < 1 or len(data) not in (height * width, 3 * height * width):
        return None
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, -1)
    return pixels if shape in (None, pixels.shape) else None


@cache
def _decoding_code() -> str:
    """Return a key for the version of the code that reads images."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()

"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to, whose file takes the place of `path` when the block is left.

    Until then, and where the block raises, what was at `path` stays there. The new file is on the
    disk, not only in memory, before the old one goes, and may be read by whom the old one could.

    Raises
    ------
    OSError
        If the file cannot be written, may not be, or is a device or a pipe; it names `path`.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    part = target.with_name(f".{uuid.uuid4().hex}.part{path.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_replaceable(target)
        yield part
        if target.exists():
            shutil.copymode(target, part)
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        if error.errno is None:
            raise OSError(f"{str(path)!r} cannot be written: {error}") from error
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not (target.is_file() or target.is_dir()):  # of folders, the system says it best
        raise OSError(errno.EINVAL, "A device or a pipe, not a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

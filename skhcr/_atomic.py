"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_ABANDONED = 24 * 60 * 60  # seconds without a new byte, after which a part has lost its writer


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
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        delete_abandoned_parts(target)
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


def part_of(target: Path) -> Path:
    """Return a new name beside a file or folder, under which one process writes it."""
    unique = f"{_place()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
    return target.with_name(f".{_key(target)}.{unique}.part{target.suffix}")


def delete_abandoned_parts(target: Path) -> None:
    """Delete what writers of a file or folder that were killed have left of it."""
    for part in target.parent.glob(f".{_key(target)}.*.part*"):
        with suppress(OSError):  # it is gone by now, or belongs to another user
            if _is_abandoned(part):
                shutil.rmtree(part) if part.is_dir() else part.unlink()


def _key(target: Path) -> str:
    """Return a short name for a name that may have no room for more."""
    return hashlib.blake2b(os.fsencode(target.name), digest_size=8).hexdigest()


def _is_abandoned(part: Path) -> bool:
    place, _, process = part.name.split(".")[2].partition("-")
    if place and place == _place():
        try:
            os.kill(int(process.partition("-")[0]), 0)  # asks only
        except ProcessLookupError:
            return True
        except (OSError, ValueError):
            pass
    return time.time() - part.stat().st_mtime > _ABANDONED


@cache
def _place() -> str:
    """Return where the numbers of processes are those of this one, or nothing if nobody knows.

    A folder may be shared by machines, and by containers of one machine.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        place = f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
    return hashlib.blake2b(place.encode(), digest_size=8).hexdigest()


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not (target.is_file() or target.is_dir()):  # of folders, the system says it best
        raise OSError(errno.EINVAL, "A device or a pipe, not a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

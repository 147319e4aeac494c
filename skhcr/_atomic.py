"""Writing files completely or not at all."""

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

_ABANDONED = 24 * 60 * 60  # seconds without a new byte, after which a part file is abandoned


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path, whose file replaces `path` at the end of the block.

    Until then, and if the block raises, the old file stays. The new file is on the disk, not only
    in memory, before it replaces the old one, and keeps its permissions.

    Raises
    ------
    OSError
        If the file cannot be written, or is a device or a pipe. The message names `path`.
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
    """Return a temporary name beside a file or folder, for one process."""
    unique = f"{_place()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
    return target.with_name(f".{_key(target)}.{unique}.part{target.suffix}")


def delete_abandoned_parts(target: Path) -> None:
    """Delete part files of killed writers of a file or folder."""
    for part in target.parent.glob(f".{_key(target)}.*.part*"):
        with suppress(OSError):  # already deleted, or owned by another user
            if _is_abandoned(part):
                shutil.rmtree(part) if part.is_dir() else part.unlink()


def _key(target: Path) -> str:
    """Return a short name for a name that may be too long to extend."""
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
    """Return an identifier of the process namespace, or an empty string if unknown.

    Several machines, or containers on one machine, may share a folder.
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
    if not (target.is_file() or target.is_dir()):  # for folders, the system's message is best
        raise OSError(errno.EINVAL, "A device or a pipe, not a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

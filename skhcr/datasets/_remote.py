"""Files that are kept in the data home, and fetched where they are missing or damaged."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pooch

from ._checks import Check
from ._data_home import get_data_home

_TIMEOUT = 30  # seconds without a byte
_CHUNK = 2**14  # bytes; at most so many are lost where a connection breaks
_NOTHING_BEHIND = 416  # the status for a range that begins at the end of the file or behind it
_LATER = frozenset({408, 429})  # statuses that ask for another try, as those from 500 on do
# A part that has not grown for so many seconds has lost its writer and may be taken over.
_ABANDONED = 60


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set.

    Parameters
    ----------
    name : str
        Its path below the data home, with slashes.
    urls : tuple of str
        Where it can be had, best address first. Empty if it can only be put there by hand.
    check : Check
        How it is known to be right.
    hint : str
        A sentence for those who have to get it themselves.
    """

    name: str
    urls: tuple[str, ...]
    check: Check
    hint: str = ""


def fetch_file(
    file: RemoteFile,
    data_home: str | os.PathLike[str] | None = None,
    *,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Path:
    """Return the path of a file that is there and right, downloading it if need be.

    A file that is right is never touched. One that is not is replaced only when a good one is
    complete, and kept under another name: it may be somebody's work.

    Parameters
    ----------
    file : RemoteFile
        What to fetch.
    data_home : str or path-like, default=None
        See :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, a missing or damaged file is an error.
    n_retries : int, default=3
        How often each address is tried again after an error of the network.
    delay : float, default=1.0
        Seconds between two tries.

    Raises
    ------
    OSError
        If the file is neither there nor to be had. It says where to get it and where to put it.
    """
    path = get_data_home(data_home) / file.name
    problem = problem_with(path, file.check)
    if problem is None:
        return path
    if not (download_if_missing and file.urls):
        raise OSError(_where_to_put(file, path, f"it {problem}", []))
    if path.exists():
        warnings.warn(f"{path} {problem}; it is fetched again.", UserWarning, stacklevel=3)
    failures: list[str] = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _claim_part(path)
        part.touch()
    except OSError as error:
        text = f"{path.parent} cannot be written to ({error})"
        raise OSError(_where_to_put(file, path, text, [])) from error
    try:
        for url in file.urls:
            failure = _download(url, part, file.check, n_retries, delay)
            if failure is None:
                if problem_with(path, file.check) is None:
                    part.unlink()  # another was quicker, and its file may be open already
                else:
                    set_aside(path)
                    os.replace(part, path)
                for left_over in _abandoned_parts(path):
                    left_over.unlink(missing_ok=True)
                return path
            failures.append(f"{url}: {failure}")
    finally:
        _release_part(part, path)
    raise OSError(_where_to_put(file, path, f"it {problem}", failures))


def problem_with(path: Path, check: Check) -> str | None:
    """Return what is wrong with a file, such as "is missing", or None if nothing is."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    if path.is_dir():
        return f"is a folder, instead of a file ({check})"
    problem = _checked(path, check, status.st_mtime_ns, status.st_size)
    return None if problem is None else f"is damaged ({problem} instead of {check})"


def set_aside(path: Path) -> Path | None:
    """Give a file that is to be replaced another name, and return that, or None without a file."""
    if not path.exists():
        return None
    number = 1
    while (kept := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    path.rename(kept)
    warnings.warn(f"What was in {path} is now in {kept}.", UserWarning, stacklevel=2)
    return kept


@lru_cache(maxsize=256)
def _checked(path: Path, check: Check, mtime_ns: int, size: int) -> str | None:
    return check.problem(path)


def _download(url: str, part: Path, check: Check, n_retries: int, delay: float) -> str | None:
    """Complete the part from an address; return what went wrong, or None."""
    import requests

    retries = n_retries
    while True:
        try:
            part.touch()  # it is gone where another process took it for abandoned
            resumed = part.stat().st_size > 0
            _append(url, part)
            problem = check.problem(part)
            if problem is None:
                return None
            part.write_bytes(b"")
        except requests.HTTPError as error:
            failure, status = str(error), error.response.status_code
            if status < 500 and status not in _LATER:
                return failure  # to ask again would be answered the same
        except (requests.RequestException, OSError) as error:
            failure = f"{type(error).__name__}: {error}"
        else:
            failure = f"{problem} instead of {check}"
            if not resumed:
                return failure  # a whole file, and a wrong one
            continue  # the beginning may be to blame, so the whole is asked for, at once
        if not retries:
            return failure
        retries -= 1
        time.sleep(delay)


def _append(url: str, part: Path) -> None:
    """Download what is missing of a part, or all of it where the server knows no ranges."""
    import requests

    with part.open("ab") as file, _progress(_complete_name(part)) as progress:

        def start_over_if_whole(response: Any, *_: Any, **__: Any) -> None:
            if response.status_code == 200:
                file.truncate(0)

        downloader = pooch.HTTPDownloader(
            progressbar=progress,
            timeout=_TIMEOUT,
            chunk_size=_CHUNK,
            # Ranges count the bytes of the file itself, so it must come as it is.
            headers={"Accept-Encoding": "identity", "Range": f"bytes={file.tell()}-"},
            hooks={"response": start_over_if_whole},
        )
        try:
            downloader(url, file, None)
        except requests.HTTPError as error:
            if error.response.status_code != _NOTHING_BEHIND:
                raise  # else nothing is missing: whether the part is right, its check tells


@contextmanager
def _progress(name: str) -> Iterator[_Progress | Literal[False]]:
    """Show a bar on a terminal or in a notebook, and take it away however the download ends."""
    from rich.console import Console

    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield False
        return
    bar = _Progress(name, console)
    try:
        yield bar
    finally:
        bar.close()


class _Progress:
    """rich's progress bar under the four names that pooch knows."""

    def __init__(self, name: str, console: Any) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            console=console,
        )
        self._task = self._bar.add_task(name, total=None)
        self._bar.start()

    @property
    def total(self) -> float | None:
        return self._bar.tasks[0].total

    @total.setter
    def total(self, value: float) -> None:
        self._bar.update(self._task, total=value)

    def update(self, n: int) -> None:
        self._bar.advance(self._task, n)

    def reset(self) -> None:
        self._bar.update(self._task, completed=0)

    def close(self) -> None:
        self._bar.stop()


# Two threads or processes may fetch the same file at the same time. Each writes a part of its own
# name, rather than wait for a lock, which network drives may not keep and which whoever is killed
# leaves locked. The price is that both download. What a broken-off download leaves behind is taken
# over by renaming it, which only one can do.


def _claim_part(path: Path) -> Path:
    """Return a path for a part of one's own, which may hold the beginning of the file already."""
    claimed = _new_claim(path)
    try:
        path.with_name(f".{path.name}.part").rename(claimed)
        return claimed
    except FileNotFoundError:
        pass
    for other in _abandoned_parts(path):
        taken = _new_claim(path)
        try:
            other.rename(taken)
            taken.touch()  # or the next process would take it for abandoned too
        except (FileNotFoundError, PermissionError):
            continue  # somebody else has it, or still holds it open
        # Its writer may only have been suspended. It must not go on writing to what becomes the
        # file, so this is copied.
        shutil.copyfile(taken, claimed)
        taken.unlink(missing_ok=True)
        break
    return claimed


def _abandoned_parts(path: Path) -> Iterator[Path]:
    """Yield the parts of a file whose writers are dead, or have written nothing for long."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.claimed"):
        *_, machine, process, _, _ = part.name.split(".")
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - part.stat().st_mtime > _ABANDONED
            if is_old or (machine == _machine() and not _is_running(int(process))):
                yield part


def _is_running(process: int) -> bool:
    if os.name == "nt":  # where to ask with signal 0 would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _machine() -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, socket.gethostname()).hex[:8]


def _new_claim(path: Path) -> Path:
    return path.with_name(f".{path.name}.{_machine()}.{os.getpid()}.{uuid.uuid4().hex}.claimed")


def _complete_name(claimed: Path) -> str:
    """Return the name of the file that a part belongs to."""
    return claimed.name.removeprefix(".").rsplit(".", 4)[0]


def _release_part(claimed: Path, path: Path) -> None:
    """Leave the beginning of a file to the next try, unless there is a longer one."""
    if claimed.exists():
        left = path.with_name(f".{path.name}.part")
        if claimed.stat().st_size > (left.stat().st_size if left.exists() else 0):
            os.replace(claimed, left)
        else:
            claimed.unlink()


def _where_to_put(file: RemoteFile, path: Path, reason: str, failures: list[str]) -> str:
    lines = [f"{path.name} cannot be had: {reason}."]
    if failures:
        lines += ["These addresses failed:", *(f"  {failure}" for failure in failures)]
    elif file.urls:
        lines += ["It is published at", *(f"  {url}" for url in file.urls)]
    if file.hint:
        lines.append(file.hint)
    lines.append(f"Put it at {path} ({file.check}), or name another data_home.")
    return "\n".join(lines)

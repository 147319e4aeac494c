"""Files in the data home, downloaded if they are missing or damaged."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .._atomic import delete_abandoned_parts, part_of
from ._checks import Check
from ._data_home import get_data_home

_TIMEOUT = 30  # seconds without a byte
_CHUNK = 2**14  # bytes; the maximum loss when a connection breaks
_NOTHING_BEHIND = 416  # the status for a range that begins at or after the end of the file
_LATER = frozenset({408, 429})  # statuses that allow a retry, like those from 500 on


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set.

    Parameters
    ----------
    name : str
        Its path below the data home, with slashes.
    urls : tuple of str
        Its addresses, in order of preference. Empty if the user must provide the file.
    check : Check
        The check of its contents.
    hint : str
        Advice for users who must get the file themselves.
    """

    name: str
    urls: tuple[str, ...]
    check: Check
    hint: str = ""


_MISSING = "is missing"


def fetch_file(
    file: RemoteFile,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Path:
    """Return the path of a file that is there and right, and download it if necessary.

    A correct file is never changed. An incorrect file is replaced only when the download is
    complete, and is kept under another name, because it may be a user's work.

    Every download writes a separate part file beside the file, and renames it when it is complete
    and correct. Processes that fetch the same file at once therefore need no lock, which network
    drives may not support; the cost is that each of them downloads.

    Parameters
    ----------
    file : RemoteFile
        The file.
    data_home : str or path-like, default=None
        See :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, a missing or damaged file is an error.
    n_retries : int, default=3
        Number of retries for each address after a network error.
    delay : float, default=1.0
        Seconds between two attempts.

    Raises
    ------
    OSError
        If the file is missing and cannot be downloaded. The message names the addresses and the
        folder.
    """
    path = get_data_home(data_home) / file.name
    problem = problem_with(path, file.check)
    if problem is None:
        return path
    if not (download_if_missing and file.urls):
        raise OSError(_where_to_put(file, path, f"it {problem}", []))
    if problem != _MISSING:
        warnings.warn(f"{path} {problem}; it is downloaded again.", UserWarning, stacklevel=3)
    delete_abandoned_parts(path)
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        text = f"{path.parent} cannot be written to ({error})"
        raise OSError(_where_to_put(file, path, text, [])) from error
    failures: list[str] = []
    try:
        for url in file.urls:
            failure = _download(url, part, path.name, file.check, n_retries, delay)
            if failure is None:
                # Another process may have been faster, and its file may already be open.
                found = problem_with(path, file.check)
                if found not in (None, _MISSING):
                    set_aside(path)
                if found is not None:
                    os.replace(part, path)
                return path
            failures.append(f"{url}: {failure}")
    finally:
        part.unlink(missing_ok=True)
    raise OSError(_where_to_put(file, path, f"it {problem}", failures))


def copy_of_all(
    file: RemoteFile, data_home: str | os.PathLike[str] | None, instead: str
) -> Path | None:
    """Return a file of all that a data set's downloads hold, where it lies in the data home.

    A warning says that one is damaged, and what is used `instead`.
    """
    path = get_data_home(data_home) / file.name
    problem = problem_with(path, file.check)
    if problem is None:
        return path
    if path.exists():
        warnings.warn(f"{path} {problem}; {instead} used.", UserWarning, stacklevel=3)
    return None


def problem_with(path: Path, check: Check) -> str | None:
    """Return the problem with a file, such as "is missing", or None."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _MISSING
    if path.is_dir():
        return f"is a folder, instead of a file ({check})"
    problem = _checked(path, check, status.st_mtime_ns, status.st_size)
    return None if problem is None else f"is damaged ({problem} instead of {check})"


def set_aside(path: Path) -> None:
    """Rename an existing file before it is replaced."""
    if not path.exists():
        return
    number = 1
    while (kept := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    with contextlib.suppress(FileNotFoundError):  # another process has just renamed it
        path.rename(kept)
        warnings.warn(f"The previous {path} is now {kept}.", UserWarning, stacklevel=2)


@lru_cache(maxsize=256)
def _checked(path: Path, check: Check, mtime_ns: int, size: int) -> str | None:
    return check.problem(path)


def _download(
    url: str, part: Path, name: str, check: Check, n_retries: int, delay: float
) -> str | None:
    """Complete a part file; return the problem, or None."""
    import requests

    retries = n_retries
    while True:
        try:
            resumed = part.stat().st_size > 0
            _append(url, part, name)
            problem = check.problem(part)
            if problem is None:
                return None
            part.write_bytes(b"")
        except requests.HTTPError as error:
            failure, status = str(error), error.response.status_code
            if status < 500 and status not in _LATER:
                return failure  # a retry would get the same answer
        except (requests.RequestException, OSError) as error:
            failure = f"{type(error).__name__}: {error}"
        else:
            failure = f"{problem} instead of {check}"
            if not resumed:
                return failure  # a complete but wrong file
            continue  # the beginning may be wrong, so the whole file is requested at once
        if not retries:
            return failure
        retries -= 1
        time.sleep(delay)


def _append(url: str, part: Path, name: str) -> None:
    """Download the rest of a part, or all of it if the server does not support ranges."""
    import requests
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    is_shown = console.is_terminal or console.is_jupyter
    columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()
    with part.open("ab") as file, Progress(*columns, console=console, disable=not is_shown) as bar:
        start = file.tell()
        # Ranges refer to the bytes of the file itself, so it must not be compressed.
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-"}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code == _NOTHING_BEHIND:
                return  # nothing is missing: the check decides whether the part is right
            response.raise_for_status()
            if response.status_code == 200:
                start = 0
                file.truncate(0)
            length = response.headers.get("Content-Length")
            total = start + int(length) if length else None
            task = bar.add_task(name, total=total, completed=start)
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                bar.advance(task, len(chunk))


def _where_to_put(file: RemoteFile, path: Path, reason: str, failures: list[str]) -> str:
    lines = [f"{path.name} cannot be downloaded: {reason}."]
    if failures:
        lines += ["These addresses failed:", *(f"  {failure}" for failure in failures)]
    elif file.urls:
        lines += ["It is published at", *(f"  {url}" for url in file.urls)]
    if file.hint:
        lines.append(file.hint)
    lines.append(f"Put it at {path} ({file.check}), or pass another data_home.")
    return "\n".join(lines)

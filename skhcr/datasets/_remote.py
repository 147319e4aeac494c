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
_CHUNK = 2**14  # bytes; at most so many are lost where a connection breaks
_NOTHING_BEHIND = 416  # the status for a range that begins at the end of the file or behind it
_LATER = frozenset({408, 429})  # statuses that ask for another try, as those from 500 on do


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set.

    Parameters
    ----------
    name : str
        Its path below the data home, with slashes.
    urls : tuple of str
        Its addresses, the best first. Empty if it can only be put there by hand.
    check : Check
        The check that it is right.
    hint : str
        A sentence for users that have to get it themselves.
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
    """Return the path of a file that is there and right, downloading it if need be.

    A file that is right is never touched. One that is not is replaced only when a good one is
    complete, and kept under another name: it may be somebody's work.

    Every download writes a part file of its own, beside the file, and renames it when it is
    complete and right. So processes that fetch one file at once need no lock, which network drives
    may not keep; the price is that each of them downloads.

    Parameters
    ----------
    file : RemoteFile
        The file.
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
    if problem != _MISSING:
        warnings.warn(f"{path} {problem}; it is fetched again.", UserWarning, stacklevel=3)
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
                # Another process may have been quicker, and its file may be open already.
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
    """Return what is wrong with a file, such as "is missing", or None if nothing is."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _MISSING
    if path.is_dir():
        return f"is a folder, instead of a file ({check})"
    problem = _checked(path, check, status.st_mtime_ns, status.st_size)
    return None if problem is None else f"is damaged ({problem} instead of {check})"


def set_aside(path: Path) -> None:
    """Give a file that is to be replaced another name, if it is there."""
    if not path.exists():
        return
    number = 1
    while (kept := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    with contextlib.suppress(FileNotFoundError):  # another process has just renamed it
        path.rename(kept)
        warnings.warn(f"What was in {path} is now in {kept}.", UserWarning, stacklevel=2)


@lru_cache(maxsize=256)
def _checked(path: Path, check: Check, mtime_ns: int, size: int) -> str | None:
    return check.problem(path)


def _download(
    url: str, part: Path, name: str, check: Check, n_retries: int, delay: float
) -> str | None:
    """Complete a part of the file of this name; return what went wrong, or None."""
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


def _append(url: str, part: Path, name: str) -> None:
    """Download what is missing of a part, or all of it where the server knows no ranges."""
    import requests
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    is_shown = console.is_terminal or console.is_jupyter
    columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()
    with part.open("ab") as file, Progress(*columns, console=console, disable=not is_shown) as bar:
        start = file.tell()
        # Ranges count the bytes of the file itself, so it must come as it is.
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-"}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code == _NOTHING_BEHIND:
                return  # nothing is missing: whether the part is right, its check tells
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
    lines = [f"{path.name} cannot be had: {reason}."]
    if failures:
        lines += ["These addresses failed:", *(f"  {failure}" for failure in failures)]
    elif file.urls:
        lines += ["It is published at", *(f"  {url}" for url in file.urls)]
    if file.hint:
        lines.append(file.hint)
    lines.append(f"Put it at {path} ({file.check}), or name another data_home.")
    return "\n".join(lines)

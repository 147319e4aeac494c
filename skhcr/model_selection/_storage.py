"""The storage of a search's trials, and the handling of dead processes."""

from __future__ import annotations

import os
import re
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

# Seconds between heartbeats of a trial in a database, for the workers on other machines.
_HEARTBEAT = 60
# A trial records its process in the moment after it begins.
_MOMENT = timedelta(seconds=10)

WORKER = "worker"

# Trials of this process that ended while the storage could not be written.
_abandoned: set[tuple[str, int, datetime | None]] = set()


class DatabaseURL(str):
    """A URL that hides its password in estimators, notebooks, logs and errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_without_password(self))


def hiding_password(storage: Any) -> Any:
    """Return the same storage, with a hidden password in a URL."""
    is_url = isinstance(storage, str) and not isinstance(storage, DatabaseURL)
    return DatabaseURL(storage) if is_url and _without_password(storage) != storage else storage


def _without_password(url: str) -> str:
    url = re.sub(r"(://[^:@/?#]*):.*@", r"\1:***@", url)
    return re.sub(r"([?&]\w*password)=[^&]*", r"\1=***", url)


class _Journal(JournalFileBackend):
    """A journal that survives a process that was killed in the middle of a line."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            self._drop_half_a_line()
            super().append_logs(logs)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._file_path) from error

    def _drop_half_a_line(self) -> None:
        self._lock.acquire()
        try:
            with open(self._file_path, "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                while size:
                    file.seek(size - 1)
                    if file.read(1) == b"\n":
                        break
                    size -= 1
                file.truncate(size)
        finally:
            self._lock.release()


@contextmanager
def open_storage(
    storage: str | os.PathLike[str] | BaseStorage | None,
) -> Iterator[BaseStorage]:
    """Hold Optuna's storage open: in memory (None), a journal file (path) or a database (URL).

    A storage that is already open stays open.

    Raises
    ------
    ImportError
        If the database's driver is not installed.
    ValueError
        If a URL is invalid.
    """
    if storage is None:
        yield InMemoryStorage()
    elif isinstance(storage, BaseStorage):
        yield storage
    elif isinstance(storage, str) and "://" in storage:
        database = _database(storage)
        try:
            yield database
        finally:
            database.remove_session()
            database.engine.dispose()
    else:
        path = Path(storage).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = JournalFileOpenLock(str(path)) if sys.platform == "win32" else None
        yield JournalStorage(_Journal(str(path), lock_obj=lock))


def _database(url: str) -> RDBStorage:
    if not _is_read_in_one_way(url):  # else a driver may take a part of the password for the host
        raise ValueError(
            f"storage={_without_password(url)!r} is not a database URL. The format is "
            "postgresql+psycopg://user:password@host:port/database; in the password, write %40 "
            "for @, %3A for : and %2F for /."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeat
            return RDBStorage(url, heartbeat_interval=_HEARTBEAT)
    except ImportError as error:
        kind = url.partition("://")[0]
        raise ImportError(
            f"A storage of kind {kind!r} needs a driver that is not installed ({error}). For "
            'PostgreSQL, pip install "psycopg[binary]" and start the URL with '
            "postgresql+psycopg://."
        ) from error


def _is_read_in_one_way(url: str) -> bool:
    address = url.partition("://")[2].partition("?")[0]
    if address.startswith("/"):  # a file
        return True
    user, _, place = address.rpartition("@")
    port = place.partition("/")[0].rpartition("]")[2].partition(":")[2]
    return "@" not in user and (port == "" or port.isdecimal())


def this_worker() -> dict[str, Any]:
    """Return an identifier of this process, as plain data."""
    return {"host": _host(), "pid": os.getpid(), "began": _start_time(os.getpid())}


def fail_dead_trials(study: optuna.Study) -> list[int]:
    """Mark running trials of dead processes as failed; return their numbers.

    Processes on other machines count as dead if a database storage misses their heartbeat; Optuna
    itself marks their trials as failed.
    """

    def is_abandoned(trial: FrozenTrial) -> bool:
        return (study.study_name, trial.number, trial.datetime_start) in _abandoned

    return _fail(study, lambda trial: is_abandoned(trial) or _is_dead(trial))


def fail_own_trials(study: optuna.Study) -> list[int]:
    """Mark the interrupted trial of this process as failed."""
    me = this_worker()
    return _fail(study, lambda trial: trial.user_attrs.get(WORKER) == me)


def abandon_own_trials(study: optuna.Study) -> None:
    """Record the trial of this process when the storage failed; mark it as dead later."""
    me = this_worker()
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get(WORKER) == me:
            _abandoned.add((study.study_name, trial.number, trial.datetime_start))


def _fail(study: optuna.Study, condition: Callable[[FrozenTrial], bool]) -> list[int]:
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    numbers = [trial.number for trial in running if condition(trial)]
    # One that samples a grid would stop the study, which may not run yet.
    sampler, study.sampler = study.sampler, RandomSampler()
    for number in numbers:
        with suppress(UpdateFinishedTrialError):  # another process was faster
            study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
    study.sampler = sampler
    return numbers


def _is_dead(trial: FrozenTrial) -> bool:
    worker = trial.user_attrs.get(WORKER)
    if worker is None:
        begin = trial.datetime_start
        return begin is not None and datetime.now() - begin > _MOMENT
    if worker["host"] != _host():
        return False
    return _start_time(worker["pid"]) != worker["began"]


def _host() -> str:
    """Return a name of this machine since it was started last."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot}".strip()


def _start_time(pid: int) -> str | None:
    """Return when a process began (its number may be another's later); None if there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    else:
        return status.rpartition(")")[2].split()[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return "alive"

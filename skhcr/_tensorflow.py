"""Importing TensorFlow without the start-up log lines of its libraries."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# A line of the C++ libraries: a level, a date or a time, a thread, a file. What follows it without
# such a head belongs to it, as far as it is known.
_LOG_LINE = re.compile(
    rb"[IWE]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] "
    rb"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] [\w./]+:\d+\] "
    rb"|WARNING: All log messages before absl::InitializeLog\(\) is called"
    rb"|To enable the following instructions: "
    rb"|fully_quantize: "
)
_lock = threading.Lock()


def import_tensorflow() -> None:
    """Import TensorFlow, if it is not imported yet, and set its log level.

    To see its log lines, set the environment variable ``TF_CPP_MIN_LOG_LEVEL`` to 0 or 1. By
    default nothing is logged except errors on machines with a GPU: failed computations also raise
    exceptions.
    """
    with _lock:
        if "tensorflow" in sys.modules:
            return
        level = os.environ.setdefault(_LEVEL, "2" if Path("/dev/nvidiactl").exists() else "3")
        with contextlib.nullcontext() if level in ("0", "1") else without_log_lines():
            importlib.import_module("tensorflow")


@contextlib.contextmanager
def without_log_lines() -> Iterator[None]:
    """Suppress the log lines that C++ libraries write to standard error in this block.

    Some are written before the libraries check ``TF_CPP_MIN_LOG_LEVEL``, so the file descriptor
    must be redirected. All other lines are written at the end, and all lines if there is an
    exception.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # a process without standard error
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held_back.seek(0)
            for line in held_back:
                if failed or not _LOG_LINE.match(line):
                    os.write(2, line)

"""The terminal, for all commands: results, errors, and TensorFlow without its log lines."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

# Results go to standard output; whatever else is said does not mix with them.
RESULTS = Console(highlight=False)
MESSAGES = Console(stderr=True, highlight=False)


class Commands(TyperGroup):
    """Commands whose errors are sentences; with ``--debug`` they are tracebacks."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of the results has ended
            raise
        except (OSError, ValueError, TypeError, ImportError) as error:
            if ctx.params.get("debug"):
                raise
            MESSAGES.print("Error:", style="red", end=" ")
            say(reason(error))
            raise typer.Exit(1) from error


def reason(error: BaseException) -> str:
    """Return what an exception says, without the numbers of the operating system."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def show(result: Any, as_json: bool, print_it: Callable[[Any], None]) -> None:
    """Print a result for people, or for machines: one JSON document, letters as they are."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print_it(result)


def say(text: str) -> None:
    """Print a line that is no result."""
    MESSAGES.print(text, soft_wrap=True, markup=False)


def check_free(path: Path, force: bool) -> None:
    """Raise an error before hours of work, not after them, where its result has no place."""
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} is there already; choose another name, or --force.")


def check_installed(extra: str, *packages: str) -> None:
    """Raise an error, before anything slow is started, if packages of an extra are missing."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"This needs {' and '.join(missing)}, which pip install 'skhcr[{extra}]' installs."
        )


def start_tensorflow() -> None:
    """Import TensorFlow, which takes seconds, and show that something happens."""
    with RESULTS.status("Starting TensorFlow …"), quiet_stderr():
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to standard error, and show it only if an exception follows.

    TensorFlow's libraries greet with log lines from C++, some of them before they look at
    TF_CPP_MIN_LOG_LEVEL, so nothing less than the file descriptor stops them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryFile() as held_back:
        stderr = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)

"""The terminal, for all commands: results, messages and errors.

All output goes through this module: names and labels are printed as text, never as markup or
terminal commands, in any encoding.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from skhcr._csv import as_csv
from skhcr._messages import UNPRINTABLE, printable
from skhcr._tensorflow import import_tensorflow
from skhcr.images._errors import some_of

# Beside a label that is a guess: the image looks like none of the model's letters.
UNKNOWN = "unknown"

# The name of the pixel limit in Python.
_LIMIT = re.compile(r"\((max_pixels|PIL\.Image\.MAX_IMAGE_PIXELS)\)")

# Results go to standard output; all other messages go to standard error.
_RESULTS = Console(highlight=False)
_MESSAGES = Console(stderr=True, highlight=False)


class Commands(TyperGroup):
    """Commands that print errors as messages, and with ``--debug`` as tracebacks."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                encoding = None if stream.isatty() else "utf-8"
                stream.reconfigure(encoding=encoding, errors="backslashreplace")
        _tidy_help(self, self.context_settings["help_option_names"])
        return super().main(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            with _warnings_as_sentences(), warnings.catch_warnings():
                # Pillow warns about images that are refused or requested a moment later.
                warnings.filterwarnings("ignore", "Image size .* exceeds limit of")
                if not ctx.params.get("debug"):  # of packages, for programmers
                    for kind in (DeprecationWarning, FutureWarning):
                        warnings.simplefilter("ignore", kind)
                return super().invoke(ctx)
        except BrokenPipeError:  # the reader of the results has ended
            raise
        except (OSError, ValueError, TypeError, ImportError) as error:
            if ctx.params.get("debug"):
                raise
            _MESSAGES.print("Error:", style="red", end=" ")
            _MESSAGES.print(Text(_by_line(reason(error))), soft_wrap=True)
            raise typer.Exit(1) from error


def _tidy_help(command: Any, help_names: list[str]) -> None:
    """Let the help on commands wrap where it is shown, and give flags no type."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(lines.split()) for lines in paragraphs)
    context = command.context_class(command, help_option_names=help_names)
    for param in [*command.params, command.get_help_option(context)]:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        _tidy_help(inner, help_names)


def reason(error: BaseException) -> str:
    """Return the message of an exception, without operating system error numbers."""
    failures = getattr(error, "failures", None)
    if failures:  # an ImageLoadError, whose own advice is for programs
        lines = [f"{printable(image.source)}: {why_unread(image.cause)}" for image in failures]
        n_items = getattr(error, "n_items", len(failures))
        advice = "Replace or remove these files."
        listed = "\n  ".join([f"{some_of(len(lines), n_items)} cannot be read:", *lines])
        return "\n".join([listed, advice, *getattr(error, "__notes__", ())])
    if isinstance(error, OSError) and error.strerror:
        path = printable(os.fsdecode(error.filename)) if error.filename else ""
        return f"{path}: {error.strerror}" if path else error.strerror
    if isinstance(error, ModuleNotFoundError) and find_spec("sklearn") is None:
        return (
            f"This needs {error.name}, which is not part of skhcr-serve: it only supports "
            "prediction with exported models and exportable saved pipelines. Install skhcr "
            "instead."
        )
    return str(error)


def why_unread(error: BaseException) -> str:
    """Return the reason why an image cannot be read."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _LIMIT.sub("(--max-pixels)", words)


def _by_line(text: str) -> str:
    return printable(text, keep="\n")


@contextlib.contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {_by_line(str(message))}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def show(result: Any, as_json: bool, print_it: Callable[[Any], None]) -> None:
    """Print a result as text, or as one JSON document with unescaped letters."""
    if as_json:
        typer.echo(_as_json(result))
    else:
        print_it(result)


def tell(text: str, before: str = "") -> None:
    """Print a line of a result after a bold heading."""
    _RESULTS.print(Text(printable(before), style="bold") + printable(text), soft_wrap=True)


def say(text: str) -> None:
    """Print a line that is not a result."""
    _MESSAGES.print(Text(printable(text)), soft_wrap=True)


def tell_table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table of results."""
    from rich.table import Table

    table = Table(*names, box=None)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    _RESULTS.print(table)


def tell_csv(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table of results for another program, under a heading."""
    typer.echo(as_csv(columns, rows), nl=False)


def tell_fields(fields: Iterable[str]) -> None:
    """Print fields for another program, separated by tabs; the fields contain no tabs."""
    typer.echo("\t".join(map(printable, fields)))


def _as_json(result: Any) -> str:
    """Return JSON with unescaped letters where the encoding allows, and escaped controls."""
    is_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    text = json.dumps(_finite(result), ensure_ascii=not is_utf8, indent=2, allow_nan=False)
    return "\n".join(
        UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", line) for line in text.split("\n")
    )


def _finite(value: Any) -> Any:
    """Return a value without numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_free(path: Path, force: bool) -> None:
    """Raise an error if the output exists, before the work instead of after it."""
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} already exists; choose another name, or use --force.")


def check_installed(extra: str, *packages: str) -> None:
    """Raise an error, before anything slow starts, if packages of an extra are missing."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"This needs {' and '.join(missing)}, which pip install 'skhcr[{extra}]' installs."
        )


def busy(what: str) -> AbstractContextManager[Any]:
    """Show a status on a terminal while a block runs."""
    return _RESULTS.status(what)


def start_tensorflow() -> None:
    """Import TensorFlow, which takes seconds, and show a status meanwhile."""
    with busy("Starting TensorFlow …"):
        import_tensorflow()

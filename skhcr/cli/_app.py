"""The commands and their options; what they do is imported only when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="skhcr",
    help="Handwritten character classification, the scikit-learn way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def main() -> None:
    """Run the command line program."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        from skhcr import __version__

        typer.echo(f"skhcr {__version__}")
        raise typer.Exit


@app.callback()
def skhcr(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Handwritten character classification, the scikit-learn way."""


@app.command()
def quickstart(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to: a new or an empty one.",
            show_default="skhcr-quickstart, -2, … in the current folder",
        ),
    ] = None,
) -> None:
    """Train a network on scikit-learn's handwritten digits, from image files to a saved model.

    Takes about a minute, needs no network, and writes to one folder only.
    """
    from . import _quickstart

    try:
        folder = _quickstart.new_folder(output)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    _quickstart.run(folder)

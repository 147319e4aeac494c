"""What commands that read images do with the answers: print them, or write them to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from skhcr._atomic import replacing
from skhcr._csv import as_csv
from skhcr._messages import counted

from ._terminal import check_free, say, show, tell_csv


class Table(NamedTuple):
    """Answers as a table: its columns, and a function that returns the rows."""

    columns: Sequence[str]
    rows: Callable[[list[dict[str, Any]]], list[tuple[Any, ...]]]


class Output(NamedTuple):
    """Where answers go, as the options of a command have it."""

    file: Path | None
    force: bool
    csv: bool
    json: bool

    def check(self) -> None:
        """Raise an error, before anything slow is started, if they cannot go there."""
        if self.csv and self.json:
            raise typer.BadParameter("--csv and --json cannot be combined.", param_hint="--csv")
        if self.file is None:
            return
        if self.file.suffix.lower() != ".csv":
            raise typer.BadParameter(
                f"The name of the table must end with .csv, got {str(self.file)!r}.",
                param_hint="--output",
            )
        check_free(self.file, self.force)

    def show(
        self,
        answers: list[dict[str, Any]],
        table: Table,
        print_it: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        """Print answers, or write them to the file; name the images that cannot be read.

        Raises
        ------
        typer.Exit
            If there are any; the exit code is 1.
        """
        rows = table.rows(answers)
        if self.file is not None:
            _write(self.file, table.columns, rows)
        if self.csv:
            tell_csv(table.columns, rows)
        elif self.json or self.file is None:
            show(answers, self.json, print_it)
        unreadable = [answer for answer in answers if "error" in answer]
        for answer in unreadable:
            say(f"{answer['image']} cannot be read: {answer['error']}")
        if unreadable:
            raise typer.Exit(1)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Iterable[Any]]) -> None:
    with replacing(path) as part:
        # The mark at the start tells spreadsheets the encoding.
        part.write_text(as_csv(columns, rows), encoding="utf-8-sig", newline="")
    say(f"Wrote {counted(len(rows), 'row')} to {path}")

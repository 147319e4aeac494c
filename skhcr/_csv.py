"""CSV tables of results, for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ._messages import printable

# Spreadsheets evaluate cells that begin with these. A single sign is a handwritten character.
_FORMULA = re.compile(r"[=+\-@＝＋－＠].")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def as_csv(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    r"""Return a CSV table without cells that are formulas in a spreadsheet.

    Parameters
    ----------
    columns : sequence of str
        The names of the columns.
    rows : iterable of iterables
        The cells. Paths that would be formulas are prefixed with ``./``, other texts with an
        apostrophe, which marks text in spreadsheets. Control characters are escaped as in ``\x1b``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from skhcr._csv import as_csv
    >>> rows = [(Path("=1.png"), "=", 0.5), (Path("b.png"), "=A1", 1.0)]
    >>> print(as_csv(("image", "label", "probability"), rows), end="")
    image,label,probability
    ./=1.png,=,0.5
    b.png,'=A1,1.0
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str | Path):
        return value
    cell = printable(str(value))
    if not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"./{cell}" if isinstance(value, Path) else f"'{cell}"

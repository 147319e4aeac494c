"""The columns of a CSV file of pixels: their separator, and the column of labels."""

from __future__ import annotations

import csv
import math
import re
from typing import TextIO

_DELIMITERS = (",", ";", "\t")
_LABEL_NAMES = frozenset({"label", "labels", "class", "classes", "target", "targets"})
_NUMBERED = re.compile(r"\d\s*$")


def number(text: str) -> float | None:
    """Return a text as a finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def fields_of(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line."""
    # A leading tab is a field.
    return next(csv.reader([line.strip("\r\n ")], delimiter=delimiter, skipinitialspace=True), [])


def sniff_delimiter(lines: list[str]) -> str:
    """Return the most frequent separator in the last of some lines; by default a comma."""
    line = next((line for line in reversed(lines) if line.strip()), "")

    def n_numbers(delimiter: str) -> int:
        return sum(number(text) is not None for text in fields_of(line, delimiter))

    return max(_DELIMITERS, key=n_numbers)


def is_header(columns: list[str], label: int | None) -> bool:
    """Return whether a first line names the columns, if the labels are in this one."""
    names = [text for i, text in enumerate(columns) if i != label]
    if all(number(text) is None for text in names):
        return True
    # A few columns cannot be distinguished from pixels; nor can more, after a numeric label.
    is_named = label is not None and number(columns[label]) is None
    numbered = names if is_named else columns
    numberings = ([str(i + start) for i in range(len(numbered))] for start in (0, 1))
    return len(columns) > 3 and numbered in numberings


def _may_be_header(columns: list[str]) -> bool:
    """Return whether a first line names the columns, if the labels are in the first or the last."""
    ends = (0, len(columns) - 1) if columns else ()
    return any(
        is_header(columns, label) and (len(columns) > 2 or number(columns[label]) is None)
        for label in ends
    )


def infer_label_column(file: TextIO, name: str, header: str | bool) -> int | str:
    """Return the name or number of the column of labels in an open csv file.

    Raises
    ------
    ValueError
        If the column is ambiguous. The message names the file, the line and the argument to pass.
    """
    first_lines = [file.readline(), file.readline()]
    delimiter = sniff_delimiter(first_lines)
    columns = fields_of(first_lines[0], delimiter)
    last = len(columns) - 1
    has_header = _may_be_header(columns) if header == "infer" else bool(header)
    named = _named_column(columns, name) if has_header else None
    index = named == 0 and not columns[0].strip()
    if named is not None and not index:
        return named if columns.count(columns[named]) > 1 else columns[named]
    if last < 1:
        return 0
    ends = _Column(), _Column()
    for line in [*first_lines[has_header:], *file]:
        if line.strip():
            for column, text in zip(ends, _ends(line, delimiter), strict=True):
                column.add(text)
    if index:
        if ends[0].counts():
            raise ValueError(
                f"Column 0 of {name!r} has no name on line 1 and counts the lines, like the index "
                "of a data frame: it is neither labels nor pixels. Write the file without it "
                "(to_csv(..., index=False))."
            )
        return 0
    if ends[0].n_texts or ends[1].n_texts:
        return 0 if ends[0].n_texts >= ends[1].n_texts else last
    possible = [i for i, column in zip((0, last), ends, strict=True) if column.may_be_labels()]
    if len(possible) != 1:
        line_number = 2 if has_header else 1
        found = "both the first and the last column" if possible else "neither column"
        raise ValueError(
            f"The label column of {name!r} is ambiguous: by the values, {found} may contain "
            f"labels. Line {line_number} begins with {ends[0].first!r} and ends with "
            f"{ends[1].first!r}. Pass label_column=0 if the label comes first, -1 if it comes "
            "last, None if there is none."
        )
    return possible[0]


def _named_column(columns: list[str], table: str) -> int | None:
    """Return the label column according to the header, if it is clear."""
    known = [i for i, text in enumerate(columns) if text.strip().casefold() in _LABEL_NAMES]
    if len(known) > 1:
        names = " and ".join(repr(columns[i]) for i in known)
        raise ValueError(
            f"Line 1 of {table!r} names several possible label columns: {names}. Pass one as "
            "label_column, and remove the others from the file."
        )
    if known:
        return known[0]
    others = [i for i, text in enumerate(columns) if not _NUMBERED.search(text)]
    return others[0] if len(others) == 1 and len(columns) > 2 else None


def _ends(line: str, delimiter: str) -> tuple[str, str]:
    """Return the first and the last field of a line, with a fast path for unquoted lines."""
    if '"' in line:
        fields = fields_of(line, delimiter)
        return fields[0], fields[-1]
    line = line.strip("\r\n ")
    return line.partition(delimiter)[0], line.rpartition(delimiter)[2]


class _Column:
    """Properties of a column according to its values."""

    def __init__(self) -> None:
        self.first: str | None = None
        self.n_texts = 0
        self._n = 0
        self._values: set[float] = set()
        self._in_order = True

    def add(self, text: str) -> None:
        """Take the next value."""
        if self.first is None:
            self.first = text
        value = number(text)
        if value is None:
            self.n_texts += 1
            self._in_order = False
        else:
            self._values.add(value)
            self._in_order &= value in (self._n, self._n + 1)
        self._n += 1

    def counts(self) -> bool:
        """Return whether the values are a counter."""
        return self._in_order and self._n == len(self._values) > 1

    def may_be_labels(self) -> bool:
        """Return whether the values are integers, and not all the same."""
        return len(self._values) > 1 and all(value.is_integer() for value in self._values)

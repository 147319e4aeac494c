"""Tables in csv, in which no text is a formula."""

import csv
import io
from pathlib import Path

import pytest

from skhcr._csv import as_csv


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-a", "'-a"),
        ("＝A1", "'＝A1"),
        (Path("=1.png"), "./=1.png"),
        # A sign is a letter like others, and a number is one.
        ("=", "="),
        ("-", "-"),
        ("-1.5e3", "-1.5e3"),
        (-0.5, "-0.5"),
        ("أ", "أ"),
        ('a,"b"', 'a,"b"'),
        ("a\tb\x1b\n", r"a\tb\x1b\n"),
    ],
)
def test_cells_are_text_and_are_not_changed(cell, written):
    table = as_csv(("a", "b"), [(cell, 1)])
    assert [*csv.reader(io.StringIO(table, newline=""))] == [["a", "b"], [written, "1"]]

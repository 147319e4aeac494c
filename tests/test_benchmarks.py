"""The benchmarks: their rows can be listed, and the table says what was measured."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are not part of this copy", allow_module_level=True)


def run(*arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_rows_are_listed_by_name_and_by_pattern():
    lines = run("-m", "benchmarks", "accuracy", "bn_cnn*", "default-writers", "--list").splitlines()
    assert [line.split()[0] for line in lines] == [
        "default-writers",
        "bn_cnn",
        "bn_cnn-writers",
        "bn_cnn-published",
    ]


def test_the_table_says_what_the_pieces_say():
    code = """
from benchmarks._rows import ROWS
from benchmarks.accuracy import as_table, summaries
assert len({row.name for row in ROWS}) == len(ROWS)
print(as_table(summaries(ROWS)), end="")
"""
    table = ROOT / "benchmarks" / "results" / "accuracy.md"
    assert run("-c", code) == table.read_text(encoding="utf-8")

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
from benchmarks.accuracy import page, summaries
assert len({row.name for row in ROWS}) == len(ROWS)
print(page(summaries(ROWS)), end="")
"""
    page = (ROOT / "docs" / "benchmarks" / "accuracy.md").read_text(encoding="utf-8")
    assert page == f"# Accuracy\n\n{run('-c', code)}"


def test_contenders_take_turns_and_are_compared_round_by_round():
    code = """
from benchmarks._turns import compare, take_turns
log = []
contenders = {name: lambda name=name: log.append(name) for name in ("skhcr", "one", "other")}
seconds = take_turns(contenders, rounds=2, warm_ups=1)
assert {name: len(values) for name, values in seconds.items()} == dict.fromkeys(contenders, 2)
there, back = ["skhcr", "one", "other"], ["other", "one", "skhcr"]
assert log == [*there, *back, *there], log
rows = compare({"skhcr": [1.0, 2.0, 3.0], "theirs": [2.0, 8.0, 6.0]})
assert rows[0]["ours_to_theirs"] is None
assert rows[1]["ours_to_theirs"] == [0.5, 0.375, 0.5], rows
assert rows[1]["seconds"] == 6.0
"""
    run("-c", code)


def test_rules_of_pruning_are_replayed_on_what_was_recorded():
    code = """
from optuna.pruners import MedianPruner, NopPruner
from benchmarks.pruning import _setting, at_random, replay
import numpy as np

def setting(scores):
    watched = [[20, 0.5, 3.0], [40, 0.5, 4.0]]  # two epochs of a second, and two to trace
    folds = [[score, 0.9, 14.0 + 10 * fold] for fold, score in enumerate(scores)]
    return _setting({"watched": watched, "folds": folds})

good, bad = setting([0.9, 0.8, 0.7]), setting([0.1, 0.2, 0.3])
assert round(good.score, 9) == 0.8 and good.seconds == 34 - 2
found = replay(NopPruner(), False, [good, bad, bad])
assert (found.best, found.seconds, found.n_pruned) == (good, 96, 0)
found = replay(MedianPruner(1, 100), False, [good, bad, bad])
assert (found.best, found.seconds, found.n_pruned) == (good, 32 + 12 + 12, 2), found
found = replay(MedianPruner(1, 100), True, [good, bad, bad])
assert (found.seconds, found.n_pruned) == (34 + 14 + 14, 2), found
rng = np.random.default_rng(0)
assert at_random([bad], 31, rng) is None
assert at_random([bad, good], 1000, rng) is good
"""
    run("-c", code)


def test_all_benchmarks_are_listed():
    listed = run("-m", "benchmarks", "--help")
    modules = {path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py")}
    assert len(modules) == 20
    for name in modules:
        assert name.replace("_", "-") in listed

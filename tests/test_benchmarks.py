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


def test_the_table_matches_the_results():
    code = """
from benchmarks._rows import ROWS
from benchmarks.accuracy import page, summaries
assert len({row.name for row in ROWS}) == len(ROWS)
print(page(summaries(ROWS)), end="")
"""
    page = (ROOT / "docs" / "benchmarks" / "accuracy.md").read_text(encoding="utf-8")
    assert page == f"# Accuracy\n\n{run('-c', code)}"


def test_the_page_of_pages_matches_the_results():
    code = "from benchmarks._page_tables import as_page; print(as_page(), end='')"
    page = (ROOT / "docs" / "benchmarks" / "pages.md").read_text(encoding="utf-8")
    assert page == f"# Characters on real pages\n\n{run('-c', code)}"


def test_every_condition_draws_a_page_and_the_same_one_again():
    code = """
import io
import numpy as np
from PIL import Image
from benchmarks._page_conditions import CONDITIONS

letter = np.zeros((20, 20), np.uint8)
letter[4:16, 6:8] = letter[14:16, 6:14] = 255
photograph = 255 - np.stack([np.kron(letter, np.ones((8, 8), np.uint8))] * 3, axis=-1)
given = {"several": [letter] * 6, "as published": photograph}

def drawn(kind, draw):
    page = draw(given.get(kind, letter), np.random.default_rng(0))
    if isinstance(page, bytes):
        page = np.asarray(Image.open(io.BytesIO(page)))
    assert page.shape[2:] in ((), (3,), (4,)) and min(page.shape[:2]) >= 20, page.shape
    return page

for kind, conditions in CONDITIONS.items():
    pages = [drawn(kind, draw) for draw in conditions.values()]
    assert np.array_equal(pages[-1], drawn(kind, [*conditions.values()][-1]))
    assert len({page.tobytes() for page in pages}) >= len(pages) - 4  # some data sets have one page
"""
    run("-c", code)


def test_the_table_of_small_searches_matches_the_results():
    code = "from benchmarks.small_searches import page; print(page(), end='')"
    page = (ROOT / "docs" / "benchmarks" / "small_searches.md").read_text(encoding="utf-8")
    assert page == f"# Searches of few trials\n\n{run('-c', code)}"


def test_the_best_trial_is_one_that_had_ended_and_was_not_pruned():
    code = """
from benchmarks.small_searches import best_of
trials = [{"seconds": 2 * i, "score": score} for i, score in enumerate([0.2, None, 0.5, 0.9], 1)]
assert [best_of(trials, s) for s in (1, 5, 6, 8)] == [None, trials[0], trials[2], trials[3]]
"""
    run("-c", code)


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


def test_pruning_rules_are_replayed_on_recorded_curves():
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
    assert "accuracy" in modules
    for name in modules:
        assert name.replace("_", "-") in listed


def test_a_fifth_of_unipens_writers_is_held_out_for_good():
    code = """
import numpy as np
from benchmarks._splits import is_held_out
held_out = is_held_out(np.arange(1000))
assert 150 < held_out.sum() < 250
# These may never change: models were trained on the others.
assert np.flatnonzero(held_out)[:6].tolist() == [4, 6, 8, 13, 15, 19]
assert is_held_out(np.array([4, 5, 4], np.int16)).tolist() == [True, False, True]
"""
    run("-c", code)


def test_figures_of_foreign_writers_are_those_worked_out_by_hand():
    code = """
import numpy as np
from benchmarks._foreign_sets import Rows
from benchmarks.foreign import figures
from skhcr._calibration import calibration_error

class Reader:
    classes_ = np.array(["A", "a", "b"])
    def predict_proba(self, X):
        return X

surely, hardly = [0.1, 0.9, 0.0], [0.5, 0.4, 0.1]
images = np.array([surely] * 5 + [hardly] * 5)
target = np.array(["a", "a", "a", "a", "b"] + ["a", "a", "A", "b", "b"])
found = figures(Reader(), Rows(images, target, np.repeat([7, 8], 5)))
assert found["n"] == 10
assert found["accuracy"] == 0.5  # four of the first writer, one of the second
assert found["accuracy_ignoring_case"] == 0.7
assert found["writers"] == 2
assert np.isclose(found["worst_tenth"], 0.2)
assert np.isclose(found["writers_std"], np.std([0.8, 0.2], ddof=1))
assert np.isclose(found["confidence"], 0.7)
# Two bins: 0.9 said and 0.8 right, 0.5 said and 0.2 right.
assert np.isclose(found["calibration_error"], 0.5 * 0.1 + 0.5 * 0.3)
assert calibration_error(np.array([True, True]), np.array([1.0, 1.0]), 15) == 0
unknown = figures(Reader(), Rows(images, target, None))
assert unknown["writers"] is None and unknown["worst_tenth"] is None
"""
    run("-c", code)


def test_the_page_of_other_writers_matches_the_results():
    code = """
from benchmarks.foreign import known, page
print(page(known()), end="")
"""
    written = (ROOT / "docs" / "benchmarks" / "foreign.md").read_text(encoding="utf-8")
    assert written == f"# Other people's handwriting\n\n{run('-c', code)}"


def test_letters_written_anew_keep_their_shape_and_their_dots():
    code = """
import numpy as np
from benchmarks._rewritten import _skeletons, drawn, rewritten

bar = np.zeros((1, 9, 12), bool)
bar[0, 3:6, 2:10] = True
thin = _skeletons(bar)[0]
assert thin[4].sum() >= 5 and thin.sum() == thin[4].sum(), thin  # the middle of three rows

y, x = np.ogrid[:80, :80]  # a ring, with a fainter dot above
page = np.full((80, 80), 255, np.uint8)
page[abs(np.hypot(y - 50, x - 40) - 18) < 3] = 0
page[np.hypot(y - 22, x - 40) < 4] = 80
images = rewritten([page], 12, np.random.default_rng(0), shares=(0.2, 0.4, 0.4), blur=0.5)
assert images.shape == (12, 32, 32)
assert (images.max(axis=(1, 2)) == 255).all()
assert len(np.unique(images.reshape(12, -1), axis=0)) > 6
is_inked = images[:, :, 14:18].max(axis=2) > 40
n_parts = (np.diff(is_inked.astype(int), axis=1) == 1).sum(axis=1)
assert n_parts.tolist() == [3] * 12, n_parts  # the dot, and the ring above and below

strokes = [np.array([[0, 0], [0, 1000]]), np.array([[500, 500]])]
pictures = np.stack([drawn(strokes, np.random.default_rng(seed)) for seed in range(8)])
assert (pictures[:, 4:28].any(axis=2).sum(axis=1) >= 23).all()
assert not pictures[:, [0, 1, 2, 3, 28, 29, 30, 31]].any()
"""
    run("-c", code)


def test_no_writer_is_preferred_among_those_trained_on():
    code = """
import numpy as np
from benchmarks._splits import is_held_out
from benchmarks._training_letters import Letters, _some

writers = np.repeat(np.arange(50), 4)
writers[:100] = 7  # a writer of half of the rows
assert not is_held_out(np.array([7])).any()
rows = _some(np.arange(200), writers, 500, np.random.default_rng(0))
assert not is_held_out(writers[rows]).any()
assert len(np.unique(rows[writers[rows] == 7])) == 40
assert np.bincount(rows).max() == 3

two = Letters(np.zeros((2, 1, 1)), np.array(["a", "b"]), np.array([0, 4]))
assert (two + two).writers.tolist() == [0, 4, 5, 9]
"""
    run("-c", code)


def test_the_page_of_sheets_matches_the_results():
    code = """
from benchmarks._store import read_json
from benchmarks.sheets import PATH, as_page
print(as_page(read_json(PATH)["sheets"]), end="")
"""
    page = (ROOT / "docs" / "benchmarks" / "sheets.md").read_text(encoding="utf-8")
    assert page == f"# Sheets\n\n{run('-c', code)}"


def test_the_page_of_unknown_images_says_what_the_pieces_say():
    code = "from benchmarks.unknown import known, page; print(page(known()), end='')"
    page = (ROOT / "docs" / "benchmarks" / "unknown.md").read_text(encoding="utf-8")
    assert page == f"# Images that are not letters\n\n{run('-c', code)}"


def test_scores_are_compared_as_worked_out_by_hand():
    code = """
import numpy as np
from benchmarks._unknown_scores import accuracy_without, auroc

# Of the four pairs, three in order and one equal.
assert auroc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == 0.875
right = np.array([False, True, True, False])
scores = np.array([0.1, 0.9, 0.8, 0.7])
assert accuracy_without(scores, right, 0.0) == 0.5
assert accuracy_without(scores, right, 0.25) == 2 / 3
"""
    run("-c", code)


def test_pages_of_no_letters_are_the_same_again():
    code = """
import numpy as np
from benchmarks._no_letters import SHARED, pages

for kind in SHARED:
    first, second, other = (pages(kind, None, "test", seed, 2) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True)), kind
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[0], other[0])
"""
    run("-c", code)

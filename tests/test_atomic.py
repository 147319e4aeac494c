"""Parts that killed writers have left are deleted, and those of living ones are not."""

import os
import subprocess
import sys
import time

import pytest

from skhcr import _atomic
from skhcr._atomic import delete_abandoned_parts, part_of, replacing
from skhcr.cli._datasets import write_files
from skhcr.datasets import load_digit_images


@pytest.fixture(scope="module")
def dead():
    """The number of a process that has ended."""
    return int(subprocess.check_output([sys.executable, "-c", "import os; print(os.getpid())"]))


def part_from(target, monkeypatch, *, process=None, place=None):
    """Return a part as a process of this number, or one elsewhere, would have named it."""
    with monkeypatch.context() as patch:
        if process is not None:
            patch.setattr(_atomic.os, "getpid", lambda: process)
        if place is not None:
            patch.setattr(_atomic, "_place", lambda: place)
        part = part_of(target)
    part.write_text("half of it")
    return part


@pytest.mark.parametrize("name", ["model.skhcr", "أ" * 120 + ".npz", "[a] *.npz"])
def test_parts_of_killed_processes_are_deleted_by_the_next_writer(
    name, tmp_path, dead, monkeypatch
):
    if not _atomic._place():
        pytest.skip("this system does not tell which processes are its own")
    target = tmp_path / name
    part_from(target, monkeypatch, process=dead)
    kept = {
        part_from(target, monkeypatch),  # of this process, which may be writing it
        part_from(target, monkeypatch, process=dead, place="elsewhere"),
        part_from(target, monkeypatch, process=dead, place=""),
        part_from(tmp_path / "other.skhcr", monkeypatch, process=dead),
    }
    with replacing(target) as part:
        assert part.suffix == target.suffix
        part.write_text("all of it")
    assert set(tmp_path.iterdir()) == {target, *kept}


def test_part_files_without_writes_for_a_day_are_deleted(tmp_path, monkeypatch):
    target = tmp_path / "model.skhcr"
    old = part_from(target, monkeypatch, place="elsewhere")
    new = part_from(target, monkeypatch, place="elsewhere")
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    delete_abandoned_parts(target)
    assert list(tmp_path.iterdir()) == [new]


def test_folders_that_killed_processes_have_left_are_deleted(tmp_path, dead, monkeypatch):
    if not _atomic._place():
        pytest.skip("this system does not tell which processes are its own")
    left = part_from(tmp_path / "digits", monkeypatch, process=dead)
    left.unlink()
    (left / "images").mkdir(parents=True)
    digits = load_digit_images()
    digits.images, digits.target = digits.images[:3], digits.target[:3]
    write_files(digits, tmp_path / "digits")
    assert [path.name for path in tmp_path.iterdir()] == ["digits"]
    assert len(list((tmp_path / "digits" / "images").iterdir())) == 3

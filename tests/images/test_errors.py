"""Errors and warnings that list all items."""

import pytest

from skhcr.images import BlankImageError, BlankImageWarning
from skhcr.images._errors import ImageFailure, raise_or_warn, summarize


def failures_of(n):
    return [ImageFailure(i, f"{i}.png", ValueError("no ink was found")) for i in range(n)]


def test_ten_items_are_listed_and_the_others_counted():
    lines = summarize(failures_of(12), 2000, "without ink").splitlines()

    assert lines[0] == "12 of 2,000 images without ink:"
    assert lines[1:11] == [f"  [{i}] {i}.png: no ink was found" for i in range(10)]
    assert lines[11:] == ["  and 2 more"]


def test_a_warning_lists_the_items_of_the_error_and_has_the_line_of_the_caller():
    error = BlankImageError(failures_of(2), 3, "Remove them.")

    with pytest.raises(BlankImageError) as raised:
        raise_or_warn("raise", error, BlankImageWarning, "They are black.", stacklevel=1)
    with pytest.warns(BlankImageWarning) as warned:
        raise_or_warn("warn", error, BlankImageWarning, "They are black.", stacklevel=1)

    assert raised.value is error
    items, advice = str(error).rsplit("\n", 1)
    assert advice == "Remove them."
    assert str(warned[0].message) == f"{items}\nThey are black."
    assert warned[0].filename == __file__

import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from skhcr.datasets import labels_from_filenames


def test_the_only_group():
    files = ["test/id_1_label_5.png", Path("id_10_label_12.png")]
    labels = labels_from_filenames(files, r"l_(\d+)")
    assert labels.tolist() == ["5", "12"]
    assert labels.dtype.kind == "U"


def test_the_group_named_label():
    pattern = re.compile(r"img(?P<label>\d+)-(?P<writer>\d+)", re.IGNORECASE)
    assert labels_from_filenames(np.array(["IMG001-055.png"]), pattern).tolist() == ["001"]


def test_folders_are_not_looked_at():
    assert labels_from_filenames(["label_1/label_2.png"], r"label_(\d)").tolist() == ["2"]


def test_labels_are_composed():
    name = unicodedata.normalize("NFD", "أ_1.png")
    assert labels_from_filenames([name], "(.+)_").tolist() == ["أ"]


def test_no_files():
    assert labels_from_filenames([], "(a)").tolist() == []


@pytest.mark.parametrize("pattern", [r"label_(\d+)", r"x(\d)?"])
def test_the_first_name_that_does_not_match(pattern):
    with pytest.raises(ValueError, match=r"index 1, '.*x\.png', does not match"):
        labels_from_filenames(["x1label_1.png", "label_1/x.png", "y.png"], pattern)
    with pytest.raises(ValueError, match=r"index 0, 'z\.png', does"):
        labels_from_filenames(np.array(["z.png"]), pattern)


@pytest.mark.parametrize(("pattern", "n"), [("a", 0), ("(a)(b)", 2)])
def test_a_pattern_needs_one_group(pattern, n):
    with pytest.raises(ValueError, match=f"must have one group.*has {n} groups"):
        labels_from_filenames(["ab"], pattern)

"""Parts of error messages."""

import pytest

from skhcr._messages import did_you_mean, printable
from skhcr.persistence import LoadError

KNOWN = ["MobileNetV2", "ResNet50", "conv1", "conv2"]


@pytest.mark.parametrize(
    ("name", "similar"),
    [("mobilnetv2", "MobileNetV2"), ("RESNET5", "ResNet50"), ("conv3", "conv2")],
)
def test_the_most_similar_name_is_offered(name, similar):
    assert did_you_mean(name, iter(KNOWN)) == f" Did you mean {similar!r}?"


@pytest.mark.parametrize("known", [KNOWN, []])
def test_nothing_is_offered_where_no_name_is_similar(known):
    assert did_you_mean("zzz", known) == ""


def test_commands_of_terminals_are_written_out():
    text = "a\x1b[2J\x9b\x85\x7f\u202e\u2067\u2028\t\r\n\0\udcffz"
    written = r"a\x1b[2J\x9b\x85\x7f\u202e\u2067\u2028\t\r\n\x00\udcffz"
    assert printable(text) == written
    assert printable(text, keep="\n") == written.replace(r"\n", "\n")
    assert str(LoadError(text)) == printable(text, keep="\n")


@pytest.mark.parametrize("text", ["أَلِف", "می\u200cخواهم", "C:\\new\\x1b", "[b]é 😀", "cafe\u0301"])
def test_words_of_all_scripts_stay(text):
    assert printable(text) == text

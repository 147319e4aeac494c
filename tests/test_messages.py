"""Parts of error messages."""

import pytest

from skhcr._messages import did_you_mean

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

"""What error messages have in common."""

import pytest

from skhcr._messages import did_you_mean

KNOWN = ["MobileNetV2", "ResNet50", "conv1", "conv2"]


@pytest.mark.parametrize(
    ("name", "alike"), [("mobilnetv2", "MobileNetV2"), ("RESNET5", "ResNet50"), ("conv3", "conv2")]
)
def test_the_name_that_is_most_alike_is_offered(name, alike):
    assert did_you_mean(name, iter(KNOWN)) == f" Did you mean {alike!r}?"


@pytest.mark.parametrize("known", [KNOWN, []])
def test_nothing_is_offered_where_no_name_is_alike(known):
    assert did_you_mean("zzz", known) == ""

import numpy as np
import pytest

from skhcr._interval import accuracy_interval


def right(*shares, n=10):
    """Return images of groups, of each so many right, and their groups."""
    is_right = [number < n_right for n_right in shares for number in range(n)]
    return np.array(is_right), np.repeat(np.arange(len(shares)), n)


def test_independent_images_have_wilsons_interval():
    # Wilson's interval of 8 in 10, as tables of it give.
    low, high, method = accuracy_interval([True] * 8 + [False] * 2)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert method == "Wilson"
    low, high, _ = accuracy_interval([True] * 10)
    assert (low, high) == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_groups_that_differ_widen_the_interval():
    alike, differing = (
        accuracy_interval(*right(5, 5, 5, 5)),
        accuracy_interval(*right(0, 10, 0, 10)),
    )
    assert alike.low < accuracy_interval(right(5, 5, 5, 5)[0]).low  # four groups are few
    assert differing.low < 0.1 < alike.low
    assert differing.high > 0.9 > alike.high
    assert "4 groups" in differing.method
    # Two groups, all right and all wrong, are worth a single image: Wilson's with t of one degree.
    z = 12.7062
    low = accuracy_interval(*right(0, 10)).low
    assert low == pytest.approx(0.5 - z / (1 + z**2) * np.sqrt(0.25 + z**2 / 4), abs=1e-4)


def test_one_group_does_not_show_how_groups_differ():
    assert accuracy_interval(*right(7)) is None

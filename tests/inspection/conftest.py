import pytest


@pytest.fixture(autouse=True)
def plt():
    """Close what a test drew, so that figures do not pile up."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")

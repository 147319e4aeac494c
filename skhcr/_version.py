"""The version of the package, by whichever name it was installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the version of skhcr, or of skhcr-serve, which is the same without what trains."""
    try:
        return version("skhcr")
    except PackageNotFoundError:
        return version("skhcr-serve")

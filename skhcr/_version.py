"""The version of the package, under either of its names."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the version of skhcr, or of skhcr-serve, the same package without training."""
    try:
        return version("skhcr")
    except PackageNotFoundError:
        return version("skhcr-serve")

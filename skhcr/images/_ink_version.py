"""The version of the ink finding of :class:`InkNormalizer`, which is saved with it.

A model is trained on images made by one version and may be less accurate on images made by another.
Nothing here imports scikit-learn.
"""

from __future__ import annotations

import warnings

# Increased with every change that affects many images. Files without a version have version 1.
VERSION = 2


class LaterVersionError(ValueError):
    """The saved InkNormalizer is of a later version than this skhcr supports."""


def check_version(version: int) -> None:
    """Raise an error for a version later than the present one.

    Raises
    ------
    LaterVersionError
        If it is.
    """
    if version > VERSION:
        raise LaterVersionError(
            f"A later version of skhcr saved this InkNormalizer: its ink version is {version}, "
            f"and this skhcr supports up to {VERSION}. Update skhcr."
        )


def warn_of_earlier_version(version: int, stacklevel: int) -> None:
    """Warn if the saved ink version is earlier; with a `stacklevel` as of the caller.

    Warns
    -----
    UserWarning
        If it is.
    """
    if version < VERSION:
        warnings.warn(
            "This InkNormalizer finds ink differently from the saved one: on clean "
            "pages the images are nearly the same, on other pages they may differ. Evaluate the "
            "model on your own images, or train it again. Then save or export it again to remove "
            "this warning.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )

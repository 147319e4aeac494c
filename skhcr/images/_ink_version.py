"""The version of how :class:`InkNormalizer` finds ink, which is saved with it.

A model is trained on images that were made in one way, and may read those that are made in another
less well. Nothing here imports scikit-learn.
"""

from __future__ import annotations

import warnings

# Raised with every change to what is made of many images. What was saved without a version is of 1.
VERSION = 2


class LaterVersionError(ValueError):
    """What was saved finds ink in a way that this version of skhcr does not know."""


def check_version(version: int) -> None:
    """Raise an error for a version later than the present one.

    Raises
    ------
    LaterVersionError
        If it is.
    """
    if version > VERSION:
        raise LaterVersionError(
            f"A later version of skhcr has written this InkNormalizer, whose way to find ink has "
            f"number {version}, and this version of skhcr knows {VERSION}: update skhcr."
        )


def warn_of_earlier_version(version: int, stacklevel: int) -> None:
    """Warn where what was saved found ink in an earlier way; with a `stacklevel` as of the caller.

    Warns
    -----
    UserWarning
        If it did.
    """
    if version < VERSION:
        warnings.warn(
            "This InkNormalizer finds ink differently from the one that was saved here: on clean "
            "pages the images are nearly the same, on others they may not be. Evaluate the model "
            "on images of your own, or train it again, and then save or export it again, which "
            "ends this warning.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )

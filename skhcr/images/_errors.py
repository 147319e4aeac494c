"""Errors and warnings about images that are unreadable, blank or show several characters."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import NamedTuple

from .._messages import counted

_N_LISTED = 10
_ADVICE = 'Remove these items, or use on_error="blank" to continue with blank images instead.'


class ImageFailure(NamedTuple):
    """One item that could not be read.

    Attributes
    ----------
    index : int
        Position of the item in ``X``, counted from 0.
    source : str
        Path of the item, or a description if it has no path.
    cause : Exception
        The cause of the failure.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    source: str
    cause: Exception

    def __str__(self) -> str:
        # An OSError repeats the path in its text; strerror is the rest.
        reason = getattr(self.cause, "strerror", None) or str(self.cause)
        return f"[{self.index}] {self.source}: {reason or type(self.cause).__name__}"


def some_of(n: int, n_items: int) -> str:
    """Return a number of images and, if it is smaller than that of all, the number of all."""
    return counted(n, "image") if n == n_items else f"{n:,} of {counted(n_items, 'image')}"


def summarize(failures: Iterable[ImageFailure], n_items: int, problem: str) -> str:
    """Describe failures in a few lines: their number, the first ones, and the number of others."""
    failures = list(failures)
    lines = [f"{some_of(len(failures), n_items)} {problem}:"]
    lines += [f"  {failure}" for failure in failures[:_N_LISTED]]
    if len(failures) > _N_LISTED:
        lines.append(f"  and {len(failures) - _N_LISTED} more")
    return "\n".join(lines)


class ImageLoadError(ValueError):
    """Raised when some images cannot be read; lists all of them, not only the first.

    Parameters
    ----------
    failures : iterable of ImageFailure
        The items that could not be read, in the order of ``X``.
    n_items : int
        Number of items in ``X``.
    advice : str
        Advice to the user.

    Attributes
    ----------
    failures : list of ImageFailure
        One ``(index, source, cause)`` per item that could not be read.
    n_items : int
        Number of items in ``X``.

    Examples
    --------
    >>> from skhcr.images import ImageLoader, ImageLoadError
    >>> try:
    ...     ImageLoader().transform([b"", None])
    ... except ImageLoadError as error:
    ...     print([failure.index for failure in error.failures])
    [0, 1]
    """

    _problem = "could not be read"

    def __init__(
        self, failures: Iterable[ImageFailure], n_items: int, advice: str = _ADVICE
    ) -> None:
        self.failures = [ImageFailure(*failure) for failure in failures]
        self.n_items = n_items
        self._advice = advice
        super().__init__(self._message(advice))

    def _message(self, advice: str) -> str:
        return f"{summarize(self.failures, self.n_items, self._problem)}\n{advice}"

    def __reduce__(self) -> tuple[type[ImageLoadError], tuple[list[ImageFailure], int, str]]:
        # Unpickling rebuilds exceptions from their args, which contain only the message here.
        return type(self), (self.failures, self.n_items, self._advice)


class ImageLoadWarning(UserWarning):
    """Issued when images that cannot be read are replaced by blank ones."""


class BlankImageError(ImageLoadError):
    """Raised with ``on_blank="raise"`` when images have no ink; lists all of them.

    It has the attributes of :class:`ImageLoadError`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhcr.images import BlankImageError, InkNormalizer
    >>> paper = np.full((30, 20), 255, dtype=np.uint8)
    >>> try:
    ...     InkNormalizer(on_blank="raise").transform([paper])
    ... except BlankImageError as error:
    ...     print(error.failures[0])
    [0] array of shape (30, 20), dtype uint8: no ink was found
    """

    _problem = "without ink"


class BlankImageWarning(UserWarning):
    """Issued when images have no ink; the output images are black."""


class SeveralCharactersError(ImageLoadError):
    """Raised with ``on_several="raise"`` when images show several characters; lists all of them.

    It has the attributes of :class:`ImageLoadError`.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> from skhcr.images import InkNormalizer, SeveralCharactersError
    >>> page = Image.new("L", (300, 100), 255)
    >>> for left in (20, 110, 200):
    ...     ImageDraw.Draw(page).ellipse([left, 20, left + 60, 80], outline=0, width=6)
    >>> try:
    ...     InkNormalizer(on_several="raise").transform([page])
    ... except SeveralCharactersError as error:
    ...     print(error.failures[0])
    [0] PIL image, 100x300, mode L: several characters were found
    """

    _problem = "probably with several characters"


class SeveralCharactersWarning(UserWarning):
    """Issued when images probably show several characters; models classify each as one."""


def raise_or_warn(
    action: str, error: ImageLoadError, category: type[Warning], advice: str, *, stacklevel: int
) -> None:
    """Raise an error if the action is "raise"; else warn of its items, with other advice."""
    if action == "raise":
        raise error
    warnings.warn(error._message(advice), category, stacklevel=stacklevel + 1)

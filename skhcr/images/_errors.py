"""What is said when images cannot be read, or are blank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_N_LISTED = 10
_ADVICE = 'Leave these items out, or use on_error="blank" to go on with blank images instead.'


class ImageFailure(NamedTuple):
    """One item that could not be read.

    Attributes
    ----------
    index : int
        Position of the item in ``X``, counted from 0.
    source : str
        Path of the item, or a description of it where it has no path.
    cause : Exception
        What went wrong.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    source: str
    cause: Exception

    def __str__(self) -> str:
        # An OSError repeats the path in its text; strerror is the part worth reading.
        reason = getattr(self.cause, "strerror", None) or str(self.cause)
        return f"[{self.index}] {self.source}: {reason or type(self.cause).__name__}"


def summarize(
    failures: Iterable[ImageFailure], n_items: int, problem: str = "could not be read"
) -> str:
    """Describe failures in a few lines: how many, the first ones, how many more."""
    failures = list(failures)
    lines = [f"{len(failures)} of {n_items} images {problem}:"]
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
        A sentence that says what to do.

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
        super().__init__(f"{summarize(self.failures, n_items, self._problem)}\n{advice}")

    def __reduce__(self) -> tuple[type[ImageLoadError], tuple[list[ImageFailure], int, str]]:
        # Exceptions are rebuilt from their args, which here hold only the message.
        return type(self), (self.failures, self.n_items, self._advice)


class ImageLoadWarning(UserWarning):
    """Issued when images that cannot be read are replaced by blank ones."""


class BlankImageError(ImageLoadError):
    """Raised when no ink is found in some images, if that is wanted; lists all of them.

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

    _problem = "are blank"


class BlankImageWarning(UserWarning):
    """Issued when no ink is found in images, which come out black."""

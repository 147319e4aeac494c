"""Callers that know the number of characters in an image, and need no warning about it.

Nothing here imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_known: ContextVar[bool] = ContextVar("_is_known", default=False)


@contextmanager
def known_count() -> Iterator[None]:
    """Neither warn about several characters nor refuse them, regardless of `on_several`.

    For callers that isolate the characters, or report several of them, themselves. Other threads
    are not affected.
    """
    token = _is_known.set(True)
    try:
        yield
    finally:
        _is_known.reset(token)


def is_count_known() -> bool:
    """Return whether the caller knows the number of characters."""
    return _is_known.get()

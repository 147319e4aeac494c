"""Context managers for the saved state of networks, and for the parts that may be rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np


class Keeping(NamedTuple):
    """The contents of a model's state.

    Parameters
    ----------
    optimizers : bool, default=False
        The variables of its optimizer, if it has one.
    half : bool, default=False
        Its weights in half precision.
    """

    optimizers: bool = False
    half: bool = False


_USUALLY = Keeping()
_keeping: ContextVar[Keeping] = ContextVar("keeping", default=_USUALLY)
_trusted: ContextVar[tuple[str, ...] | None] = ContextVar("trusted", default=None)


@contextmanager
def keeping(what: Keeping) -> Iterator[None]:
    """Change the contents of states within the block."""
    token = _keeping.set(what)
    try:
        yield
    finally:
        _keeping.reset(token)


def keeps_optimizers() -> bool:
    """Whether states contain the variables of optimizers."""
    return _keeping.get().optimizers


def kept(weight: np.ndarray) -> np.ndarray:
    """Return a weight in the format of states."""
    # Kernels; vectors take no room, and means and variances of pixels need their range.
    return weight.astype(np.float16) if _keeping.get().half and weight.ndim > 1 else weight


@contextmanager
def restrict_to_builtin_layers(trusted: Sequence[str] | None = ()) -> Iterator[None]:
    """Refuse to build models with parts other than Keras' own and the given ones within the block.

    None refuses nothing.
    """
    token = _trusted.set(None if trusted is None else tuple(trusted))
    try:
        yield
    finally:
        _trusted.reset(token)


def trusted_parts() -> tuple[str, ...] | None:
    """Return the allowed parts, or None if all are allowed."""
    return _trusted.get()

"""What of a network is kept, and which parts may be built of it again: for a time, by its user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np


class Keeping(NamedTuple):
    """What of a model goes into its state.

    Parameters
    ----------
    optimizers : bool, default=False
        The variables of its optimizer, if it has one.
    half : bool, default=False
        Its weights in 16 bits.
    """

    optimizers: bool = False
    half: bool = False


_USUALLY = Keeping()
_keeping: ContextVar[Keeping] = ContextVar("keeping", default=_USUALLY)
_trusted: ContextVar[tuple[str, ...] | None] = ContextVar("trusted", default=None)


@contextmanager
def keeping(what: Keeping) -> Iterator[None]:
    """Let states hold more or less than they usually do, meanwhile."""
    token = _keeping.set(what)
    try:
        yield
    finally:
        _keeping.reset(token)


def keeps_optimizers() -> bool:
    """Whether states hold the variables of optimizers."""
    return _keeping.get().optimizers


def kept(weight: np.ndarray) -> np.ndarray:
    """Return a weight as states hold it."""
    # Kernels; vectors take no room, and means and variances of pixels need their range.
    return weight.astype(np.float16) if _keeping.get().half and weight.ndim > 1 else weight


@contextmanager
def restrict_to_builtin_layers(trusted: Sequence[str] | None = ()) -> Iterator[None]:
    """Refuse, meanwhile, to build models with other parts than Keras' and those named.

    None refuses nothing.
    """
    token = _trusted.set(None if trusted is None else tuple(trusted))
    try:
        yield
    finally:
        _trusted.reset(token)


def trusted_parts() -> tuple[str, ...] | None:
    """Return the parts that are not refused, or None where nothing is."""
    return _trusted.get()

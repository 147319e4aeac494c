"""Default seeds of Keras, drawn from a separate generator."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Keras' global settings apply to all threads: two networks must not be built at the same time.
BUILDING = threading.RLock()


@contextmanager
def default_seeds(seed: int) -> Iterator[None]:
    """Draw the default seeds of Keras from a separate generator.

    Keras uses Python's global generator, which other threads may also use. They keep using it.
    After the block, Keras draws from the global generator again, whose state has not changed.
    """
    with BUILDING:
        generator, thread, before = random.Random(seed), threading.get_ident(), random.randint

        def randint(a: int, b: int) -> int:
            return generator.randint(a, b) if threading.get_ident() == thread else before(a, b)

        random.randint = randint
        try:
            yield
        finally:
            random.randint = before

"""Default seeds of Keras, drawn from a generator of their own."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Keras' global settings are those of all threads: two networks must not be built at the same time.
BUILDING = threading.RLock()


@contextmanager
def default_seeds(seed: int) -> Iterator[None]:
    """Give Keras its default seeds from a generator of their own.

    It asks Python's global generator, from which other threads may draw meanwhile. They go on doing
    so, and where this is left, seeds come again from where they came before, as if nothing had been
    drawn within.
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

"""Seeding Keras without leaving a trace in anyone's random state."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

# Keras draws the default seeds of layers from Python's global generator and reads its dtype policy
# from a global setting: two networks must not be built at the same time.
_BUILDING = threading.RLock()


@contextmanager
def seeded_build(seed: int, dtype_policy: str) -> Iterator[None]:
    """Build layers under a seed and a dtype policy; the global state comes back as it was."""
    with _BUILDING:
        python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
        policy = keras.config.dtype_policy()
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        keras.config.set_dtype_policy(dtype_policy)
        try:
            with _default_seeds_from(random.Random(seed)):
                yield
        finally:
            keras.config.set_dtype_policy(policy)
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002


@contextmanager
def _default_seeds_from(generator: random.Random) -> Iterator[None]:
    """Give Keras its default seeds, whatever other threads draw from the global generator."""
    builder, of_all = threading.get_ident(), random.randint

    def randint(a: int, b: int) -> int:
        return generator.randint(a, b) if threading.get_ident() == builder else of_all(a, b)

    random.randint = randint
    try:
        yield
    finally:
        random.randint = of_all

"""Seeding Keras without changing global random states."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from ..networks._seeds import BUILDING, default_seeds
from ..networks._settings import usual_settings
from ._process import check_process


@contextmanager
def seeded_build(seed: int, dtype_policy: str) -> Iterator[None]:
    """Build layers under a seed and a dtype policy, and restore the global state."""
    check_process()
    with BUILDING:
        python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
        policy = keras.config.dtype_policy()
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        keras.config.set_dtype_policy(dtype_policy)
        try:
            with usual_settings(), default_seeds(seed):
                yield
        finally:
            keras.config.set_dtype_policy(policy)
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002

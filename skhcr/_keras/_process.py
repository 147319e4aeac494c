"""Whether this process can compute, given its start method and its TensorFlow settings."""

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

# The process that first computed: a fork does not copy the threads that TensorFlow started there.
_computing: int | None = None


def is_forked() -> bool:
    """Whether this process was forked from one that had computed; if not, it is now registered."""
    global _computing
    if _computing is None:
        _computing = os.getpid()
    return _computing != os.getpid()


class NetworkOfAnotherProcess:
    """Placeholder for a network unpickled in an unsupported process: every use raises an error.

    The unpickling itself must not: a pool of processes would wait forever for the task.
    """

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            check_process()
        raise AttributeError(name)


def check_process() -> None:
    """Raise an error if TensorFlow would wait forever, or build a model that cannot be trained.

    Raises
    ------
    RuntimeError
        In a process forked from one that used a network, within the scope of a distribution
        strategy for several devices, and without eager execution.
    """
    if is_forked():
        raise RuntimeError(
            "This process was forked from one that had used a network, and TensorFlow would wait "
            "forever in it for threads that a fork does not copy. Start processes by "
            "multiprocessing.get_context('spawn'), or use joblib's backend 'loky' or threads."
        )
    if not tf.executing_eagerly():
        raise RuntimeError(
            "Networks need eager execution of TensorFlow: call this outside of tf.function and of "
            "tf.Graph().as_default(), and without tf.compat.v1.disable_eager_execution()."
        )
    strategy = tf.distribute.get_strategy()
    if tf.distribute.has_strategy() and not isinstance(strategy, tf.distribute.OneDeviceStrategy):
        raise RuntimeError(
            "A network is trained on one device, but this is the scope of a "
            f"{type(strategy).__name__}: call fit outside of it. A search can use several "
            "devices, with one process for each: OptunaSearchCV(n_jobs=...)."
        )

"""Whether this process can compute, as it was started and as TensorFlow is set in it."""

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

# The process that first computed: what TensorFlow has started there, a fork does not copy.
_computing: int | None = None


def is_forked() -> bool:
    """Whether this process was forked from one that had computed; if not, it computes from now."""
    global _computing
    if _computing is None:
        _computing = os.getpid()
    return _computing != os.getpid()


class NetworkOfAnotherProcess:
    """Stands for a network that was unpickled where none can be used: every use raises an error.

    The unpickling itself must not: a pool of processes would wait forever for the task.
    """

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            check_process()
        raise AttributeError(name)


def check_process() -> None:
    """Raise an error where TensorFlow would wait forever, or build what cannot be trained.

    Raises
    ------
    RuntimeError
        In a process that was forked from one in which a network was used, within the scope of a
        distribution strategy for several devices, and where TensorFlow does not execute eagerly.
    """
    if is_forked():
        raise RuntimeError(
            "This process was forked from one that had used a network, and TensorFlow would wait "
            "forever in it for threads that a fork does not copy. Start processes by "
            "multiprocessing.get_context('spawn'), or use joblib's backend 'loky' or threads."
        )
    if not tf.executing_eagerly():
        raise RuntimeError(
            "Networks are trained and used where TensorFlow executes eagerly: call this outside "
            "of tf.function and of tf.Graph().as_default(), and without "
            "tf.compat.v1.disable_eager_execution()."
        )
    strategy = tf.distribute.get_strategy()
    if tf.distribute.has_strategy() and not isinstance(strategy, tf.distribute.OneDeviceStrategy):
        raise RuntimeError(
            f"A network is trained on one device, and this is the scope of a "
            f"{type(strategy).__name__}: call fit outside of it. Fits of a search can share "
            "several devices, a process for each: OptunaSearchCV(n_jobs=...)."
        )

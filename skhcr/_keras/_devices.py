"""Sharing GPUs among processes."""

from __future__ import annotations

import tensorflow as tf


def use_one_gpu(index: int) -> None:
    """Assign one of the machine's GPUs to this process, in turn, and only the memory it needs.

    Does nothing without a GPU, or if TensorFlow already uses them.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return
    mine = gpus[index % len(gpus)]
    try:
        tf.config.set_visible_devices(mine, "GPU")
        tf.config.experimental.set_memory_growth(mine, True)
    except RuntimeError:
        return


def has_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))

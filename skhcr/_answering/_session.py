"""Predictions of a network with ONNX Runtime, for any number of images and from any thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from ._convert import ANSWERS, INPUT


class Session:
    """A network in ONNX Runtime, which computes in the calling thread.

    Sessions with their own threads would keep a core busy while they wait, and would not work in
    forked processes.

    Parameters
    ----------
    model : bytes
        In the ONNX format, see :func:`to_onnx`.
    """

    def __init__(self, model: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # exceptions report errors
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, images: np.ndarray, output: str = ANSWERS) -> np.ndarray:
        """Return an output of the network for float32 images."""
        return self._session.run([output], {INPUT: images})[0]


def in_batches(
    answer: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    n_outputs: int,
    batch_size: int,
    *,
    shift: int = 0,
    n_threads: int | None = None,
) -> np.ndarray:
    """Return outputs for any number of images, float64 of shape (n, n_outputs).

    Batches are computed in parallel, because operations on the small maps of one batch do not use
    all cores.

    Parameters
    ----------
    answer : function
        Maps float32 images to outputs; called by several threads.
    images : ndarray of shape (n, height, width, channels)
        Images of any dtype.
    n_outputs : int
        The number of outputs for an image.
    batch_size : int
        Maximum number of images per batch.
    shift : int, default=0
        With a shift, outputs are averaged over all views shifted by up to this many pixels.
    n_threads : int or None, default=None
        Maximum number of parallel batches; None: one for each core.
    """
    answers = np.empty((len(images), n_outputs))
    starts = range(0, len(images), batch_size)
    work = partial(_answer_batch, answer, images, answers, batch_size, shift)
    n_threads = min(len(starts), n_threads or _n_cores())
    if n_threads < 2:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(n_threads) as pool:
            for _ in pool.map(work, starts):
                pass
    return answers


def _answer_batch(
    answer: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    answers: np.ndarray,
    batch_size: int,
    shift: int,
    start: int,
) -> None:
    rows = slice(start, start + batch_size)
    batch = images[rows].astype(np.float32)
    views = [answer(view) for view in moved(batch, shift)]
    answers[rows] = views[0] if len(views) == 1 else np.mean(views, axis=0)


def _n_cores() -> int:
    """Return the number of cores that this process may use and is configured to use."""
    limit = os.environ.get("OMP_NUM_THREADS", "")  # joblib sets it in its workers, for example
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(limit) if limit.isdecimal() and int(limit) > 0 else found or 1


def moved(images: np.ndarray, shift: int) -> Iterator[Any]:
    """Yield the images shifted by up to `shift` pixels, with their border repeated outside."""
    if not shift:
        yield images
        return
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    for top in range(2 * shift + 1):
        for left in range(2 * shift + 1):
            yield np.ascontiguousarray(padded[:, top : top + height, left : left + width])

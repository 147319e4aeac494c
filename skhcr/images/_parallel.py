"""Apply a function to many images, in threads if these are faster, and collect failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from joblib import cpu_count

from ._errors import ImageFailure
from ._sources import describe

# Decoding releases Python's lock only inside Pillow's C code. Below about this many pixels an
# image spends its time outside that code, and threads would only wait for each other.
_PIXELS_WORTH_A_THREAD = 256 * 256
# Images per decision. The first block is decoded sequentially, each later one in the way that suits
# the previous block.
_BLOCK = 8


def for_each_image(
    function: Callable[[int, Any], int],
    items: Sequence[Any],
    indices: Sequence[int] | None = None,
    n_jobs: int | None = None,
) -> list[ImageFailure]:
    """Call ``function(index, item)`` for every image.

    Parameters
    ----------
    function : callable
        Stores its result itself and returns the number of pixels that it processed.
    items : sequence
        The images.
    indices : sequence of int, default=None
        Indices of the images; None for all.
    n_jobs : int, default=None
        Number of threads; -1 means one per core, -2 one less. None uses all cores for large images
        and one for small ones.

    Returns
    -------
    failures : list of ImageFailure
        The items for which `function` raised, in order.
    """
    failures: list[ImageFailure] = []

    def run(block: Sequence[int]) -> int:
        n_pixels = 0
        for index in block:
            try:
                n_pixels += function(index, items[index])
            except Exception as error:
                # The traceback would keep the image's data alive for as long as the error.
                cause = error.with_traceback(None)
                failures.append(ImageFailure(index, describe(items[index]), cause))
        return n_pixels

    if indices is None:
        indices = range(len(items))
    # joblib backends count their own jobs: none in a daemon, a whole cluster elsewhere.
    n_threads = cpu_count() if n_jobs is None else n_jobs
    if n_threads < 0:
        n_threads = max(1, cpu_count() + 1 + n_threads)
    threaded = n_jobs is not None and n_threads > 1
    start = 0
    with ExitStack() as stack:
        pool = None
        while start < len(indices):
            size = _BLOCK * n_threads if threaded else _BLOCK
            block = indices[start : start + size]
            if threaded:
                if pool is None:
                    pool = stack.enter_context(ThreadPoolExecutor(n_threads))
                n_pixels = sum(pool.map(run, (block[i : i + 2] for i in range(0, len(block), 2))))
            else:
                n_pixels = run(block)
            if n_jobs is None:
                threaded = n_threads > 1 and n_pixels / len(block) >= _PIXELS_WORTH_A_THREAD
            start += len(block)
    return sorted(failures, key=lambda failure: failure.index)

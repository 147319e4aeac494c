"""Batches from arrays: shuffled and augmented again in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

_READY = 2  # batches that wait for the network


class Batches:
    """Batches of images, targets and weights.

    The images stay in their array: a batch is collected, augmented and cast when it is needed. The
    contents of a batch depend only on the seed, the epoch and the batch's index, so two runs with
    the same seed use the same batches, regardless of threads.

    Parameters
    ----------
    labeled : LabeledImages
        Images of any numeric dtype, their encoded labels, weights, and the rows to draw from.
    n_outputs : int
        Number of the network's outputs: one for every class, or a single probability.
    batch_size : int
        The largest size of a batch; the rows are distributed evenly, so that no batch has a single
        row, for which batch normalization would fail.
    seed : sequence of int or None
        Seed for shuffling and augmentation. None keeps the order of the rows.
    augmentation : object with ``draw(images, rng)`` or None
        The recipe of :class:`skhcr.ImageAugmenter`.
    """

    def __init__(
        self,
        labeled: Any,
        n_outputs: int,
        *,
        batch_size: int,
        seed: tuple[int, ...] | None = None,
        augmentation: Any = None,
    ) -> None:
        self._images, encoded, self._weights, self._rows = labeled
        self._targets = _targets(encoded, n_outputs)
        self._seed, self._augmentation = seed, augmentation
        n_batches = -(-len(self._rows) // batch_size)
        self._bounds = np.linspace(0, len(self._rows), n_batches + 1).astype(int)
        self.begin_epoch(1)

    @property
    def n_rows(self) -> int:
        return len(self._rows)

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, batch: int) -> tuple[np.ndarray, ...]:
        rows = self._order[self._bounds[batch] : self._bounds[batch + 1]]
        images = self._images[rows]
        if self._augmentation is not None:
            images = self._augmentation.draw(images, self._rng(1, batch))
        if images.dtype not in (np.uint8, np.float32):
            images = images.astype(np.float32)
        if self._weights is None:
            return images, self._targets[rows]
        return images, self._targets[rows], self._weights[rows]

    def begin_epoch(self, epoch: int) -> None:
        """Use the batches of this epoch from now on; the first is 1."""
        self._epoch = epoch
        shuffles = self._seed is not None
        self._order = self._rng(0, 0).permutation(self._rows) if shuffles else self._rows

    def dataset(self) -> tf.data.Dataset:
        """Return the batches in a form for Keras; every iterator starts from the beginning."""
        signature = tuple(
            tf.TensorSpec((None, *part.shape[1:]), part.dtype.name) for part in self[0]
        )
        batches = tf.data.Dataset.from_generator(self._batches, output_signature=signature)
        batches = batches.apply(tf.data.experimental.assert_cardinality(len(self)))
        options = tf.data.Options()
        # Its thread sleeps for 10, 20, 40 seconds and so forth, and the end of an iterator may have
        # to wait until it wakes up.
        options.autotune.enabled = False
        return batches.prefetch(_READY).with_options(options)

    def _batches(self) -> Iterator[tuple[np.ndarray, ...]]:
        for batch in range(len(self)):
            yield self[batch]

    def close(self) -> None:
        """Free the images: TensorFlow keeps the batches for as long as the process lives."""
        del self._images, self._targets, self._weights, self._rows, self._order

    def _rng(self, purpose: int, batch: int) -> np.random.Generator:
        assert self._seed is not None
        return np.random.default_rng((*self._seed, self._epoch, purpose, batch))


def _targets(encoded: np.ndarray, n_outputs: int) -> np.ndarray:
    if n_outputs == 1:
        return encoded[:, np.newaxis].astype(np.float32)
    return np.eye(n_outputs, dtype=np.float32)[encoded]

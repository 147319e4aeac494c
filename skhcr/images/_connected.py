"""Connected pieces of a mask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


class Connected(NamedTuple):
    """The connected pieces of a mask, numbered in the order of their first pixels.

    Attributes
    ----------
    labels : ndarray of int32 of shape (h, w)
        1 more than the number of the piece that a pixel belongs to, 0 outside of all.
    areas : ndarray of int of shape (n,)
        Pixels of every piece.
    boxes : ndarray of int of shape (n, 4)
        Top, bottom, left and right of every piece.
    """

    labels: np.ndarray
    areas: np.ndarray
    boxes: np.ndarray


def find_connected(mask: np.ndarray) -> Connected:
    """Return the pieces whose pixels touch each other along a side or at a corner.

    Pages have far fewer runs of pixels than pixels: connecting runs takes a fraction of the time of
    :func:`scipy.ndimage.label` and :func:`scipy.ndimage.find_objects`, with the same results.

    Parameters
    ----------
    mask : ndarray of bool of shape (h, w)
        The mask.
    """
    width = mask.shape[1] + 2
    pixels = np.pad(mask, [(0, 0), (1, 1)]).ravel()  # runs end at the ends of rows
    ends = np.flatnonzero(pixels[1:] != pixels[:-1])
    starts, stops = ends[::2], ends[1::2]
    # The runs that touch a run in the row below it are consecutive.
    first = np.searchsorted(stops, starts + width)
    n_touching = np.searchsorted(starts, stops + width, side="right") - first
    offsets = np.append(0, np.cumsum(n_touching))
    touching = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], n_touching)
    graph = csr_array((np.ones(len(touching)), touching, offsets), (len(starts), len(starts)))
    n_pieces, numbers = connected_components(graph, directed=False)
    lengths, rows = stops - starts, starts // width
    boxes = np.empty((n_pieces, 4), np.intp)
    boxes[:] = [len(mask), 0, width, 0]
    for column, extreme, places in (
        (0, np.minimum, rows),
        (1, np.maximum, rows + 1),
        (2, np.minimum, starts - rows * width),
        (3, np.maximum, stops - rows * width),
    ):
        extreme.at(boxes[:, column], numbers, places)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(numbers + 1, lengths)
    areas = np.bincount(numbers, lengths, minlength=n_pieces).astype(np.intp)
    return Connected(labels, areas, boxes)

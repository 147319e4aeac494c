"""Likelihoods of the heights and depths of characters in their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._baselines import ascents_and_descents
from ._find import Character
from ._kinds import Depth, Height, Kinds

# Heights are logarithms. Measured on the characters of 44 writers of Chars74K: the height of small
# letters, relative to the writer's capitals, its spread among writers, and the spreads of small and
# of high letters of one writer.
_SMALL, _SMALL_OF_WRITERS = np.log(0.66), 0.14
_SMALL_SPREAD, _HIGH_SPREAD = 0.14, 0.1
# The same for depths below the baseline, in heights of capitals. Letters such as p are as high as
# capitals altogether.
_DEPTH, _DEPTH_SPREAD, _BASE_SPREAD = 0.32, 0.12, 0.08
# Mean and spread for labels whose size is unknown.
_ANY_HEIGHT, _ANY_DEPTH = (-0.2, 0.5), (0.1, 0.3)
# Share of characters with an unusual size, such as broken ones.
_UNUSUAL = 0.05
# Larger deviations from the height of capitals count as these.
_LEAST_HEIGHT, _MOST_HEIGHT, _LEAST_DEPTH, _MOST_DEPTH = -2.0, 1.5, -0.8, 1.2
# Assumptions about the height of capitals, relative to the high characters of the line, and about
# the height of small letters, relative to capitals.
_CAPITALS = np.linspace(-0.7, 0.7, 29)
_SMALLS = np.linspace(_SMALL - 2 * _SMALL_OF_WRITERS, _SMALL + 2 * _SMALL_OF_WRITERS, 7)
_HIGH_QUANTILE = 0.8


def likelihoods_of_sizes(
    of_kinds: np.ndarray, kinds: Kinds, characters: Sequence[Character]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the characters of every line, and the logarithms of the likelihoods of their sizes.

    The likelihoods have shape (n_characters, n_assumptions, n_kinds) and include the probabilities
    of the assumptions about the line. The sizes in the boxes of a form are not used.

    Parameters
    ----------
    of_kinds : ndarray of shape (n, n_kinds)
        Probabilities of the kinds of every character.
    kinds : Kinds
        The kinds.
    characters : sequence of Character
        The characters, line by line.
    """
    lines = np.array([character.line for character in characters])
    if any(character.cell is not None for character in characters):
        for line in np.unique(lines):
            (rows,) = np.nonzero(lines == line)
            yield rows, np.zeros((len(rows), 1, of_kinds.shape[1]))
        return
    boxes = np.array([character.box for character in characters], dtype=float)
    is_deep = np.choose(kinds.depths, [0.0, 1.0, 0.3])  # Depth.NONE, DEEP and ANY
    ascents, descents = ascents_and_descents(boxes, lines, of_kinds @ is_deep)
    for line in np.unique(lines):
        (rows,) = np.nonzero(lines == line)
        yield rows, _of_line(np.log(np.maximum(ascents[rows], 0.1)), descents[rows], kinds)


def _of_line(heights: np.ndarray, descents: np.ndarray, kinds: Kinds) -> np.ndarray:
    """Return log-likelihoods of the heights, which are logarithms, and of the depths of a line."""
    high = np.quantile(heights, _HIGH_QUANTILE)
    capitals, smalls = (grid.ravel() for grid in np.meshgrid(high + _CAPITALS, _SMALLS))
    above = np.clip(heights[:, np.newaxis] - capitals, _LEAST_HEIGHT, _MOST_HEIGHT)
    below = np.clip(descents[:, np.newaxis] / np.exp(capitals), _LEAST_DEPTH, _MOST_DEPTH)
    of_heights = {
        Height.SMALL: _normal(above, smalls, _SMALL_SPREAD),
        Height.HIGH: _normal(above, 0, _HIGH_SPREAD),
        Height.ANY: _normal(above, *_ANY_HEIGHT),
    }
    of_depths = {
        Depth.NONE: _normal(below, 0, _BASE_SPREAD),
        Depth.DEEP: _normal(below, _DEPTH, _DEPTH_SPREAD),
        Depth.ANY: _normal(below, *_ANY_DEPTH),
    }
    likelihoods = [
        _or_unusual(of_heights[height], of_heights[Height.ANY])
        * _or_unusual(of_depths[depth], of_depths[Depth.ANY])
        for height, depth in zip(kinds.heights.tolist(), kinds.depths.tolist(), strict=True)
    ]
    of_assumptions = -(((smalls - _SMALL) / _SMALL_OF_WRITERS) ** 2) / 2
    return np.log(np.stack(likelihoods, axis=2)) + (of_assumptions / len(heights))[:, np.newaxis]


def _or_unusual(likelihood: np.ndarray, of_any: np.ndarray) -> np.ndarray:
    return (1 - _UNUSUAL) * likelihood + _UNUSUAL * of_any


def _normal(values: np.ndarray, mean: float | np.ndarray, spread: float) -> np.ndarray:
    density: np.ndarray = np.exp(-(((values - mean) / spread) ** 2) / 2) / spread
    return density

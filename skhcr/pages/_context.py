"""Probabilities of labels, given the lines and the words of characters.

A network that sees every character at the same size cannot distinguish c from C, nor O from 0. The
height of the character in its line and the other characters of its word can. All probabilities
follow from two assumptions: in a line, there is one height of capitals and one of small letters,
both unknown; and a word has one of a few types, such as lowercase or number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from scipy.special import logsumexp

from ._find import Character
from ._kinds import kinds_of
from ._line_sizes import likelihoods_of_sizes

Context = Literal["word", "line"]

# Weights of lowercase letters, uppercase letters, digits and other labels at the beginning of a
# word and later in it, in words of these types.
_RARE = 0.03
_WORD_TYPES = np.array(
    [
        [(1, _RARE, _RARE, 1), (1, _RARE, _RARE, 1)],  # lowercase
        [(_RARE, 1, _RARE, 1), (1, _RARE, _RARE, 1)],  # capitalized
        [(_RARE, 1, _RARE, 1), (_RARE, 1, _RARE, 1)],  # uppercase
        [(_RARE, _RARE, 1, 1), (_RARE, _RARE, 1, 1)],  # a number
        [(0.3, 0.3, 0.3, 1), (0.3, 0.3, 0.3, 1)],  # a mixture
    ]
)
_ANY_WORD = np.ones((1, 2, 4))


def in_context(
    probabilities: np.ndarray,
    names: Sequence[str],
    characters: Sequence[Character],
    context: Context | None,
) -> np.ndarray:
    """Return the probabilities of labels, given the lines and the words of characters.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_labels)
        Probabilities of the labels of every character by itself.
    names : sequence of str
        Texts of the labels.
    characters : sequence of Character
        The characters, in reading order.
    context : {"word", "line"} or None
        Whether to use lines and words, only lines, or nothing.
    """
    if context is not None and context not in get_args(Context):
        raise ValueError(f'context must be "word", "line" or None, got {context!r}.')
    kinds = kinds_of(names)
    if context is None or kinds is None or not len(characters):
        return probabilities
    of_kinds = np.zeros((len(characters), len(kinds.cases)))
    np.add.at(of_kinds.T, kinds.of_labels, probabilities.T)
    types = (_WORD_TYPES if context == "word" else _ANY_WORD)[:, :, kinds.cases]
    factors = np.empty_like(of_kinds)
    for rows, of_sizes in likelihoods_of_sizes(of_kinds, kinds, characters):
        words = np.array([characters[row].word for row in rows])
        factors[rows] = _factors(of_kinds[rows], of_sizes, types, words)
    out = probabilities * factors[:, kinds.of_labels]
    return out / out.sum(axis=1, keepdims=True)


def _factors(
    of_kinds: np.ndarray, of_sizes: np.ndarray, types: np.ndarray, words: np.ndarray
) -> np.ndarray:
    """Return the factors of the probabilities of kinds of one line.

    This sums over all assumptions about the sizes of the line, and over all types of each word.

    Parameters
    ----------
    of_kinds : ndarray of shape (n, n_kinds)
        Probabilities by shape alone.
    of_sizes : ndarray of shape (n, n_assumptions, n_kinds)
        Logarithms of the likelihoods of the sizes of characters.
    types : ndarray of shape (n_types, 2, n_kinds)
        Weights of kinds at the beginning of words and later.
    words : ndarray of int of shape (n,)
        The word of every character.
    """
    is_later = np.concatenate([[False], words[1:] == words[:-1]])
    starts = np.flatnonzero(~is_later)
    of_types = types[:, is_later.astype(int)].transpose(1, 2, 0)  # of shape (n, n_kinds, n_types)
    highest = of_sizes.max(axis=2, keepdims=True)
    sizes = np.exp(of_sizes - highest)
    evidence = sizes @ (of_kinds[:, :, np.newaxis] * of_types)  # (n, n_assumptions, n_types)
    evidence = np.maximum(evidence, np.finfo(float).tiny)
    of_words = np.add.reduceat(np.log(evidence) + highest, starts)
    totals = logsumexp(of_words, axis=2, keepdims=True)
    of_lines = totals.sum(axis=0)
    shares = np.exp(of_words - totals + of_lines - logsumexp(of_lines))
    weights = np.repeat(shares, np.diff([*starts, len(words)]), axis=0) / evidence
    factors: np.ndarray = ((sizes.transpose(0, 2, 1) @ weights) * of_types).sum(axis=2)
    return factors

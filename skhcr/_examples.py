"""Labeled images as a network takes them: codes for labels, weights, and rows held out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_consistent_length, column_or_1d, compute_sample_weight

from ._compat import check_sample_weight


class Examples(NamedTuple):
    """Images to learn from or to validate on; the arrays are shared, `rows` says which count."""

    images: np.ndarray  # (n, height, width, channels)
    codes: np.ndarray  # (n,), place of the label in the sorted classes
    weights: np.ndarray | None  # (n,)
    rows: np.ndarray


def check_labels(labels: np.ndarray, earlier: np.ndarray | None) -> np.ndarray:
    """Return the sorted labels of a fit.

    Parameters
    ----------
    labels : ndarray of shape (n_classes,)
        The labels, sorted.
    earlier : ndarray or None
        The labels of the fit that this one goes on from.

    Raises
    ------
    ValueError
        If there is one label only, or a label that the earlier fit did not know.
    """
    if earlier is not None:
        unknown = np.setdiff1d(labels, earlier)
        if len(unknown):
            raise ValueError(
                f"A fit that goes on must keep the classes of the first one, {_shorten(earlier)}; "
                f"{unknown.tolist()[0]!r} is not one of them."
            )
        return earlier
    if len(labels) < 2:
        raise ValueError(
            f"y holds only one class, {labels.tolist()[0]!r}; a classifier needs at least two."
        )
    return labels


def encode(y: np.ndarray, labels: np.ndarray, name: str) -> np.ndarray:
    """Return the place of every label among the sorted ones."""
    codes = np.searchsorted(labels, y).clip(max=len(labels) - 1)
    unknown = np.flatnonzero(labels[codes] != y)
    if len(unknown):
        raise ValueError(
            f"{name}[{unknown[0]}] is {y[unknown].tolist()[0]!r}, which is not one of the classes "
            f"{_shorten(labels)}."
        )
    return codes


def row_weights(
    sample_weight: Any, class_weight: Any, images: np.ndarray, y: np.ndarray
) -> np.ndarray | None:
    """Return float32 weights of mean 1 over the rows that count, or None for equal ones.

    Raises
    ------
    ValueError
        If a weight is negative, not finite, or none is positive.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = check_sample_weight(sample_weight, images, dtype=np.float64)
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(f"sample_weight[{row}] is negative: {weights[row]}.")
    if class_weight is not None:
        weights = weights * compute_sample_weight(class_weight, y)
    if not weights.any():
        raise ValueError("The weights of all rows are zero: there is nothing to train on.")
    return (weights / weights[weights > 0].mean()).astype(np.float32)


def split_examples(
    examples: Examples, groups: Any, *, fraction: float, seed: int
) -> tuple[Examples, Examples]:
    """Hold a fraction out for validation, stratified by class and, if given, by whole groups.

    Raises
    ------
    ValueError
        If there are too few rows to hold any out, or no group can be spared.
    """
    rows = examples.rows
    if groups is None:
        try:
            train, held_out = train_test_split(
                rows, test_size=fraction, stratify=examples.codes[rows], random_state=seed
            )
        except ValueError as error:
            raise ValueError(
                f"Cannot hold out validation_fraction={fraction} of {len(rows)} "
                f"rows: {error} Give more rows, another validation_fraction, or X_val and y_val."
            ) from error
        return examples._replace(rows=train), examples._replace(rows=held_out)

    groups = column_or_1d(groups)
    check_consistent_length(examples.codes, groups)
    is_held_out = _choose_groups(groups[rows], examples.codes[rows], fraction, seed)
    return examples._replace(rows=rows[~is_held_out]), examples._replace(rows=rows[is_held_out])


def _choose_groups(groups: np.ndarray, codes: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Return which rows to hold out: whole groups, near a fraction of each class, but none whole.

    The groups are asked in random order, and taken where that brings the classes' numbers nearer to
    the fraction; if none does, the one that comes nearest is taken. (A fold of
    ``StratifiedGroupKFold`` may hold most of the rows, where a group does, or all of a class.)
    """
    names, places = np.unique(groups, return_inverse=True)
    classes, columns = np.unique(codes, return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (places, columns), 1)
    total = counts.sum(axis=0)

    def distance(held_out: np.ndarray) -> float:
        return float(np.abs(held_out - fraction * total).sum())

    order = np.random.default_rng(seed).permutation(len(names))
    spared = [group for group in order if (counts[group] < total).all()]
    if not spared:
        raise ValueError(
            f"Cannot hold out validation_fraction={fraction} of {len(groups)} rows in "
            f"{len(names)} groups: without any of them a class would be missing. Give finer "
            f"groups, or X_val and y_val."
        )
    held_out, chosen = np.zeros(len(classes)), []
    for group in spared:
        more = held_out + counts[group]
        if distance(more) < distance(held_out) and (more < total).all():
            held_out = more
            chosen.append(group)
    return np.isin(places, chosen or [min(spared, key=lambda group: distance(counts[group]))])


def _shorten(labels: np.ndarray) -> str:
    shown = ", ".join(repr(label) for label in labels[:10].tolist())
    return f"[{shown}, ... {len(labels)} in all]" if len(labels) > 10 else f"[{shown}]"

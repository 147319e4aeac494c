"""The parts of one fit, made from a classifier's parameters and its data."""

from __future__ import annotations

import os
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._validation import TrainingData
from .images import AugmentedImages
from .networks import get_network

if TYPE_CHECKING:
    from ._keras import Batches, Checkpoint, Recipe, TrainedNetwork
    from .images._augmentation import Augmentation


class Seeds(NamedTuple):
    """Independent seeds of one fit."""

    initial_weights: int
    split: int


def seeds_of(entropy: int) -> Seeds:
    """Return the seeds derived from the seed of a fit."""
    return Seeds(*np.random.SeedSequence(entropy).generate_state(2).tolist())


def entropy_of(random_state: Any, before: int | None = None) -> int:
    """Return the seed of a fit; without a random state, it is that of the fit before, if any."""
    if isinstance(random_state, Integral):
        return int(random_state)
    if random_state is not None:
        return int(random_state.randint(np.iinfo(np.int32).max))
    return int(np.random.SeedSequence().generate_state(1)[0]) if before is None else before


def new_network(
    model: Any,
    data: TrainingData,
    recipe: Recipe,
    *,
    standardize: bool,
    mixed_precision: bool | str,
    seed: int,
) -> TrainedNetwork:
    """Return a network with initial weights; the parameters are those of the classifier."""
    from ._keras import TrainedNetwork

    return TrainedNetwork.build(
        get_network(model) if isinstance(model, str) else model,
        data.train.images,
        data.train.rows,
        data.classes,
        recipe,
        standardize=standardize,
        dtype_policy=_dtype_policy(mixed_precision),
        seed=seed,
    )


def _dtype_policy(mixed_precision: bool | str) -> str:
    if not mixed_precision:
        return "float32"
    half = "bfloat16" if mixed_precision in (True, "bfloat16") else "float16"
    return f"mixed_{half}"


def batches_of(
    data: TrainingData,
    n_outputs: int,
    augmentation: Augmentation | None,
    *,
    batch_size: int,
    batch_size_held_out: int,
    seed: tuple[int, int],
) -> tuple[Batches, Batches | None]:
    """Return the training batches and the validation batches.

    Parameters
    ----------
    data : TrainingData
        The checked arguments of the fit.
    n_outputs : int
        Number of outputs of the network.
    augmentation : Augmentation or None
        The augmentation of the training images.
    batch_size, batch_size_held_out : int
        Maximum number of rows in an update, and in a validation batch.
    seed : tuple of int
        Seed for shuffling and augmentation.
    """
    from ._keras import Batches

    augmentation_seed = 0 if augmentation is None else augmentation.seed or 0
    batches = Batches(
        data.train,
        n_outputs,
        batch_size=batch_size,
        seed=(*seed, augmentation_seed),
        augmentation=augmentation,
    )
    if data.held_out is None:
        return batches, None
    return batches, Batches(data.held_out, n_outputs, batch_size=batch_size_held_out)


def augmentation_of(augmenter: Any, X: Any, images: np.ndarray) -> Augmentation | None:
    """Return the augmentation of training images: that of `X`, as passed, or of `augmenter`."""
    of_step = X.augmentation if isinstance(X, AugmentedImages) else None
    if augmenter is None:
        return of_step
    if of_step is not None:
        raise ValueError(
            "The images come from an ImageAugmenter, and the classifier also has an "
            "augmenter: set augmenter=None, or remove the step before the classifier."
        )
    return augmenter.fit_transform(images).augmentation


def checkpoint_of(
    folder: str | os.PathLike[str] | None,
    random_state: Any,
    network: TrainedNetwork,
    batches: tuple[Batches, Batches | None],
    recipe: Recipe,
) -> Checkpoint | None:
    """Return the checkpoint of a fit, or None without a folder."""
    if folder is None:
        return None
    if not isinstance(random_state, Integral):
        raise ValueError(
            "checkpoint_folder needs random_state to be an int, which identifies an "
            f"interrupted fit; got {random_state!r}."
        )
    return network.checkpoint(folder, batches, recipe)


def joined(before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return two histories as one, with NaN if one of them lacks a name."""
    n_before, n_after = len(before["loss"]), len(after["loss"])
    return {
        name: before.get(name, [np.nan] * n_before) + after.get(name, [np.nan] * n_after)
        for name in {**before, **after}
    }

"""The parts of one fit, made from a classifier's parameters and its data."""

from __future__ import annotations

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


def entropy_of(classifier: Any, continued: bool) -> int:
    """Return the seed of a fit; a continued fit without a seed keeps that of the fit before."""
    random_state = classifier.random_state
    if continued and random_state is None:
        return classifier._seed_entropy
    if isinstance(random_state, Integral):
        return int(random_state)
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(random_state.randint(np.iinfo(np.int32).max))


def new_network(
    classifier: Any, data: TrainingData, recipe: Recipe, entropy: int
) -> TrainedNetwork:
    """Return a network with initial weights."""
    from ._keras import TrainedNetwork

    model = classifier.model
    return TrainedNetwork.build(
        get_network(model) if isinstance(model, str) else model,
        data.train.images,
        data.train.rows,
        data.classes,
        recipe,
        standardize=classifier.standardize,
        dtype_policy=_dtype_policy(classifier.mixed_precision),
        seed=seeds_of(entropy).initial_weights,
    )


def _dtype_policy(mixed_precision: bool | str) -> str:
    if not mixed_precision:
        return "float32"
    half = "bfloat16" if mixed_precision in (True, "bfloat16") else "float16"
    return f"mixed_{half}"


def batches_of(
    classifier: Any,
    data: TrainingData,
    network: TrainedNetwork,
    X: Any,
    batch_size: int,
    seed: tuple[int, int],
) -> tuple[Batches, Batches | None]:
    """Return the training batches and the validation batches.

    Parameters
    ----------
    classifier : CNNClassifier
        With valid parameters.
    data : TrainingData
        The checked arguments of the fit.
    network : TrainedNetwork
        The network that the batches are for.
    X : array-like
        The training images as passed to ``fit``, which may have an augmentation recipe.
    batch_size : int
        Maximum number of rows in an update.
    seed : tuple of int
        Seed for shuffling and augmentation.
    """
    from ._keras import Batches

    augmentation = _augmentation(classifier.augmenter, X, data.train.images)
    augmentation_seed = 0 if augmentation is None else augmentation.seed or 0
    batches = Batches(
        data.train,
        network.n_outputs,
        batch_size=batch_size,
        seed=(*seed, augmentation_seed),
        augmentation=augmentation,
    )
    if data.held_out is None:
        return batches, None
    return batches, Batches(
        data.held_out, network.n_outputs, batch_size=classifier._prediction_batch_size
    )


def _augmentation(augmenter: Any, X: Any, images: np.ndarray) -> Augmentation | None:
    """Return the augmentation of training images: that of the step before, or of `augmenter`."""
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
    classifier: Any,
    network: TrainedNetwork,
    batches: tuple[Batches, Batches | None],
    recipe: Recipe,
) -> Checkpoint | None:
    """Return the checkpoint of a fit, or None without `checkpoint_folder`."""
    if classifier.checkpoint_folder is None:
        return None
    if not isinstance(classifier.random_state, Integral):
        raise ValueError(
            "checkpoint_folder needs random_state to be an int, which identifies an "
            f"interrupted fit; got {classifier.random_state!r}."
        )
    return network.checkpoint(classifier.checkpoint_folder, batches, recipe)


def joined(before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return two histories as one, with NaN if one of them lacks a name."""
    n_before, n_after = len(before["loss"]), len(after["loss"])
    return {
        name: before.get(name, [np.nan] * n_before) + after.get(name, [np.nan] * n_after)
        for name in {**before, **after}
    }

"""A trained network: building, training, prediction, restoring, and conversion to plain data."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from .._answering._engine import Engine, probabilities_of
from .._answering._graph import CannotConvert
from .._answering._keeping import restrict_to_builtin_layers
from .._answering._kept import KeptNetwork
from . import _pool
from ._batch_norm import fuse_batch_norms, unfuse_batch_norms
from ._batches import Batches
from ._build import MODEL_NAME, build_model, core_of, image_statistics, meta, set_trainable
from ._checkpoint import Checkpoint
from ._devices import has_gpu
from ._features import Features
from ._process import NetworkOfAnotherProcess, is_forked
from ._recipe import Recipe
from ._state import model_from_state, model_to_state, set_optimizer, snapshot
from ._train import train


class TrainedNetwork:
    """A Keras model from pixels to probabilities, and all operations on it.

    Its compiled model comes from a pool, where an equal network may have used it before, and
    returns there when the network is no longer referenced. :meth:`detach` removes it permanently.
    """

    def __init__(self, model: keras.Model, recipe: Recipe | None = None) -> None:
        self._compiled = _pool.acquire(model)
        self._release = weakref.finalize(self, _pool.release, self._compiled)
        self._release.atexit = False
        self._is_shown = self._is_training = False
        self._engine: tuple[Engine, list[np.ndarray]] | None = None  # and the weights that it has
        # The recipe of the last partial fit, whose optimizer the next one may continue.
        self._partial_recipe = recipe

    @classmethod
    def build(
        cls,
        network: Any,
        images: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        recipe: Recipe,
        *,
        standardize: bool,
        dtype_policy: str,
        seed: int,
    ) -> TrainedNetwork:
        """Build and compile a network with new weights.

        Parameters
        ----------
        network : object with ``build(image_shape, n_classes)``, or function
            A network's parameter object, or a function in scikeras' convention.
        images : ndarray of shape (n, height, width, channels)
            Training images.
        rows : ndarray of int
            The training rows.
        labels : ndarray of shape (n_classes,)
            The sorted labels.
        recipe : Recipe
            The compile settings of the network.
        standardize : bool
            Whether the network first standardizes pixels with the statistics of these rows.
        dtype_policy : str
            Keras' dtype policy for the layers.
        seed : int
            Seeds the initial weights and dropout.

        Raises
        ------
        ValueError, TypeError
            If it is not possible to build a classifier of these images.
        """
        model = build_model(
            network,
            meta=meta(images, labels),
            statistics=image_statistics(images, rows) if standardize else None,
            dtype_policy=dtype_policy,
            seed=seed,
        )
        recipe.compile(model)
        return cls(model)

    @classmethod
    def from_model(cls, model: keras.Model, order: np.ndarray) -> TrainedNetwork:
        """Copy a model that was trained elsewhere, with its outputs in another order.

        Raises
        ------
        ValueError
            If the order is another and the model does not end with a dense layer of several units.
        """
        copy = model_from_state(model_to_state(model))
        core, _ = core_of(copy)
        if core is copy:
            inputs = keras.Input(core.input_shape[1:], dtype="float32", name="image")
            copy = keras.Model(inputs, core(inputs), name=MODEL_NAME)
        if np.any(np.diff(order) != 1):
            last = next(layer for layer in reversed(core.layers) if layer.weights)
            is_for_classes = isinstance(last, keras.layers.Dense) and last.units == len(order)
            if is_for_classes:
                last.set_weights([weights[..., order] for weights in last.get_weights()])
            if not (is_for_classes and _answers_in_order(copy, model, order)):
                raise ValueError("The classes of a model that ends like this one must be sorted.")
        return cls(copy)

    @classmethod
    def from_kept(cls, network: KeptNetwork) -> TrainedNetwork:
        """Rebuild a loaded network from its trusted parts."""
        with restrict_to_builtin_layers(network.trusted):
            return cls.from_state(network.state)

    @classmethod
    def from_state(cls, state: dict[str, Any], recipe: Recipe | None = None) -> TrainedNetwork:
        """Rebuild a network from :meth:`to_state`.

        Parameters
        ----------
        state : dict
            The result of :meth:`to_state`.
        recipe : Recipe or None, default=None
            The compile settings, if the state contains the optimizer.
        """
        if is_forked():
            return cast(TrainedNetwork, NetworkOfAnotherProcess())
        model = model_from_state(state)
        if "optimizer" not in state or recipe is None:
            return cls(model)
        recipe.compile(model)
        set_optimizer(model, state["optimizer"])
        return cls(model, recipe)

    def to_state(self, recipe: Recipe) -> dict[str, Any]:
        """Return the network as plain data.

        The optimizer is omitted if a partial fit by this recipe would not continue it.
        """
        state = model_to_state(self.model)
        if not self._continues(recipe):
            state.pop("optimizer", None)
        return state

    @property
    def model(self) -> keras.Model:
        """The model, while the network is referenced."""
        return self._compiled.model

    @property
    def n_outputs(self) -> int:
        """Number of outputs: one for every class, or a single probability of the second."""
        return self.model.output_shape[-1]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width and channels of the input."""
        return tuple(self.model.input_shape[1:])

    def detach(self) -> keras.Model:
        """Return the model permanently: the pool does not reuse it."""
        self._release.detach()
        return self.model

    def show(self) -> keras.Model:
        """Return the model for external use: it is detached, with standard Keras layers.

        Other libraries rely on the computations of Keras layers, and may change the layers.
        Predictions and training of this network stay identical.
        """
        model = self.detach()
        self._compiled.predictor.trace()
        unfuse_batch_norms(model)
        self._is_shown, self._engine = True, None
        return model

    def snapshot(self) -> Callable[[], None]:
        """Return a function that restores the present state of the network."""
        restore_model, partial_recipe = snapshot(self.model), self._partial_recipe

        def restore() -> None:
            self.detach()
            restore_model()
            self._engine = None
            self._partial_recipe = partial_recipe

        return restore

    def prepare(self, network: Any, recipe: Recipe, *, partial: bool) -> None:
        """Prepare another fit from the present weights.

        The optimizer is a new one, except in a partial fit after another of the same recipe.

        Parameters
        ----------
        network : object
            May set the trainable layers, see :func:`set_trainable`.
        recipe : Recipe
            The compile settings of the network.
        partial : bool
            Whether the fit is a partial one.
        """
        refrozen = set_trainable(self.model, network)
        if refrozen or not (partial and self._continues(recipe)):
            recipe.compile(self.detach())

    def _continues(self, recipe: Recipe) -> bool:
        known = self._partial_recipe
        return known is not None and known.compiles_as(recipe) and self.model.optimizer is not None

    def train(
        self,
        batches: Batches,
        validation_batches: Batches | None,
        recipe: Recipe,
        *,
        continued: bool = False,
        partial: bool = False,
        report: Any = None,
        checkpoint: Checkpoint | None = None,
    ) -> dict[str, list[float]]:
        """Train the network and return the history, see :func:`skhcr._keras._train.train`."""
        fuse_batch_norms(self.model)
        self._is_training, self._engine = True, None
        try:
            history = train(
                self.model,
                batches,
                validation_batches,
                recipe,
                detach=self.detach,
                continued=continued,
                report=report,
                checkpoint=checkpoint,
            )
        finally:
            self._is_training = False
            if self._is_shown:
                unfuse_batch_norms(self.model)
        self._partial_recipe = recipe if partial else None
        return history

    def checkpoint(
        self,
        folder: str | os.PathLike[str],
        batches: tuple[Batches, Batches | None],
        recipe: Recipe,
    ) -> Checkpoint:
        """Return the checkpoint for the fit by this recipe on these batches.

        Raises
        ------
        ValueError
            If Keras cannot describe the model, so that the fit cannot be identified.
        OSError
            If the folder cannot be created or the file cannot be read.
        """
        described = _pool.description(self.model)
        if described is None:
            raise ValueError(
                "checkpoint_folder needs a network that Keras can describe: model.to_json() "
                "failed, so this fit cannot be identified."
            )
        return Checkpoint(
            folder, (described, self.model.get_weights(), *batches, recipe.identity())
        )

    def predict(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the probability of every class, float64 of shape (n, n_classes).

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images.
        batch_size : int
            Maximum number of images per batch.
        shift : int, default=0
            Maximum shift, in pixels, in test-time augmentation.
        """
        engine = self._present_engine()
        if engine is None:
            return probabilities_of(self._compiled.predictor(images, batch_size, shift=shift))
        return engine.predict(images, batch_size, shift=shift)

    def _present_engine(self) -> Engine | None:
        """Return the engine that replaces TensorFlow: faster for one image, and usable in forks.

        None while weights change, with a GPU, and if only Keras can compute the network.
        """
        config = self._compiled.config
        if self._is_training or config is None or has_gpu():
            return None
        if self._engine is not None and not self._is_shown:
            return self._engine[0]
        with tf.init_scope():  # out of whatever graph is being made
            weights = self.model.get_weights()
        if self._engine is None or not all(map(np.array_equal, weights, self._engine[1])):
            try:
                # Users may change the weights of a model that they accessed.
                self._engine = Engine(config, weights), weights if self._is_shown else []
            except CannotConvert:
                self._compiled.config = None  # nor will it be another time
                return None
        return self._engine[0]

    def features(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the network's features of images, see :class:`skhcr._keras._features.Features`.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images.
        batch_size : int
            Maximum number of images per batch.
        """
        engine = self._present_engine()
        if engine is not None:
            return engine.features(images, batch_size)
        return Features(self.model).of(images, batch_size)


def _answers_in_order(copy: keras.Model, model: keras.Model, order: np.ndarray) -> bool:
    sample = np.random.default_rng(0).random((2, *model.input_shape[1:]), np.float32)
    answers, expected = (np.asarray(m(sample, training=False)) for m in (copy, model))
    return np.allclose(answers, expected[:, order], atol=1e-4)

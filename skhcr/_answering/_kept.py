"""A loaded network: plain data for prediction, converted to Keras only if needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._engine import Engine
from ._keeping import kept, trusted_parts


class KeptNetwork:
    """A network as plain data, which predicts without TensorFlow.

    Parameters
    ----------
    state : dict
        The result of ``TrainedNetwork.to_state``.

    Attributes
    ----------
    trusted : tuple of str or None
        Allowed parts of the state besides Keras' own; None: all.

    Raises
    ------
    CannotConvert
        If only Keras can compute the network.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._engine = Engine(state["config"], state["weights"])
        self.state, self.trusted = state, trusted_parts()

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width and channels of the input."""
        return self._engine.image_shape

    @property
    def n_outputs(self) -> int:
        """Number of outputs: one for every class, or a single probability of the second."""
        return self._engine.n_outputs

    def predict(self, images: np.ndarray, batch_size: int, *, shift: int = 0) -> np.ndarray:
        """Return the probability of every class, see :meth:`Engine.predict`."""
        return self._engine.predict(images, batch_size, shift=shift)

    def features(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the features of images, see :meth:`Engine.features`."""
        return self._engine.features(images, batch_size)

    def to_state(self) -> dict[str, Any]:
        """Return the network as plain data."""
        return {**self.state, "weights": [kept(weight) for weight in self.state["weights"]]}

    def snapshot(self) -> Callable[[], None]:
        """Return a function that restores the network, which never changes."""
        return _nothing


def _nothing() -> None:
    pass

"""A fitted network that was loaded: plain data that answer, until more is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._engine import Engine
from ._keeping import kept, trusted_parts


class KeptNetwork:
    """A network as plain data, which answers without TensorFlow.

    Parameters
    ----------
    state : dict
        What ``TrainedNetwork.to_state`` returned.

    Attributes
    ----------
    trusted : tuple of str or None
        Parts that may be built of the state beside Keras' own; None: all.

    Raises
    ------
    CannotConvert
        If only Keras knows what the network computes.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._engine = Engine(state["config"], state["weights"])
        self.state, self.trusted = state, trusted_parts()

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width and channels of the images that it takes."""
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
        """Return a function that restores the network, which nothing changes."""
        return _nothing


def _nothing() -> None:
    pass

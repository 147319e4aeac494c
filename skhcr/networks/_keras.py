"""A network from a Keras configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .._compat import InvalidParameterError
from ._base import Network, check_build_arguments
from ._parts import custom_objects_in, essentials

if TYPE_CHECKING:
    import keras


class KerasNetwork(Network):
    """A network with exactly the layers of a Keras model and new weights.

    :func:`skhcr.from_keras` passes it to its classifier, so that a clone can be trained from
    scratch.

    Parameters
    ----------
    config : str
        The result of ``model.to_json()``. Only Keras' own layers are built.

    See Also
    --------
    Transfer : Keeps the weights, and accepts other image shapes and classes.

    Examples
    --------
    >>> import keras
    >>> from skhcr.networks import KerasNetwork
    >>> layers = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    >>> KerasNetwork(model.to_json()).build((8, 8, 1), 10).output_shape
    (None, 10)
    """

    def __init__(self, config: str) -> None:
        self.config = config

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> keras.Model:
        """Return a new, uncompiled Keras model.

        Parameters
        ----------
        image_shape : tuple of int, (height, width, channels)
            Shape of an image.
        n_classes : int
            Number of classes, at least 2.

        Returns
        -------
        keras.Model
            With initial weights.

        Raises
        ------
        ValueError
            If the network is for another image shape or number of classes, or has layers that are
            not Keras' own.
        """
        image_shape, n_classes = check_build_arguments(image_shape, n_classes)
        import keras

        try:
            config = dict(json.loads(self.config))
        except (ValueError, TypeError) as error:
            raise InvalidParameterError(
                f"config must be the result of model.to_json(), got {self.config!r}."
            ) from error
        config = essentials(config)
        if custom := custom_objects_in(config):
            raise InvalidParameterError(
                f"config has objects that are not Keras' own, {', '.join(custom)}. Pass a "
                "function that builds the network as model."
            )
        model = keras.saving.deserialize_keras_object(config)
        own_shape, n_outputs = tuple(model.input_shape[1:]), model.output_shape[-1]
        if own_shape != image_shape or max(n_outputs, 2) != n_classes:
            raise ValueError(
                f"The network is for images of shape {own_shape} and {max(n_outputs, 2)} classes, "
                f"but these have shape {image_shape} and {n_classes} classes. skhcr.Transfer puts "
                "new last layers on a network and accepts other image shapes."
            )
        return model

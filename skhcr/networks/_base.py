"""The base of all networks: their contract, checks of parameters, the last layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator

from .._compat import Interval, InvalidParameterError
from .._tensorflow import import_tensorflow

if TYPE_CHECKING:
    import keras

COUNT = Interval(Integral, 1, None, closed="left")
RATE = Interval(Real, 0, 1, closed="left")
CHANNELS_LAST = "channels_last"  # the layout of all images, regardless of Keras settings
NORMALIZATION = "normalisation"  # the first layer of a classifier's model
_AT_LEAST_TWO = Interval(Integral, 2, None, closed="left")


class Network(BaseEstimator, ABC):
    """Base class of networks: parameters that build a Keras model.

    A network contains only parameters. It can be cloned, copied and searched like any scikit-learn
    estimator, and does not depend on data or training. A subclass stores its parameters unchanged
    in ``__init__`` and implements :meth:`build`, which checks them and imports Keras. A network
    that selects trainable layers for every fit also has a method ``set_trainable(model)``, like
    :class:`Transfer`.

    Examples
    --------
    >>> from skhcr.networks import Network
    >>> class Perceptron(Network):
    ...     def __init__(self, units=64):
    ...         self.units = units
    ...
    ...     def build(self, image_shape, n_classes):
    ...         import keras
    ...
    ...         return keras.Sequential(
    ...             [
    ...                 keras.Input(image_shape),
    ...                 keras.layers.Flatten(),
    ...                 keras.layers.Dense(self.units, activation="relu"),
    ...                 keras.layers.Dense(n_classes, activation="softmax", dtype="float32"),
    ...             ]
    ...         )
    >>> Perceptron().build((8, 8, 1), 10).output_shape
    (None, 10)
    """

    @abstractmethod
    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> keras.Model:
        """Return a new, uncompiled Keras model.

        Its initial weights are drawn from Keras' random state, which the caller may seed.

        Parameters
        ----------
        image_shape : tuple of int, (height, width, channels)
            Shape of an image.
        n_classes : int
            Number of classes, at least 2.

        Returns
        -------
        keras.Model
            Maps float images of shape ``(n, height, width, channels)`` to float32 probabilities of
            shape ``(n, n_classes)``.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid.
        """


def check_build_arguments(
    image_shape: tuple[int, int, int], n_classes: int
) -> tuple[tuple[int, int, int], int]:
    """Return the checked arguments of ``build`` as plain integers.

    If they are valid, a network will be built, so TensorFlow is imported.
    """
    check_values("n_classes", [n_classes], _AT_LEAST_TWO)
    if (
        not isinstance(image_shape, (tuple, list))
        or len(image_shape) != 3
        or not all(COUNT.is_satisfied_by(size) for size in image_shape)
    ):
        raise InvalidParameterError(
            "image_shape must be three positive integers, (height, width, channels). "
            f"Got {image_shape!r} instead."
        )
    import_tensorflow()
    height, width, channels = (int(size) for size in image_shape)
    return (height, width, channels), int(n_classes)


def one_for_each(name: str, value: Any, parts: str, n_parts: int) -> tuple[Any, ...]:
    """Return the value of a parameter for each part; a single value applies to all of them."""
    if not isinstance(value, (tuple, list)):
        return (value,) * n_parts
    if len(value) != n_parts:
        raise InvalidParameterError(
            f"{name} must be one value for all {parts} or one for each of the {n_parts}. "
            f"Got {len(value)} values, {value!r}, instead."
        )
    return tuple(value)


def check_values(name: str, values: Sequence[Any], constraint: Any) -> None:
    """Raise an error that names the first value that does not satisfy the constraint."""
    for value in values:
        if not constraint.is_satisfied_by(value):
            raise InvalidParameterError(f"{name} must be {constraint}. Got {value!r} instead.")


def normalize(x: Any, name: str) -> Any:
    """Add batch normalization.

    Prediction uses its running statistics instead of those of the batch. With Keras' default
    momentum of .99, they need hundreds of steps to forget their initial values, which is longer
    than a fit on a few hundred images; with .9, some twenty steps are enough.
    """
    from keras import layers

    return layers.BatchNormalization(momentum=0.9, name=name)(x)


def add_classes(features: Any, n_classes: int) -> Any:
    """Add the last layer: probabilities, always in 32 bits."""
    from keras import layers

    return layers.Dense(n_classes, activation="softmax", dtype="float32", name="probabilities")(
        features
    )

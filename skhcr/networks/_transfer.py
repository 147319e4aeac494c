"""Transfer learning: new last layers on the features of another network."""

from __future__ import annotations

import os
import random
from copy import deepcopy
from numbers import Integral
from typing import TYPE_CHECKING, Any

from .._compat import Interval, InvalidParameterError, StrOptions
from ._base import (
    CHANNELS_LAST,
    COUNT,
    RATE,
    Network,
    add_classes,
    check_build_arguments,
    check_values,
    normalize,
)
from ._pretrained import BASE, CHANNEL_MIX, copy_features, find_pretrained, pixel_map
from ._seeds import default_seeds
from ._settings import usual_settings

if TYPE_CHECKING:
    import keras


class Transfer(Network):
    """New last layers on the features of a pretrained network.

    The convolutional part of `base` is copied with its weights and gets a new head: optional
    convolutions, flattening or pooling, dense layers, the classes. The copied layers are frozen, or
    some or all of them are also trained [1]_. The base itself never changes.

    Parameters
    ----------
    base : fitted CNNClassifier, str, path or keras.Model
        The pretrained network:

        - a fitted :class:`skhcr.CNNClassifier`; also a pipeline that ends in one, a
          :class:`sklearn.frozen.FrozenEstimator` around one or a fitted search of one (earlier
          steps are not used);
        - the path of a Keras model in a file (``.keras``, ``.h5``), such as one written by
          ``classifier.model_.save(...)``;
        - a functional or sequential ``keras.Model``;
        - the name of a network of ``keras.applications``, such as "MobileNetV2".
    layer : str, default=None
        Name of the layer of the base whose output is used. By default, this is the last feature
        map, which the base flattens or pools before its dense layers.
    size : int, (int, int) or None, default=None
        Height and width, in pixels, of the base's input images; one int for squares. The network
        resizes images of another size to it (bilinear, without keeping the aspect ratio). None is
        the size of the base's training images, and for an application the size of the images,
        enlarged to at least 32 pixels. With any other size, the same filters are applied to maps of
        other sizes: larger ones resolve finer strokes, but all strokes are thicker than in the
        base's training images.
    weights : "imagenet", path or None, default="imagenet"
        Only for an application: ImageNet weights, which Keras downloads at the first use;
        a local file of weights without the classes ("no top"); or None for random ones.
    trainable : {"none", "all"} or int, default="none"
        Layers of the base that are also trained: none, all, or the last n layers with weights.
        Frozen batch normalization uses the statistics of the base.
    filters : tuple of int, default=()
        Filters of the new 3x3 convolutions after the base, each followed by batch normalization and
        ReLU.
    head : {"flatten", "average", "max"}, default="flatten"
        Input of the dense layers: every value of the last map, or each channel's average or
        maximum.
    dense : tuple of int, default=()
        Units of the new dense layers, with ReLU, before the classes.
    dropout : float, default=0.0
        Rate of the dropout after every dense layer, or before the classes if there is none.

    See Also
    --------
    CNN : A network that can be a base.
    ResNet : Another one.

    Notes
    -----
    The network expects standardized pixels, as provided by ``CNNClassifier(standardize=True)``. An
    initial normalization of the base is therefore omitted, and the statistics of the new images
    replace it. A base classifier should also have been trained with ``standardize=True``. For an
    application, standardized pixels are converted to the mean and standard deviation of ImageNet
    and then preprocessed by its own ``preprocess_input``.

    Gray images are repeated in all channels if the base has several, and colors are converted to
    luminance if it has one.

    For two-stage fine-tuning, first train the new layers, then continue with more layers of the
    base and a smaller learning rate: `trainable` may be changed between fits with
    ``warm_start=True``.

    A search copies a `Transfer` with the weights of its base, and cannot change the parameters of
    the base. If the grid itself contains bases, use ``FrozenEstimator(classifier)`` for a fitted
    classifier, or put whole `Transfer` objects on the grid.

    References
    ----------
    .. [1] J. Yosinski, J. Clune, Y. Bengio and H. Lipson, "How transferable are features in deep
       neural networks?", NeurIPS 2014.

    Examples
    --------
    Digits 5 to 9, with the features of a network trained on 0 to 4:

    >>> from sklearn.datasets import load_digits
    >>> from skhcr import CNN, CNNClassifier
    >>> from skhcr.networks import Transfer
    >>> X, y = load_digits(return_X_y=True)
    >>> base = CNNClassifier(CNN((16,), dense=(32,)), epochs=4, random_state=0)
    >>> base = base.fit(X[y < 5], y[y < 5])
    >>> X, y = X[y >= 5], y[y >= 5]
    >>> network = Transfer(base, filters=(16,), dense=(32,))
    >>> classifier = CNNClassifier(network, epochs=4, warm_start=True, random_state=0)
    >>> classifier = classifier.fit(X[:600], y[:600])
    >>> classifier.score(X[600:], y[600:]) > 0.8
    True

    The second stage continues with all weights and a small learning rate:

    >>> classifier = classifier.set_params(model__trainable="all", learning_rate=3e-4, epochs=2)
    >>> classifier.fit(X[:600], y[:600]).n_iter_
    6
    """

    # `base` is checked when it is looked up.
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "layer": [str, None],
        "size": [COUNT, tuple, list, None],
        "weights": [str, os.PathLike, None],
        "trainable": [StrOptions({"none", "all"}), Interval(Integral, 0, None, closed="left")],
        "filters": [tuple, list],
        "head": [StrOptions({"flatten", "average", "max"})],
        "dense": [tuple, list],
        "dropout": [RATE],
    }

    def __init__(
        self,
        base: Any,
        *,
        layer: str | None = None,
        size: int | tuple[int, int] | None = None,
        weights: Any = "imagenet",
        trainable: str | int = "none",
        filters: tuple[int, ...] = (),
        head: str = "flatten",
        dense: tuple[int, ...] = (),
        dropout: float = 0.0,
    ) -> None:
        self.base = base
        self.layer = layer
        self.size = size
        self.weights = weights
        self.trainable = trainable
        self.filters = filters
        self.head = head
        self.dense = dense
        self.dropout = dropout

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
            Maps float images to float32 probabilities. The names of layers copied from the base
            start with ``base_``. They may follow ``shrink``, ``resize`` and ``channel_mix``, and
            are followed by ``conv1``, ``batch_norm1``, ``relu1``, ..., ``flatten`` (``average``,
            ``max``), ``dense1``, ``dropout1``, ..., ``probabilities``.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, or the base cannot be used;
            :class:`sklearn.exceptions.NotFittedError` if it is not fitted.
        FileNotFoundError
            If a file does not exist.
        """
        image_shape, n_classes = check_build_arguments(image_shape, n_classes)
        size = self._check_params()
        import keras
        from keras import layers

        image = keras.Input(image_shape, name="image")
        # Layers whose weights are overwritten also have seeds, so that the new layers have the same
        # initial weights on any base.
        with usual_settings(), default_seeds(random.randint(0, 2**64 - 2)):
            pretrained, size = find_pretrained(self.base, self.weights, image_shape, size)
            x = _resize(image, size)
            mapping = pixel_map(pretrained, image_shape[2])
            if mapping is not None:
                kernel, bias = mapping
                mix = layers.Conv2D(
                    len(bias), 1, data_format=CHANNELS_LAST, trainable=False, name=CHANNEL_MIX
                )
                x = mix(x)
                mix.set_weights([kernel[None, None], bias])
            x = copy_features(pretrained, self.layer, image, x)
        x = self._add_head(x)
        model = keras.Model(image, add_classes(x, n_classes), name="transfer")
        self.set_trainable(model)
        return model

    def set_trainable(self, model: keras.Model) -> None:
        """Freeze and unfreeze the layers of a built model according to `trainable`.

        Parameters
        ----------
        model : keras.Model
            The result of :meth:`build`, or a copy. Any other model is not changed. Compile it
            afterwards for the change to take effect in Keras training.

        Raises
        ------
        ValueError
            If `trainable` is invalid.
        """
        self._check_params()
        if model.name != "transfer":
            return
        base = [layer for layer in model.layers if layer.name.startswith(BASE)]
        with_weights = [part for layer in base for part in _parts(layer) if part.weights]
        with_weights = [part for part in with_weights if not part.name.endswith(CHANNEL_MIX)]
        n_trained = {"none": 0, "all": len(with_weights)}.get(self.trainable, self.trainable)  # type: ignore[arg-type]
        if n_trained > len(with_weights):
            raise InvalidParameterError(
                f"trainable={self.trainable}, but the base has only {len(with_weights)} layers "
                "with weights: 'all' trains all of them."
            )
        trained = with_weights[len(with_weights) - n_trained :]
        for layer in base:
            layer.trainable = True  # a nested model's own flag would override those of its parts
            for part in _parts(layer):
                part.trainable = part in trained or not part.weights

    def _check_params(self) -> tuple[int, int] | None:
        """Check all parameters except the base; return the size as (height, width)."""
        self._validate_params()
        if isinstance(self.trainable, bool):
            raise InvalidParameterError(
                "trainable must be 'none', 'all' or the number of layers to train. "
                f"Got {self.trainable} instead."
            )
        check_values("filters", self.filters, COUNT)
        check_values("dense", self.dense, COUNT)
        if self.size is None:
            return None
        size: Any = (self.size, self.size) if isinstance(self.size, Integral) else self.size
        check_values("size", size, COUNT)
        if len(size) != 2:
            raise InvalidParameterError(
                f"size must be an int, or two, (height, width). Got {self.size!r} instead."
            )
        return int(size[0]), int(size[1])

    def _add_head(self, x: Any) -> Any:
        from keras import layers

        if len(x.shape) != 4 and (self.filters or self.head != "flatten"):
            raise InvalidParameterError(
                f"The output of layer={self.layer!r} is not a feature map, its shape is "
                f"{tuple(x.shape[1:])}: use filters=() and head='flatten'."
            )
        for index, n_filters in enumerate(self.filters, 1):
            x = layers.Conv2D(
                int(n_filters),
                3,
                padding="same",
                data_format=CHANNELS_LAST,
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"conv{index}",
            )(x)
            x = normalize(x, f"batch_norm{index}")
            x = layers.ReLU(name=f"relu{index}")(x)
        head = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }[self.head]
        x = head(data_format=CHANNELS_LAST, name=self.head)(x)
        rate = float(self.dropout)
        if rate and not self.dense:
            return layers.Dropout(rate, name="dropout")(x)
        for index, units in enumerate(self.dense, 1):
            x = layers.Dense(int(units), activation="relu", name=f"dense{index}")(x)
            if rate:
                x = layers.Dropout(rate, name=f"dropout{index}")(x)
        return x

    # ------------------------------------------------------------------ as a parameter object

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; those of the base are not parameters of the network.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect.

        Returns
        -------
        dict
            Names and values.
        """
        return super().get_params(deep=False)

    def set_params(self, **params: Any) -> Transfer:
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Names and values. The base can be replaced, but not changed.

        Returns
        -------
        Transfer
            The network.

        Raises
        ------
        ValueError
            If there is no such parameter, or it is one of the base.
        """
        inner = [name for name in params if name.startswith("base__")]
        if inner:
            raise ValueError(
                f"{inner[0]!r} would change the base, which was trained with its present "
                "parameters. Set `base` to another one instead."
            )
        return super().set_params(**params)

    def __sklearn_clone__(self) -> Transfer:
        # A clone of the base would lose its weights; nothing here changes the base.
        params = self.get_params()
        return type(self)(**{n: v if n == "base" else deepcopy(v) for n, v in params.items()})


def _resize(image: Any, size: tuple[int, int]) -> Any:
    from keras import layers

    x = image
    height, width = x.shape[1:3]
    # Bilinear resizing uses only four pixels, so it would miss pixels of much larger images.
    window = max(1, height // size[0]), max(1, width // size[1])
    if window != (1, 1):
        x = layers.AveragePooling2D(
            window, padding="same", data_format=CHANNELS_LAST, name="shrink"
        )(x)
    if tuple(x.shape[1:3]) != size:
        x = layers.Resizing(
            *size, interpolation="bilinear", data_format=CHANNELS_LAST, name="resize"
        )(x)
    return x


def _parts(layer: Any) -> list[Any]:
    """Return the layer, or the layers of a nested model."""
    import keras

    if not isinstance(layer, keras.Model):
        return [layer]
    return [part for inner in layer.layers for part in _parts(inner)]

"""The plain convolutional network: blocks of convolutions and pooling, then dense layers."""

from __future__ import annotations

from itertools import count
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

from .._compat import InvalidParameterError, StrOptions
from .._messages import did_you_mean
from ._base import (
    CHANNELS_LAST,
    COUNT,
    RATE,
    Network,
    add_classes,
    check_build_arguments,
    check_values,
    normalize,
    one_for_each,
)

if TYPE_CHECKING:
    import keras


class _Block(NamedTuple):
    convolutions: tuple[tuple[int, int], ...]  # (filters, kernel size) of each
    pool_size: int
    dropout: float


class _Dense(NamedTuple):
    units: int
    activation: str
    dropout: float


class CNN(Network):
    """Convolutional network: blocks of convolutions and pooling, then dense layers.

    A block consists of one or more convolutions, each with its activation and optional batch
    normalization, followed by pooling and dropout. The default parameters are the preset
    ``"bn_cnn"``.

    Parameters
    ----------
    filters : tuple, default=(32, 64, 128)
        One entry for each block: the filters of its convolutions. An int applies to all
        `convs_per_block` convolutions of the block; a tuple of int specifies them one by one, as in
        ``((32, 32), (64, 64, 64))``.
    kernel_size : int or tuple, default=3
        Height and width of the kernels, in pixels: one for all blocks or one for each; the entry of
        a block may also be a tuple with one for each convolution.
    padding : {"valid", "same"}, default="valid"
        "same" pads maps with zeros so that a convolution keeps their size.
    convs_per_block : int, default=1
        Number of convolutions in the blocks whose `filters` are an int.
    batch_norm : bool, default=True
        Whether batch normalization, with a momentum of 0.9, follows the activation of every
        convolution [1]_.
    pooling : {"max", "average"}, default="max"
        The pooling function at the end of a block.
    pool_size : int or tuple of int, default=2
        Height and width of the pooling window, and its stride: one for all blocks or one for each.
        1 means no pooling.
    activation : str, default="relu"
        Keras name of the activation of the convolutions.
    conv_dropout : float or tuple of float, default=0.0
        Rate of the dropout after the pooling of a block: one for all blocks or one for each.
    dense : tuple of int, default=(256,)
        Units of the dense layers between the last block and the classes.
    dense_activation : str or tuple of str, default="relu"
        Keras name of their activation: one for all or one for each.
    dropout : float or tuple of float, default=0.5
        Rate of the dropout after a dense layer: one for all or one for each.

    See Also
    --------
    ResNet : A network with residual blocks.
    get_network : Networks by name.

    Notes
    -----
    The network accepts images of any size. If a map is too small for a layer, one rule applies:
    **no window is larger than the map it slides over**. A "valid" convolution whose kernel is
    taller or wider than the map uses "same" padding, and a pooling window is reduced to the map's
    height and width (a window of a single pixel is omitted). If everything fits, the network
    follows its parameters exactly.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML 2015.

    Examples
    --------
    >>> from skhcr.networks import CNN
    >>> network = CNN(filters=((16, 16), (32, 32)), padding="same", dense=(64,), dropout=0.25)
    >>> model = network.build((28, 28, 1), n_classes=26)
    >>> [layer.name for layer in model.layers if layer.name.startswith("conv")]
    ['conv1', 'conv2', 'conv3', 'conv4']
    >>> model.count_params()
    118858
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "filters": [tuple, list],
        "kernel_size": [COUNT, tuple, list],
        "padding": [StrOptions({"valid", "same"})],
        "convs_per_block": [COUNT],
        "batch_norm": ["boolean"],
        "pooling": [StrOptions({"max", "average"})],
        "pool_size": [COUNT, tuple, list],
        "activation": [str],
        "conv_dropout": [RATE, tuple, list],
        "dense": [tuple, list],
        "dense_activation": [str, tuple, list],
        "dropout": [RATE, tuple, list],
    }

    def __init__(
        self,
        filters: tuple[int | tuple[int, ...], ...] = (32, 64, 128),
        *,
        kernel_size: int | tuple[int | tuple[int, ...], ...] = 3,
        padding: str = "valid",
        convs_per_block: int = 1,
        batch_norm: bool = True,
        pooling: str = "max",
        pool_size: int | tuple[int, ...] = 2,
        activation: str = "relu",
        conv_dropout: float | tuple[float, ...] = 0.0,
        dense: tuple[int, ...] = (256,),
        dense_activation: str | tuple[str, ...] = "relu",
        dropout: float | tuple[float, ...] = 0.5,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.padding = padding
        self.convs_per_block = convs_per_block
        self.batch_norm = batch_norm
        self.pooling = pooling
        self.pool_size = pool_size
        self.activation = activation
        self.conv_dropout = conv_dropout
        self.dense = dense
        self.dense_activation = dense_activation
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
            Maps float images to float32 probabilities. Its layers are called ``conv1``,
            ``batch_norm1``, ``pool1``, ``conv_dropout1``, ..., ``flatten``, ``dense1``,
            ``dropout1``, ..., ``probabilities``: convolutions and dense layers are numbered from
            the input on, pooling and its dropout by block.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid.
        """
        image_shape, n_classes = check_build_arguments(image_shape, n_classes)
        self._validate_params()
        blocks, dense_layers = self._blocks(), self._dense_layers()
        import keras
        from keras import layers

        _check_activation("activation", self.activation)
        for dense_layer in dense_layers:
            _check_activation("dense_activation", dense_layer.activation)

        image = keras.Input(image_shape, name="image")
        x = image
        number = count(1)
        for index, block in enumerate(blocks, 1):
            for filters, kernel_size in block.convolutions:
                x = self._convolve(x, filters, kernel_size, next(number))
            x = self._pool(x, block.pool_size, f"pool{index}")
            if block.dropout:
                x = layers.Dropout(block.dropout, name=f"conv_dropout{index}")(x)
        x = layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x)
        for index, (units, activation, rate) in enumerate(dense_layers, 1):
            x = layers.Dense(units, activation=activation, name=f"dense{index}")(x)
            if rate:
                x = layers.Dropout(rate, name=f"dropout{index}")(x)
        return keras.Model(image, add_classes(x, n_classes), name="cnn")

    def _convolve(self, x: Any, filters: int, kernel_size: int, number: int) -> Any:
        from keras import layers

        fits = kernel_size <= min(x.shape[1:3])
        x = layers.Conv2D(
            filters,
            kernel_size,
            padding=self.padding if fits else "same",
            data_format=CHANNELS_LAST,
            activation=self.activation,
            name=f"conv{number}",
        )(x)
        return normalize(x, f"batch_norm{number}") if self.batch_norm else x

    def _pool(self, x: Any, pool_size: int, name: str) -> Any:
        from keras import layers

        window = tuple(min(pool_size, size) for size in x.shape[1:3])
        if window == (1, 1):
            return x
        pool = layers.MaxPooling2D if self.pooling == "max" else layers.AveragePooling2D
        return pool(window, data_format=CHANNELS_LAST, name=name)(x)

    def _blocks(self) -> list[_Block]:
        """Expand every block from the parameters' short forms."""
        n_blocks = len(self.filters)
        if not n_blocks:
            raise InvalidParameterError(
                "filters must have an entry for at least one block. Got ()."
            )
        per_block = zip(
            self.filters,
            one_for_each("kernel_size", self.kernel_size, "blocks", n_blocks),
            one_for_each("pool_size", self.pool_size, "blocks", n_blocks),
            one_for_each("conv_dropout", self.conv_dropout, "blocks", n_blocks),
            strict=True,
        )
        blocks = []
        for index, (filters, kernel_size, pool_size, rate) in enumerate(per_block):
            if isinstance(filters, Integral):
                filters = (filters,) * self.convs_per_block
            if not isinstance(filters, (tuple, list)) or not filters:
                raise InvalidParameterError(
                    f"filters[{index}] must be an int or a tuple of at least one int. "
                    f"Got {filters!r} instead."
                )
            where = f"kernel_size[{index}]"
            kernel_sizes = one_for_each(where, kernel_size, "convolutions", len(filters))
            check_values(f"filters[{index}]", filters, COUNT)
            check_values(where, kernel_sizes, COUNT)
            check_values(f"pool_size[{index}]", [pool_size], COUNT)
            check_values(f"conv_dropout[{index}]", [rate], RATE)
            convolutions = [(int(f), int(k)) for f, k in zip(filters, kernel_sizes, strict=True)]
            blocks.append(_Block(tuple(convolutions), int(pool_size), float(rate)))
        return blocks

    def _dense_layers(self) -> list[_Dense]:
        """Expand every dense layer from the parameters' short forms."""
        n_layers = len(self.dense)
        activations = one_for_each(
            "dense_activation", self.dense_activation, "dense layers", n_layers
        )
        rates = one_for_each("dropout", self.dropout, "dense layers", n_layers)
        check_values("dense", self.dense, COUNT)
        check_values("dropout", rates, RATE)
        return [
            _Dense(int(units), activation, float(rate))
            for units, activation, rate in zip(self.dense, activations, rates, strict=True)
        ]


def _check_activation(name: str, activation: Any) -> None:
    from keras import activations

    # glu halves the channels and threshold needs arguments: neither is an activation of a layer.
    others = {"get", "serialize", "deserialize", "glu", "threshold"}
    known = [n for n in dir(activations) if not n.startswith("_") and n not in others]
    if activation not in known:
        raise InvalidParameterError(
            f"{name} must be the name of a Keras activation: {', '.join(known)}. "
            f"Got {activation!r} instead.{did_you_mean(str(activation), known)}"
        )

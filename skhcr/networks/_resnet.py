"""The residual network: the default, small enough for two processor cores."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

from .._compat import Interval, StrOptions
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

_DEPTH = Interval(Integral, 0, None, closed="left")


class ResNet(Network):
    """Compact residual network for small images of characters.

    A stem is followed by stages. Every stage doubles the channels with a convolution, halves the
    map with max-pooling and continues with residual blocks: two convolutions whose output is added
    to their input [1]_. The stages' convolutions are 3x3. All convolutions have no bias, use He
    initialization [2]_ and are followed by batch normalization and ReLU.

    Parameters
    ----------
    width : int, default=16
        Channels of the stem. Every stage has twice the channels of the previous one.
    depth : int or tuple of int, default=(0, 1, 1)
        Residual blocks of a stage: one number for all stages or one for each. May be 0.
    stages : int, default=3
        Number of stages, and therefore of halvings after the stem.
    stem_kernel_size : int, default=3
        Height and width of the stem's kernels, in pixels.
    stem_stride : int, default=1
        Stride of the stem's convolution, in pixels. 1 keeps the full resolution for the first
        stage, which separates dots and thin strokes; 2 halves the map at once, at about a quarter
        of the computation for the same width.
    head : {"flatten", "average", "max"}, default="flatten"
        Input of the last layer: every value of the last map, or each channel's average or maximum.
    dropout : float, default=0.0
        Rate of the dropout before the classes.

    See Also
    --------
    CNN : A network without residual blocks.
    get_network : Networks by name.

    Notes
    -----
    The network accepts images of any size: convolutions and pooling pad maps at their border
    ("same" padding), so halving a map of odd size rounds up, and a single pixel stays a single
    pixel.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR
       2016.
    .. [2] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV 2015.

    Examples
    --------
    >>> from skhcr.networks import ResNet
    >>> model = ResNet().build((32, 32, 1), n_classes=28)
    >>> model.get_layer("stage3_block1").output.shape
    (None, 4, 4, 128)
    >>> model.count_params()
    525420

    A wider network with a coarser stem, at a similar cost:

    >>> network = ResNet(
    ...     width=32, depth=(1, 1, 0), stem_kernel_size=5, stem_stride=2, head="average"
    ... )
    >>> network.build((32, 32, 1), n_classes=28).count_params()
    767164
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "width": [COUNT],
        "depth": [_DEPTH, tuple, list],
        "stages": [COUNT],
        "stem_kernel_size": [COUNT],
        "stem_stride": [COUNT],
        "head": [StrOptions({"flatten", "average", "max"})],
        "dropout": [RATE],
    }

    def __init__(
        self,
        width: int = 16,
        depth: int | tuple[int, ...] = (0, 1, 1),
        *,
        stages: int = 3,
        stem_kernel_size: int = 3,
        stem_stride: int = 1,
        head: str = "flatten",
        dropout: float = 0.0,
    ) -> None:
        self.width = width
        self.depth = depth
        self.stages = stages
        self.stem_kernel_size = stem_kernel_size
        self.stem_stride = stem_stride
        self.head = head
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
            Maps float images to float32 probabilities. Its layers are called ``stem_conv``,
            ``stem_batch_norm``, ``stem_relu``, ``stage1_conv``, ``stage1_pool``, ...,
            ``stage2_block1_1_conv``, ..., ``stage2_block1`` (the output of a residual block), ...,
            ``probabilities``.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid.
        """
        image_shape, n_classes = check_build_arguments(image_shape, n_classes)
        self._validate_params()
        depths = one_for_each("depth", self.depth, "stages", self.stages)
        check_values("depth", depths, _DEPTH)
        import keras
        from keras import layers

        image = keras.Input(image_shape, name="image")
        channels = int(self.width)
        x = _convolve(image, channels, "stem", self.stem_kernel_size, self.stem_stride)
        x = normalize(x, "stem_batch_norm")
        x = layers.ReLU(name="stem_relu")(x)
        for stage, depth in enumerate(depths, 1):
            name = f"stage{stage}"
            channels *= 2
            x = _convolve(x, channels, name)
            # Pooling first reduces the values for the normalization to a quarter.
            x = layers.MaxPooling2D(
                2, padding="same", data_format=CHANNELS_LAST, name=f"{name}_pool"
            )(x)
            x = normalize(x, f"{name}_batch_norm")
            x = layers.ReLU(name=f"{name}_relu")(x)
            for block in range(1, depth + 1):
                x = _residual_block(x, f"{name}_block{block}")
        head = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }[self.head]
        x = head(data_format=CHANNELS_LAST, name=self.head)(x)
        if self.dropout:
            x = layers.Dropout(float(self.dropout), name="dropout")(x)
        return keras.Model(image, add_classes(x, n_classes), name="resnet")


def _convolve(x: Any, channels: int, name: str, kernel_size: int = 3, stride: int = 1) -> Any:
    from keras import layers

    return layers.Conv2D(
        channels,
        int(kernel_size),
        strides=int(stride),
        padding="same",
        data_format=CHANNELS_LAST,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)


def _residual_block(x: Any, name: str) -> Any:
    from keras import layers

    channels = x.shape[-1]
    y = normalize(_convolve(x, channels, f"{name}_1"), f"{name}_1_batch_norm")
    y = layers.ReLU(name=f"{name}_1_relu")(y)
    y = normalize(_convolve(y, channels, f"{name}_2"), f"{name}_2_batch_norm")
    return layers.ReLU(name=name)(layers.Add(name=f"{name}_add")([x, y]))

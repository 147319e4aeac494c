"""Networks by name: presets of the general networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from .._messages import did_you_mean
from ._base import Network
from ._cnn import CNN
from ._resnet import ResNet

PRESETS: Mapping[str, Callable[[], Network]] = MappingProxyType(
    {
        "resnet": ResNet,
        "bn_cnn": partial(CNN, (32, 64, 128), batch_norm=True, dense=(256,), dropout=0.5),
        "lenet": partial(
            CNN, (32, 64), kernel_size=5, batch_norm=False, dense=(1024,), dropout=0.0
        ),
        "deep_cnn": partial(
            CNN,
            ((32, 32), (64, 64), (64, 64), (64, 64)),
            padding="same",
            batch_norm=False,
            conv_dropout=(0.0, 0.0, 0.25, 0.25),
            dense=(256, 256),
            dropout=(0.0, 0.25),
        ),
        "vgg": partial(CNN, ((32, 32), (64, 64)), batch_norm=False, dense=(128,), dropout=0.25),
        "lenet5": partial(
            CNN,
            (6, 16),
            kernel_size=5,
            batch_norm=False,
            pooling="average",
            activation="tanh",
            dense=(120, 84),
            dense_activation="tanh",
            dropout=0.0,
        ),
        "wide_cnn": partial(
            CNN,
            (512, 256, 256),
            kernel_size=(5, 3, 3),
            batch_norm=False,
            dense=(512, 1024, 512, 256),
            dense_activation=("relu", "relu", "relu", "sigmoid"),
            dropout=0.0,
        ),
        "simple_cnn": partial(
            CNN, (32, 64, 128), padding="same", batch_norm=False, dense=(128,), dropout=0.0
        ),
    }
)


def list_networks() -> list[str]:
    """Return the names of the networks for :func:`get_network`.

    Returns
    -------
    list of str
        The names, sorted.

    Examples
    --------
    >>> from skhcr.networks import list_networks
    >>> list_networks()
    ['bn_cnn', 'deep_cnn', 'lenet', 'lenet5', 'resnet', 'simple_cnn', 'vgg', 'wide_cnn']
    """
    return sorted(PRESETS)


def get_network(name: str) -> Network:
    """Return the network of a name, to use directly or tune with ``set_params``.

    ============== =========================================================================
    name           layers
    ============== =========================================================================
    ``resnet``     :class:`ResNet` with its default parameters
    ``bn_cnn``     3x3 convolutions of 32, 64 and 128 filters, each with batch normalization
                   and max-pooling; dense 256; dropout .5
    ``lenet``      5x5 convolutions of 32 and 64 filters, each with max-pooling; dense 1024
    ``lenet5``     LeCun's LeNet-5 [1]_: 5x5 convolutions of 6 and 16 filters, each with
                   average-pooling; dense 120 and 84; tanh throughout
    ``deep_cnn``   four blocks of two padded 3x3 convolutions (32, 64, 64, 64 filters) and
                   max-pooling, dropout .25 after the third and the fourth; dense 256 and
                   256; dropout .25
    ``vgg``        two blocks of two 3x3 convolutions (32, 64 filters) and max-pooling;
                   dense 128; dropout .25
    ``wide_cnn``   convolutions of 512 (5x5), 256 (3x3) and 256 (3x3) filters, each with
                   max-pooling; dense 512, 1024 and 512 with ReLU, dense 256 with sigmoid;
                   meant for color images of 64x64 pixels
    ``simple_cnn`` padded 3x3 convolutions of 32, 64 and 128 filters, each with max-pooling;
                   dense 128
    ============== =========================================================================

    Convolutions are not padded ("valid") and activations are ReLU unless the table says otherwise.
    All end in a softmax layer.

    Parameters
    ----------
    name : str
        One of :func:`list_networks`.

    Returns
    -------
    Network
        A new parameter object.

    Raises
    ------
    ValueError
        If there is no network of that name.

    Notes
    -----
    ``lenet5`` keeps the layers and sizes of the original LeNet-5. Its subsampling with trained
    coefficients is plain average-pooling here, every filter of the second convolution uses all maps
    of the first, and a softmax layer replaces the radial basis functions at its end.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from skhcr.networks import get_network
    >>> get_network("lenet")
    CNN(batch_norm=False, dense=(1024,), dropout=0.0, filters=(32, 64), kernel_size=5)
    >>> model = get_network("lenet").set_params(dropout=0.5).build((32, 32, 1), n_classes=28)
    >>> model.count_params()
    1720220
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be the name of a network. Got {name!r} instead.")
    if name not in PRESETS:
        raise ValueError(
            f"There is no network named {name!r}.{did_you_mean(name, PRESETS)} The names are "
            f"{', '.join(list_networks())}."
        )
    return PRESETS[name]()

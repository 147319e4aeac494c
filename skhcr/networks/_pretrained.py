"""Pretrained networks: find their Keras model and copy its feature extractor."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError

from .._compat import InvalidParameterError
from .._messages import did_you_mean
from .._unwrap import final_estimator
from ._base import NORMALIZATION

if TYPE_CHECKING:
    import keras

BASE = "base_"  # prefix of the names of all copied layers
CHANNEL_MIX = "channel_mix"  # a layer that is never trained: part of the pixel preprocessing
_FILES = {".keras", ".h5", ".hdf5"}
_SMALLEST = 32  # height and width for most networks of keras.applications
# Red, green and blue of ImageNet's pixels, 0..255, on which the applications were trained.
_IMAGENET_MEAN = np.array([123.675, 116.28, 103.53])
_IMAGENET_STD = np.array([58.395, 57.12, 57.375])
_LUMINANCE = np.array([[0.299], [0.587], [0.114]])  # ITU-R BT.601, as Pillow's mode "L"


class Pretrained(NamedTuple):
    """A pretrained network, and its expected input."""

    model: keras.Model
    kernel: np.ndarray | None = None  # from standardized channels to those of the model
    bias: np.ndarray | None = None


def find_pretrained(
    base: Any, weights: Any, image_shape: tuple[int, int, int], size: tuple[int, int] | None
) -> tuple[Pretrained, tuple[int, int]]:
    """Return the network of the parameter `base`, and its image size."""
    height, width, _ = image_shape
    if isinstance(base, str) and Path(base).suffix.lower() not in _FILES:
        if size is None:
            scale = max(1.0, _SMALLEST / min(height, width))
            size = round(height * scale), round(width * scale)
        return _application(base, weights, size), size
    model = _load(Path(base)) if isinstance(base, (str, os.PathLike)) else _fitted_model(base)
    model = _without_wrapping(model)
    if size is None:
        own_height, own_width = model.inputs[0].shape[1:3]
        size = own_height or height, own_width or width
    return Pretrained(model), size


def pixel_map(pretrained: Pretrained, n_channels: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the kernel and bias that convert an image's channels to the model's; None if equal."""
    wanted = pretrained.model.inputs[0].shape[-1] or n_channels
    if wanted == n_channels:
        mix = np.eye(n_channels)
    elif n_channels == 1:
        mix = np.ones((1, wanted))
    elif (n_channels, wanted) == (3, 1):
        mix = _LUMINANCE
    else:
        raise InvalidParameterError(
            f"base expects images of {wanted} channels, but the images have {n_channels}: only "
            "gray images can get more channels, and only images of 3 channels can be converted "
            "to gray."
        )
    kernel = mix if pretrained.kernel is None else mix @ pretrained.kernel
    bias = np.zeros(kernel.shape[1]) if pretrained.bias is None else pretrained.bias
    unchanged = kernel.shape == (len(kernel),) * 2 and np.allclose(kernel, np.eye(len(kernel)))
    return None if unchanged and np.allclose(bias, 0) else (kernel, bias)


def copy_features(
    pretrained: Pretrained, layer: str | None, image: keras.KerasTensor, x: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the features of `x` by copies of the model's layers and weights.

    Parameters
    ----------
    pretrained : Pretrained
        The model; it is not changed.
    layer : str or None
        The layer whose output is returned; None for the last feature map.
    image : KerasTensor
        An input of a model.
    x : KerasTensor
        That input, preprocessed for the pretrained model.
    """
    import keras
    from keras import layers

    model = pretrained.model
    features = _last_feature_map(model) if layer is None else _output_of(model, layer)
    seeing = keras.Model(model.inputs[0], features)
    # The pixels are already standardized, so the model's own standardization is skipped. (The
    # kernel of an application converts back to raw pixels.)
    left_out = [] if pretrained.kernel is not None else _leading_normalization(seeing)
    copies: dict[Any, Any] = {}

    def copy_of(operation: Any) -> Any:
        config = operation.get_config()
        if isinstance(operation, layers.Layer):
            config["name"] = BASE + operation.name
            if "dtype" in config and operation.dtype_policy.variable_dtype == "float32":
                config["dtype"] = keras.config.dtype_policy().name  # the new fit's, not the old
        copies[operation] = type(operation).from_config(config)
        return copies[operation]

    def call(copy: Any, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = keras.tree.map_structure(
            lambda value: x if value is image else value, (args, kwargs)
        )
        passed_over = copy in [copies.get(layer) for layer in left_out]
        return args[0] if passed_over else copy(*args, **kwargs)

    what = f"The layers of base cannot be used on images of {x.shape[1]}x{x.shape[2]} pixels"
    with _named_errors(what, "Choose another `size`, or another `layer`."):
        copied = keras.models.clone_model(
            seeing, input_tensors=image, clone_function=copy_of, call_function=call
        )
        for operation, copy in copies.items():
            if isinstance(operation, layers.Layer) and operation not in left_out:
                copy.set_weights(operation.get_weights())
    return copied.outputs[0]


def _fitted_model(base: Any) -> keras.Model:
    """Return the Keras model of a fitted classifier, or the model itself."""
    import keras

    estimator = final_estimator(base)
    model = getattr(estimator, "model_", estimator)
    if isinstance(model, keras.Model):
        return model
    if hasattr(estimator, "fit"):
        raise NotFittedError(
            f"base, a {type(estimator).__name__}, is not fitted: fit it before you build the "
            "network on it. (A search clones the values of its grid; there, pass a fitted "
            "classifier as FrozenEstimator(classifier).)"
        )
    raise InvalidParameterError(
        "base must be a fitted CNNClassifier, the path of a saved Keras model (.keras, .h5), a "
        f"keras.Model or the name of a network of keras.applications. Got {base!r} instead."
    )


def _load(path: Path) -> keras.Model:
    import keras

    path = path.expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"base is the file {str(path)!r}, which does not exist.")
    with _named_errors(
        f"The model in {str(path)!r} (base) cannot be loaded",
        "It must be a whole model, as written by model.save(...), not only its weights.",
    ):
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def _application(name: str, weights: Any, size: tuple[int, int]) -> Pretrained:
    """Return a network of keras.applications without its classes."""
    from keras import applications

    known = {n: f for n, f in vars(applications).items() if n[0].isupper() and callable(f)}
    if name not in known:
        raise InvalidParameterError(
            f"base={name!r} is neither a network of keras.applications nor the name of a file "
            f"that ends in .keras or .h5.{did_you_mean(name, known)}"
        )
    if weights not in (None, "imagenet"):
        weights = Path(weights).expanduser()
        if not weights.is_file():
            raise FileNotFoundError(f"weights is the file {str(weights)!r}, which does not exist.")
        weights = str(weights)
    what = f"keras.applications.{name} cannot be built for images of {size[0]}x{size[1]} pixels"
    hint = (
        "Use `size` for larger images. `weights` can also be the path of a file with the weights "
        "of the network without its classes (no top)."
    )
    with _named_errors(f"{what} with weights={weights!r}", hint), warnings.catch_warnings():
        # If there are weights for several sizes, those for 224x224 are used, as intended.
        warnings.filterwarnings("ignore", message="`input_shape` is undefined")
        model = known[name](include_top=False, weights=weights, input_shape=(*size, 3))
    preprocess = import_module(known[name].__module__).preprocess_input
    return Pretrained(model, *_expected_pixels(preprocess))


def _expected_pixels(preprocess: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and bias from standardized pixels to those that an application expects.

    Its ``preprocess_input`` scales, shifts or reorders red, green and blue, so four colors
    determine it.
    """

    def expected(color: np.ndarray) -> np.ndarray:
        return np.array(preprocess(color.astype(np.float32).reshape(1, 1, 1, 3)), float).ravel()

    bias = expected(_IMAGENET_MEAN)
    steps = np.diag(_IMAGENET_STD)
    return np.array([expected(_IMAGENET_MEAN + step) - bias for step in steps]), bias


def _without_wrapping(model: keras.Model) -> keras.Model:
    """Return the model inside a model that only adds a normalization, like a classifier's."""
    import keras
    from keras import layers

    around = (layers.InputLayer, layers.Rescaling, layers.Normalization)
    while True:
        inner = [
            layer
            for layer in model.layers
            if not isinstance(layer, around) and layer.name != NORMALIZATION
        ]
        if len(inner) != 1 or not isinstance(inner[0], keras.Model):
            break
        model = inner[0]
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise InvalidParameterError(
            "base must be a functional or sequential Keras model with a known image shape; the "
            f"layers of {model!r} cannot be traced."
        )
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4:
        raise InvalidParameterError(
            "base must have one input image, (height, width, channels), and one output. Got a "
            f"model with inputs of shape {[tuple(i.shape[1:]) for i in inputs]} and "
            f"{len(outputs)} output(s)."
        )
    # A functional model specifies how its layers are connected, a sequential one does not. The
    # layers of a copy are used only once, so each has one output.
    model = keras.Model(inputs[0], outputs[0])
    with _named_errors("The layers of base cannot be copied"):
        copied = keras.models.clone_model(model)
    copied.set_weights(model.get_weights())
    return copied


def _leading_normalization(model: keras.Model) -> list[Any]:
    from keras import layers

    found: list[Any] = []
    for layer in model.layers[1:]:
        if not isinstance(layer, layers.Rescaling | layers.Normalization):
            break
        found.append(layer)
    return found


def _last_feature_map(model: keras.Model) -> keras.KerasTensor:
    """Return the map at the start of the network's head, the chain of layers at its end."""
    from keras import layers

    makers = {id(operation.output): operation for operation in model.operations}
    pools = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
    tensor = model.outputs[0]
    found = tensor if len(tensor.shape) == 4 else None
    while (maker := makers.get(id(tensor))) is not None:
        before = maker.input
        if isinstance(maker, layers.InputLayer) or isinstance(before, (list, tuple, dict)):
            break
        if len(before.shape) == 4 and (len(tensor.shape) != 4 or isinstance(maker, pools)):
            found = before
        tensor = before
    if found is None or found is model.inputs[0]:
        raise InvalidParameterError(
            "base has no feature map that its last layers flatten or pool. Pass the name of the "
            f"layer to use as `layer`: {_names(model)}."
        )
    return found


def _output_of(model: keras.Model, name: str) -> keras.KerasTensor:
    import keras

    found = [layer for layer in model.layers if layer.name == name]
    if not found:
        hint = did_you_mean(name, [layer.name for layer in model.layers])
        raise InvalidParameterError(
            f"base has no layer={name!r}.{hint} Its layers are {_names(model)}."
        )
    if isinstance(found[0], keras.Model):
        raise InvalidParameterError(f"layer={name!r} is itself a model: pass it as base.")
    return found[0].output


def _names(model: keras.Model) -> str:
    names = [layer.name for layer in model.layers]
    return ", ".join(names if len(names) <= 24 else [*names[:4], "...", *names[-16:]])


@contextmanager
def _named_errors(what: str, hint: str = "") -> Iterator[None]:
    """Raise an error with the failed step, the reason and the solution."""
    try:
        yield
    except Exception as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
        if "`Lambda`" in line:
            hint = "Lambda layers contain code: use Keras layers, or registered ones, instead."
        raise InvalidParameterError(f"{what}: {line}. {hint}".rstrip()) from error

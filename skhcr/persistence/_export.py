"""``export``: write a pipeline as a file for other runtimes."""

from __future__ import annotations

import os
import warnings
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._atomic import replacing
from .._unwrap import fitted_steps
from ..classifier import CNNClassifier
from ..images import AugmentingSampler, ImageAugmenter, ImageLoader, InkNormalizer, PixelScaler
from ..images._ink_version import VERSION
from ._digest import DIGEST_KEY, NO_DIGEST, write_digest
from ._exported import FORMAT
from ._labels import KEY, MEMBER, as_json

_READERS = (ImageLoader, InkNormalizer)
_IN_TRAINING_ONLY = (AugmentingSampler, ImageAugmenter)


def export(estimator: Any, path: str | os.PathLike[str], *, half: bool = False) -> Path:
    """Export a fitted pipeline to ONNX or LiteRT.

    The network in the file includes all steps after reading the images: scaling, normalization,
    test-time augmentation, calibration. The file's metadata contain the labels and the image
    reading settings for :func:`load_exported`.

    Parameters
    ----------
    estimator : CNNClassifier, Pipeline or search
        Fitted. A pipeline may have :class:`skhcr.ImageLoader`, :class:`skhcr.InkNormalizer`,
        :class:`skhcr.ImageAugmenter` and :class:`skhcr.PixelScaler` before a
        :class:`skhcr.CNNClassifier`; for a search, the best estimator is exported.
    path : path
        Output path, ending with ``.onnx`` or, for LiteRT (TensorFlow Lite), ``.tflite``. The file
        is written completely or not at all.
    half : bool, default=False
        Whether to store the weights in half precision, which halves the file. Probabilities change
        by about 0.001; the network still computes in 32 bits.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    ImportError
        If the extra ``skhcr[export]`` is not installed.
    TypeError
        If the pipeline has other steps.
    ValueError
        If the path has another extension.
    OSError
        If the file cannot be written.

    See Also
    --------
    load_exported : Predict with the file, without TensorFlow.
    save : Keep the estimator itself.

    Notes
    -----
    The network's input ``image`` is float32 of shape (n, height, width, channels): gray levels or
    colors from the reading steps, from 0 to 255; without such a step, images as in the classifier's
    training. Its output ``probabilities`` has a column for each of the labels, which are in the
    JSON under "skhcr" in an ONNX file's metadata, and in the zip archive that is appended to a
    LiteRT file. Its output ``score``, if the classifier has `score_samples`, contains the normality
    scores; the threshold is ``offset`` in that JSON. Networks trained in mixed precision are
    exported in 32 bits. The file ends with the SHA-256 of all previous bytes, which
    :func:`load_exported` checks. This detects damage, not tampering: an attacker can also write a
    new digest.

    An image that cannot be read is an error, regardless of `on_error`. Regardless of `on_blank`,
    ``blank_`` of the loaded classifier has the indices of blank images. If a pipeline begins with a
    :class:`skhcr.PixelScaler`, images must be of dtype uint8.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_digits
    >>> from skhcr import CNN, CNNClassifier, export, load_exported
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(CNN(filters=(8,), dense=()), epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     exported = load_exported(export(classifier, os.path.join(folder, "digits.onnx")))
    >>> bool((exported.predict(X) == classifier.predict(X)).all())
    True
    """
    path = Path(path).expanduser()
    write = {".onnx": _write_onnx, ".tflite": _write_litert}.get(path.suffix)
    if write is None:
        raise ValueError(f"The path must end with .onnx or .tflite, got {str(path)!r}.")
    check_is_fitted(estimator)
    metadata, scaled, classifier = described(estimator)
    from .._keras import serving_model

    model = serving_model(
        classifier.model_,
        scale=1 / 255 if scaled else 1,
        shift=classifier.test_time_shift,
        temperature=classifier.temperature_,
        normality=classifier._normality if hasattr(classifier, "offset_") else None,
    )
    with replacing(path) as part:
        write(model, part, metadata, half)
        write_digest(part)
    return path


def described(estimator: Any) -> tuple[str, bool, CNNClassifier]:
    """Return the metadata of a fitted estimator, and its classifier.

    Returns
    -------
    metadata : str
        Its labels and image reading settings, as JSON.
    scaled : bool
        Whether pixels are divided by 255 before the network.
    classifier : CNNClassifier
        The classifier with the network.

    Raises
    ------
    TypeError
        If it has other steps than image readers before the network.
    """
    readers, scaled, classifier = _parts(estimator)
    metadata = {
        "format": FORMAT,
        "skhcr": version("skhcr"),
        "image_shape": classifier.image_shape_,
        "n_features": classifier.n_features_in_,
        "readers": [_description(reader) for reader in readers],
        "flat": bool(readers) and readers[-1].flatten,
        "takes_uint8_only": scaled and not readers,
    }
    if hasattr(classifier, "offset_"):
        metadata["offset"] = classifier.offset_
    return as_json(classifier.classes_, metadata), scaled, classifier


def _parts(estimator: Any) -> tuple[list[Any], bool, CNNClassifier]:
    """Return the reading steps, whether there is a scaling step, and the classifier."""
    *before, classifier = fitted_steps(estimator)
    readers, scaler = [], False
    for step in before:
        if isinstance(step, _READERS) and not scaler:
            readers.append(step)
        elif isinstance(step, PixelScaler):
            scaler = True
        elif step not in (None, "passthrough") and not isinstance(step, _IN_TRAINING_ONLY):
            raise TypeError(
                f"A pipeline with {type(step).__name__} at this place cannot be exported: only "
                "ImageLoader, InkNormalizer, ImageAugmenter and PixelScaler can, in this order."
            )
    if not isinstance(classifier, CNNClassifier):
        raise TypeError(
            f"Only a CNNClassifier, or a pipeline that ends with one, can be exported; got "
            f"{type(classifier).__name__}."
        )
    return readers, scaler, classifier


def _description(reader: ImageLoader | InkNormalizer) -> dict[str, Any]:
    params = {**reader._reading_params(), "size": reader._image_size()}
    if isinstance(reader, InkNormalizer):
        params["version"] = VERSION
    return {**params, "kind": type(reader).__name__}


def _write_onnx(model: Any, path: Path, metadata: str, half: bool) -> None:
    try:
        import onnx
        import tf2onnx  # noqa: F401 - what Keras converts with
    except ImportError as error:
        raise ImportError(
            "Exporting to ONNX needs additional packages: pip install 'skhcr[export]'."
        ) from error
    model(
        np.zeros((1, *model.input_shape[1:]), np.float32)
    )  # Keras exports models that have been called
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the converter, about NumPy
        model.export(path, format="onnx", verbose=False)
    converted = onnx.load(path)
    if half:
        _halve(converted.graph)
    onnx.helper.set_model_props(converted, {KEY: metadata, DIGEST_KEY: NO_DIGEST})
    onnx.save(converted, path)


def _halve(graph: Any) -> None:
    """Store kernels in half precision, and cast them back before use."""
    from onnx import TensorProto, helper, numpy_helper

    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.ndim > 1:
            name = weight.name
            halved = numpy_helper.from_array(values.astype(np.float16), f"{name}/half")
            weight.CopyFrom(halved)
            cast = helper.make_node("Cast", [halved.name], [name], to=TensorProto.FLOAT)
            graph.node.insert(0, cast)


def _write_litert(model: Any, path: Path, metadata: str, half: bool) -> None:
    import tensorflow as tf

    options = {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "target_spec": {"supported_types": [tf.float16]},
    }
    try:
        model.export(str(path), format="litert", verbose=False, **(options if half else {}))
    except tf.errors.OpError as error:  # from writing to the temporary folder
        raise OSError(str(error)) from error
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, metadata)
        archive.comment = NO_DIGEST.encode()

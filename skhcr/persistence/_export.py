"""``export``: write a pipeline as a file for other runtimes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._atomic import replacing
from .._normality import prototypes
from .._unwrap import fitted_steps
from .._validation import check_images, images_of_shape
from ..classifier import CNNClassifier
from ..images import AugmentingSampler, ImageAugmenter, ImageLoader, InkNormalizer, PixelScaler
from ..images._ink_version import VERSION
from . import _litert, _onnx
from ._arrays import array_as_json
from ._exported import FORMAT, ExportedClassifier
from ._html import check_reads, find_runtime, page_of
from ._labels import PROTOTYPES, as_json
from ._runtimes import open_network

Quantize = Literal["float16", "int8"]

_READERS = (ImageLoader, InkNormalizer)
_IN_TRAINING_ONLY = (AugmentingSampler, ImageAugmenter)


class _Format(NamedTuple):
    """A file format: functions that convert a network and add metadata to it."""

    convert: Callable[[Any, Path, Quantize | None, np.ndarray | None], bytes]
    with_metadata: Callable[[bytes, str], bytes]


_FORMATS = {
    ".onnx": _Format(_onnx.convert, _onnx.with_metadata),
    ".tflite": _Format(_litert.convert, _litert.with_metadata),
}


def export(
    estimator: Any,
    path: str | os.PathLike[str],
    *,
    quantize: Quantize | None = None,
    calibration: Any = None,
    runtime: str | os.PathLike[str] | None = None,
) -> Path:
    """Export a fitted pipeline to ONNX, LiteRT or an HTML page.

    The network in the file includes all steps after reading the images: scaling, normalization,
    test-time augmentation, calibration. The file's metadata contain the labels and the image
    reading settings for :func:`load_exported`.

    Parameters
    ----------
    estimator : CNNClassifier, Pipeline or search
        Fitted. A pipeline may have :class:`skhcr.ImageLoader`, :class:`skhcr.InkNormalizer`,
        :class:`skhcr.ImageAugmenter` and :class:`skhcr.PixelScaler` before a
        :class:`skhcr.CNNClassifier`; for a search, the best estimator is exported. For a page, also
        an ONNX file loaded by :func:`load_exported`.
    path : path
        Output path, ending with ``.onnx``, ``.tflite`` for LiteRT (TensorFlow Lite), or ``.html``
        for a page that classifies images in a browser. The file is written completely or not at
        all.
    quantize : {None, "float16", "int8"}, default=None
        Number format of the file. "float16" stores the weights in half precision, which halves the
        file; the network still computes in 32 bits, and probabilities change by about 0.001. "int8"
        stores the weights in 8 bits, and convolutions and dense layers compute in 8 bits: the file
        is a third as large, and predictions take about half the time; see the notes.
    calibration : sequence of images, or array, default=None
        With ``quantize="int8"``, images of the kind that `estimator` takes, from which the ranges
        of the network's activations are determined. A few hundred training images of all classes
        are enough. No labels are needed.
    runtime : path, default=None
        For a page, the folder in which ``npm install onnxruntime-web`` was run, or that package.
        None searches the working directory and its parents.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    ImportError
        If the extra ``skhcr[export]`` is not installed.
    TypeError
        If the pipeline has other steps, or the model of a page does not read images.
    ValueError
        If the path has another extension, there are no images to calibrate on, or a parameter does
        not apply to the format.
    FileNotFoundError
        If onnxruntime-web is missing. The error has installation advice.
    skhcr.ImageLoadError
        If images to calibrate on cannot be read.
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
    training. Its output ``probabilities`` has a column for each of the labels,
    which are in the JSON under "skhcr" in an ONNX file's metadata, and in the zip archive that is
    appended to a LiteRT file. If the classifier has `score_samples`, the output ``score`` contains
    the normality scores, whose threshold is ``offset`` in that JSON, and ``whitened_features`` the
    features that :class:`skhcr.WriterAdapter` compares with ``prototypes`` in that JSON.
    Networks trained in mixed precision are exported in 32 bits. The file ends with the SHA-256 of
    all previous bytes, which :func:`load_exported` checks. This detects damage, not tampering: an
    attacker can also write a new digest.

    In an "int8" file, convolutions and dense layers have weights of 8 bits with a scale for each
    channel, and take activations of 8 bits; in LiteRT, maximum pooling does, too. Inputs, outputs
    and all other layers are float32, so the file suits processors, and not accelerators that
    compute with integers only. Weights of ONNX files use 7 of the 8 bits: with all of them, sums
    overflow on x86 processors without VNNI instructions. ``offset`` is adjusted by the median
    change of the score over the images to calibrate on.

    An image that cannot be read is an error, regardless of `on_error`. Regardless of `on_blank` and
    `on_several`, ``blank_`` and ``several_`` of the loaded classifier have the indices of images
    without a character and with several. If a pipeline begins with a :class:`skhcr.PixelScaler`,
    images must be of dtype uint8.

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
    _check_quantize(quantize, calibration)
    if path.suffix == ".html":
        return _export_page(estimator, path, quantize, calibration, runtime)
    file_format = _FORMATS.get(path.suffix)
    if file_format is None:
        raise ValueError(f"The path must end with .onnx, .tflite or .html, got {str(path)!r}.")
    if runtime is not None:
        raise ValueError(f"runtime is for pages, with the extension .html, got {str(path)!r}.")
    check_is_fitted(estimator)
    metadata, scaled, classifier = described(estimator)
    images = None
    if calibration is not None:
        images = _images(estimator, calibration)
    from .._keras import serving_model

    normality = classifier._normality if hasattr(classifier, "offset_") else None
    model = serving_model(
        classifier.model_,
        scale=1 / 255 if scaled else 1,
        shift=classifier.test_time_shift,
        temperature=classifier.temperature_,
        normality=normality,
    )
    centers = prototypes(normality, len(classifier.classes_))
    if centers is not None:
        metadata = json.dumps({**json.loads(metadata), PROTOTYPES: array_as_json(centers)})
    with replacing(path) as part:
        network = file_format.convert(model, part, quantize, images)
        data = file_format.with_metadata(network, metadata)
        if images is not None:
            metadata = _with_offset(metadata, model, ExportedClassifier(data), images)
            data = file_format.with_metadata(network, metadata)
        part.write_bytes(data)
    return path


def _export_page(
    estimator: Any,
    path: Path,
    quantize: Quantize | None,
    calibration: Any,
    runtime: str | os.PathLike[str] | None,
) -> Path:
    """Write a page for a fitted pipeline, or for a loaded ONNX file."""
    found = find_runtime(None if runtime is None else Path(runtime).expanduser())
    if isinstance(estimator, ExportedClassifier):
        if quantize is not None:
            raise ValueError("quantize needs the fitted pipeline, not an exported one.")
        network = estimator.onnx_file()
    else:
        check_is_fitted(estimator)
        check_reads(json.loads(described(estimator)[0]))  # before the slow conversion
        with tempfile.TemporaryDirectory() as folder:
            network = export(
                estimator,
                Path(folder) / "network.onnx",
                quantize=quantize,
                calibration=calibration,
            ).read_bytes()
    page = page_of(network, open_network(network).metadata, found, title=path.stem)
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _check_quantize(quantize: Quantize | None, calibration: Any) -> None:
    if quantize not in (None, "float16", "int8"):
        raise ValueError(f"quantize must be None, 'float16' or 'int8', got {quantize!r}.")
    if quantize == "int8" and (calibration is None or not len(calibration)):
        raise ValueError(
            "quantize='int8' needs calibration images: pass calibration=images, a few hundred of "
            "the training images."
        )
    if quantize != "int8" and calibration is not None:
        raise ValueError("calibration is used only with quantize='int8'.")


def _images(estimator: Any, calibration: Any) -> np.ndarray:
    """Return calibration images as input of the exported network, float32."""
    readers, scaled, classifier = _parts(estimator)
    for reader in readers:
        calibration = reader.transform(calibration)
    if scaled and not readers and np.asarray(calibration).dtype != np.uint8:
        raise ValueError("calibration must be images of dtype uint8, as the pipeline takes them.")
    images = check_images(classifier, calibration, reset=False, names=("calibration", ""))
    images = images_of_shape(images, classifier.image_shape_, "calibration")
    return images.astype(np.float32)


def _with_offset(
    metadata: str, model: Any, exported: ExportedClassifier, images: np.ndarray
) -> str:
    """Return the metadata with a threshold for the scores of the quantized network."""
    known = json.loads(metadata)
    if "offset" not in known:
        return metadata
    before = np.asarray(model(images)["score"])
    after = exported._compute(images)["score"]
    return json.dumps({**known, "offset": known["offset"] + float(np.median(after - before))})


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

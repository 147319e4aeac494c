"""Conversion of a Keras model to a LiteRT file."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .._tensorflow import without_log_lines
from ._digest import NO_DIGEST, with_digest
from ._labels import MEMBER

_QUANTIZED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D"}


def convert(model: Any, path: Path, quantize: str | None, images: np.ndarray | None) -> bytes:
    """Return a network in the LiteRT format.

    Parameters
    ----------
    model : keras.Model
        The result of ``serving_model``.
    path : Path
        Temporary output path of the converter.
    quantize : {None, "float16", "int8"}
        The number format.
    images : ndarray of shape (n, height, width, channels), float32, or None
        Calibration images for "int8".
    """
    import tensorflow as tf

    to_float16 = {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "target_spec": {"supported_types": [tf.float16]},
    }
    options = to_float16 if quantize == "float16" else {}
    try:
        if images is not None:
            return _to_int8(model, images)
        model.export(str(path), format="litert", verbose=False, **options)
    except tf.errors.OpError as error:  # from writing to the temporary folder
        raise OSError(str(error)) from error
    return path.read_bytes()


def with_metadata(network: bytes, metadata: str) -> bytes:
    """Return a network with its metadata and the digest of both."""
    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(MEMBER, metadata)
        archive.comment = NO_DIGEST.encode()
    return with_digest(file.getvalue())


def _to_int8(model: Any, images: np.ndarray) -> bytes:
    """Quantize a network; the score's own products stay as they are.

    Only TensorFlow's debugger of quantized networks can exclude selected operations.
    """
    import tensorflow as tf

    try:
        from ai_edge_litert.interpreter import Interpreter
        from ai_edge_litert.schema_py_generated import BuiltinOperator
    except ImportError as error:
        raise ImportError(
            "Exporting to LiteRT in int8 needs additional packages: pip install 'skhcr[export]'."
        ) from error
    from .._keras import SCORE

    def samples() -> Iterator[list[np.ndarray]]:
        for image in images:
            yield [image[np.newaxis]]

    lite = tf.lite.experimental
    others = [kind for kind in vars(BuiltinOperator) if kind.isupper() and kind not in _QUANTIZED]
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        without_log_lines(),
    ):
        warnings.simplefilter("ignore")  # of TensorFlow, about its own interpreter
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = samples
        debugger = lite.QuantizationDebugger(
            converter=converter,
            debug_dataset=samples,
            debug_options=lite.QuantizationDebugOptions(denylisted_ops=others),
        )
        tensors = Interpreter(model_content=debugger.calibrated_model).get_tensor_details()
        debugger.options = lite.QuantizationDebugOptions(
            denylisted_ops=others,
            denylisted_nodes=[one["name"] for one in tensors if SCORE in one["name"]],
        )
        return debugger.get_nondebug_quantized_model()

"""Conversion of a Keras model to an ONNX Runtime file."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ._digest import DIGEST_KEY, NO_DIGEST, with_digest
from ._labels import KEY

_BATCH = 64
_QUANTIZED = ["Conv", "Gemm", "MatMul"]


def convert(model: Any, path: Path, quantize: str | None, images: np.ndarray | None) -> bytes:
    """Return a network in the ONNX format.

    Parameters
    ----------
    model : keras.Model
        The result of ``serving_model``.
    path : Path
        Temporary output path of the converters.
    quantize : {None, "float16", "int8"}
        The number format.
    images : ndarray of shape (n, height, width, channels), float32, or None
        Calibration images for "int8".
    """
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
    if images is not None:
        _to_int8(path, images)
    if quantize is None:
        return path.read_bytes()
    converted = onnx.load(path)
    _halve(converted.graph)  # of int8, what is left in 32 bits
    return converted.SerializeToString()


def with_metadata(network: bytes, metadata: str) -> bytes:
    """Return a network with its metadata and the digest of both."""
    import onnx

    converted = onnx.load_from_string(network)
    onnx.helper.set_model_props(converted, {KEY: metadata, DIGEST_KEY: NO_DIGEST})
    return with_digest(converted.SerializeToString())


def _to_int8(path: Path, images: np.ndarray) -> None:
    """Quantize the network in a file; the score's own products stay as they are."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    from .._keras import SCORE

    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        names = [node.name for node in onnx.load(prepared).graph.node]
        quantize_static(
            prepared,
            path,
            _Batches(images),
            op_types_to_quantize=_QUANTIZED,
            nodes_to_exclude=[name for name in names if SCORE in name],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # else sums overflow on x86 processors without VNNI
        )


class _Batches:
    """Images in the form for the calibration of ONNX Runtime."""

    def __init__(self, images: np.ndarray) -> None:
        starts = range(0, len(images), _BATCH)
        self._batches: Iterator[np.ndarray] = (images[i : i + _BATCH] for i in starts)

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"image": batch}


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

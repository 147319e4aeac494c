"""Networks in ONNX files, LiteRT files and saved pipelines, opened in their runtimes.

Nothing here imports scikit-learn.
"""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ._archive import LoadError
from ._digest import DIGEST_KEY, check_digest
from ._labels import KEY, MEMBER
from ._ready import SavedNetwork

_LONGEST_METADATA = 10_000_000

# Maps images to probabilities and scores; networks exported by earlier versions have no scores.
Run = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]


class OpenedNetwork(NamedTuple):
    """A network in its runtime.

    Attributes
    ----------
    run : function
        Maps float32 images to probabilities and scores.
    metadata : str
        Labels and image reading settings, as JSON.
    is_onnx : bool
        Whether it is from an ONNX file.
    """

    run: Run
    metadata: str
    is_onnx: bool


def open_network(data: bytes) -> OpenedNetwork:
    """Open the network of a file, whose format is detected from its contents.

    Raises
    ------
    LoadError
        If they are not such a file, or damaged.
    ImportError
        If the runtime is not installed.
    """
    if data[4:8] == b"TFL3":
        return OpenedNetwork(*_litert(data), is_onnx=False)
    if is_archive(data):
        saved = SavedNetwork(data)
        return OpenedNetwork(saved, saved.metadata, is_onnx=False)
    return OpenedNetwork(*_onnx(data), is_onnx=True)


def is_archive(data: bytes) -> bool:
    """Return whether a file that begins with these bytes is a saved pipeline."""
    return data[:4] == b"PK\x03\x04"


def _onnx(data: bytes) -> tuple[Run, str]:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError("This file needs a runtime: pip install onnxruntime.") from error
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        if DIGEST_KEY in metadata:  # earlier versions wrote none
            check_digest(data)
        text = metadata[KEY]
        (name,) = (node.name for node in session.get_inputs())
    except LoadError:
        raise
    except KeyError as error:
        raise LoadError("it is an ONNX file, but skhcr did not export it") from error
    except Exception as error:
        raise LoadError(f"not an exported network, or a damaged one ({error})") from error
    return lambda images: _told_apart(session.run(None, {name: images})), text


def _told_apart(outputs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a network's probabilities, and its scores if it has them.

    Probabilities have a column for each label; scores do not. Runtimes do not keep the order.
    """
    (probabilities,) = (output for output in outputs if np.ndim(output) != 1)
    return probabilities, next((output for output in outputs if np.ndim(output) == 1), None)


def _litert(data: bytes) -> tuple[Run, str]:
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise ImportError("This file needs a runtime: pip install ai-edge-litert.") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(MEMBER).file_size > _LONGEST_METADATA:
                raise LoadError("its metadata are far too long")
            text = archive.read(MEMBER).decode()
            if archive.comment:  # earlier versions wrote none
                check_digest(data)
        interpreter = Interpreter(
            model_content=data,
            # The faster kernels sum in an order that changes probabilities by more than 1e-5.
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            num_threads=os.cpu_count(),
        )
        (taken,), given = interpreter.get_input_details(), interpreter.get_output_details()
    except LoadError:
        raise
    except (KeyError, zipfile.BadZipFile) as error:
        raise LoadError("it is a LiteRT file, but skhcr did not export it") from error
    except Exception as error:
        raise LoadError(f"not an exported network, or a damaged one ({error})") from error
    in_use = threading.Lock()

    def run(images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        with in_use:
            interpreter.resize_tensor_input(taken["index"], images.shape)
            interpreter.allocate_tensors()
            interpreter.set_tensor(taken["index"], images)
            interpreter.invoke()
            return _told_apart([interpreter.get_tensor(output["index"]) for output in given])

    return run, text

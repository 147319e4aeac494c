"""Networks in ONNX files, LiteRT files and saved pipelines, opened in their runtimes.

Nothing here imports scikit-learn.
"""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._archive import LoadError, damaged
from ._arrays import array_from_json
from ._digest import DIGEST_KEY, check_digest
from ._labels import KEY, MEMBER, PROTOTYPES
from ._ready import SavedNetwork

_LONGEST_METADATA = 10_000_000

# Maps images to outputs by name: "probabilities", and perhaps "score" and "whitened_features".
Run = Callable[[np.ndarray], dict[str, np.ndarray]]


class OpenedNetwork(NamedTuple):
    """A network in its runtime.

    Attributes
    ----------
    run : function
        Maps float32 images to outputs.
    metadata : str
        Labels and image reading settings, as JSON.
    prototypes : ndarray of shape (n_classes, n_features), or None
        What the features are compared with; None without features.
    is_onnx : bool
        Whether it is from an ONNX file.
    """

    run: Run
    metadata: str
    prototypes: np.ndarray | None
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
        run, metadata = _litert(data)
        return OpenedNetwork(run, metadata, _prototypes(metadata), is_onnx=False)
    if is_archive(data):
        saved = SavedNetwork(data)
        return OpenedNetwork(saved, saved.metadata, saved.prototypes, is_onnx=False)
    run, metadata = _onnx(data)
    return OpenedNetwork(run, metadata, _prototypes(metadata), is_onnx=True)


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
        names = [node.name for node in session.get_outputs()]
    except LoadError:
        raise
    except KeyError as error:
        raise LoadError("it is an ONNX file, but skhcr did not export it") from error
    except Exception as error:
        raise LoadError(f"not an exported network, or a damaged one ({error})") from error
    return lambda images: dict(zip(names, session.run(None, {name: images}), strict=True)), text


def _prototypes(metadata: str) -> np.ndarray | None:
    with damaged("its prototypes are damaged"):
        described = json.loads(metadata).get(PROTOTYPES)
        return None if described is None else array_from_json(described)


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
        network = interpreter.get_signature_runner()
        (name,) = network.get_input_details()
    except LoadError:
        raise
    except (KeyError, zipfile.BadZipFile) as error:
        raise LoadError("it is a LiteRT file, but skhcr did not export it") from error
    except Exception as error:
        raise LoadError(f"not an exported network, or a damaged one ({error})") from error
    in_use = threading.Lock()

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        with in_use:
            return network(**{name: images})

    return run, text

"""A page that classifies images in a browser: one file with the network and its runtime.

``html/*.js`` implements the preprocessing again, module by module as in ``skhcr/images``, and tests
compare the pixels.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from .._folder_names import folder_name
from .._normality import DIGITS
from ._labels import read_labels

PACKAGE = "onnxruntime-web"
_CODE, _WASM = "dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm"
# In the order of what they need.
SCRIPTS = (
    "arrays",
    "pillow",
    "morphology",
    "resample",
    "paper",
    "lines",
    "several",
    "pieces",
    "ink",
    "reading",
    "rows",
    "network",
    "reader",
    "zip",
    "drawing",
    "page",
)
_ADVICE = (
    f"Run `npm install {PACKAGE}` in an empty folder and name that folder: runtime=FOLDER in "
    "Python, --runtime FOLDER on the command line. Without npm, download "
    f"the package {PACKAGE}, unpack it, and name the folder with its package.json."
)
# Nothing is loaded and nothing is sent. The runtime is a module that is made of the page's text.
_POLICY = (
    "default-src 'none'; script-src '{script}' 'wasm-unsafe-eval' blob:; style-src '{style}'; "
    "img-src blob: data:; base-uri 'none'; form-action 'none'"
)


class Runtime(NamedTuple):
    """ONNX Runtime for browsers."""

    version: str
    code: bytes
    wasm: bytes


def find_runtime(folder: Path | None) -> Runtime:
    """Return the runtime that npm has installed.

    Parameters
    ----------
    folder : path or None
        The package, or a folder in which it was installed; None looks in the working directory and
        those above it, as Node.js does.

    Raises
    ------
    FileNotFoundError
        If it is missing. The error has advice.
    ValueError
        If it is damaged.
    """
    here = Path.cwd()
    places = [here, *here.parents] if folder is None else [folder]
    packages = [place / "node_modules" / PACKAGE for place in places]
    if folder is not None:
        packages.insert(0, folder)
    found = next((package for package in packages if (package / _CODE).is_file()), None)
    if found is None or not (found / _WASM).is_file():
        where = f"the folder {str(here if folder is None else folder)!r}"
        raise FileNotFoundError(
            f"An HTML page needs ONNX Runtime Web 1.21 or later, which is not in {where}. {_ADVICE}"
        )
    wasm = (found / _WASM).read_bytes()
    try:
        version = str(json.loads((found / "package.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{str(found)!r} is a damaged copy of {PACKAGE}: {error}.") from error
    if not wasm.startswith(b"\0asm"):
        raise ValueError(f"{str(found / _WASM)!r} is damaged: it is not WebAssembly.")
    return Runtime(version, (found / _CODE).read_bytes(), wasm)


def page_of(network: bytes, metadata: str, runtime: Runtime, title: str) -> str:
    """Return the page of an exported network.

    Parameters
    ----------
    network : bytes
        The network, an ONNX file.
    metadata : str
        Labels and image reading settings, as JSON.
    runtime : Runtime
        The runtime of the network.
    title : str
        The title of the page.
    """
    script = "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    style = _part("page.css")
    policy = _POLICY.format(script=_hash(script), style=_hash(style))
    notice = (
        f"With ONNX Runtime Web {runtime.version}, copyright (c) Microsoft Corporation, "
        "MIT License, in compressed form"
    )
    return Template(_part("page.html")).substitute(
        policy=policy,
        title=html.escape(title),
        notice=html.escape(notice),
        style=style,
        model=as_script_data(description(json.loads(metadata))),
        network=_packed(network),
        runtime=_packed(runtime.code),
        wasm=_packed(runtime.wasm),
        script=script,
    )


def check_reads(metadata: Mapping[str, Any]) -> None:
    """Raise a TypeError for a model that does not read images itself."""
    if not metadata["readers"]:
        raise TypeError(
            "A page needs a pipeline that begins with ImageLoader or InkNormalizer; this model "
            "takes arrays of pixels."
        )


def description(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a model for the page."""
    check_reads(metadata)
    labels = [str(label) for label in read_labels(metadata).tolist()]
    folders: list[str] = []
    for label in labels:
        folders.append(folder_name(label, folders))
    of_earlier = {"stroke_width": 0.0}  # files without this parameter do not thicken strokes
    return {
        "labels": labels,
        "folders": folders,
        "direction": _direction(labels),
        "readers": [{**of_earlier, **reader} for reader in metadata["readers"]],
        "shape": list(metadata["image_shape"]),
        "nFeatures": metadata["n_features"],
        "offset": metadata.get("offset"),
        "digits": DIGITS,
    }


def as_script_data(value: Any) -> str:
    """Return JSON for a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _direction(labels: Sequence[str]) -> str:
    kinds = [unicodedata.bidirectional(character) for label in labels for character in label]
    is_from_right = sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L")
    return "rtl" if is_from_right else "ltr"


def _part(name: str) -> str:
    return resources.files(__package__).joinpath("html", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()

"""The models that commands are given, by file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ._terminal import check_free, start_tensorflow

_EXPORTED = (".onnx", ".tflite")
_OF_KERAS = (".keras", ".h5", ".hdf5")


def open_model(path: Path) -> Any:
    """Return something with ``predict_proba`` and ``classes_`` that takes image files."""
    if path.suffix in _EXPORTED:
        from skhcr.persistence import load_exported

        return load_exported(path)
    if path.suffix in _OF_KERAS:
        raise ValueError(
            f"{str(path)!r} does not say how images are brought to its network's size and scale. "
            "Read it with skhcr.from_keras, put it into a pipeline and save that."
        )
    return load_fitted(path)


def load_fitted(path: Path) -> Any:
    """Return the pipeline in a file that ``skhcr train`` or ``skhcr.save`` has written."""
    path.open("rb").close()  # or an error, before TensorFlow is started
    start_tensorflow()
    from skhcr.persistence import load

    return load(path)


def export_model(source: Path, target: Path, force: bool) -> dict[str, Any]:
    """Write a saved model in another format."""
    check_free(target, force)
    from skhcr.persistence import export, to_keras

    fitted = load_fitted(source)
    if target.suffix in _EXPORTED:
        export(fitted, target)
    else:
        to_keras(fitted[-1] if hasattr(fitted, "steps") else fitted, target)
    return {"model": str(source), "exported": str(target), "bytes": target.stat().st_size}

"""The models that commands are given, by file, and the texts of their labels."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import typer

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


def print_exported(result: dict[str, Any]) -> None:
    """Print what :func:`export_model` has written."""
    typer.echo(f"{result['exported']} ({result['bytes'] / 1e6:.1f} MB)")


def read_texts(path: Path) -> dict[str, str]:
    """Return the text of every label, from a csv file with a label and a text in each line."""
    with path.expanduser().open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    for number, line in enumerate(lines, start=1):
        if len(line) < 2:
            raise ValueError(
                f"Line {number} of {str(path)!r} must hold a label and its text, got {line!r}."
            )
    return {line[0].strip(): line[1].strip() for line in lines}

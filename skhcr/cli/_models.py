"""The models of a command, and the texts of their labels."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from skhcr._messages import did_you_mean
from skhcr.images._formats import extensions
from skhcr.pretrained import list_pretrained, load_pretrained, pretrained_card
from skhcr.pretrained._models import figures_of_card

from ._terminal import check_free, check_installed, start_tensorflow, tell, tell_table

_EXPORTED = (".onnx", ".tflite")
_OF_KERAS = (".keras", ".h5", ".hdf5")
_DELIMITERS = (",", ";", "\t")
_TO_CALIBRATE = 500  # images; more change nothing
_OF_CARDS = ("trained_on", "tested_on", "limits", "data", "citation", "license")


def check_model(model: Path) -> None:
    """Raise an error, before anything slow starts, if there is no such model."""
    if _is_pretrained(model):
        return
    if model.is_dir() or model.suffix.lower() in extensions():
        raise ValueError(
            f"{str(model)!r} is {'a folder' if model.is_dir() else 'an image'}, and no model. The "
            "model comes first: skhcr predict letters.skhcr image.png."
        )
    if model.suffix in _OF_KERAS:
        raise ValueError(
            f"{str(model)!r} does not specify the size and scale of images for its network. Load "
            "it with skhcr.from_keras, put it into a pipeline and save that."
        )
    try:
        model.open("rb").close()
    except FileNotFoundError as error:
        if model.suffix:
            raise
        raise FileNotFoundError(
            f"There is no file {str(model)!r}, and no pretrained model of this name. The "
            f"pretrained models are {', '.join(list_pretrained())}."
            f"{did_you_mean(str(model), list_pretrained())}"
        ) from error


def open_model(model: Path, max_pixels: int | None = None, *, with_network: bool = False) -> Any:
    """Return an object with ``predict_proba`` and ``classes_`` that accepts image files.

    For pretrained models and saved pipelines, this is the exported form, which starts at once, if
    that is possible; `with_network` opens the pipeline, for saliency maps and parameters. A pixel
    limit replaces the model's own. Blank images, and those with several characters, give no
    warning: see :func:`blank_images` and :func:`images_of_several`.
    """
    opened = _with_network(model) if with_network else _opened(model)
    return _told(opened, max_pixels)


def _told(opened: Any, max_pixels: int | None) -> Any:
    """Return an opened model with the pixel limit and without warnings about its images."""
    if hasattr(opened, "max_pixels"):  # an exported one
        if max_pixels is not None:
            opened.max_pixels = max_pixels
        return opened
    wanted: dict[str, Any] = {"on_blank": "ignore", "on_several": "ignore"}
    wanted |= {} if max_pixels is None else {"max_pixels": max_pixels}
    fitted = _fitted(opened)
    names = {name: name.rpartition("__")[2] for name in fitted.get_params() if "__" in name}
    fitted.set_params(**{name: wanted[last] for name, last in names.items() if last in wanted})
    return opened


def merge_labels(
    opened: Any, merge_case: bool, merge: str | None, *, may_be_for_others: bool = False
) -> Any:
    """Return an opened model, with merged labels if any are given.

    Groups that may be for other models are ignored unless the model has two of their labels.
    """
    groups = _groups(merge)
    if may_be_for_others:
        known = set(map(str, opened.classes_.tolist()))
        groups = [group for group in groups if len(known.intersection(group)) > 1]
    if not (merge_case or groups):
        return opened
    from skhcr import MergedLabels

    merged = MergedLabels(opened, case=merge_case, groups=groups)
    _ = merged.classes_  # unknown labels raise an error before images are read
    return merged


def _groups(text: str | None) -> list[list[str]]:
    """Return the labels of every group in ``--merge``."""
    groups = [group.strip() for group in (text or "").split(",") if group.strip()]
    return [group.split("=") if "=" in group else list(group) for group in groups]


def blank_images(opened: Any) -> set[int]:
    """Return the indices of the images without a character in the model's last call."""
    return _recorded(opened, "blank_")


def images_of_several(opened: Any) -> set[int]:
    """Return the indices of the images with several characters in the model's last call."""
    return _recorded(opened, "several_")


def _recorded(opened: Any, name: str) -> set[int]:
    fitted = _fitted(opened)
    parts = fitted.get_params().values() if hasattr(fitted, "get_params") else [fitted]
    return {int(index) for part in parts for index in getattr(part, name, ())}


def _fitted(opened: Any) -> Any:
    """Return the classifier inside a search or a writer adapter."""
    return getattr(opened, "best_estimator_", getattr(opened, "estimator_", opened))


def _opened(model: Path) -> Any:
    from skhcr.persistence import can_load_exported, load_exported

    if _is_pretrained(model):
        return load_pretrained(model.name, exported=True)
    return load_exported(model) if can_load_exported(model) else load_fitted(model)


def _with_network(model: Path) -> Any:
    return _opened(model) if model.suffix in _EXPORTED else load_fitted(model)


def load_fitted(model: Path) -> Any:
    """Return a pretrained pipeline, or one saved by ``skhcr train`` or ``skhcr.save``."""
    check_model(model)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # where that is needed
    if _is_pretrained(model):
        return load_pretrained(model.name)
    from skhcr.persistence import load

    return load(model)


def _is_pretrained(model: Path) -> bool:
    return not model.is_file() and str(model) in list_pretrained()


def open_for_page(
    models: list[Path] | None,
    max_pixels: int | None = None,
    merge_case: bool = False,
    merge: str | None = None,
) -> dict[str, Any]:
    """Return models by name, by default all pretrained ones, all of them with networks.

    A pixel limit replaces the models' own.
    """
    check_installed("app", "gradio")
    pretrained = [Path(name) for name in list_pretrained()]
    opened = {
        model.name: open_model(model, max_pixels, with_network=True)
        for model in models or pretrained
    }
    return {
        name: merge_labels(model, merge_case, merge, may_be_for_others=len(opened) > 1)
        for name, model in opened.items()
    }


def describe(name: str | None) -> dict[str, Any]:
    """Return the cards of all pretrained models, or of one."""
    names = list_pretrained() if name is None else [name]
    return {name: pretrained_card(name) for name in names}


def print_cards(cards: dict[str, Any]) -> None:
    """Print a table of several pretrained models, or the whole card of one."""
    if len(cards) > 1:
        rows = []
        for name, card in cards.items():
            of_test = card["accuracy"]
            others = [of_test[test] for test in of_test if test.startswith("other writers")]
            shown = [*(others[:1] or [None]), of_test["test images"], of_test["as scans"]]
            accuracies = ["-" if share is None else f"{share:.2%}" for share in shown]
            size = f"{sum(card['bytes'].values()) / 1e6:.1f}"
            rows.append((name, str(len(card["labels"])), *accuracies, size))
        tell_table(("name", "labels", "other writers", "test images", "as scans", "MB"), rows)
        return
    for name, card in cards.items():
        lines = {
            "name": name,
            "reads": f"{card['title']}: {' '.join(card['labels'])}",
            **figures_of_card(card),
            **{key.replace("_", " "): card[key] for key in _OF_CARDS},
        }
        for key, text in lines.items():
            tell(f": {text}", before=key)


def export_model(
    source: Path,
    target: Path,
    force: bool,
    *,
    quantize: Any = None,
    calibration: Path | None = None,
) -> dict[str, Any]:
    """Write a saved model in another format."""
    check_free(target, force)
    images = None if calibration is None else _some_of(calibration)
    if target.suffix == ".onnx":
        check_installed("export", "onnx", "tf2onnx")
    from skhcr.persistence import export, to_keras

    start_tensorflow()
    fitted = load_fitted(source)
    if target.suffix in _EXPORTED:
        export(fitted, target, quantize=quantize, calibration=images)
    else:
        to_keras(fitted[-1] if hasattr(fitted, "steps") else fitted, target)
    return {"model": str(source), "exported": str(target), "bytes": target.stat().st_size}


def export_page(source: Path, target: Path, force: bool, runtime: Path | None) -> dict[str, Any]:
    """Write a model as a page; TensorFlow is started only if there is no ONNX file of it."""
    check_free(target, force)
    from skhcr.persistence import export

    if _is_pretrained(source) or source.suffix == ".onnx":
        model = _opened(source)
    else:
        check_installed("export", "onnx", "tf2onnx")
        start_tensorflow()
        model = load_fitted(source)
    export(model, target, runtime=runtime)
    return {"model": str(source), "exported": str(target), "bytes": target.stat().st_size}


def _some_of(data: Path) -> np.ndarray:
    """Return a few hundred image files of a folder or table."""
    from ._data import Data  # which imports scikit-learn

    files = Data(data).files()
    return np.random.default_rng(0).permutation(files)[:_TO_CALIBRATE]


def print_exported(result: dict[str, Any]) -> None:
    """Print the result of :func:`export_model`."""
    tell(f"{result['exported']} ({result['bytes'] / 1e6:.1f} MB)")


def read_texts(path: Path) -> dict[str, str]:
    """Return the text of every label, from a CSV file with a label and a text in each line."""
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} is not UTF-8 text ({error}); save it in UTF-8.") from error
    tables = [_fields(text, delimiter) for delimiter in _DELIMITERS]
    lines = next((lines for lines in tables if all(len(line) > 1 for line in lines)), tables[0])
    for number, line in enumerate(lines, start=1):
        if len(line) < 2:
            raise ValueError(
                f"Line {number} of {str(path)!r} must contain a label and its text, got {line!r}."
            )
    return {line[0].strip(): line[1].strip() for line in lines}


def _fields(text: str, delimiter: str) -> list[list[str]]:
    return [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if line]


def read_users(path: Path) -> list[tuple[str, str]]:
    """Return users and their passwords, from a file with ``name:password`` in each line."""
    users = []
    for number, line in enumerate(path.expanduser().read_text(encoding="utf-8").splitlines(), 1):
        name, colon, password = line.partition(":")
        if line.strip() and not (name and colon and password):
            raise ValueError(f"Line {number} of {str(path)!r} must be name:password.")
        if line.strip():
            users.append((name, password))
    if not users:  # which would give everybody access
        raise ValueError(f"{str(path)!r} has no users.")
    return users

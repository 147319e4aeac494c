"""``skhcr train`` and ``skhcr tune``: from labeled images to a saved model."""

from __future__ import annotations

import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, ImageLoader, InkNormalizer, save
from skhcr.images import BlankImageWarning

from ._data import Data, command, split
from ._terminal import busy, check_free, say, start_tensorflow, tell

_FOLDS = 3
_SPACES = {"resnet": ("resnet", "recipe", "augmentation")}
_SPACE_OF_OTHERS = ("recipe", "augmentation")


def new_pipeline(
    network: str, *, size: int, whole_image: bool, seed: int, **parameters: Any
) -> Pipeline:
    """Return an unfitted pipeline from image files to labels."""
    reader = ImageLoader(size) if whole_image else InkNormalizer(size)
    classifier = CNNClassifier(network, random_state=seed, **parameters)
    return make_pipeline(reader, ImageAugmenter(), classifier)


def train(
    data: Data, pipeline: Pipeline, output: Path, *, test_fraction: float, seed: int, force: bool
) -> dict[str, Any]:
    """Fit a pipeline, test it on images held out, and save it."""
    begin = partial(_begin, "train", pipeline[0], data, output, test_fraction, seed, force)
    with tempfile.TemporaryDirectory(prefix="skhcr-") as folder:
        images, rows, test_rows = begin(folder)
        pipeline.fit(images.filenames[rows], images.target[rows])
        pipeline[0].set_params(cache_folder=None)
    return _tested_and_saved(pipeline, images, rows, test_rows, output)


def tune(
    data: Data,
    pipeline: Pipeline,
    output: Path,
    *,
    test_fraction: float,
    seed: int,
    force: bool,
    **options: Any,
) -> dict[str, Any]:
    """Search for the best parameters, fit the pipeline with them, test and save it."""
    from skhcr.model_selection import OptunaSearchCV, search_space

    begin = partial(_begin, "tune", pipeline[0], data, output, test_fraction, seed, force)
    network, verbose = pipeline[-1].model, pipeline[-1].verbose
    with tempfile.TemporaryDirectory(prefix="skhcr-") as folder:
        images, rows, test_rows = begin(folder)
        grouped = images.groups is not None
        folds = StratifiedGroupKFold if grouped else StratifiedKFold
        pipeline[-1].set_params(verbose=0)  # one line for the search, not one for every epoch
        search = OptunaSearchCV(
            pipeline,
            search_space(*_SPACES.get(network, _SPACE_OF_OTHERS), estimator=pipeline),
            cv=folds(_FOLDS, shuffle=True, random_state=seed),
            random_state=seed,
            verbose=verbose,
            **options,
        )
        groups = {"groups": images.groups[rows]} if grouped else {}
        search.fit(images.filenames[rows], images.target[rows], **groups)
        best = search.best_estimator_
        best[0].set_params(cache_folder=None)
    result = _tested_and_saved(best, images, rows, test_rows, output)
    found = {name: _as_text(value) for name, value in search.best_params_.items()}
    states = search.cv_results_["trial_state"]
    return result | {
        "trials": len(states),
        "pruned": int((states == "pruned").sum()),
        "best_score": float(search.best_score_),
        "best_parameters": found,
    }


def _begin(
    name: str,
    reader: Any,
    data: Data,
    output: Path,
    test_fraction: float,
    seed: int,
    force: bool,
    cache_folder: str,
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return the images, and the rows to train on and to test on, when all is ready to begin.

    All images are read, those to test on too: what cannot be read is said before hours of training.
    """
    if output.suffix != ".skhcr":
        raise ValueError(f"The name of the model's file must end with .skhcr, got {str(output)!r}.")
    check_free(output, force)
    output.parent.mkdir(parents=True, exist_ok=True)
    images = data.read(partial(_on_parts, name, output))
    rows, test_rows = split(images, test_fraction, seed)
    n_files, n_classes = len(images.filenames), len(images.target_names)
    held_out = f", {len(test_rows)} of them held out to test on" if len(test_rows) else ""
    say(f"{n_files} images of {n_classes} classes{held_out}")
    if images.groups is not None:
        say(f"{len(np.unique(images.groups))} groups, none of them in both parts")
    reader.set_params(cache_folder=cache_folder)
    with busy("Reading the images …"):
        reader.transform(images.filenames)
    # Blank ones have been named: now for the rest of the command, not for every fold again.
    warnings.simplefilter("ignore", BlankImageWarning)
    start_tensorflow()
    return images, rows, test_rows


def _on_parts(name: str, output: Path, train: Path, test: Path | None) -> str:
    """Say how to train on one part of a data set, and test on another."""
    if test is None:
        return f"The command for one of them: {command(name, train, '-o', output)}"
    commands = (
        command(name, train, "-o", output, "--test-fraction", "0"),
        command("evaluate", output, test),
    )
    return f"The commands to train on one of them and test on another: {'; '.join(commands)}"


def _tested_and_saved(
    pipeline: Pipeline, images: Any, rows: np.ndarray, test_rows: np.ndarray, output: Path
) -> dict[str, Any]:
    save(pipeline, output)
    accuracy = None
    if len(test_rows):
        try:
            predicted = pipeline.predict(images.filenames[test_rows])
        except BaseException:
            say(f"The model is saved in {output}, but testing it failed.")
            raise
        accuracy = float(accuracy_score(images.target[test_rows], predicted))
    return {
        "model": str(output),
        "bytes": output.stat().st_size,
        "classes": pipeline.classes_.tolist(),
        "trained_on": len(rows),
        "tested_on": len(test_rows),
        "accuracy": accuracy,
    }


def _as_text(value: Any) -> Any:
    return repr(value) if isinstance(value, BaseEstimator | tuple) else value


def print_trained(result: dict[str, Any]) -> None:
    """Print what was trained, how good it is, and how to go on."""
    if "best_parameters" in result:
        tell(
            f"The best of {result['trials']} candidates ({result['pruned']} ended early) scores "
            f"{result['best_score']:.2%} in cross-validation:"
        )
        for name, value in result["best_parameters"].items():
            tell(f"  {name} = {value}")
    if result["accuracy"] is not None:
        tell(f"Accuracy on {result['tested_on']} held-out images: {result['accuracy']:.2%}")
    size = f"{result['bytes'] / 1e6:.1f} MB"
    tell(f"Saved {result['model']} ({size})")
    say(f"Read an image with it: {command('predict', result['model'], 'image.png')}")

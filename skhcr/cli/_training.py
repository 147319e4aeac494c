"""``skhcr train`` and ``skhcr tune``: from labeled images to a saved model."""

from __future__ import annotations

import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, ImageLoader, InkNormalizer, Transfer, save
from skhcr._amount import batch_size_for, epochs_for
from skhcr._messages import counted
from skhcr.images import BlankImageWarning, SeveralCharactersWarning
from skhcr.inspection import evaluation_report
from skhcr.networks import get_network
from skhcr.persistence._trained_on import add_fingerprints

from ._data import Data, command, split
from ._interval import interval_of, tell_interval
from ._models import check_model, load_fitted
from ._survey import (
    check_classes,
    check_folds,
    readable,
    say_classes,
    say_common_folders,
    say_rare_classes,
    say_split,
    say_writers,
)
from ._terminal import busy, check_free, say, start_tensorflow, tell

_FOLDS = 3
_SPACES = {"resnet": ("resnet", "recipe", "augmentation")}
_SPACE_OF_OTHERS = ("recipe", "augmentation")
_RATE_OF_OLD = 0.003  # the learning rate for weights that are already trained


def new_pipeline(
    network: str, *, size: int, whole_image: bool, seed: int, **parameters: Any
) -> Pipeline:
    """Return an unfitted pipeline from image files to labels."""
    get_network(network)  # unknown names raise an error before images are read
    reader = ImageLoader(size) if whole_image else InkNormalizer(size)
    classifier = CNNClassifier(network, random_state=seed, **parameters)
    return make_pipeline(reader, ImageAugmenter(), classifier)


def train(
    data: Data, pipeline: Pipeline, output: Path, *, report: Path | None = None, **options: Any
) -> dict[str, Any]:
    """Fit a pipeline, test it on held-out images, and save it."""
    begin = partial(_begin, "train", pipeline, data, output, report)
    with tempfile.TemporaryDirectory(prefix="skhcr-") as folder:
        images, rows, test_rows = begin(folder, **options)
        batch_size, epochs = batch_size_for(len(rows)), pipeline[-1].epochs
        if epochs == "auto":
            epochs = epochs_for(len(rows), batch_size)
        say(f"Training: {counted(epochs, 'epoch')} in batches of {batch_size}")
        pipeline.fit(images.filenames[rows], images.target[rows])
        pipeline[0].set_params(cache_folder=None)
    return _tested_and_saved(pipeline, images, rows, test_rows, output, report)


def tune(
    data: Data,
    pipeline: Pipeline,
    output: Path,
    *,
    test_fraction: float,
    seed: int,
    force: bool,
    report: Path | None = None,
    skip_bad: bool = False,
    start: Path | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Search for the best parameters, fit the pipeline with them, test and save it."""
    from skhcr.model_selection import OptunaSearchCV, search_space

    begin = partial(_begin, "tune", pipeline, data, output, report)
    network, verbose = pipeline[-1].model, pipeline[-1].verbose
    space = _SPACE_OF_OTHERS if start else _SPACES.get(network, _SPACE_OF_OTHERS)
    with tempfile.TemporaryDirectory(prefix="skhcr-") as folder:
        images, rows, test_rows = begin(
            folder,
            test_fraction=test_fraction,
            seed=seed,
            force=force,
            skip_bad=skip_bad,
            start=start,
            n_folds=_FOLDS,
        )
        grouped = images.groups is not None
        folds = StratifiedGroupKFold if grouped else StratifiedKFold
        pipeline[-1].set_params(verbose=0)  # one line for the whole search
        search = OptunaSearchCV(
            pipeline,
            search_space(*space, estimator=pipeline),
            cv=folds(_FOLDS, shuffle=True, random_state=seed),
            random_state=seed,
            verbose=verbose,
            **options,
        )
        groups = {"groups": images.groups[rows]} if grouped else {}
        say_rare_classes(images.target[rows], _FOLDS)
        warnings.filterwarnings("ignore", "The least populated class")  # said now
        search.fit(images.filenames[rows], images.target[rows], **groups)
        best = search.best_estimator_
        best[0].set_params(cache_folder=None)
    result = _tested_and_saved(best, images, rows, test_rows, output, report)
    found = {name: _as_text(value) for name, value in search.best_params_.items()}
    states = search.cv_results_["trial_state"]
    # The first trial has the defaults; it is missing if its process was killed.
    is_first = search.cv_results_["trial_number"] == 0
    scores = search.cv_results_["mean_test_score"][is_first & (states == "complete")]
    return result | {
        "trials": len(states),
        "defaults_score": float(scores[0]) if len(scores) else None,
        "defaults_are_best": bool(is_first[search.best_index_]),
        "pruned": int((states == "pruned").sum()),
        "best_score": float(search.best_score_),
        "best_parameters": found,
    }


def _begin(
    name: str,
    pipeline: Pipeline,
    data: Data,
    output: Path,
    report: Path | None,
    cache_folder: str,
    *,
    test_fraction: float,
    seed: int,
    force: bool,
    skip_bad: bool = False,
    start: Path | None = None,
    n_folds: int = 0,
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return the images, the training rows and the test rows, after all checks.

    All images are read, including test images: errors appear before hours of training.
    """
    if output.suffix != ".skhcr":
        raise ValueError(f"The model file name must end with .skhcr, got {str(output)!r}.")
    check_free(output, force)
    if report is not None:
        check_free(report, force)
        if not test_fraction:
            raise ValueError("The report needs held-out images: use a --test-fraction above 0.")
    if start is not None:
        check_model(start)
    for file in (output, report):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    images = data.read(partial(_on_parts, name, output))
    check_classes(images)
    rows, _ = split(images, test_fraction, seed)  # splitting errors appear before images are read
    check_folds(images, rows, n_folds)
    say(counted(len(images.filenames), "image"))
    say_classes(images)
    say_common_folders(data, images)
    say_writers(data, images)
    if start is not None:
        _begin_with(start, pipeline)
    pipeline[0].set_params(cache_folder=cache_folder)
    with busy("Reading the images …"):
        images = readable(pipeline[0], images, skip_bad)
    check_classes(images)
    rows, test_rows = split(images, test_fraction, seed)
    say_split(images, rows, test_rows)
    # These images were named once; do not repeat this for every fold.
    for category in (BlankImageWarning, SeveralCharactersWarning):
        warnings.simplefilter("ignore", category)
    start_tensorflow()
    return images, rows, test_rows


def _begin_with(start: Path, pipeline: Pipeline) -> None:
    """Let a pipeline preprocess images as a fitted one does, and start from its weights."""
    fitted = load_fitted(start)
    if not isinstance(fitted, Pipeline) or not isinstance(fitted[-1], CNNClassifier):
        raise ValueError(
            f"{str(start)!r} does not contain a pipeline that ends in a CNNClassifier, so "
            "training cannot start from its network."
        )
    max_pixels = pipeline[0].max_pixels
    reader = clone(fitted[0]).set_params(on_error="raise", max_pixels=max_pixels)
    pipeline.steps[0] = pipeline.steps[0][0], reader
    pipeline[-1].set_params(model=Transfer(fitted, trainable="all"), learning_rate=_RATE_OF_OLD)
    say(f"The network starts from the weights of {start}")


def _on_parts(name: str, output: Path, train: Path, test: Path | None) -> str:
    """Suggest commands that train on one part of a data set and test on another."""
    if test is None:
        return f"The command for one of them: {command(name, train, '-o', output)}"
    commands = (
        command(name, train, "-o", output, "--test-fraction", "0"),
        command("evaluate", output, test),
    )
    return f"The commands to train on one of them and test on another: {'; '.join(commands)}"


def _tested_and_saved(
    pipeline: Pipeline,
    images: Any,
    rows: np.ndarray,
    test_rows: np.ndarray,
    output: Path,
    report: Path | None = None,
) -> dict[str, Any]:
    save(pipeline, output)
    accuracy = interval = None
    try:
        add_fingerprints(output, images.filenames[rows])
        if len(test_rows):
            files, labels = images.filenames[test_rows], images.target[test_rows]
            groups = None if images.groups is None else images.groups[test_rows]
            is_right = pipeline.predict(files) == labels
            accuracy, interval = float(is_right.mean()), interval_of(is_right, groups)
            if report is not None:
                evaluation_report(pipeline, files, labels, report, groups=groups, title=output.name)
    except BaseException:
        say(f"The model is saved in {output}, despite the following error.")
        raise
    return {
        "model": str(output),
        "bytes": output.stat().st_size,
        "report": None if report is None else str(report),
        "classes": pipeline.classes_.tolist(),
        "trained_on": len(rows),
        "tested_on": len(test_rows),
        "epochs": pipeline[-1].epochs_,
        "batch_size": pipeline[-1].batch_size_,
        "accuracy": accuracy,
        "interval": interval,
    }


def _as_text(value: Any) -> Any:
    return repr(value) if isinstance(value, BaseEstimator | tuple) else value


def print_best(result: dict[str, Any]) -> None:
    """Print a comparison of a search's best candidate with the defaults."""
    of = f"{counted(result['trials'], 'candidate')} ({result['pruned']} pruned)"
    score = f"{result['best_score']:.2%} in cross-validation"
    if result["defaults_are_best"]:
        if result["trials"] == 1:
            tell(f"Only the defaults were tried. They score {score}.")
        else:
            tell(
                f"The defaults are the best of {of}: no other candidate scores more than "
                f"their {score}."
            )
        return
    others = ""
    if result["defaults_score"] is not None:
        others = f", the defaults {result['defaults_score']:.2%}"
    tell(f"The best of {of} scores {score}{others}:")
    for name, value in result["best_parameters"].items():
        tell(f"  {name} = {value}")


def print_trained(result: dict[str, Any]) -> None:
    """Print the trained model, its accuracy and the next command."""
    if "best_parameters" in result:
        print_best(result)
    if result["accuracy"] is not None:
        tested_on = counted(result["tested_on"], "held-out image")
        tell(f"Accuracy on {tested_on}: {result['accuracy']:.2%}")
        tell_interval(result["interval"], " A larger --test-fraction holds out more groups.")
    size = f"{result['bytes'] / 1e6:.1f} MB"
    tell(f"Saved {result['model']} ({size})")
    if result["report"]:
        tell(f"The report is {result['report']}")
    say(f"To classify an image, run: {command('predict', result['model'], 'image.png')}")

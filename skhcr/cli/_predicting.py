"""``skhcr predict`` and ``skhcr evaluate``: predictions of a model and their accuracy."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skhcr._messages import counted
from skhcr._unknown import proba_and_unknown
from skhcr.images import ImageLoadError
from skhcr.persistence._trained_on import share_trained_on

from ._answers import Table
from ._files import image_files
from ._interval import interval_of, tell_interval
from ._models import (
    blank_images,
    check_model,
    images_of_several,
    merge_labels,
    open_model,
    read_texts,
)
from ._terminal import UNKNOWN, check_free, say, tell, tell_fields, tell_table, why_unread

if TYPE_CHECKING:
    from ._data import Data

_WORST_PAIRS = 10
_COLUMNS = ("image", "label", "probability", "rank", "text", "unknown", "blank", "several", "error")
_BLANK = "no character found"  # in place of a label
_SEVERAL = "several characters"


def predict(
    model: Path,
    images: list[Path],
    top: int,
    texts: Path | None,
    max_pixels: int | None,
    same_writer: bool = False,
    merge_case: bool = False,
    merge: str | None = None,
    unknown: bool = True,
) -> list[dict[str, Any]]:
    """Return, for every image, its file and the most probable labels, or the reading error.

    An image without ink has no labels. Every result states whether the image probably shows several
    characters, and, if the model supports it and the option is on, whether the image is unknown,
    that is, whether it looks like none of the letters.
    """
    known = {} if texts is None else read_texts(texts)
    check_model(model)
    images = image_files(images)
    errors: dict[int, str | None] = {}
    for index, image in enumerate(images):
        try:  # missing files are an error before anything starts
            image.stat()
        except OSError as error:
            errors[index] = error.strerror
    readable = [index for index in range(len(images)) if index not in errors]
    rows: Any = iter(())
    is_unknown = None
    blank: set[int] = set()
    several: set[int] = set()
    if readable:
        opened = open_model(model, max_pixels)
        reader = _reading_together(opened) if same_writer else opened
        reader = merge_labels(reader, merge_case, merge)
        try:
            rows, is_unknown = proba_and_unknown(reader, [images[index] for index in readable])
        except ImageLoadError as error:
            for failure in error.failures:
                errors[readable[failure.index]] = why_unread(failure.cause)
            readable = [index for index in readable if index not in errors]
            if readable:
                rows, is_unknown = proba_and_unknown(reader, [images[index] for index in readable])
        if readable:
            blank = {readable[place] for place in blank_images(opened)}
            several = {readable[place] for place in images_of_several(opened)}
    rows, marks = iter(rows), iter([] if is_unknown is None else is_unknown)
    answers = []
    for index, image in enumerate(images):
        answer: dict[str, Any] = {"image": str(image)}
        if index in errors:
            answer["error"] = errors[index]
        else:
            labels = _top_labels(next(rows), reader.classes_, top, known)
            answer["blank"] = index in blank
            answer["several"] = index in several
            answer["labels"] = [] if index in blank else labels
            if is_unknown is not None:
                is_none = bool(next(marks))
                if unknown and index not in blank:
                    answer["unknown"] = is_none
        answers.append(answer)
    return answers


def _reading_together(opened: Any) -> Any:
    from skhcr import WriterAdapter

    return opened if isinstance(opened, WriterAdapter) else WriterAdapter(opened)


def _top_labels(
    probabilities: np.ndarray, classes: np.ndarray, top: int, texts: dict[str, str]
) -> list[dict[str, Any]]:
    labels = []
    for code in np.argsort(-probabilities, kind="stable")[:top]:
        label = classes[code].item() if isinstance(classes[code], np.generic) else classes[code]
        entry = {"label": label, "probability": round(float(probabilities[code]), 6)}
        if str(label) in texts:
            entry["text"] = texts[str(label)]
        labels.append(entry)
    return labels


def _rows(answers: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return a row of a table for every label of every image, or for an image without any."""
    table: list[tuple[Any, ...]] = []
    for answer in answers:
        image, error = Path(answer["image"]), answer.get("error", "")
        marks = [
            word if answer.get(key) else ""
            for key, word in (("unknown", UNKNOWN), ("blank", "blank"), ("several", "several"))
        ]
        for rank, entry in enumerate(answer.get("labels") or [{}], start=1):
            guess = (entry["label"], entry["probability"], rank) if entry else ("", "", "")
            table.append((image, *guess, entry.get("text", ""), *marks, error))
    return table


TABLE = Table(_COLUMNS, _rows)


def print_predictions(answers: list[dict[str, Any]]) -> None:
    """Print a table, or tab-separated lines if the output goes to a file or pipe."""
    _print_labels(answers)
    if n_several := sum(answer.get("several", False) for answer in answers):
        say(
            f"{_probably_several(n_several)} The label of such an image is a guess: use skhcr "
            "read for several characters."
        )


def _probably_several(n: int) -> str:
    shows = "shows" if n == 1 else "show"
    return f"{counted(n, 'image')} probably {shows} several characters."


def _print_labels(answers: list[dict[str, Any]]) -> None:
    if not sys.stdout.isatty():
        for answer in answers:
            if answer.get("blank"):
                tell_fields([answer["image"], _BLANK, ""])
            for entry in answer.get("labels", []):
                fields = [answer["image"], entry["label"], f"{entry['probability']:.4f}"]
                fields += [entry["text"]] if "text" in entry else []
                fields += _notes(answer)
                tell_fields(map(str, fields))
        return
    has_texts = any("text" in entry for answer in answers for entry in answer.get("labels", []))
    has_notes = any(map(_notes, answers))
    rows = []
    for answer in answers:
        name, note = answer["image"], ", ".join(_notes(answer))
        if answer.get("blank"):
            rows.append([name, _BLANK, "", *[""] * (has_texts + has_notes)])
        for entry in answer.get("labels", []):
            cells = [name, str(entry["label"]), f"{entry['probability']:.1%}"]
            cells += [entry.get("text", "")] if has_texts else []
            rows.append([*cells, *([note] if has_notes else [])])
            name = note = ""  # once for all of its labels
    if not rows:
        return
    heads = ("image", "label", "probability")
    tell_table((*heads, *["text"] * has_texts, *["note"] * has_notes), rows)


def _notes(answer: dict[str, Any]) -> list[str]:
    notes = ((UNKNOWN, answer.get("unknown")), (_SEVERAL, answer.get("several")))
    return [note for note, is_true in notes if is_true]


def evaluate(
    model: Path,
    data: Data,
    report: Path | None,
    force: bool,
    max_pixels: int | None,
    by_writer: bool = False,
    merge_case: bool = False,
    merge: str | None = None,
    unknown: bool = True,
) -> dict[str, Any]:
    """Return the accuracy of a model on labeled images; write a report if requested.

    With merged labels, all values but ``accuracy`` refer to the merged labels.
    """
    if report is not None:
        check_free(report, force)
    images = data.read(partial(_on_parts, model))
    if by_writer and images.groups is None:
        raise ValueError(
            "--by-writer needs the writers: pass --group-pattern for file names or --group-column "
            "for a CSV file."
        )
    opened = open_model(model, max_pixels, with_network=report is not None)
    reader = merge_labels(opened, merge_case, merge)
    probabilities, is_unknown = proba_and_unknown(opened, images.filenames)
    blank, several = blank_images(opened), images_of_several(opened)
    plain = _labels(opened.classes_, probabilities)
    labels, predicted = images.target, plain
    if reader is not opened:
        # The model's labels may be numbers, those of the images are texts.
        left = reader.merge_labels(opened.classes_)
        names = dict(zip(map(str, opened.classes_), map(str, left), strict=True))
        labels = np.array([names.get(label, label) for label in reader.merge_labels(labels)])
        predicted = _labels(reader.classes_, reader.merge_proba(probabilities))
    trained_on = _count_trained_on(model, images.filenames)
    if report is not None:
        from skhcr.inspection import evaluation_report

        title = model.name
        if trained_on:
            title += f" (trained on about {trained_on:,} of the images)"
        evaluation_report(
            reader, images.filenames, labels, report, groups=images.groups, title=title
        )
    scores = _scores(labels, predicted)
    known = {str(label) for label in reader.classes_}
    return {
        "model": str(model),
        "report": None if report is None else str(report),
        "images": len(predicted),
        "blank": len(blank),
        "trained_on": trained_on,
        "several": len(several),
        "accuracy": float(np.mean(plain == images.target)),
        "interval": interval_of(plain == images.target, images.groups),
        "accuracy_merged": None if reader is opened else float(np.mean(predicted == labels)),
        **(_without_unknown(plain == images.target, is_unknown) if unknown else {}),
        **(_by_writer(opened, images) if by_writer else {}),
        "unknown_labels": sorted(set(labels.tolist()) - known),
        "classes": scores,
        "macro_avg": _average(scores),
        "confused": _confused(labels, predicted),
    }


def _count_trained_on(model: Path, files: np.ndarray) -> int:
    """Return the approximate number of files that the model was trained on, 0 if unknown."""
    share = share_trained_on(model.expanduser(), files)
    return max(1, round(share * len(files))) if share else 0


def _scores(labels: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of every class, 0 if undefined."""
    scores = {}
    for name in sorted({*labels.tolist(), *predicted.tolist()}):
        is_it, is_said = labels == name, predicted == name
        right, n_it, n_said = (int(np.sum(rows)) for rows in (is_it & is_said, is_it, is_said))
        scores[name] = {
            "precision": right / n_said if n_said else 0.0,
            "recall": right / n_it if n_it else 0.0,
            "f1-score": 2 * right / (n_it + n_said),
            "support": float(n_it),
        }
    return scores


def _average(scores: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the mean over all classes, and the sum of the support."""
    shares = ("precision", "recall", "f1-score")
    means = {key: float(np.mean([of_class[key] for of_class in scores.values()])) for key in shares}
    return {**means, "support": sum(of_class["support"] for of_class in scores.values())}


def _without_unknown(right: np.ndarray, is_unknown: np.ndarray | None) -> dict[str, Any]:
    """Return the number of unknown images and the accuracy on the others."""
    if is_unknown is None:
        return {}
    known = right[~is_unknown]
    accuracy = float(known.mean()) if len(known) else None
    return {"unknown": int(is_unknown.sum()), "accuracy_without_unknown": accuracy}


def _by_writer(opened: Any, images: Any) -> dict[str, Any]:
    """Return the accuracy with each writer's letters classified together, without merged labels."""
    from skhcr import WriterAdapter

    adapter = WriterAdapter(opened._reader if isinstance(opened, WriterAdapter) else opened)
    together = adapter.predict_proba(images.filenames, images.groups)
    return {
        "writers": len(np.unique(images.groups)),
        "accuracy_by_writer": float(np.mean(_labels(adapter.classes_, together) == images.target)),
    }


def _labels(classes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.array([str(label) for label in classes])[probabilities.argmax(axis=1)]


def _on_parts(model: Path, train: Path, test: Path | None) -> str:
    """Suggest a command that evaluates a model on one part of a data set."""
    from ._data import command

    return f"The command for one of them: {command('evaluate', model, test or train)}"


def _confused(labels: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    wrong = labels != predicted
    pairs, counts = np.unique(
        np.stack([labels[wrong], predicted[wrong]]), axis=1, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:_WORST_PAIRS]
    return [
        {"label": str(pairs[0, i]), "read_as": str(pairs[1, i]), "count": int(counts[i])}
        for i in order
    ]


def print_evaluation(result: dict[str, Any]) -> None:
    """Print the result of :func:`evaluate`."""
    rows = []
    for name, row in result["classes"].items():
        values = (f"{row[key]:.4f}" for key in ("precision", "recall", "f1-score"))
        rows.append((str(name), *values, str(int(row["support"]))))
    tell_table(("class", "precision", "recall", "F1", "images"), rows)
    if result["confused"]:
        pairs = (f"{p['label']} as {p['read_as']} ({p['count']})" for p in result["confused"])
        tell(f"Most often confused: {', '.join(pairs)}")
    if result["unknown_labels"]:
        names = ", ".join(map(repr, result["unknown_labels"]))
        tell(f"The model does not have the labels {names}.")
    if result["blank"]:
        tell(
            f"No character was found on {counted(result['blank'], 'image')}. The accuracy includes "
            "such images, with the labels that the model guessed."
        )
    if result["several"]:
        tell(
            f"{_probably_several(result['several'])} These are included in the accuracy; skhcr "
            "read is for several characters."
        )
    if result.get("unknown") and result["accuracy_without_unknown"] is not None:
        tell(
            f"Of the images, {result['unknown'] / result['images']:.2%} look like none of the "
            f"model's letters; accuracy on the others: {result['accuracy_without_unknown']:.2%}"
        )
    tell(f"Accuracy on {counted(result['images'], 'image')}: {result['accuracy']:.2%}")
    tell_interval(result["interval"])
    if result["accuracy_merged"] is not None:
        tell(f"Accuracy with merged labels: {result['accuracy_merged']:.2%}")
    if "writers" in result:
        per_writer = result["images"] / result["writers"]
        tell(
            f"Accuracy with about {counted(round(per_writer), 'letter')} of each of "
            f"{counted(result['writers'], 'writer')} classified together: "
            f"{result['accuracy_by_writer']:.2%}"
        )
    if result["trained_on"]:
        tell(
            f"Warning: The model was trained on about {result['trained_on']:,} of these "
            f"{result['images']:,} images. Its accuracy on new images is usually lower: evaluate "
            "it on images that it was not trained on."
        )
    if result["report"]:
        tell(f"The report is {result['report']}")

"""Results for the pages of every condition, in a file for every version and model."""

import base64
import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from ._page_conditions import CONDITIONS, MODELS_OF
from ._page_reader import PageReader
from ._page_samples import MODELS, samples
from ._store import (
    RESULTS,
    commit_of,
    environment,
    predictions_digest,
    read_json,
    write_lines,
)

NOW, BEFORE = "now", "before"
SURE = 0.9  # a probability above it passes for a sure answer
_MODEL_FILES = Path("skhcr", "pretrained", "models")
_TIMES = {"clean": 4}  # everything else is compared with clean pages
# The result for a page; in capitals if a wrong prediction had a probability above 90 %.
RIGHT, OTHER_CASE, WRONG = "r", "c", "w"
# The message to the user.
LETTER, BLANK, SEVERAL = ".", "b", "s"
_WANTED = {"nothing": BLANK, "several": SEVERAL}


def conditions_of(model):
    """Return the conditions of a model, and their kinds."""
    return {
        condition: kind
        for kind, conditions in CONDITIONS.items()
        for condition in conditions
        if model in MODELS_OF.get(condition, MODELS)
    }


def pictured(condition):
    """Return the model whose first page stands for a condition in the pictures."""
    models = MODELS_OF.get(condition, MODELS)
    names = [name for names in CONDITIONS.values() for name in names]
    return models[names.index(condition) % len(models)]


def results(version, model):
    """Return the results of a version and a model: its commit, and the results by condition."""
    path = _path(version, model)
    if not path.exists():
        return None, {}
    found = read_json(path)
    return found["commit"], {piece["condition"]: piece for piece in found["conditions"]}


def measure(version, folder, model, n):
    """Classify n pages of each of a model's conditions with the skhcr in a folder, and save this.

    They are valid while the model, and the code that reads images, are the same.
    """
    file = folder / _MODEL_FILES / f"{model}.onnx"
    code, commit = _code(folder, file), commit_of(folder)
    path = _path(version, model)
    pieces = {}
    if path.exists() and read_json(path).get("code") == code:
        pieces = results(version, model)[1]
    with PageReader(folder, file) as reader:
        for condition, kind in conditions_of(model).items():
            piece = pieces.setdefault(
                condition, {"condition": condition, "kind": kind, "pages": "", "told": ""}
            )
            place, stop = len(piece["pages"]), n * _TIMES.get(condition, 1)
            if place >= stop:
                continue
            for page, label in samples(model, kind, condition, place, stop):
                result, told = _outcome(reader.read(page), label, kind)
                piece["pages"] += result
                piece["told"] += told
            if model == pictured(condition) and "example" not in piece:
                piece["example"] = _example(model, kind, condition, reader)
            head = {**environment(), "commit": commit, "code": code}
            write_lines(path, {**head, "conditions": list(pieces.values())})
            print(version, model, condition, piece["pages"], piece["told"], flush=True)


def _path(version, model):
    return RESULTS / "pages" / f"{version}-{model}.json"


def _code(folder, model):
    """Return a digest of the code that reads images, and of the model's network."""
    digest = hashlib.sha256(predictions_digest(model).encode())
    for path in sorted((folder / "skhcr" / "images").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _outcome(reading, label, kind):
    """Return the result for a page, and the message to the user."""
    told = BLANK if reading.says_blank else SEVERAL if reading.says_several else LETTER
    if kind in _WANTED:
        result = RIGHT if told == _WANTED[kind] else WRONG
    elif told == BLANK or reading.answer is None:
        result = WRONG
    elif reading.answer == label:
        result = RIGHT
    else:
        result = OTHER_CASE if reading.answer.lower() == label.lower() else WRONG
    is_sure = told != BLANK and reading.probability > SURE
    return result.upper() if is_sure and result != RIGHT else result, told


def _example(model, kind, condition, reader):
    """Return the result for a condition's first page, and the input of the network."""
    page, label = next(samples(model, kind, condition, 0, 1))
    reading, seen = reader.read(page), reader.see(page)
    file = io.BytesIO()
    Image.fromarray(np.zeros((32, 32), np.uint8) if seen is None else seen).save(file, "PNG")
    return {
        "model": model,
        "label": label,
        "answer": reading.answer,
        "probability": round(reading.probability, 4),
        "says_blank": reading.says_blank,
        "says_several": reading.says_several,
        "right": _outcome(reading, label, kind)[0] == RIGHT,
        "seen": base64.b64encode(file.getvalue()).decode(),
    }

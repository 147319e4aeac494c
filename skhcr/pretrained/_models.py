"""Finding and loading the pretrained models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .._messages import did_you_mean

FOLDER = Path(__file__).parent / "models"


def list_pretrained() -> list[str]:
    """Return the names of the pretrained models.

    Returns
    -------
    list of str
        The names, sorted.

    See Also
    --------
    pretrained_card : What each was trained on, and how well it reads.
    load_pretrained : Load one of them.

    Examples
    --------
    >>> from skhcr.pretrained import list_pretrained
    >>> list_pretrained()
    ['arabic-letters', 'digits', 'english', 'russian-letters']
    """
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def pretrained_card(name: str) -> dict[str, Any]:
    """Return the model card of a pretrained model.

    Parameters
    ----------
    name : str
        One of :func:`list_pretrained`.

    Returns
    -------
    dict
        What the model reads (``title``, ``labels``), what it was trained and tested on (``data``,
        ``citation``, ``license``, ``trained_on``, ``tested_on``, ``recipe``), how well it reads
        (``accuracy``, by test), and what to beware of (``limits``).

    Raises
    ------
    ValueError
        If there is no such model.

    See Also
    --------
    load_pretrained : Load the model.

    Examples
    --------
    >>> from skhcr.pretrained import pretrained_card
    >>> card = pretrained_card("arabic-letters")
    >>> card["title"], len(card["labels"])
    ('Arabic letters', 28)
    """
    return json.loads(_path(name, ".json").read_text(encoding="utf-8"))


def load_pretrained(name: str, *, exported: bool = False) -> Any:
    """Load a model that has learned a script already.

    It reads a single character as it was scanned, photographed or drawn: dark on light or light on
    dark, of any size and wherever it is on the page.

    Parameters
    ----------
    name : str
        One of :func:`list_pretrained`.
    exported : bool, default=False
        Whether to load the form for ONNX Runtime. It answers within a second and without
        TensorFlow, and cannot be trained further.

    Returns
    -------
    sklearn.pipeline.Pipeline or skhcr.persistence.ExportedClassifier
        Fitted: ``predict`` and ``predict_proba`` take files, bytes, PIL images and arrays. The
        pipeline is an :class:`skhcr.InkNormalizer`, an :class:`skhcr.ImageAugmenter` and a
        :class:`skhcr.CNNClassifier`.

    Raises
    ------
    ValueError
        If there is no such model.
    ImportError
        If the exported form is wanted, and onnxruntime is not installed.

    See Also
    --------
    pretrained_card : What it was trained on, and how well it reads.
    skhcr.Transfer : Teach one other letters.

    Notes
    -----
    The models were trained by ``python -m benchmarks pretrained``.

    Examples
    --------
    A digit, drawn with a pen on white paper:

    >>> from PIL import Image, ImageDraw
    >>> from skhcr import load_pretrained
    >>> page = Image.new("L", (300, 400), 255)
    >>> pen = ImageDraw.Draw(page)
    >>> pen.line([(90, 80), (190, 80), (130, 240)], fill=40, width=12, joint="curve")
    >>> letters = load_pretrained("english")
    >>> print(*letters.predict([page]))
    7

    Its features for other letters, with a new head:

    >>> from skhcr import CNNClassifier, Transfer
    >>> classifier = CNNClassifier(Transfer(letters, trainable="all"))
    """
    if exported:
        from ..persistence import load_exported

        return load_exported(_path(name, ".onnx"))
    from ..persistence import load

    return load(_path(name, ".skhcr"))


def _path(name: str, ending: str) -> Path:
    """Return where a file of a model is, or say which models there are."""
    known = list_pretrained()
    if name not in known:
        raise ValueError(
            f"There is no pretrained model {name!r}, only {', '.join(known)}."
            f"{did_you_mean(name, known)}"
        )
    return FOLDER / f"{name}{ending}"

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
    pretrained_card : Training data and accuracy of each.
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
        The script (``title``, ``labels``), the training and test data (``data``, ``citation``,
        ``license``, ``trained_on``, ``tested_on``, ``recipe``), the accuracy by test
        (``accuracy``), for tests on other writers the spread of the writers' accuracies and the
        calibration error (``reliability``), and the limitations (``limits``).

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
    return json.loads(pretrained_path(name, ".json").read_text(encoding="utf-8"))


def figures_of_card(card: dict[str, Any]) -> dict[str, str]:
    """Return the accuracy by test as text, with the spread over writers if they are other ones."""
    texts = {}
    for test, accuracy in card["accuracy"].items():
        texts[test] = f"{accuracy:.2%}"
        if test in card["reliability"]:
            known = card["reliability"][test]
            texts[test] += (
                f" of {known['images']:,} images ({known['writers']} writers: ± "
                f"{known['writers_std']:.0%}, worst tenth {known['worst_tenth']:.0%}); "
                f"calibration error {known['calibration_error']:.1%}"
            )
    return texts


def load_pretrained(name: str, *, exported: bool = False) -> Any:
    """Load a pretrained model.

    It classifies scans, photographs and drawings of a single character: dark on light or light on
    dark, of any size, anywhere on the page.

    Parameters
    ----------
    name : str
        One of :func:`list_pretrained`.
    exported : bool, default=False
        Whether to load the ONNX Runtime form. It predicts within a second and without TensorFlow,
        and cannot be trained further.

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
        If `exported` is True and onnxruntime is not installed.

    See Also
    --------
    pretrained_card : Its training data and accuracy.
    skhcr.Transfer : Train one on other letters.

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

        return load_exported(pretrained_path(name, ".onnx"))
    from ..persistence import load

    return load(pretrained_path(name, ".skhcr"))


def pretrained_path(name: str, ending: str = ".skhcr") -> Path:
    """Return the path of a model's file."""
    known = list_pretrained()
    if name not in known:
        raise ValueError(
            f"There is no pretrained model {name!r}, only "
            f"{', '.join(known)}.{did_you_mean(name, known)}"
        )
    return FOLDER / f"{name}{ending}"

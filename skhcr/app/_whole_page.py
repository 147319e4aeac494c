"""The display of a whole page: its boxes, and the labels of each."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from .._csv import as_csv
from ..pages import PageReading, ReadCharacter
from ._download import link

# Maximum number of pixels along the longer side of the displayed picture.
_LONGEST = 1400
_SURE = 0.9
_COLUMNS = ("line", "word", "left", "top", "right", "bottom", "label", "probability")


def labels_in(text: str | None) -> list[str] | None:
    """Return the labels in the input: single characters, or parts between commas or spaces."""
    parts = [part for part in re.split(r"[,\s]+", text or "") if part]
    return (list(parts[0]) if len(parts) == 1 else parts) or None


def as_html(pixels: np.ndarray, reading: PageReading, texts: Mapping[str, str]) -> str:
    """Return the page with a box around every character, and its labels when it is selected.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (h, w, 3)
        The page, upright.
    reading : PageReading
        The result for it.
    texts : mapping of str to str
        Texts to show beside labels.
    """
    if not reading.characters:
        return '<div class="whole-page"><p class="hint">No character found.</p></div>'
    height, width = pixels.shape[:2]
    boxes = [
        _box(number, character, texts, width, height)
        for number, character in enumerate(reading.characters)
    ]
    return (
        '<div class="whole-page"><div class="paper">'
        f'<img alt="The page" src="{_picture(pixels)}">{"".join(boxes)}</div>'
        '<p class="hint">Select a character to see its alternatives.</p>'
        f'<p class="downloads">{link("page.csv", "text/csv", _as_csv(reading))}'
        f"{link('page.json', 'application/json', _as_json(reading))}</p></div>"
    )


def _box(
    number: int, character: ReadCharacter, texts: Mapping[str, str], width: int, height: int
) -> str:
    left, top, right, bottom = character.box
    place = (
        f"left:{100 * left / width:.3f}%;top:{100 * top / height:.3f}%;"
        f"width:{100 * (right - left) / width:.3f}%;height:{100 * (bottom - top) / height:.3f}%"
    )
    text = escape(_name(character.label, texts))
    said = f"{text}, {character.probability:.1%}, line {character.line + 1}"
    kind = "" if character.probability >= _SURE else ' class="unsure"'
    answers = "".join(
        f"<span><bdi>{escape(_name(label, texts))}</bdi> {probability:.1%}</span>"
        for label, probability in character.alternatives
    )
    return (
        f'<input type="radio" name="character" id="character-{number}" aria-label="{said}">'
        f'<label for="character-{number}" title="{said}" style="{place}"{kind}></label>'
        f'<div class="answers"><b><bdi>{text}</bdi></b> &nbsp; {answers}</div>'
    )


def _name(label: Any, texts: Mapping[str, str]) -> str:
    text = texts.get(str(label))
    return str(label) if text is None else f"{label} – {text}"


def _picture(pixels: np.ndarray) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((_LONGEST, _LONGEST))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _as_json(reading: PageReading) -> str:
    return json.dumps(reading.to_dict(), ensure_ascii=False, indent=1)


def _as_csv(reading: PageReading) -> str:
    rows = [
        (one.line, one.word, *one.box, str(one.label), round(one.probability, 6))
        for one in reading.characters
    ]
    return as_csv(_COLUMNS, rows)

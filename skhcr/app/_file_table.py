"""The display of several files: a table with small pictures, and the same as CSV."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from PIL import Image

from .._csv import as_csv
from ._download import link

BLANK = "No character found."
_COLUMNS = ("file", "label", "probability", "text", "unknown", "blank", "several", "error")


class FileAnswer(NamedTuple):
    """The result for a file, or its error."""

    name: str
    label: str = ""
    probability: float | None = None
    text: str = ""
    unknown: bool = False
    seen: np.ndarray | None = None
    error: str = ""
    several: bool = False

    @property
    def blank(self) -> bool:
        """Whether no ink was found."""
        return self.probability is None and not self.error


def as_html(answers: Sequence[FileAnswer], n_left_out: int = 0) -> str:
    """Return a table of the results, and a link to it as CSV."""
    if not answers:
        return ""
    rows = "".join(map(_row, answers))
    more = f"; {n_left_out:,} others are left out" if n_left_out else ""
    table = [
        (
            *(one.name, one.label, "" if one.probability is None else round(one.probability, 6)),
            *(one.text, "unknown" if one.unknown else "", "blank" if one.blank else ""),
            *("several" if one.several else "", one.error),
        )
        for one in answers
    ]
    return (
        '<div class="file-table"><p class="downloads">'
        f"{link('letters.csv', 'text/csv', as_csv(_COLUMNS, table))}{_counts(answers)}{more}</p>"
        "<table><thead><tr><th></th><th>file</th><th>label</th><th>probability</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _counts(answers: Sequence[FileAnswer]) -> str:
    parts = {
        "unknown": sum(one.unknown for one in answers),
        "blank": sum(one.blank for one in answers),
        "with several characters": sum(one.several for one in answers),
        "unreadable": sum(bool(one.error) for one in answers),
    }
    n_files = f"{len(answers):,} {'file' if len(answers) == 1 else 'files'}"
    return ", ".join([n_files, *(f"{n:,} {what}" for what, n in parts.items() if n)])


def _row(one: FileAnswer) -> str:
    picture = "" if one.seen is None else f'<img alt="" src="{_picture(one.seen)}">'
    label = f"{one.label} – {one.text}" if one.text else one.label
    if one.error or one.blank:
        answer = f'<td colspan="2">{escape(one.error or BLANK)}</td>'
    else:
        marks = [("unknown", one.unknown), ("several characters", one.several)]
        mark = "".join(f' <span class="mark">{name}</span>' for name, is_true in marks if is_true)
        answer = f"<td><bdi>{escape(label)}</bdi></td><td>{one.probability:.1%}{mark}</td>"
    return f"<tr><td>{picture}</td><td><bdi>{escape(one.name)}</bdi></td>{answer}</tr>"


def _picture(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"

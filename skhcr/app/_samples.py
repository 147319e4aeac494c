"""Sample characters, whose strokes are put on the canvas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

_MOST = 5
_STEPS = 8  # of a curve, from a point to the next

# Points on a canvas of 100 by 100, as in SVG. A repeated point is a corner.
_STROKES = {
    "أ": ["52,14 50,50 49,86"],
    "ب": [
        "88,38 84,54 68,62 46,63 24,60 13,50 13,37",
        "49,82 51,83",
    ],
    "د": ["46,22 60,38 66,58 54,68 30,68"],
    "ل": ["68,12 67,44 62,72 44,86 26,78 23,62"],
    "و": ["60,40 50,30 40,38 46,50 60,48 61,40 61,58 50,76 30,84"],
    "A": [
        "14,88 14,88 50,10 50,10 86,88",
        "30,60 70,60",
    ],
    "B": [
        "24,12 24,88",
        "24,12 60,14 70,30 58,46 26,48 26,48 66,52 78,70 62,87 24,88",
    ],
    "K": [
        "26,12 26,88",
        "76,12 28,52",
        "38,44 78,88",
    ],
    "г": [
        "30,24 30,24 28,82",
        "30,24 72,23",
    ],
    "и": ["24,22 24,22 24,80 24,80 74,24 74,24 74,80"],
    "ф": [
        "50,8 50,94",
        "50,34 30,30 16,48 28,68 50,64 72,68 84,48 70,30 50,34",
    ],
    "ч": [
        "26,22 28,44 44,54 72,46",
        "74,20 73,82",
    ],
    "э": [
        "24,30 44,18 68,30 74,52 64,74 42,84 22,74",
        "40,52 72,52",
    ],
    "2": ["24,30 36,14 60,14 70,32 54,56 22,86 22,86 78,85"],
    "3": ["26,20 48,12 68,26 58,44 44,48 44,48 66,56 70,74 50,88 24,80"],
    "5": ["72,13 34,14 34,14 30,44 30,44 54,40 70,56 64,80 40,88 22,78"],
    "7": ["22,16 76,15 76,15 56,50 44,88"],
    "4": [
        "40,12 20,58 20,58 78,57",
        "60,34 57,90",
    ],
}
_NO_LETTER = [
    "8,20 88,30 12,36 86,46 10,52 90,62 14,68 84,80 12,86",
    "20,90 30,10 46,92 58,8 72,90 84,12",
]


def _smooth(strokes: list[str]) -> list[list[list[float]]]:
    """Return strokes as curves of many points."""
    points = [[point.split(",") for point in stroke.split()] for stroke in strokes]
    return [_curve(np.array(stroke, float)).round(1).tolist() for stroke in points]


def _curve(points: np.ndarray) -> np.ndarray:
    """Return points on a Catmull-Rom spline."""
    steps = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    around = np.concatenate([points[:1], points, points[-1:]])
    pieces = []
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        if (start == end).all():
            continue
        bends = 2 * before - 5 * start + 4 * end - after, 3 * (start - end) + after - before
        slope = end - before
        pieces.append(start + steps / 2 * (slope + steps * (bends[0] + steps * bends[1])))
    return np.concatenate([*pieces, points[-1:]])


def samples(labels: Iterable[str]) -> dict[str, list[list[list[float]]]]:
    """Return strokes of some of the labels, and of a scribble, if available."""
    known = set(labels)
    found = [label for label in _STROKES if label in known][:_MOST]
    drawn = {label: _smooth(_STROKES[label]) for label in found}
    return drawn | {"no letter": _smooth(_NO_LETTER)} if drawn else {}


def as_html(labels: Iterable[str]) -> str:
    """Return a button with a small picture for each sample; empty if there are none."""
    buttons = [_button(name, strokes) for name, strokes in samples(labels).items()]
    if not buttons:
        return ""
    return f'<div class="samples"><span>Or choose one:</span>{"".join(buttons)}</div>'


def component(gr: Any, html: str, **options: Any) -> Any:
    """Return the buttons, a gradio component whose value is their HTML."""
    script = Path(__file__).with_name("samples.js").read_text(encoding="utf-8")
    return gr.HTML(html, js_on_load=script, apply_default_css=False, **options)


def _button(name: str, strokes: list[list[list[float]]]) -> str:
    lines = "".join(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in stroke)}"/>' for stroke in strokes
    )
    return (
        f'<button type="button" aria-label="Example: {escape(name)}" title="{escape(name)}" '
        f'data-strokes="{escape(json.dumps(strokes))}">'
        f'<svg viewBox="0 0 100 100" aria-hidden="true">{lines}</svg></button>'
    )

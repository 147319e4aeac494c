"""A drawing canvas that sends one small PNG file and nothing else."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image

_SIDE = 420  # pixels
_PREFIX = "data:image/png;base64,"
_LONGEST = 200_000  # characters; a canvas full of scribbles has a quarter of them


def canvas(gr: Any, **options: Any) -> Any:
    """Return the canvas, a gradio component whose value is the data URL of a picture."""
    html, css, script = (
        Path(__file__).with_name(f"canvas.{ending}").read_text(encoding="utf-8")
        for ending in ("html", "css", "js")
    )
    return gr.HTML(
        html_template=html,
        css_template=css,
        js_on_load=script,
        apply_default_css=False,
        side=_SIDE,
        **options,
    )


def drawn(value: Any) -> bytes | None:
    """Return the PNG file sent by the canvas; None if nothing is drawn.

    Raises
    ------
    ValueError
        If it is not a picture of the canvas size. The check does not decode it.
    """
    if not value:
        return None
    if not isinstance(value, str) or not value.startswith(_PREFIX) or len(value) > _LONGEST:
        raise ValueError("This is not a drawing.")
    try:
        data = base64.b64decode(value[len(_PREFIX) :], validate=True)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
    except Exception as error:  # raised by Pillow, of many types
        raise ValueError("This is not a drawing.") from error
    if size != (_SIDE, _SIDE):
        raise ValueError(f"A drawing must have {_SIDE} by {_SIDE} pixels.")
    return data

"""A canvas to draw on: what is drawn comes as one small PNG file, and nothing else does."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image

_SIDE = 420  # pixels
_PREFIX = "data:image/png;base64,"
_LONGEST = 200_000  # characters; a page full of scribbles has a quarter of them


def canvas(gr: Any, **options: Any) -> Any:
    """Return the canvas, a component of gradio whose value is the address of a picture."""
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
    """Return the PNG file that the canvas has sent; None where nothing is drawn.

    Raises
    ------
    ValueError
        If it is anything but a picture of the canvas' size. It is not decoded to find out.
    """
    if not value:
        return None
    if not isinstance(value, str) or not value.startswith(_PREFIX) or len(value) > _LONGEST:
        raise ValueError("This is no drawing.")
    try:
        data = base64.b64decode(value[len(_PREFIX) :], validate=True)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
    except Exception as error:  # of Pillow's, of many types
        raise ValueError("This is no drawing.") from error
    if size != (_SIDE, _SIDE):
        raise ValueError(f"A drawing has {_SIDE} by {_SIDE} pixels.")
    return data

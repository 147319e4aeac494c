"""A data set's Bunch, which notebooks show as a summary instead of thousands of numbers."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

import numpy as np

from .._messages import counted, printable
from ._sklearn_bunch import Bunch

_SHOWN = 12  # classes and images
_STYLE = "height: 32px; image-rendering: pixelated"  # of images, which may be tiny


class DataBunch(Bunch):
    """scikit-learn's Bunch, with a summary for notebooks: classes, examples, arrays, description.

    Examples
    --------
    >>> from skhcr.datasets import load_digit_images
    >>> digits = load_digit_images()
    >>> "1,797 images of 10 classes" in digits._repr_html_()
    True
    """

    def _repr_html_(self) -> str:
        if self.get("target") is None:  # pixels without labels, or modified by the user
            return f"<ul>{self._entries()}</ul>"
        target = np.asarray(self.target)
        names, counts = np.unique(target, return_counts=True)
        what = "character" if "strokes" in self and "images" not in self else "image"
        facts = [f"{counted(len(target), what)} of {counted(len(names), 'class', 'classes')}"]
        if self.get("groups") is not None:
            facts.append(counted(len(np.unique(self.groups)), "group"))
        examples = [self._example(int(np.flatnonzero(target == n)[0])) for n in names[:_SHOWN]]
        rows = [
            f"<tr><td>{_text(name)}</td><td>{count:,}</td><td>{example}</td></tr>"
            for name, count, example in zip(names, counts, examples, strict=False)
        ]
        if len(names) > _SHOWN:
            rows.append(f"<tr><td colspan=3>and {len(names) - _SHOWN:,} more</td></tr>")
        return (
            f"<div><p><b>{', '.join(facts)}</b></p>"
            "<table><thead><tr><th>class</th><th>images</th><th>example</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table><ul>{self._entries()}</ul>"
            "<details><summary>Description</summary>"
            f"<pre>{_text(self.get('DESCR', ''), keep=chr(10))}</pre></details></div>"
        )

    def _entries(self) -> str:
        return "".join(f"<li><code>{_text(k)}</code>: {_text(_kind(self[k]))}</li>" for k in self)

    def _example(self, row: int) -> str:
        """Return an image, or the name of a file without opening it."""
        if "images" in self:
            picture = _picture(np.asarray(self.images[row]))
            return f'<img src="{picture}" alt="" style="{_STYLE}">'
        return _text(self.filenames[row]) if "filenames" in self else ""


def _text(value: Any, keep: str = "") -> str:
    return escape(printable(str(value), keep))


def _kind(value: Any) -> str:
    """Return a short description of an entry."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return "text"
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    if shape is None:
        return kind
    dtype = f", {value.dtype}" if hasattr(value, "dtype") else ""
    return f"{kind} of shape {tuple(shape)}{dtype}"


def _picture(image: np.ndarray) -> str:
    """Return an image of bytes as a data URL."""
    from PIL import Image

    file = io.BytesIO()
    pixels = image[:, :, 0] if image.shape[2:] == (1,) else image
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"

"""Files to download, which are made in the page and kept nowhere."""

from __future__ import annotations

import base64
from html import escape


def link(name: str, kind: str, text: str) -> str:
    """Return a link to a text: its name, its media type, and what is in it."""
    # The mark at the start tells spreadsheets the encoding.
    data = base64.b64encode(text.encode("utf-8-sig" if kind == "text/csv" else "utf-8")).decode()
    name = escape(name)
    return f'<a download="{name}" href="data:{kind};charset=utf-8;base64,{data}">{name}</a>'

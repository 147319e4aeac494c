"""Download links to files that exist only in the page."""

from __future__ import annotations

import base64
from html import escape


def link(name: str, kind: str, text: str) -> str:
    """Return a download link for a text, with a file name and a media type."""
    # The mark at the start tells spreadsheets the encoding.
    data = base64.b64encode(text.encode("utf-8-sig" if kind == "text/csv" else "utf-8")).decode()
    name = escape(name)
    return f'<a download="{name}" href="data:{kind};charset=utf-8;base64,{data}">{name}</a>'

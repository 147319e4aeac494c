"""The list of a model's labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape


def as_html(labels: Iterable[str], texts: Mapping[str, str]) -> str:
    """Return an initially collapsed list, in the direction of its labels."""
    labels = list(labels)
    kind = "characters" if all(len(label) == 1 for label in labels) else "labels"
    names = [f"{label} – {texts[label]}" if label in texts else label for label in labels]
    items = "".join(f"<li>{escape(name)}</li>" for name in names)
    return (
        f'<details class="known"><summary>The {len(names):,} {kind} that the model knows</summary>'
        f'<ul dir="auto">{items}</ul></details>'
    )

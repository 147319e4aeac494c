"""Badges of the README, from pyproject.toml and the guide to scikit-learn: no network is needed."""

import re
import tomllib
from html import escape
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "docs" / "_static" / "badges"
_BLUE, _GRAY, _GREEN = "#1f5fa8", "#6e6e6e", "#1b7a3d"
_HEIGHT, _MARGIN = 20, 6
_LETTER = 6.6  # pixels, of 11-pixel monospaced letters


def badges():
    """Return the badges: their names, left and right texts, and colors."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (status,) = (name for name in project["classifiers"] if name.startswith("Development Status"))
    guide = (_ROOT / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
    n_checks, n_passed = re.search(r"\| (\d+) \| (\d+) \| \d+ \| \d+ \|", guide).groups()
    return {
        "python": ("Python", project["requires-python"].replace(">=", "≥ "), _BLUE),
        "license": ("license", project["license"], _BLUE),
        "status": ("status", status.rpartition(" ")[2].lower(), _GRAY),
        "checks": ("scikit-learn checks", f"{n_passed} of {n_checks}", _GREEN),
    }


def svg(left, right, color):
    """Return a badge with two texts."""
    widths = [round(len(text) * _LETTER + 2 * _MARGIN) for text in (left, right)]
    width = sum(widths)
    texts = "".join(
        f'<text x="{x + _MARGIN}" y="14" textLength="{part - 2 * _MARGIN}">{escape(text)}</text>'
        for x, part, text in zip((0, widths[0]), widths, (left, right), strict=True)
    )
    title = escape(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title><clipPath id="round"><rect width="{width}" '
        f'height="{_HEIGHT}" rx="4"/></clipPath><g clip-path="url(#round)"><rect '
        f'width="{width}" height="{_HEIGHT}" fill="#454d59"/><rect x="{widths[0]}" '
        f'width="{widths[1]}" height="{_HEIGHT}" fill="{color}"/></g><g fill="white" '
        f'font-family="monospace" font-size="11">{texts}</g></svg>\n'
    )


def write():
    """Write all badges."""
    _FOLDER.mkdir(exist_ok=True)
    for name, texts in badges().items():
        (_FOLDER / f"{name}.svg").write_text(svg(*texts), encoding="utf-8")

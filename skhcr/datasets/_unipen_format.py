"""Characters in files of the UNIPEN format, version 1.0.

A file is a list of statements. Each is a line that begins with a dot and a keyword, and the
following lines up to the next statement. Pen trajectories, or components, are the lines below
``.PEN_DOWN`` and ``.PEN_UP``, one point per line. Those with points are numbered from 0, across all
included files. ``.SEGMENT`` lists the components, or the points of components, of a label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

# Its type, components, quality and label, such as .SEGMENT CHARACTER 4:0-5:12,7 OK "a"
_SEGMENT = re.compile(r'\s*\S+\s+([\d:,-]+)\s+\S+\s+"((?:[^"\\]|\\.)*)"')
_RANGE = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")
_FILES_AT_A_TIME = 8  # the sections of one writer, and included files


class Character(NamedTuple):
    """A labeled part of the pen trajectories of one file."""

    label: str
    writer: str | None
    strokes: list[np.ndarray]  # x to the right, y downwards


class Component(NamedTuple):
    """The points between two changes of the pen."""

    is_down: bool
    points: np.ndarray
    writer: str | None


@dataclass
class Page:
    """The contents of a file and all included files."""

    columns: tuple[int, int] = (0, 1)  # of x and y
    writer: str | None = None
    components: list[Component] = field(default_factory=list)
    segments: list[tuple[str, str]] = field(default_factory=list)


class UnipenReader:
    """Reads characters from UNIPEN files.

    Parameters
    ----------
    read : callable
        Returns the text of a file, or raises KeyError if there is no such file.
    included : callable
        Returns the name of the file of an ``.INCLUDE`` statement.
    """

    def __init__(self, read: Callable[[str], str], included: Callable[[str], str]) -> None:
        self._read = read
        self._included = included
        self._page = lru_cache(_FILES_AT_A_TIME)(self._parsed)
        self.n_unreadable = 0

    def characters(self, name: str) -> Iterator[Character]:
        """Yield the labeled characters of a file.

        Characters without points in the file are counted in ``n_unreadable``.
        """
        page = self._page(name)
        for where, label in page.segments:
            try:
                parts = _parts(page.components, where)
            except (IndexError, ValueError):
                self.n_unreadable += 1
                continue
            # Downwards, as in images.
            yield Character(label, parts[0].writer, [part.points * [1, -1] for part in parts])

    def _parsed(self, name: str, columns: tuple[int, int] = (0, 1)) -> Page:
        page = Page(columns)
        for keyword, text in _statements(self._read(name)):
            if keyword == "INCLUDE":
                self._include(page, text.strip())
            elif keyword == "COORD":
                titles = text.split()
                page.columns = titles.index("X"), titles.index("Y")
            elif keyword == "WRITER_ID":
                page.writer = text.strip() or None
            elif keyword in ("PEN_DOWN", "PEN_UP"):
                points = _points(text, page.columns)
                if len(points):
                    is_down = keyword == "PEN_DOWN"
                    page.components.append(Component(is_down, points, page.writer))
            elif keyword == "SEGMENT" and (match := _SEGMENT.match(text)):
                page.segments.append((match[1], re.sub(r"\\(.)", r"\1", match[2])))
        return page

    def _include(self, page: Page, name: str) -> None:
        try:
            other = self._page(self._included(name), page.columns)
        except KeyError:
            return  # usually a lexicon; missing points are detected when they are needed
        page.columns = other.columns
        page.components += [
            part if part.writer else part._replace(writer=page.writer) for part in other.components
        ]
        page.segments += other.segments
        page.writer = other.writer or page.writer


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keywords of a file, without their dots, and the text after each."""
    for statement in re.split(r"^\.", text, flags=re.MULTILINE)[1:]:
        keyword, *rest = re.split(r"\s", statement, maxsplit=1)
        yield keyword, rest[0] if rest else ""


def _points(text: str, columns: tuple[int, int]) -> np.ndarray:
    """Return x and y, upwards, of the points on the lines of a text."""
    rows = [line.split() for line in text.splitlines()]
    rows = [row for row in rows if len(row) > max(columns)]
    try:
        return np.array([[float(row[i]) for i in columns] for row in rows]).reshape(-1, 2)
    except ValueError:
        return np.empty((0, 2))


def _parts(components: list[Component], where: str) -> list[Component]:
    """Return the pen-down parts of the components of a segment.

    Raises
    ------
    IndexError
        If there is no component of that number.
    ValueError
        If there is no visible point.
    """
    parts = []
    for match in map(_RANGE.fullmatch, where.split(",")):
        if match is None:
            raise ValueError(f"{where!r} names no components.")
        first, last = int(match[1]), int(match[3] or match[1])
        for number in range(first, last + 1):
            start = int(match[2] or 0) if number == first else 0
            # The last point is included. Without a range, the point is the only one.
            end = match[4] if match[3] else match[2]
            stop = int(end) + 1 if end and number == last else None
            component = components[number]
            points = component.points[start:stop]
            # The publishers set the points outside all segments of the collection to zero.
            if component.is_down and points.any():
                parts.append(component._replace(points=points))
    if not parts:
        raise ValueError(f"{where!r} names no points.")
    return parts

"""Answers to the events of the page: of one image, of many, of a whole page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..images import ImageLoadError
from . import _file_table, _known, _samples
from ._canvas import drawn
from ._reader import Reader
from ._whole_page import as_html, labels_in

MOST_FILES = 200
DIRECTIONS: dict[str, Literal["ltr", "rtl"] | None] = {
    "as the labels": None,
    "from the left": "ltr",
    "from the right": "rtl",
}
_UNKNOWN = "This looks like none of the model's letters: the labels are guesses."
_SEVERAL = "This probably shows several characters: use *Whole page*. The labels are guesses."


class Answers:
    """Functions that map the inputs of the page to its outputs.

    Parameters
    ----------
    readers : mapping of str to Reader
        The models by name.
    error : function
        Maps a sentence for the user to an exception.
    """

    def __init__(self, readers: Mapping[str, Reader], error: Callable[[str], Exception]) -> None:
        self._readers = readers
        self._error = error

    def read(self, name: str, image: Any) -> tuple[Any, ...]:
        """Return labels, network input, no saliency map yet, a note, and the image twice.

        The image is kept for other models and, if it shows a character, for the saliency map.
        """
        if image is None:
            return None, None, None, "", None, None
        try:
            reading = self._readers[name].read(image)
        except ImageLoadError as error:
            raise self._error(_sentence(error)) from error
        labels = reading.labels or _file_table.BLANK
        note = _SEVERAL if reading.several else _UNKNOWN if reading.unknown else ""
        shown = image if reading.labels else None
        return labels, _enlarged(reading.seen), None, note, image, shown

    def look(self, name: str, image: Any) -> Any:
        """Return where the network looked, which takes longer than the labels."""
        reader = self._readers[name]
        return reader.saliency(image) if reader.has_network and image is not None else None

    def read_drawing(self, name: str, drawing: Any) -> tuple[Any, ...]:
        """Return the same as :meth:`read`, of a drawing."""
        try:
            image = drawn(drawing)
        except ValueError as error:
            raise self._error(str(error)) from error
        return self.read(name, image)

    def read_files(self, name: str, paths: list[str] | None, same_writer: bool) -> str:
        """Return a table of files."""
        reader, readings, unread = self._readers[name], {}, {}
        chosen = (paths or [])[:MOST_FILES]
        for path in chosen:
            try:
                readings[path] = reader.read(path)
            except ImageLoadError as error:
                unread[path] = _sentence(error)
        if same_writer:
            together = reader.read_together(list(readings.values()))
            readings = dict(zip(readings, together, strict=True))
        answers = []
        for path in chosen:
            answer = _file_table.FileAnswer(Path(path).name, error=unread.get(path, ""))
            if (one := readings.get(path)) is not None:
                label, probability = reader.best(one)
                answer = answer._replace(
                    label=label,
                    probability=probability,
                    text=reader.texts.get(label, ""),
                    unknown=one.unknown,
                    several=one.several,
                    seen=one.seen,
                )
            answers.append(answer)
        return _file_table.as_html(answers, len(paths or []) - len(chosen))

    def read_whole(self, name: str, path: Any, allowed: str, direction: str) -> tuple[Any, ...]:
        """Return a whole page with its boxes, and its text."""
        if path is None:
            return "", ""
        try:
            labels, way = labels_in(allowed), DIRECTIONS.get(direction)
            reading, pixels = self._readers[name].read_page(path, way, labels)
        except ImageLoadError as error:
            raise self._error(_sentence(error)) from error
        except ValueError as error:  # of the labels
            raise self._error(escape(str(error))) from error
        return as_html(pixels, reading, self._readers[name].texts), reading.text

    def describe(self, name: str) -> tuple[str, str]:
        """Return the samples for a model, and the list of its labels."""
        labels = self._readers[name].labels
        return _samples.as_html(labels), _known.as_html(labels, self._readers[name].texts)


def _sentence(error: ImageLoadError) -> str:
    cause = error.failures[0].cause
    # The text of an OSError contains a local path.
    return f"This image cannot be read: {getattr(cause, 'strerror', None) or cause}"


def _enlarged(image: np.ndarray) -> np.ndarray:
    """Return an enlarged image with sharp pixels, which a browser would blur."""
    factor = max(1, 280 // image.shape[0])
    return image.repeat(factor, axis=0).repeat(factor, axis=1)

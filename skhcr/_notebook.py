"""A line of text in a notebook that can be updated."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class NotebookLine:
    """A line below a cell; its last text stays in the saved notebook.

    It is plain text: unlike rich's progress bars it needs no ipywidgets, which saved notebooks do
    not show.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str) -> None:
        """Replace the text of the line."""
        data = {"text/plain": text}
        if self._handle is not None:
            self._handle.update(data, raw=True)
            return
        # Every notebook has IPython, so it is not a dependency.
        display = import_module("IPython.display").display
        self._handle = display(data, raw=True, display_id=True)

"""A line of text in a notebook that is replaced as often as there is news."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class NotebookLine:
    """A line below a cell; what it says last is kept in the saved notebook.

    It is plain text: unlike rich's bars in notebooks it needs no ipywidgets, of which a saved
    notebook shows nothing.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str) -> None:
        """Replace what the line says."""
        data = {"text/plain": text}
        if self._handle is not None:
            self._handle.update(data, raw=True)
            return
        # Wherever there is a notebook, there is IPython: it is no dependency.
        display = import_module("IPython.display").display
        self._handle = display(data, raw=True, display_id=True)

"""The command line: ``skhcr --help``."""

from ._app import app, main

__all__ = ["app", "main"]

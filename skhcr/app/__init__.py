"""A web page for drawing or uploading characters. Needs the extra ``skhcr[app]``."""

from ._page import build_page, launch
from ._reader import Reader, Reading

__all__ = ["Reader", "Reading", "build_page", "launch"]

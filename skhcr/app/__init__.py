"""A web page on which one draws or uploads a character. Needs the extra ``skhcr[app]``."""

from ._page import build_page, launch
from ._reader import Reader, Reading

__all__ = ["Reader", "Reading", "build_page", "launch"]

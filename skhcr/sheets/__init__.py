"""Sheets of paper for a data set of one's own: drawing them, and cutting what was written."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

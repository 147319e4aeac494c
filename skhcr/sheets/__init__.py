"""Printed sheets for collecting a data set: draw them, and cut scans of completed ones."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

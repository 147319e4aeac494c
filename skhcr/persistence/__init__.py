"""Saving fitted estimators in files that run no code, and exporting them to other runtimes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

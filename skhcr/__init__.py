"""Handwritten character classification with Keras networks that are scikit-learn estimators."""

import lazy_loader

from ._version import installed_version

__version__ = installed_version()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

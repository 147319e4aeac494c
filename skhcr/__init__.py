"""Handwritten character classification with Keras networks that are scikit-learn estimators."""

from importlib.metadata import version

import lazy_loader

__version__ = version("skhcr")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Keeping fitted estimators in files that run no code."""

from ._file import LoadError, UntrustedTypesError, load, save

__all__ = ["LoadError", "UntrustedTypesError", "load", "save"]

from ._archive import LoadError
from ._export import export
from ._exported import ExportedClassifier, load_exported
from ._file import UntrustedTypesError, load, save

__all__ = [
    "ExportedClassifier",
    "LoadError",
    "UntrustedTypesError",
    "export",
    "load",
    "load_exported",
    "save",
]

from ._archive import LoadError
from ._export import export
from ._exported import ExportedClassifier, load_exported
from ._file import UntrustedTypesError, load, save
from ._keras import from_keras, to_keras

__all__ = [
    "ExportedClassifier",
    "LoadError",
    "UntrustedTypesError",
    "export",
    "from_keras",
    "load",
    "load_exported",
    "save",
    "to_keras",
]

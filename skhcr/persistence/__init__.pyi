from ._archive import LoadError
from ._export import export
from ._exported import ExportedClassifier, can_load_exported, load_exported
from ._file import UntrustedTypesError, load, save
from ._keras import from_keras, to_keras
from ._trusted import trusted_types

__all__ = [
    "ExportedClassifier",
    "LoadError",
    "UntrustedTypesError",
    "can_load_exported",
    "export",
    "from_keras",
    "load",
    "load_exported",
    "save",
    "to_keras",
    "trusted_types",
]

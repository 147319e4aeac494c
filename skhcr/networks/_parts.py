"""What the configuration of a Keras model is made of."""

from __future__ import annotations

from typing import Any

# Functions, and layers that read files or hold programs of other libraries.
_NOT_ONLY_LAYERS = {
    "function",
    "FlaxLayer",
    "IntegerLookup",
    "JaxLayer",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
}


def foreign_parts(config: Any) -> list[str]:
    """Return the full names of what in a configuration is not Keras' own, lambdas included."""
    if isinstance(config, list):
        return [name for part in config for name in foreign_parts(part)]
    if not isinstance(config, dict):
        return []
    found = foreign_parts(list(config.values()))
    if "class_name" not in config:
        return found
    name = str(config["class_name"])
    if name.rpartition(".")[2] in ("__lambda__", "Lambda"):
        found.append("a lambda")
    elif (
        str(config.get("module") or "keras").split(".")[0] != "keras"
        or "." in name  # Keras would go on from the module it names
        or name in _NOT_ONLY_LAYERS
    ):
        found.append(f"{config.get('module')}.{name}")
    elif config.get("registered_name") not in (None, name) and ">" in config["registered_name"]:
        found.append(config["registered_name"])
    return found

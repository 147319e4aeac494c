"""What the configuration of a Keras model is made of."""

from __future__ import annotations

from typing import Any


def foreign_parts(config: Any) -> list[str]:
    """Return the full names of what in a configuration is not Keras' own, lambdas included."""
    if isinstance(config, list):
        return [name for part in config for name in foreign_parts(part)]
    if not isinstance(config, dict):
        return []
    found = foreign_parts(list(config.values()))
    name = config.get("class_name")
    if name in ("__lambda__", "Lambda"):
        found.append("a lambda")
    elif (config.get("module") or "keras").split(".")[0] != "keras":
        found.append(f"{config['module']}.{name}")
    elif config.get("registered_name") not in (None, name) and ">" in config["registered_name"]:
        found.append(config["registered_name"])
    return found

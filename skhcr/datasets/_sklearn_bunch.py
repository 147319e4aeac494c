"""Scikit-learn's Bunch, or a replacement if scikit-learn is not installed."""

from __future__ import annotations

from typing import Any

try:
    from sklearn.utils import Bunch
except ImportError:

    class Bunch(dict):  # type: ignore[no-redef]
        """A dict whose items are also attributes."""

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError:
                raise AttributeError(name) from None

        def __setattr__(self, name: str, value: Any) -> None:
            self[name] = value


__all__ = ["Bunch"]

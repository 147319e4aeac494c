"""Restoring an estimator after a failed method."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Make an estimator's method restore all attributes when it fails.

    This includes the state of the network in ``_network``.
    """

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        network = before.get("_network")
        restore_network = _nothing if network is None else network.snapshot()
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            for name in vars(self).keys() - before.keys():
                del vars(self)[name]
            vars(self).update(before)
            # Unfitted, in case a second interrupt arrives while the model is neither old nor new.
            vars(self).pop("_network", None)
            restore_network()
            if network is not None:
                self._network = network
            raise

    return guarded  # type: ignore[return-value]


def _nothing() -> None:
    pass

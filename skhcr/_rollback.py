"""Failing without leaving a half-changed estimator behind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Make an estimator's method put all attributes back as they were when it fails.

    That includes what is inside the Keras model of its ``_loan``.
    """

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        put_model_back = _snapshot(before.get("_loan"))
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            for name in vars(self).keys() - before.keys():
                del vars(self)[name]
            vars(self).update(before)
            # Unfitted, should a second interrupt come while the model is neither old nor new.
            loan = vars(self).pop("_loan", None)
            put_model_back()
            if loan is not None:
                self._loan = loan
            raise

    return guarded  # type: ignore[return-value]


def _snapshot(loan: Any) -> Callable[[], None]:
    if loan is None:
        return lambda: None
    from ._keras import snapshot

    return snapshot(loan)

"""Settings of a classifier that contradict each other or have no effect."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any


def check_settings(
    classifier: Any, *, partial: bool, has_validation_rows: bool, has_groups: bool
) -> None:
    """Warn about settings without effect, and refuse contradictory settings.

    Parameters
    ----------
    classifier : CNNClassifier
        With valid parameters.
    partial : bool
        Whether this is a partial fit.
    has_validation_rows, has_groups : bool
        Whether ``fit`` was given `X_val`, and `groups`.

    Raises
    ------
    ValueError
        If `learning_rate` is a number and the optimizer has its own schedule.
    """
    _check_optimizer(classifier)
    if partial:
        if classifier.calibrate:
            _warn("calibrate=True has no effect on partial_fit, which holds out no rows.")
        return
    if not classifier.early_stopping:
        for name in ("patience", "restore_best_weights"):
            if _is_given(classifier, name):
                _warn(f"{_shown(classifier, name)} has no effect without early_stopping=True.")
    holds_out = classifier.early_stopping or classifier.calibrate
    if holds_out and not has_validation_rows:
        return
    why = "where X_val is given" if has_validation_rows else _WITHOUT
    if _is_given(classifier, "validation_fraction"):
        _warn(f"{_shown(classifier, 'validation_fraction')} has no effect {why}.")
    if has_groups:
        _warn(f"groups has no effect {why}: it specifies the rows that are held out together.")


_WITHOUT = "without early_stopping=True or calibrate=True, which hold out rows"


def _check_optimizer(classifier: Any) -> None:
    """Compare an optimizer's own settings with those of the classifier."""
    optimizer = classifier.optimizer
    if isinstance(optimizer, str | type):
        return
    own = optimizer.get_config()
    usual = inspect.signature(type(optimizer)).parameters
    for name in ("learning_rate", "weight_decay"):
        given = getattr(classifier, name)
        if isinstance(given, str | None) or own.get(name) is None:
            continue
        kind = type(optimizer).__name__
        if isinstance(own[name], dict):
            raise ValueError(
                f"{name}={given} contradicts optimizer, a {kind} with its own schedule "
                f"({own[name].get('class_name')}): keep {name}='auto', or use {kind} without a "
                "schedule."
            )
        if not _is_same(own[name], given) and not _is_same(own[name], usual[name].default):
            _warn(
                f"{name}={given} replaces the {name} of optimizer, a {kind} with {own[name]:.6g}: "
                f"use {name}='auto' to keep the optimizer's own."
            )


def _is_same(one: float, other: float | None) -> bool:
    return other is not None and math.isclose(one, other, rel_tol=1e-6)  # Keras has 32 bits


def _is_given(classifier: Any, name: str) -> bool:
    """Whether a parameter differs from its default."""
    default = inspect.signature(type(classifier)).parameters[name].default
    return bool(getattr(classifier, name) != default)


def _shown(classifier: Any, name: str) -> str:
    return f"{name}={getattr(classifier, name)!r}"


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=3)

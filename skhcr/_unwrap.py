"""The estimators inside pipelines, searches and frozen estimators, at any depth."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any


def fitted_steps(estimator: Any) -> list[Any]:
    """Return the steps of a fitted pipeline, or the estimator alone; the last one predicts.

    A search stands for its best estimator, and a last step for its own steps.
    """
    if _is_a("sklearn.frozen", "FrozenEstimator", estimator):
        return fitted_steps(estimator.estimator)
    if _is_a("sklearn.pipeline", "Pipeline", estimator):
        *before, last = (step for _, step in estimator.steps)
        return [*before, *fitted_steps(last)]
    if hasattr(estimator, "best_estimator_"):
        return fitted_steps(estimator.best_estimator_)
    return [estimator]


def final_estimator(estimator: Any) -> Any:
    """Return the estimator that predicts, inside a fitted pipeline or search."""
    return fitted_steps(estimator)[-1]


def transformed(steps: Iterable[Any], X: Any) -> Any:
    """Return X after fitted steps, without samplers and "passthrough", as before a prediction."""
    for step in steps:
        if hasattr(step, "transform"):
            X = step.transform(X)
    return X


def last_step(estimator: Any) -> tuple[str, Any]:
    """Return the prefix of the last step's parameters, and that step.

    An estimator that is not a pipeline is its own last step, and the prefix is empty. Searches and
    frozen estimators are not entered, because their estimators are not fitted with the pipeline.
    """
    if not _is_a("sklearn.pipeline", "Pipeline", estimator):
        return "", estimator
    name, step = estimator.steps[-1]
    prefix, found = last_step(step)
    return f"{name}__{prefix}", found


def _is_a(module: str, name: str, estimator: Any) -> bool:
    """Whether an estimator is of a type, without importing a module that is not loaded."""
    known = sys.modules.get(module)
    return known is not None and isinstance(estimator, getattr(known, name))

"""The only module that uses private names and version differences of other libraries.

Keras and TensorFlow are imported only when a function is called. Every name has a test that it
still exists and behaves as expected (``tests/test_compat.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import _score as score_rows
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures as check_fits
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_container_adapter
from sklearn.utils.metaestimators import _safe_split as safe_split
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn 1.8 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand-in: an estimator without callback support."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method unchanged."""
        return method


def in_container(rows: Any, original: Any, transformer: Any, names: Any) -> Any:
    """Return rows in the container set by a transformer's ``set_output`` or by scikit-learn.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        The output of the transformer.
    original : object
        Its input; the index of a pandas object is kept.
    transformer : estimator
        Its ``_sklearn_output_config`` is used, which ``clone`` keeps.
    names : callable
        Returns the names of the columns.
    """
    adapter = _get_container_adapter("transform", transformer)
    if adapter is None:
        return rows
    return adapter.create_container(rows, original, columns=names())


# The Keras module of operations that call functions.
KERAS_CONTROL_FLOW = "keras.src.ops.core"


def clear_kernel_cache() -> None:
    """Free the kernels that TensorFlow keeps for every function it has run."""
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


def skip_gradient_reduction(optimizer: Any) -> None:
    """Let a Keras optimizer apply gradients without summing those of several devices."""
    optimizer._all_reduce_sum_gradients = _unchanged


def _unchanged(gradients: Any) -> Any:
    return gradients


@contextmanager
def variables_without_values() -> Iterator[list[Any]]:
    """Let Keras create variables that only have a shape, and yield a list of them."""
    import keras
    from keras.src.backend.common import global_state

    name = "uninitialized_variables"
    before = global_state.get_global_attribute(name) or []
    made: list[Any] = []
    global_state.set_global_attribute(name, made)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield made
    finally:
        global_state.set_global_attribute(name, before)


__all__ = [
    "KERAS_CONTROL_FLOW",
    "AdamOptimizer",
    "BaseSearchCV",
    "CallbackSupportMixin",
    "HasMethods",
    "Hidden",
    "Interval",
    "InvalidParameterError",
    "Options",
    "SGDOptimizer",
    "StrOptions",
    "check_fits",
    "check_method_params",
    "check_sample_weight",
    "clear_kernel_cache",
    "in_container",
    "safe_split",
    "score_rows",
    "skip_gradient_reduction",
    "validate_parameter_constraints",
    "variables_without_values",
    "with_callbacks",
]

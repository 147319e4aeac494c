"""Pruning trials between the first epochs of a fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn import get_config

from .._unwrap import last_step
from ..classifier import CNNClassifier

# The share of a fit's epochs that is monitored. Later pruning would save less than it costs.
_WATCHED = 1 / 3
# More epochs than any fit has.
_NEVER = 10**9


class EpochPruning:
    """Checks after each of a fit's first epochs whether the trial is still promising.

    Parameters
    ----------
    check : callable
        Called with the share of completed epochs, above 0 and below 1, and with the accuracy on
        rows held out from the training rows; returns whether the trial is promising.

    Attributes
    ----------
    is_promising : bool
        The last result of `check`.
    """

    def __init__(self, check: Callable[[float, float], bool]) -> None:
        self._check = check
        self.is_promising = True

    def attach(self, estimator: Any, groups: Any) -> dict[str, Any] | None:
        """Have the classifier in the estimator hold out rows, report its epochs, and end early.

        Returns
        -------
        dict or None
            Additional arguments of the estimator's `fit`: the groups, for the classifier. None if
            there are no epochs to monitor.
        """
        found = find_classifier(estimator)
        if found is None or found[1].epochs == 1:
            return None
        prefix, classifier = found
        known = classifier.callbacks
        callbacks = list(known) if isinstance(known, list | tuple) else [known]

        def ends(share: float, logs: dict[str, Any]) -> bool:
            self.is_promising = self._check(share, logs["val_accuracy"])
            return share >= _WATCHED or not self.is_promising

        def make_callback() -> Any:
            from .. import _keras

            return _keras.EpochWatch(ends)

        callbacks = [*filter(None, callbacks), make_callback]
        classifier.set_params(callbacks=callbacks, calibrate=False)
        if not classifier.early_stopping:
            classifier.set_params(early_stopping=True, patience=_NEVER, restore_best_weights=False)
        if groups is None:
            return {}
        if get_config()["enable_metadata_routing"]:
            classifier.set_fit_request(groups=True)
            return {"groups": groups}
        return {f"{prefix}groups": groups}


def find_classifier(estimator: Any) -> tuple[str, CNNClassifier] | None:
    """Return the classifier at the end of a pipeline, and the prefix of its parameters."""
    prefix, classifier = last_step(estimator)
    return (prefix, classifier) if isinstance(classifier, CNNClassifier) else None

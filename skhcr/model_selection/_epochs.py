"""Watching the epochs of a fit, to end it where it has no prospect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn import get_config

from ..classifier import CNNClassifier


class Epochs:
    """Asks, after every epoch of a fit, whether it should go on.

    Parameters
    ----------
    go_on : callable
        Called with the share of the epochs that are done, above 0 and below 1, and with the
        accuracy on rows held out of the training rows; answers whether the fit may go on.

    Attributes
    ----------
    ended : bool
        Whether the fit was ended.
    """

    def __init__(self, go_on: Callable[[float, float], bool]) -> None:
        self._go_on = go_on
        self.ended = False

    def watch(self, estimator: Any, groups: Any) -> dict[str, Any]:
        """Have the classifier in the estimator hold rows out and tell of its epochs.

        Returns
        -------
        dict
            What to pass to the estimator's `fit`, besides all else: the groups, for the classifier.
        """
        found = find_classifier(estimator)
        if found is None:
            return {}
        name, classifier = found
        known = classifier.callbacks
        callbacks = list(known) if isinstance(known, list | tuple) else [known]
        n_epochs = classifier.epochs

        def tell(n_done: int, logs: dict[str, Any]) -> bool:
            if n_done < n_epochs:
                self.ended = not self._go_on(n_done / n_epochs, logs["val_accuracy"])
            return self.ended

        def make_callback() -> Any:
            from .. import training

            return training.EpochWatch(tell)

        classifier.set_params(callbacks=[*filter(None, callbacks), make_callback])
        if not classifier.early_stopping:
            # Rows are held out and scored, and yet the fit runs to its end.
            classifier.set_params(
                early_stopping=True, patience=n_epochs, restore_best_weights=False
            )
        if groups is None:
            return {}
        if get_config()["enable_metadata_routing"]:
            classifier.set_fit_request(groups=True)
            return {"groups": groups}
        return {f"{name}__groups" if name else "groups": groups}


def find_classifier(estimator: Any) -> tuple[str, CNNClassifier] | None:
    """Return the classifier that an estimator, or a pipeline's last step, is, and its name there.

    The name is that of its parameters' prefix; empty for the estimator itself.
    """
    if isinstance(estimator, CNNClassifier):
        return "", estimator
    if not getattr(estimator, "steps", None):
        return None
    step, last = estimator.steps[-1]
    found = find_classifier(last)
    return found and (f"{step}__{found[0]}" if found[0] else step, found[1])

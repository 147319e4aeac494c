"""Merging of labels that cannot be distinguished in isolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._outputs import Outputs, outputs
from ._unknown import threshold


class MergedLabels(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that merges some labels of another classifier.

    An isolated lowercase o looks the same as a capital O or a zero: only context or the size of
    neighboring letters distinguishes them. If you do not need the distinction, this classifier adds
    their probabilities. Confusions between them no longer count, and a threshold on the probability
    keeps its meaning.

    Parameters
    ----------
    estimator : classifier
        A classifier with ``predict_proba``: a pipeline, a search, or the result of
        :func:`skhcr.load_exported`. If it is fitted, you do not need to call :meth:`fit`.
    case : bool, default=True
        Whether to merge uppercase and lowercase letters.
    groups : sequence of groups, default=()
        Further labels to merge: each group is a sequence of labels, or a string of single-character
        labels. Labels may also be given as strings if those of the classifier are numbers. Groups
        that share a label become one, also together with `case`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The merged labels, sorted. A group has the name of its first label, and the two cases of a
        letter have the name of the lowercase one.
    estimator_ : classifier
        The fitted classifier, if :meth:`fit` was called.

    See Also
    --------
    skhcr.CNNClassifier : Convolutional network that classifies images of characters.

    Notes
    -----
    :meth:`fit` trains on the original labels, because separate classes for different shapes help a
    network. To train on merged labels instead, pass ``merge_labels(y)`` to the classifier itself.

    :meth:`score` also merges the true labels. For other metrics, use ``merge_labels(y)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr import MergedLabels
    >>> X, y = np.array([[0.0], [1.0], [5.0], [6.0]]), ["O", "o", "1", "I"]
    >>> model = LogisticRegression().fit(X, y)
    >>> merged = MergedLabels(model, groups=["1I"])
    >>> merged.classes_.tolist()
    ['1', 'o']
    >>> merged.predict([[0.5]]).tolist()
    ['o']
    >>> merged.merge_labels(["O", "I", "o"]).tolist()
    ['o', '1', 'o']
    """

    def __init__(
        self, estimator: Any, *, case: bool = True, groups: Sequence[Sequence[Any]] = ()
    ) -> None:
        self.estimator = estimator
        self.case = case
        self.groups = groups

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit a copy of the classifier on the original labels.

        Parameters
        ----------
        X : sequence of images, or array
            Training images.
        y : array-like of shape (n,)
            Their labels, not merged.
        **params : dict
            Passed to the classifier's ``fit``; with metadata routing, its requested metadata.

        Returns
        -------
        self
        """
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **params).estimator.fit
        estimator = clone(self.estimator).fit(X, y, **params)
        _merged_names(estimator.classes_, self.case, self.groups)  # before any state changes
        self.estimator_ = estimator
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the merged labels: sums of those of the classifier.

        Parameters
        ----------
        X : sequence of images, or array
            Images.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Columns in the order of ``classes_``.
        """
        return self.merge_proba(self._fitted.predict_proba(X))

    @available_if(lambda self: hasattr(self._fitted, "score_samples"))
    def score_samples(self, X: Any) -> np.ndarray:
        """Return normality scores, see :meth:`skhcr.CNNClassifier.score_samples`.

        Parameters
        ----------
        X : sequence of images, or array
            Images.

        Returns
        -------
        ndarray of shape (n,)
            The classifier's scores.
        """
        return self._fitted.score_samples(X)

    def _outputs(self, X: Any, with_features: bool) -> Outputs:
        """Return the outputs without features, which have prototypes of the original labels."""
        found = outputs(self._fitted, X)
        return Outputs(self.merge_proba(found.probabilities), found.scores)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable merged label.

        Parameters
        ----------
        X : sequence of images, or array
            Images.

        Returns
        -------
        ndarray of shape (n,)
            Labels.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy for merged labels.

        Parameters
        ----------
        X : sequence of images, or array
            Images.
        y : array-like of shape (n,)
            True labels, merged or not.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images.
        """
        right = self.merge_labels(y)
        return float(accuracy_score(right, self.predict(X), sample_weight=sample_weight))

    def merge_labels(self, y: ArrayLike) -> np.ndarray:
        """Return the merged names of labels.

        Labels that the classifier does not have are not changed, except that letters get the case
        that it has.

        Parameters
        ----------
        y : array-like of shape (n,)
            Labels of the classifier.

        Returns
        -------
        ndarray of shape (n,)
            Labels of ``classes_``.
        """
        names = self._names
        if self.case:
            others = {_key(label): name for label, name in names.items()}
            found = [names.get(label, others.get(_key(label), label)) for label in _as_list(y)]
        else:
            found = [names.get(label, label) for label in _as_list(y)]
        return np.array(found, dtype=None if found else self.classes_.dtype)

    def merge_proba(self, probabilities: ArrayLike) -> np.ndarray:
        """Merge existing probabilities of the classifier.

        Parameters
        ----------
        probabilities : array-like of shape (n, n_classes)
            Columns in the order of the classifier's ``classes_``.

        Returns
        -------
        ndarray of shape (n, n_merged_classes)
            Columns in the order of ``classes_``.
        """
        probabilities = np.asarray(probabilities)
        codes = np.searchsorted(self.classes_, [*self._names.values()])
        merged = np.zeros((len(probabilities), len(self.classes_)), probabilities.dtype)
        for code, column in zip(codes, probabilities.T, strict=True):
            merged[:, code] += column
        return merged

    @property
    def classes_(self) -> np.ndarray:
        """The merged labels, sorted."""
        try:
            names = self._names
        except NotFittedError as error:
            raise AttributeError("It is not fitted, so there are no classes_ yet.") from error
        return np.unique(np.array([*names.values()]))

    @property
    def offset_(self) -> float:
        """The classifier's threshold of scores."""
        return threshold(self._fitted)

    @property
    def _fitted(self) -> Any:
        if hasattr(self, "estimator_"):
            return self.estimator_
        if not hasattr(self.estimator, "classes_"):  # load_exported returns no estimator
            check_is_fitted(self.estimator)
        return self.estimator

    @property
    def _names(self) -> dict[Any, Any]:
        """The classifier's labels, in its order, and the merged name of each."""
        check_is_fitted(self)
        return _merged_names(self._fitted.classes_, self.case, self.groups)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_") or hasattr(self.estimator, "classes_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            of_estimator = self.estimator.__sklearn_tags__()
            tags.input_tags = of_estimator.input_tags
            tags.classifier_tags = of_estimator.classifier_tags
        return tags

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of metadata."""
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=type(self).__name__).add(
            estimator=self.estimator, method_mapping=mapping
        )


def _merged_names(
    classes: ArrayLike, case: bool, groups: Sequence[Sequence[Any]]
) -> dict[Any, Any]:
    """Return the merged name of every label.

    Raises
    ------
    ValueError
        If a group has fewer than two labels of the classifier.
    """
    known = _as_list(classes)
    names = {label: label for label in known}
    if case:
        alike: dict[Any, list[Any]] = {}
        for label in known:
            alike.setdefault(_key(label), []).append(label)
        for key, labels in alike.items():
            small = key if key in labels else labels[0]
            names.update(dict.fromkeys(labels, small))
    aliases = {str(label): label for label in known} | {label: label for label in known}
    for group in [_as_list(list(group)) for group in groups]:
        members = [aliases[label] for label in group if label in aliases]
        if len(members) < 2:
            raise ValueError(
                f"Of the group {''.join(map(str, group))!r}, the classifier has "
                f"{'only ' + repr(members[0]) if members else 'no label'}, but a group needs at "
                "least two of its labels. They are " + ", ".join(map(str, known)) + "."
            )
        old = {names[label] for label in members}
        left = names[members[0]]
        names.update({label: left for label, name in names.items() if name in old})
    return names


def _key(label: Any) -> Any:
    return label.casefold() if isinstance(label, str) else label


def _as_list(labels: ArrayLike) -> list[Any]:
    """Return labels as plain Python objects, for dict lookups."""
    return np.asarray(labels).tolist()

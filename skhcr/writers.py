"""Joint classification of the letters of one writer."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples

from ._compat import HasMethods, Interval
from ._one_writer import (
    SHRINKAGE,
    STRENGTH,
    KnownLetters,
    known_letters,
    read_together,
)
from ._outputs import Outputs, outputs
from ._unknown import threshold
from ._unwrap import fitted_steps

__all__ = ["WriterAdapter", "read_together"]


class WriterAdapter(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Classifies the letters of one writer together, with higher accuracy.

    The adapter learns a writer's handwriting from the features and probabilities of a classifier,
    without training and without labels. The mean of the writer's letters of a class becomes the
    writer's prototype of the class, in addition to the general one. Some labeled letters of the
    writer, such as an alphabet, increase the accuracy further.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        A classifier or a pipeline, including the result of :func:`skhcr.load_exported`. If it is
        fitted, it is used directly, and you do not need to call ``fit``. The features are those of
        a :class:`skhcr.CNNClassifier` at the end of the pipeline, or of a saved or exported one.
        Other classifiers, and files exported by earlier versions, are adapted by their
        probabilities alone, which needs more letters.
    strength : float, default=1.0
        Weight of the writer's prototypes against the general ones. 0 returns the estimator's
        probabilities unchanged.
    shrinkage : float, default=0.25
        Weight of a general prototype, as a number of the writer's letters.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy of `estimator`; only after ``fit``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Same as in the fitted estimator.
    feature_names_in_ : ndarray of str
        Same as in the fitted estimator.
    writer_sums_, writer_counts_ : ndarray
        Statistics from ``fit_writer``, for every class: the sum of the directions of the letters'
        probabilities, and their number.
    writer_features_, writer_labels_ : ndarray
        The features of these letters (None without features), and the indices of their labels among
        ``classes_``.

    See Also
    --------
    CNNClassifier : A classifier of images of letters.
    skhcr.writers.read_together : The same for existing probabilities.

    Notes
    -----
    First, letters are compared by the network's whitened features, scaled to length 1, see
    :meth:`skhcr.CNNClassifier.score_samples`. The general prototype of a class is its center among
    the training letters. The mean deviation of the writer's letters from the general prototypes of
    their classes is subtracted. The writer's prototype is the mean of the general one, with the
    weight `shrinkage`, and of the writer's other letters classified as the class, weighted by the
    probability difference of their two most probable classes. The scalar product with the writer's
    prototype minus that with the general one, times 5 times the `strength`, is added to the log
    probability of each class.

    Second, the resulting probabilities are adapted in the same way. The direction of a letter
    consists of the fourth roots of its probabilities, minus their mean, scaled to length 1. The
    general prototype of a class is the direction of a certain prediction. For each class, the
    squared distance of a letter to the general prototype minus that to the writer's prototype is
    multiplied by half a factor and added to the log probability. The factor is the difference of
    the log probabilities of the letter's two most probable classes, over half the difference of
    their squared distances to the general prototypes. With a `strength` of 1, the writer's
    prototypes alone therefore decide between these two classes. Here the strength is multiplied by
    n**4 / (n**4 + 81), where n is the mean number of letters per class, with classes counted by the
    exponential of their entropy: one letter per class changes almost nothing. Both procedures are
    done twice.

    In both, `strength` is also multiplied by a factor from 0 to 1, which increases linearly while
    the intraclass correlation of the features' deviations from the general prototypes increases
    from 0.12 to 0.22. It is low for letters by several people and for letters with several forms,
    because the mean of such letters does not describe further ones. Five pairs of letters with the
    mean of both correlations are added to those of the writer.

    The result for a row depends on the other rows: pass all letters of a writer at once. For a
    single letter, and with two classes, the result is that of the estimator. Style transfer mapping
    [1]_ is a similar method.

    The writers benchmark measures the benefit. Report such an accuracy as "n letters of one writer,
    classified together" beside the estimator's own accuracy, never instead of it.

    References
    ----------
    .. [1] X.-Y. Zhang and C.-L. Liu, "Writer adaptation with style transfer mapping", IEEE
       Transactions on Pattern Analysis and Machine Intelligence 35(7), 2013.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhcr import WriterAdapter
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = LogisticRegression(max_iter=1000).fit(X[:1000], y[:1000])
    >>> adapter = WriterAdapter(classifier)
    >>> adapter.score(X[1000:1100], y[1000:1100]) >= classifier.score(X[1000:1100], y[1000:1100])
    True

    With some labeled letters of the writer:

    >>> adapter.fit_writer(X[1000:1050], y[1000:1050]).predict(X[1050:1053]).shape
    (3,)
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "estimator": [HasMethods("predict_proba")],
        "strength": [Interval(Real, 0, None, closed="left")],
        "shrinkage": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self, estimator: Any, *, strength: float = STRENGTH, shrinkage: float = SHRINKAGE
    ) -> None:
        self.estimator = estimator
        self.strength = strength
        self.shrinkage = shrinkage

    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> WriterAdapter:
        """Fit a copy of the estimator.

        Parameters
        ----------
        X : array-like or sequence
            Input of the estimator.
        y : array-like of shape (n,)
            Labels.
        **fit_params : dict
            Passed to the estimator's ``fit``.

        Returns
        -------
        WriterAdapter
            The adapter, without a writer.
        """
        self._validate_params()
        if not hasattr(self.estimator, "fit"):
            raise TypeError(
                f"A {type(self.estimator).__name__} cannot be trained: it is already fitted, so "
                "call predict or fit_writer."
            )
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        for name in ("sums", "counts", "features", "labels"):
            self.__dict__.pop(f"writer_{name}_", None)
        return self

    def fit_writer(self, X: Any, y: ArrayLike) -> WriterAdapter:
        """Learn a writer's handwriting from some labeled letters, such as one of each class.

        Afterwards, all rows are treated as letters of this writer, until another writer is learned.

        Parameters
        ----------
        X : array-like or sequence
            The letters, as the estimator takes them.
        y : array-like of shape (n,)
            Their labels.

        Returns
        -------
        WriterAdapter
            The adapter.

        Raises
        ------
        ValueError
            If a label is not one of ``classes_``, or the numbers of labels and letters differ.
        """
        self._validate_params()
        labels = np.asarray(column_or_1d(y)).tolist()
        classes = self._reader.classes_
        places = {label: place for place, label in enumerate(classes.tolist())}
        for row, label in enumerate(labels):
            if label not in places:
                raise ValueError(f"y[{row}] is {label!r}, which is not one of the classes.")
        if _num_samples(X) != len(labels):
            raise ValueError(
                f"There are {_num_samples(X)} letters in X and {len(labels)} labels in y."
            )
        (probabilities, _, features), is_letter = self._letters(X)
        encoded = np.array([places[label] for label in labels])
        of_letters = None if features is None else features.take(is_letter)
        known = known_letters(probabilities[is_letter], encoded[is_letter], of_letters)
        self.writer_sums_, self.writer_counts_, self.writer_features_, self.writer_labels_ = known
        return self

    def predict_proba(self, X: Any, groups: ArrayLike | None = None) -> np.ndarray:
        """Return the probability of every class, adapted to the writer's other letters.

        Parameters
        ----------
        X : array-like or sequence
            Letters, as the estimator takes them.
        groups : array-like of shape (n,), default=None
            The writer of each letter. None: all are by one writer.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Rows that sum to 1, columns in the order of ``classes_``.

        Raises
        ------
        ValueError
            If there are groups after ``fit_writer``, which has learned a single writer, or their
            number differs from the number of letters.
        """
        return self._outputs(X, groups=groups).probabilities

    def _outputs(
        self, X: Any, with_features: bool = False, groups: ArrayLike | None = None
    ) -> Outputs:
        """Return adapted probabilities, and scores; features would not match these."""
        self._validate_params()
        known = None
        if hasattr(self, "writer_sums_"):
            if groups is not None:
                raise ValueError(
                    "fit_writer has learned one writer: remove groups, or use another "
                    "WriterAdapter for other writers."
                )
            # Adapters saved by earlier versions have no features.
            found = [getattr(self, f"writer_{name}_", None) for name in ("features", "labels")]
            known = KnownLetters(self.writer_sums_, self.writer_counts_, *found)
        alone, is_letter = self._letters(X)
        together = read_together(
            alone.probabilities,
            groups,
            strength=self.strength,
            shrinkage=self.shrinkage,
            is_letter=is_letter,
            known=known,
            features=alone.features,
        )
        return Outputs(together, alone.scores)

    def predict(self, X: Any, groups: ArrayLike | None = None) -> np.ndarray:
        """Return the most probable label of every letter, see :meth:`predict_proba`.

        Parameters
        ----------
        X : array-like or sequence
            Letters, as the estimator takes them.
        groups : array-like of shape (n,), default=None
            The writer of each letter. None: all are by one writer.

        Returns
        -------
        ndarray of shape (n,)
            Labels.
        """
        best = self.predict_proba(X, groups).argmax(axis=1)
        return self.classes_[best]

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> float:
        """Return the accuracy of :meth:`predict`.

        Parameters
        ----------
        X : array-like or sequence
            Letters, as the estimator takes them.
        y : array-like of shape (n,)
            Labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.
        groups : array-like of shape (n,), default=None
            The writer of each letter. None: all are by one writer.

        Returns
        -------
        float
            The share of correct labels.
        """
        return float(accuracy_score(y, self.predict(X, groups), sample_weight=sample_weight))

    @available_if(lambda self: hasattr(self._reader, "score_samples"))
    def score_samples(self, X: Any) -> np.ndarray:
        """Return normality scores, see :meth:`skhcr.CNNClassifier.score_samples`.

        Parameters
        ----------
        X : array-like or sequence
            Letters, as the estimator takes them.

        Returns
        -------
        ndarray of shape (n,)
            The estimator's scores; they do not depend on writers.
        """
        return self._reader.score_samples(X)

    @property
    def offset_(self) -> float:
        """The estimator's threshold of scores."""
        return threshold(self._reader)

    @property
    def classes_(self) -> np.ndarray:
        """The labels."""
        return self._reader.classes_

    @property
    def n_features_in_(self) -> int:
        """Same as in the fitted estimator."""
        return self._reader.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Same as in the fitted estimator."""
        return self._reader.feature_names_in_

    @property
    def _reader(self) -> Any:
        """The fitted estimator."""
        reader = getattr(self, "estimator_", self.estimator)
        if not hasattr(reader, "classes_"):
            raise NotFittedError(
                f"This {type(self).__name__} is not fitted yet, nor is its estimator: call fit."
            )
        return reader

    def _letters(self, X: Any) -> tuple[Outputs, np.ndarray]:
        """Return the estimator's outputs, and the rows that are letters, not blank images."""
        alone = outputs(self._reader, X, with_features=True)
        is_letter = np.ones(len(alone.probabilities), dtype=bool)
        for step in fitted_steps(self._reader):
            is_letter[np.asarray(getattr(step, "blank_", ()), dtype=np.intp)] = False
        exact = np.asarray(alone.probabilities, dtype=np.float64)
        return alone._replace(probabilities=exact), is_letter

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(getattr(self, "estimator_", self.estimator), "classes_")

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of metadata to the estimator's ``fit`` and to this."""
        fits = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=fits)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            tags.input_tags = get_tags(self.estimator).input_tags
        return tags

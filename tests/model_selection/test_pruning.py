"""Which trials the default prunes, by what they score on their folds."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skhcr.model_selection import OptunaSearchCV

X, Y = np.arange(6).reshape(-1, 1), np.array([0, 1] * 3)


class Known(ClassifierMixin, BaseEstimator):
    """Scores on its folds what its parameter says."""

    def __init__(self, scores=None):
        self.scores = scores

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.fold_ = {(2, 3, 4, 5): 0, (0, 1, 4, 5): 1, (0, 1, 2, 3): 2}[tuple(X.ravel())]
        return self

    def score(self, X, y):
        return self.scores[self.fold_]


def states_of(*scores):
    """Return what becomes of trials that score this on three folds, in this order."""
    folds = [(np.delete(np.arange(6), rows), rows) for rows in ([0, 1], [2, 3], [4, 5])]
    search = OptunaSearchCV(
        Known(),
        lambda trial: {"scores": scores[trial.number]},
        n_trials=len(scores),
        cv=folds,
        refit=False,
        random_state=0,
    ).fit(X, Y)
    n_folds = [sum(np.isfinite(row)) for row in _scores(search)]
    return list(zip(search.cv_results_["trial_state"], n_folds, strict=True))


def _scores(search):
    return np.transpose([search.cv_results_[f"split{fold}_test_score"] for fold in range(3)])


FIVE = [(score,) * 3 for score in (0.9, 0.1, 0.2, 0.3, 0.8)]  # median 0.3
COMPLETE = [("complete", 3)] * 5


def test_five_trials_are_completed_whatever_they_score():
    assert states_of(*FIVE) == COMPLETE


@pytest.mark.parametrize(
    ("scores", "state"),
    [
        ((0.29, 1.0, 1.0), ("pruned", 1)),
        ((0.31, 0.0, 1.0), ("complete", 3)),  # judged by its best mean so far
        ((0.31, 0.31, 0.0), ("complete", 3)),
        ((0.95, 0.95, 0.95), ("complete", 3)),
    ],
)
def test_later_trials_end_where_half_of_the_complete_ones_were_better(scores, state):
    assert states_of(*FIVE, scores) == [*COMPLETE, state]


def test_pruned_trials_do_not_count_among_those_that_are_compared():
    states = states_of(*FIVE, (0.25,) * 3, (0.24,) * 3, (0.31,) * 3)
    assert states == [*COMPLETE, ("pruned", 1), ("pruned", 1), ("complete", 3)]

"""Labels that are taken as the same: names, sums of probabilities, scikit-learn's contract."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhcr import MergedLabels, load, save

LABELS = np.array(["0", "1", "A", "I", "O", "b", "c", "C", "l", "o"])


class Model:
    """What answers without being an estimator, as exported models do."""

    classes_ = np.unique(LABELS)

    def predict_proba(self, X):
        return np.asarray(X) / np.sum(X, axis=1, keepdims=True)


@parametrize_with_checks([MergedLabels(LogisticRegression())])
def test_scikit_learn_check(estimator, check):
    check(estimator)


def test_cases_are_merged_under_the_small_letter():
    merged = MergedLabels(Model())
    # 0 1 A C I O b c l o: only C and c, O and o are two cases of one letter.
    assert merged.classes_.tolist() == ["0", "1", "A", "I", "b", "c", "l", "o"]
    columns = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]]) / 55
    expected = np.array([[1, 2, 3, 5, 7, 4 + 8, 9, 6 + 10]]) / 55
    np.testing.assert_allclose(merged.predict_proba(columns), expected)
    assert merged.predict(columns).tolist() == ["o"]
    # The first of the ten alone is less probable than two that are the same.
    assert merged.predict([[7, 0, 0, 4, 0, 0, 0, 4, 0, 0]]).tolist() == ["c"]
    assert merged.merge_labels(["C", "a", "x", "I", "i"]).tolist() == ["c", "A", "x", "I", "I"]


def test_groups_have_the_name_of_their_first_label():
    merged = MergedLabels(Model(), case=False, groups=["0Oo", ("I", "l", "1")])
    assert merged.classes_.tolist() == ["0", "A", "C", "I", "b", "c"]
    assert merged.merge_labels(["o", "1", "c", "C"]).tolist() == ["0", "I", "c", "C"]
    np.testing.assert_allclose(merged.predict_proba(np.ones((1, 10))).sum(), 1)


def test_groups_and_cases_that_share_labels_become_one():
    merged = MergedLabels(Model(), groups=["1l", "lI", "0O"])
    assert merged.classes_.tolist() == ["0", "1", "A", "b", "c"]
    assert set(merged.merge_labels(["1", "l", "I", "i"])) == {"1"}
    assert set(merged.merge_labels(["0", "O", "o"])) == {"0"}


def test_labels_that_are_numbers():
    model = DummyClassifier(strategy="prior").fit(np.zeros((4, 1)), [3, 5, 8, 8])
    merged = MergedLabels(model, groups=[(8, 3)])
    assert merged.classes_.tolist() == [5, 8]
    assert merged.predict_proba([[0]]).tolist() == [[0.25, 0.75]]
    assert merged.score(np.zeros((3, 1)), [3, 8, 5]) == pytest.approx(2 / 3)
    as_text = MergedLabels(model, groups=["83"])
    assert as_text.merge_labels([3, 5, 8]).tolist() == [8, 5, 8]
    with pytest.raises(ValueError, match="Of the group '0Oo', the classifier has no label"):
        MergedLabels(model, groups=["0Oo"]).predict([[0]])


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["xy"], "Of the group 'xy', the classifier has no label, .* at least two"),
        (["0Oo", "Az"], "Of the group 'Az', the classifier has only 'A'"),
        ([()], "Of the group ''"),
    ],
)
def test_groups_of_labels_that_are_not_known(groups, message):
    with pytest.raises(ValueError, match=message):
        MergedLabels(Model(), groups=groups).predict_proba(np.ones((1, 10)))


def test_fitting_does_not_merge_labels_and_scores_do():
    X = np.array([[0.0], [1], [5], [6]] * 6)
    y = np.array(["A", "a", "b", "B"] * 6)
    merged = MergedLabels(LogisticRegression(C=1e6))
    with pytest.raises(NotFittedError):
        merged.predict(X)
    assert not hasattr(merged, "classes_")
    assert merged.fit(X, y, sample_weight=np.ones(24)) is merged
    assert merged.estimator_.classes_.tolist() == ["A", "B", "a", "b"]
    assert merged.classes_.tolist() == ["a", "b"]
    assert merged.score(X, y) == merged.score(X, np.char.lower(y)) == 1
    assert cross_val_score(clone(merged), X, y, cv=3).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="has no label"):
        MergedLabels(LogisticRegression(), groups=["xy"]).fit(X, y)


def test_merged_models_are_saved_and_loaded(tmp_path):
    X, y = np.array([[0.0], [1], [5]]), np.array(["O", "o", "1"])
    merged = MergedLabels(LogisticRegression().fit(X, y), groups=[("1", "o")])
    again = load(save(merged, tmp_path / "merged.skhcr"))
    np.testing.assert_array_equal(again.predict_proba(X), merged.predict_proba(X))
    assert again.classes_.tolist() == ["1"]

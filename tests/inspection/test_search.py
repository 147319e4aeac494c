import io

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial
from sklearn.svm import SVC

from skhcr.inspection import SearchDisplay
from skhcr.model_selection import OptunaSearchCV

RATE = FloatDistribution(1e-3, 1.0, log=True)
KIND = CategoricalDistribution(["a", "b"])


def trial(value, rate, kind, state=TrialState.COMPLETE, reports=None):
    return create_trial(
        state=state,
        value=value,
        params={"rate": rate, "kind": kind},
        distributions={"rate": RATE, "kind": KIND},
        intermediate_values=reports or {},
    )


@pytest.fixture
def study():
    study = optuna.create_study(direction="maximize")
    study.add_trial(trial(0.5, 0.01, "a"))
    study.add_trial(trial(None, 0.9, "b", TrialState.PRUNED, {30: 0.1, 100: 0.2}))
    study.add_trial(trial(0.9, 0.1, "b"))
    study.add_trial(trial(0.7, 0.2, "a"))
    return study


def test_a_history_shows_scores_the_best_and_the_pruned(study):
    display = SearchDisplay.from_study(study)
    (ax,) = display.axes_
    (complete,) = ax.collections
    np.testing.assert_array_equal(complete.get_offsets(), [[0, 0.5], [2, 0.9], [3, 0.7]])
    pruned, best = ax.lines
    np.testing.assert_array_equal(pruned.get_xdata(), [1])
    np.testing.assert_array_equal(best.get_ydata(), [0.5, 0.9, 0.9])
    display.figure_.savefig(io.BytesIO())


def test_slices_show_each_parameter_on_its_scale(study):
    display = SearchDisplay.from_study(study, kind="slices")
    rate, kind = display.axes_
    assert [rate.get_xlabel(), kind.get_xlabel()] == ["rate", "kind"]
    assert rate.get_xscale() == "log"
    assert [label.get_text() for label in kind.get_xticklabels()] == ["a", "b"]
    (points,) = kind.collections
    np.testing.assert_array_equal(points.get_offsets(), [[0, 0.5], [1, 0.9], [0, 0.7]])
    display.figure_.savefig(io.BytesIO())


def test_importances_are_shares(study):
    (ax,) = SearchDisplay.from_study(study, kind="importances").axes_
    assert {label.get_text() for label in ax.get_yticklabels()} == {"rate", "kind"}
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(1)


def test_omitted_data_is_noted(study):
    still = {"kind": "a", "depth": 3}
    depth = {"depth": CategoricalDistribution([3, 4]), "kind": KIND}
    study.add_trial(create_trial(state=TrialState.FAIL, params=still, distributions=depth))
    display = SearchDisplay.from_study(study)
    assert display.notes_ == ["Not shown: 1 failed trial"]
    assert display.axes_[0].get_title(loc="left") == display.notes_[0]
    study.add_trial(create_trial(value=0.8, params=still, distributions=depth))
    few = "4 complete trials: too few to separate parameters from chance"
    display = SearchDisplay.from_study(study, kind="importances")
    assert [label.get_text() for label in display.axes_[0].get_yticklabels()] == ["kind"]
    assert display.notes_ == [few, "Not shown, as some trials lack them: rate, depth"]
    assert SearchDisplay.from_study(study, kind="slices").notes_ == [few]
    for _ in range(6):
        study.add_trial(trial(0.6, 0.3, "b"))
    assert few not in SearchDisplay.from_study(study, kind="importances").notes_
    study = optuna.create_study(direction="maximize")
    study.add_trials([trial(0.5, 0.01, "a"), trial(0.6, 0.1, "a")])
    for kind in ("importances", "slices"):
        notes = SearchDisplay.from_study(study, kind=kind).notes_
        assert notes[1:] == ["Not shown, as all trials have the same: kind"]


def test_parameters_and_axes_can_be_chosen(study, plt):
    _, axes = plt.subplots(1, 2)
    display = SearchDisplay(study=study)
    assert display.plot("slices", params=["kind", "rate"], ax=axes) is display
    assert [ax.get_xlabel() for ax in axes] == ["kind", "rate"]
    _, ax = plt.subplots()
    assert len(display.plot("slices", ax=ax).axes_) == 2
    assert not ax.axison


def test_undrawable_studies_are_refused(study, plt):
    display = SearchDisplay(study=study)
    with pytest.raises(ValueError, match="kind must be one of"):
        display.plot("contour")
    with pytest.raises(ValueError, match="no parameter 'depth'"):
        display.plot("slices", params=["depth"])
    with pytest.raises(ValueError, match=r"ax must contain 2 axes, for \['rate', 'kind'\]; got 3"):
        display.plot("slices", ax=plt.subplots(1, 3)[1])
    empty = optuna.create_study(direction="maximize")
    with pytest.raises(ValueError, match="no complete trial"):
        SearchDisplay.from_study(empty)
    empty.add_trial(trial(None, 0.9, "b", TrialState.PRUNED, {1: 0.1}))
    with pytest.raises(ValueError, match="no complete trial, only 1 pruned"):
        SearchDisplay.from_study(empty)
    empty.add_trial(trial(0.5, 0.01, "a"))
    with pytest.raises(ValueError, match="No parameter was varied"):
        SearchDisplay.from_study(empty, kind="slices")
    with pytest.raises(ValueError, match="two complete trials"):
        SearchDisplay.from_study(empty, kind="importances")
    empty.add_trial(trial(0.5, 0.01, "a"))
    with pytest.raises(ValueError, match="No parameter of all complete trials was varied"):
        SearchDisplay.from_study(empty, kind="importances")
    empty.add_trial(trial(0.5, 0.01, "b"))
    with pytest.raises(ValueError, match=r"All 3 complete trials score 0\.5000"):
        SearchDisplay.from_study(empty, kind="importances")


def test_of_an_estimator():
    X, y = np.eye(12), np.tile(["a", "b"], 6)
    search = OptunaSearchCV(SVC(), {"C": [0.1, 1.0]}, n_trials=2, cv=2, random_state=0)
    display = SearchDisplay.from_estimator(search.fit(X, y))
    assert display.study is search.study_
    with pytest.raises(TypeError, match="SVC has no study_"):
        SearchDisplay.from_estimator(SVC().fit(X, y))

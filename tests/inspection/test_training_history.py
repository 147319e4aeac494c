import io

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhcr import CNNClassifier
from skhcr.inspection import TrainingHistoryDisplay

HISTORY = {
    "accuracy": [0.5, 0.75, 0.875],
    "loss": [1.0, 0.5, 0.25],
    "val_loss": [1.5, 1.0, 0.75],
    "val_accuracy": [0.25, 0.5, 0.625],
    "learning_rate": [1e-3, 1e-3, 1e-4],
}
X, Y = np.eye(12), np.tile(["a", "b"], 6)


class Learner(ClassifierMixin, BaseEstimator):
    """A classifier that keeps a history, as CNNClassifier does."""

    def __init__(self, epochs=3):
        self.epochs = epochs

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.history_ = {"loss": [1 / (1 + epoch) for epoch in range(self.epochs)]}
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_scores_are_drawn_over_epochs_counted_from_one():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert [ax.get_ylabel() for ax in display.axes_] == ["Loss", "Accuracy"]
    assert [ax.get_xlabel() for ax in display.axes_] == ["Epoch", "Epoch"]
    assert set(display.lines_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), HISTORY[name])
        assert line.get_label() == ("validation" if name.startswith("val_") else "training")
        assert line.axes is display.axes_[0 if name.endswith("loss") else 1]
    assert all(ax.get_legend() is not None for ax in display.axes_)
    assert display.history is HISTORY
    display.figure_.savefig(io.BytesIO())


def test_plot_returns_the_display_and_draws_on_given_axes(plt):
    figure, axes = plt.subplots(2, 1)
    display = TrainingHistoryDisplay(history=HISTORY)
    assert display.plot(axes) is display
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes)
    assert plt.get_fignums() == [figure.number]


def test_line_styles():
    display = TrainingHistoryDisplay.from_history(
        HISTORY, train_kw={"color": "green"}, validation_kw={"linestyle": "--", "label": "held out"}
    )
    assert display.lines_["loss"].get_color() == "green"
    assert display.lines_["val_accuracy"].get_linestyle() == "--"
    assert display.lines_["val_accuracy"].get_label() == "held out"


def test_one_epoch_is_visible():
    display = TrainingHistoryDisplay.from_history({"loss": [0.5]})
    assert display.lines_["loss"].get_marker() == "o"
    assert len(display.axes_) == 1


def test_epochs_are_whole_numbers():
    display = TrainingHistoryDisplay.from_history({"loss": [3.0, 2.0]})
    ticks = display.axes_[0].get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


@pytest.mark.parametrize(
    "estimator",
    [
        Learner(3),
        make_pipeline(StandardScaler(), Learner(3)),
        GridSearchCV(Learner(), {"epochs": [3]}, cv=2),
        GridSearchCV(make_pipeline(StandardScaler(), Learner()), {"learner__epochs": [3]}, cv=2),
    ],
    ids=["classifier", "pipeline", "search", "search over a pipeline"],
)
def test_from_estimator(estimator):
    display = TrainingHistoryDisplay.from_estimator(estimator.fit(X, Y))
    assert display.history == {"loss": [1, 1 / 2, 1 / 3]}


def test_not_fitted():
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(make_pipeline(StandardScaler(), CNNClassifier()))


def test_an_estimator_without_history():
    with pytest.raises(TypeError, match="DummyClassifier has no history_"):
        TrainingHistoryDisplay.from_estimator(make_pipeline(DummyClassifier()).fit(X, Y))


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"learning_rate": [1e-3]}])
def test_nothing_to_draw(history):
    with pytest.raises(ValueError, match="nothing to draw"):
        TrainingHistoryDisplay.from_history(history)


def test_lengths_that_differ():
    with pytest.raises(ValueError, match=r"one value per epoch.*'val_loss': 1"):
        TrainingHistoryDisplay.from_history({"loss": [1.0, 2.0], "val_loss": [1.0]})


def test_too_few_axes(plt):
    _, axes = plt.subplots(3)
    with pytest.raises(ValueError, match=r"must contain 2 axes, for \['loss', 'accuracy'\]; got 3"):
        TrainingHistoryDisplay.from_history(HISTORY, ax=axes)


def test_the_place_of_single_axes_is_divided_or_used(plt):
    _, ax = plt.subplots()
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=ax)
    assert len(display.axes_) == 2
    assert ax not in display.axes_
    _, ax = plt.subplots()
    ax.set_xscale("log")
    assert TrainingHistoryDisplay.from_history({"loss": [1.0, 0.5]}, ax=ax).axes_ == [ax]


def test_epochs_without_validation_leave_a_gap():
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [np.nan, 2.5, 1.5]}
    display = TrainingHistoryDisplay.from_history(history)
    np.testing.assert_array_equal(display.lines_["val_loss"].get_ydata(), history["val_loss"])
    display.figure_.savefig(io.BytesIO())

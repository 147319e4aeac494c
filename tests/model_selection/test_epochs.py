"""Networks in a search: trials are pruned between epochs, and parameters tuned."""

import numpy as np
import optuna
import pytest
from optuna.distributions import IntDistribution
from optuna.trial import FixedTrial
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageAugmenter, ResNet
from skhcr._keras import _pool
from skhcr.model_selection import OptunaSearchCV, search_space
from skhcr.model_selection._pruning import EpochPruning
from skhcr.model_selection._space import Space

MODEL = {"cnnclassifier__model": "0: ResNet()"}  # the only choice, as a study holds it
TINY = CNN(filters=(4,), dense=(), dropout=0.0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:120].reshape(-1, 8, 8), y[:120] % 3


class Recorder(CNNClassifier):
    """Notes what it is fitted on."""

    fits = ()

    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, groups=None):
        super().fit(X, y, sample_weight, X_val, y_val, groups)
        notes = {"rows": len(y), "groups": groups, "epochs": self.n_iter_, "fitted": self}
        Recorder.fits = (*Recorder.fits, notes)
        return self


@pytest.fixture(autouse=True)
def _nothing_recorded_yet():
    Recorder.fits = ()


class Pruner(optuna.pruners.BasePruner):
    """Ends trials at a step, and those of some numbers only."""

    def __init__(self, step=np.inf, numbers=()):
        self.step, self.numbers = step, numbers

    def prune(self, study, trial):
        return trial.number in self.numbers and trial.last_step >= self.step


def search_of(estimator, space, **parameters):
    parameters = {"n_trials": 1, "cv": 2, "random_state": 0, "refit": False} | parameters
    return OptunaSearchCV(estimator, space, **parameters)


def test_first_epochs_and_folds_are_judged(digits):
    search = search_of(Recorder(TINY, random_state=0), {"epochs": [6]}, cv=3, pruner=Pruner())
    search.fit(*digits)
    values = search.study_.trials[0].intermediate_values
    assert list(values) == [16, 33, 100, 200]
    assert all(0 <= value <= 1 for value in values.values())
    watched, *others = (notes["fitted"] for notes in Recorder.fits)
    assert watched.validation_scores_ is not None
    assert all(fitted.validation_scores_ is None for fitted in others)
    assert [fitted.n_iter_ for fitted in (watched, *others)] == [2, 6, 6, 6]


def test_a_trial_that_is_not_promising_ends_between_epochs(digits):
    pruner = Pruner(step=10, numbers=[1])
    classifier = Recorder(TINY, epochs=9, random_state=0)
    space = {"learning_rate": [1e-3, 2e-3, 3e-3]}
    search = search_of(classifier, space, n_trials=3, pruner=pruner)
    search.fit(*digits)
    assert list(search.cv_results_["trial_state"]) == ["complete", "pruned", "complete"]
    assert np.isnan(search.cv_results_["split0_test_score"][1])
    assert [notes["epochs"] for notes in Recorder.fits] == [3, 9, 9, 1, 3, 9, 9]


@pytest.mark.parametrize("epochs", [1, 3])
def test_scores_are_those_of_a_grid_search(digits, epochs):
    classifier = CNNClassifier(TINY, epochs=epochs, random_state=0)
    space = {"learning_rate": [3e-3]}
    ours = search_of(classifier, space, pruner=Pruner()).fit(*digits)
    grid = GridSearchCV(classifier, space, cv=2, refit=False).fit(*digits)
    for split in ("split0_test_score", "split1_test_score"):
        assert ours.cv_results_[split][0] == grid.cv_results_[split][0]


def test_rows_are_held_out_by_whole_groups(digits):
    groups = np.arange(120) // 12
    pipeline = make_pipeline(ImageAugmenter(), Recorder(TINY, epochs=2))
    search = search_of(pipeline, {"recorder__batch_size": [16]}, cv=GroupKFold(5), pruner=Pruner())
    search.fit(*digits, groups=groups)
    watched, *others = Recorder.fits
    assert len(others) == 5
    assert set(watched["groups"]) < set(groups)
    assert len(watched["groups"]) == watched["rows"] == 96
    assert all(notes["groups"] is None for notes in others)


@pytest.mark.parametrize("pruner", [None, optuna.pruners.NopPruner()])
def test_epochs_are_watched_for_pruners_that_are_given_only(digits, pruner):
    search_of(Recorder(TINY, epochs=3), {"batch_size": [16]}, pruner=pruner).fit(*digits)
    assert [notes["epochs"] for notes in Recorder.fits] == [3, 3]
    assert all(notes["fitted"].validation_scores_ is None for notes in Recorder.fits)


def test_user_settings_of_early_stopping_and_callbacks_are_kept(digits):
    import keras

    class Counting(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            Counting.epochs += 1

    classifier = Recorder(TINY, epochs=3, early_stopping=True, patience=1, callbacks=Counting)
    search_of(classifier, {"batch_size": [64]}, pruner=Pruner()).fit(*digits)
    assert {notes["fitted"].patience for notes in Recorder.fits} == {1}
    assert Counting.epochs == sum(notes["epochs"] for notes in Recorder.fits)


def test_watched_networks_are_used_again(digits):
    _pool._idle.clear()
    classifier = CNNClassifier(TINY, epochs=2, random_state=0)
    space = {"learning_rate": [1e-3, 2e-3, 3e-3]}
    search_of(classifier, space, n_trials=3, pruner=Pruner()).fit(*digits)
    assert len(_pool._idle) == 1


def test_networks_recipes_and_augmentation_are_tuned_together(digits):
    pipeline = make_pipeline(ImageAugmenter(), CNNClassifier(epochs=1, random_state=0))
    space = search_space("cnn", "recipe", "augmentation", estimator=pipeline)
    space["cnnclassifier__model__filters"] = [(4,), ((4, 4),)]
    search = search_of(pipeline, space, n_trials=3, refit=True).fit(*digits)
    assert set(search.best_params_) == set(space)
    assert isinstance(search.best_params_["cnnclassifier__model"], CNN)
    best = search.best_estimator_[-1]
    assert best.model.filters == search.best_params_["cnnclassifier__model__filters"]
    assert search.predict(digits[0]).shape == (120,)


@pytest.mark.parametrize(
    ("network", "width"), [("resnet", 16), (ResNet(), 16), (ResNet(width=24), 24)]
)
def test_the_first_trial_has_the_network_of_the_estimator(network, width):
    pipeline = make_pipeline(ImageAugmenter(), CNNClassifier(network))
    space = search_space("resnet", "recipe", "augmentation", estimator=pipeline)
    first = Space(space).draw(FixedTrial(Space(space).labels_of(pipeline) | MODEL))
    assert first.keys() == space.keys()
    assert first["cnnclassifier__model__width"] == width
    own = ImageAugmenter().get_params() | CNNClassifier().get_params() | ResNet().get_params()
    own |= {"learning_rate": 0.01, "weight_decay": 0.05}  # what "auto" stands for
    for name, value in first.items():
        parameter = name.rpartition("__")[2]
        if parameter not in ("model", "width"):
            assert value == own[parameter], name


def test_the_first_trial_has_numbers_where_auto_cannot_be_drawn():
    space = Space({"epochs": IntDistribution(10, 50), "batch_size": [16, 64]})
    assert space.labels_of(CNNClassifier()) == {"epochs": 30, "batch_size": 64}
    assert space.labels_of(CNNClassifier(epochs=12)) == {"epochs": 12, "batch_size": 64}
    assert search_space("recipe", estimator=CNNClassifier())["batch_size"].choices[0] == "auto"


def test_spaces_are_named_after_the_estimators_steps():
    assert "model__width" in search_space("resnet", estimator=CNNClassifier())
    nested = make_pipeline(make_pipeline(ImageAugmenter(), CNNClassifier()))
    assert "pipeline__imageaugmenter__zoom" in search_space("augmentation", estimator=nested)
    assert "cnnclassifier__model__width" in search_space("resnet")
    with pytest.raises(ValueError, match="no space 'vgg', only augmentation, cnn, recipe, resnet"):
        search_space("vgg")
    with pytest.raises(ValueError, match="tunes ImageAugmenter"):
        search_space("augmentation", estimator=CNNClassifier())


def test_a_trial_is_judged_by_the_accuracy_on_rows_held_out():
    told = []
    pruning = EpochPruning(lambda share, accuracy: told.append((share, accuracy)) or True)
    classifier = CNNClassifier(TINY)
    pruning.attach(classifier, None)
    watch = classifier.callbacks[-1]()
    watch.set_params({"epochs": 10})
    watch.on_epoch_end(0, {"accuracy": 0.9, "val_accuracy": 0.25, "loss": 0.1, "val_loss": 3.0})
    assert told == [(0.1, 0.25)]

"""Augmentation that is lost on its way to training says so, and other augmentation does not."""

import copy
import gc
import pickle
import re
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from skhcr import CNN, CNNClassifier
from skhcr.images import AugmentationLostWarning, AugmentedImages, ImageAugmenter, PixelScaler
from skhcr.images._lost import _running_pipelines

X = np.random.default_rng(0).integers(0, 256, (24, 64)).astype(np.uint8)
y = np.arange(24) % 2


class Draws(ClassifierMixin, BaseEstimator):
    """Reads the recipe when it is fitted, as CNNClassifier does."""

    def fit(self, X, y, sample_weight=None):
        self.recipe_ = X.augmentation if isinstance(X, AugmentedImages) else None
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Blind(Draws):
    """Knows nothing of recipes."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(np.array(X), y)


class Fails(Draws):
    def fit(self, X, y, sample_weight=None):
        raise self.error()

    def error(self):
        return ValueError("no")


class IsInterrupted(Fails):
    def error(self):
        return KeyboardInterrupt()


class Keeps(Draws):
    """Keeps what it is fitted on, to look at it later."""

    def fit(self, X, y):
        self.X_, self.classes_ = X, np.unique(y)
        return self


class NewArray(TransformerMixin, BaseEstimator):
    """A transformer of others that makes a new array."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        return np.array(X)


def rows_stacked(X):
    return np.stack(list(X))


def padded(X):
    return np.pad(X, [(0, 0), (0, 36)])


def losses(work, *args):
    """Return (step of the augmenter, step that lost it) of every warning that work gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work(*args)
        gc.collect()
    messages = [str(w.message) for w in caught if w.category is AugmentationLostWarning]
    found = [re.search(r"of the step '(.+?)' is lost in the step '(.+?)'", m) for m in messages]
    return [each.groups() for each in found]


def fit(*steps, make=make_pipeline, **params):
    """Return the losses of fitting a pipeline, which begins with an augmenter."""
    return losses(make(ImageAugmenter(), *steps, **params).fit, X, y)


def lost_in(step):
    return [("imageaugmenter", step)]


# Classifiers in the place of the last step


@pytest.mark.parametrize(
    "classifier",
    [
        SVC(),
        LogisticRegression(max_iter=1),
        RandomForestClassifier(2),
        KNeighborsClassifier(),
        KMeans(2, n_init=1),
        GridSearchCV(SVC(), {"C": [1]}, cv=2),
        BaggingClassifier(SVC(), 2),
        VotingClassifier([("svc", SVC()), ("neighbors", KNeighborsClassifier())]),
        Pipeline([("nothing", FunctionTransformer()), ("svc", SVC())]),
        Blind(),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_that_does_not_draw(classifier):
    name = type(classifier).__name__.lower()

    assert fit(classifier) == lost_in(name)
    # What it keeps are views of arrays that have an owner, here.
    assert fit(PixelScaler(), classifier) == lost_in(name)


@pytest.mark.parametrize("classifier", [SVC(), Blind()])
def test_pipelines_of_imbalanced_learn(classifier):
    name = type(classifier).__name__.lower()

    assert fit(classifier, make=make_sampling_pipeline) == lost_in(name)
    assert fit(Draws(), make=make_sampling_pipeline) == []


def test_the_warning_comes_before_training():
    pipe = make_pipeline(ImageAugmenter(), Pipeline([("a", FunctionTransformer()), ("b", SVC())]))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AugmentationLostWarning, match=r"step 'pipeline' \(Pipeline\)"):
            pipe.fit(X, y)
    assert not hasattr(pipe[-1].steps[-1][1], "classes_")


@pytest.mark.parametrize("classifier", [SVC(), Blind()])
def test_the_warning_names_the_fitting_line_and_the_solution(classifier):
    pipe = make_pipeline(ImageAugmenter(), classifier)

    with pytest.warns(AugmentationLostWarning) as caught:
        cross_val_score(pipe, X, y, cv=2)

    assert [warning.filename for warning in caught] == [__file__] * 2
    for way in ("directly before CNNClassifier", "augmenter=ImageAugmenter", "AugmentingSampler"):
        assert way in str(caught[0].message)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda draws: draws,
        lambda draws: make_pipeline(draws),
        lambda draws: make_pipeline(PixelScaler(), draws),
        lambda draws: GridSearchCV(draws, {}, cv=2),
        lambda draws: GridSearchCV(make_pipeline(SVC()), {"svc": [draws, SVC()]}, cv=2),
        lambda draws: RandomizedSearchCV(SVC(), {}, n_iter=1, cv=2).set_params(estimator=draws),
        lambda draws: CalibratedClassifierCV(draws, cv=2),
        lambda draws: VotingClassifier([("draws", draws), ("svc", SVC())]),
        lambda draws: StackingClassifier([("draws", draws)], cv=2),
        lambda draws: OneVsRestClassifier(draws),
        lambda draws: TransformedTargetRegressor(draws, check_inverse=False),
    ],
)
def test_a_classifier_that_draws_is_found_inside_of_others(wrap):
    assert fit(wrap(Draws())) == []


def test_a_classifier_that_learns_nothing_more():
    for fitted in (Draws().fit(X, y), SVC().fit(X, y)):
        assert fit(FrozenEstimator(fitted)) == []


@pytest.fixture(params=["threading", "loky"])
def two_workers(request, monkeypatch):
    # New workers, which find the classes of this module.
    get_reusable_executor().shutdown(wait=True)
    monkeypatch.syspath_prepend(request.config.rootpath)
    with parallel_config(request.param, n_jobs=2):
        yield
    # Workers that have done little would take what TensorFlow needs later for a leak, and end.
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("two_workers")
def test_two_workers():
    assert fit(GridSearchCV(Draws(), {}, cv=2)) == []
    assert fit(VotingClassifier([("a", Draws()), ("b", Draws())])) == []
    assert fit(BaggingClassifier(Draws(), 2)) == lost_in("baggingclassifier")


@pytest.mark.parametrize(
    "ensemble",
    [
        BaggingClassifier(Draws(), 2),
        OneVsOneClassifier(Draws()),
        SelfTrainingClassifier(Draws()),
        VotingClassifier([("blind", Blind()), ("svc", SVC())]),
        make_pipeline(MinMaxScaler(), Draws()),
        make_pipeline(FunctionTransformer(np.array), Draws()),
    ],
    ids=lambda ensemble: type(ensemble).__name__,
)
def test_an_ensemble_that_makes_new_arrays_for_those_that_draw(ensemble):
    assert fit(ensemble) == lost_in(type(ensemble).__name__.lower())


def test_a_clusterer_that_is_fitted_to_predict():
    pipe = make_pipeline(ImageAugmenter(), KMeans(2, n_init=1))

    assert losses(pipe.fit_predict, X) == lost_in("kmeans")


# Steps between


@pytest.mark.parametrize(
    "step",
    [
        MinMaxScaler(),
        StandardScaler(),
        PCA(3),
        FunctionTransformer(np.array),
        FunctionTransformer(padded),
        FunctionTransformer(validate=True),
        NewArray(),
        make_pipeline(MinMaxScaler()),
        make_pipeline(NewArray()),
        FeatureUnion([("a", NewArray()), ("b", NewArray())]),
        ColumnTransformer([("a", MinMaxScaler(), slice(0, 64))]),
    ],
    ids=lambda step: type(step).__name__,
)
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_step_between_that_makes_a_new_array(step, output):
    name = type(step).__name__.lower()

    with config_context(transform_output=output), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "When `set_output`")
        assert fit(step, Draws()) == lost_in(name)


@pytest.mark.parametrize("scaler", [StandardScaler(copy=False), StandardScaler()])
def test_a_view_of_the_same_memory_is_a_loss_too(scaler):
    assert fit(PixelScaler(), scaler, Draws()) == lost_in("standardscaler")


@pytest.mark.parametrize(
    "step",
    [
        PixelScaler(),
        "passthrough",
        None,
        FunctionTransformer(),
        FunctionTransformer(np.invert),
        FunctionTransformer(rows_stacked),
        make_pipeline(FunctionTransformer()),
        FeatureUnion([("same", "passthrough")]),
        FeatureUnion([("left", FunctionTransformer()), ("right", FunctionTransformer(np.invert))]),
        ColumnTransformer([("some", "passthrough", slice(0, 49))]),
    ],
    ids=lambda step: re.sub(r" at 0x\w+", "", str(step)),
)
def test_a_step_between_that_keeps_the_recipe(step):
    pipe = make_pipeline(ImageAugmenter(rotation=3), step, Draws())

    assert losses(pipe.fit, X, y) == []
    assert pipe[-1].recipe_.rotation == 3


def test_a_sampler_between():
    few = np.flatnonzero(y)[5:]
    rare = np.delete(X, few, axis=0), np.delete(y, few)
    behind = make_sampling_pipeline(RandomOverSampler(), ImageAugmenter(), Draws())
    before = make_sampling_pipeline(ImageAugmenter(), RandomOverSampler(), Draws())

    assert losses(behind.fit, *rare) == []
    assert losses(before.fit, *rare) == lost_in("randomoversampler")


def test_a_second_augmenter_takes_the_place_of_the_first():
    pipe = make_pipeline(ImageAugmenter(), ImageAugmenter(rotation=3), Draws())

    ((step, _),) = losses(pipe.fit, X, y)

    assert step == "imageaugmenter-1"
    assert pipe[-1].recipe_.rotation == 3


def test_a_mixture_of_augmented_images_and_others():
    union = FeatureUnion([("a", ImageAugmenter()), ("b", PixelScaler())])

    with pytest.warns(AugmentationLostWarning, match="'featureunion' for augmentation were joined"):
        make_pipeline(union, Draws()).fit(X, y)


@pytest.mark.parametrize(
    "around",
    [
        FeatureUnion([("augmenter", ImageAugmenter())]),
        ColumnTransformer([("augmenter", ImageAugmenter(), slice(0, 64))]),
        Pipeline([("augmenter", ImageAugmenter())]),
    ],
    ids=lambda around: type(around).__name__,
)
def test_an_augmenter_inside_of_another_step(around):
    name = type(around).__name__.lower()
    expected = "augmenter" if name == "pipeline" else name

    assert losses(make_pipeline(around, Draws()).fit, X, y) == []
    for behind, lost in [(NewArray(), "newarray"), (MinMaxScaler(), "minmaxscaler")]:
        pipe = make_pipeline(around, behind, Draws())
        assert losses(pipe.fit, X, y) == [(expected, lost)]


def test_an_inner_pipeline_that_loses():
    for behind, lost in [(NewArray(), "newarray"), (MinMaxScaler(), "minmaxscaler")]:
        pipe = make_pipeline(make_pipeline(ImageAugmenter(), behind), Draws())
        assert losses(pipe.fit, X, y) == lost_in(lost)


@pytest.mark.parametrize("step", [NewArray(), MinMaxScaler(), FunctionTransformer(np.array)])
@pytest.mark.parametrize("make", [make_pipeline, make_sampling_pipeline])
def test_a_pipeline_that_remembers_loses_every_time(step, make, tmp_path):
    for _ in range(3):  # computed, then read
        assert fit(step, Draws(), make=make, memory=str(tmp_path)) == lost_in(
            type(step).__name__.lower()
        )


@pytest.mark.parametrize("step", [PixelScaler(), "passthrough", FunctionTransformer(np.invert)])
def test_a_pipeline_that_remembers_keeps_every_time(step, tmp_path):
    for _ in range(3):
        assert fit(step, Draws(), memory=str(tmp_path)) == []
        assert fit(step, SVC(), memory=str(tmp_path)) == lost_in("svc")
        assert fit(step, Blind(), memory=str(tmp_path)) == lost_in("blind")


def test_copies_of_pipelines_and_of_pickled_ones():
    for copied in (copy.deepcopy, lambda pipe: pickle.loads(pickle.dumps(pipe))):
        assert losses(copied(make_pipeline(ImageAugmenter(), Blind())).fit, X, y) == lost_in(
            "blind"
        )


def test_threads_that_fit_pipelines_of_their_own():
    def work():
        pipes = [make_pipeline(ImageAugmenter(), last) for last in (Draws(), Blind(), SVC())]
        threads = [threading.Thread(target=pipe.fit, args=(X, y)) for pipe in pipes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(losses(work)) == lost_in("blind") + lost_in("svc")


def test_a_bagging_of_whole_pipelines():
    for last, expected in [(Draws(), []), (Blind(), 2 * lost_in("blind"))]:
        ensemble = BaggingClassifier(make_pipeline(ImageAugmenter(), last), 2)
        assert losses(ensemble.fit, X, y) == expected


def test_pipelines_of_a_class_of_ones_own():
    class Mine(Pipeline):
        def fit(self, X, y=None):
            return super().fit(X, y)

    for last, expected in [(Draws(), []), (Blind(), lost_in("blind")), (SVC(), lost_in("svc"))]:
        pipe = Mine([("imageaugmenter", ImageAugmenter()), (type(last).__name__.lower(), last)])
        assert losses(pipe.fit, X, y) == expected


def test_a_loss_that_cannot_be_raised_is_printed_where_warnings_are_errors():
    code = """
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
import warnings
from skhcr.images import AugmentationLostWarning, ImageAugmenter
warnings.simplefilter("error", AugmentationLostWarning)
make_pipeline(ImageAugmenter(), FunctionTransformer(np.array), "passthrough").fit_transform(
    np.zeros((4, 4, 4))
)
print("goes on")
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split("\n") == ["goes on", ""]
    assert "AugmentationLostWarning: The augmentation of the step 'imageaugmenter'" in ran.stderr


# No loss


def test_amounts_of_0_do_not_warn():
    off = ImageAugmenter(rotation=0, translation=(0, 0), zoom=0, shear=0)

    assert losses(make_pipeline(off, SVC()).fit, X, y) == []
    assert losses(make_pipeline(off.set_params(erase=0.1), SVC()).fit, X, y) == lost_in("svc")


def test_images_that_are_merely_looked_at():
    def work():
        augmenter = ImageAugmenter()
        images = augmenter.fit_transform(X)
        np.asarray(images).mean()
        del images
        SVC().fit(augmenter.fit_transform(X), y)
        augmenter.preview(X)
        make_pipeline(PixelScaler(), augmenter).fit_transform(X)
        make_pipeline(augmenter, PixelScaler()).fit_transform(X)
        make_pipeline(augmenter, PixelScaler()).fit(X)
        make_pipeline(augmenter, "passthrough").fit(X)

    assert losses(work) == []


def test_predictions():
    pipe = make_pipeline(ImageAugmenter(), Draws()).fit(X, y)

    def work():
        pipe.predict(X)
        pipe.score(X, y)
        pipe[:-1].transform(X)
        cross_val_predict(FrozenEstimator(pipe), X, y, cv=2)

    assert losses(work) == []


def test_fits_that_fail():
    def work(pipe):
        with pytest.raises((ValueError, KeyboardInterrupt)):
            pipe.fit(X, y)

    for last in (Fails(), IsInterrupted(), GridSearchCV(Fails(), {}, cv=2)):
        assert losses(work, make_pipeline(ImageAugmenter(), last)) == []
        assert losses(work, make_pipeline(ImageAugmenter(), PixelScaler(), last)) == []
    bad_step = FunctionTransformer(np.linalg.cholesky)
    assert losses(work, make_pipeline(ImageAugmenter(), bad_step, Draws())) == []


def test_fits_that_fail_in_a_search():
    searched = Pipeline([("augmenter", ImageAugmenter()), ("last", Draws())])
    search = GridSearchCV(searched, {"last": [Draws(), Fails()]}, cv=2, error_score=0)

    assert losses(search.fit, X, y) == []
    assert losses(make_pipeline(PixelScaler(), search).fit, X, y) == []


def test_a_fit_that_failed_before_one_that_does_not():
    pipe = make_pipeline(ImageAugmenter(), Fails())
    failed = []

    def work():
        try:
            pipe.fit(X, y)
        except ValueError as error:
            failed.append(error)
        pipe.set_params(fails=Draws()).fit(X, y)
        failed.clear()
        pipe.fit(X, y)

    assert losses(work) == []


def test_a_classifier_that_keeps_its_images():
    pipe = make_pipeline(ImageAugmenter(), Keeps())

    assert losses(lambda: pipe.fit(X, y).fit(X, y)) == []
    assert pipe[-1].X_.augmentation == ImageAugmenter().fit_transform(X).augmentation


def test_a_classifier_that_augments_by_itself():
    class ByItself(Draws):
        def fit(self, X, y):
            for row in (0, 1):
                ImageAugmenter().fit_transform(X[row : row + 1])
            return super().fit(ImageAugmenter().fit_transform(X), y)

    pipe = make_pipeline(MinMaxScaler(), ByItself())

    assert losses(pipe.fit, X, y) == []
    assert losses(GridSearchCV(pipe, {}, cv=2).fit, X, y) == []


@pytest.mark.usefixtures("two_workers")
def test_cross_validation_of_whole_pipelines_in_two_workers(capfd):
    pipe = make_pipeline(ImageAugmenter(), PixelScaler(), Draws())

    assert losses(cross_val_score, pipe, X, y) == []
    assert "Lost" not in capfd.readouterr().err


def test_images_that_outlive_the_interpreter():
    code = """
import numpy as np
from sklearn.pipeline import make_pipeline
from skhcr.images import ImageAugmenter, PixelScaler
images = make_pipeline(ImageAugmenter(), PixelScaler()).fit_transform(np.zeros((4, 4, 4), "u1"))
class Cycle: pass
cycle = Cycle()
cycle.itself, cycle.images = cycle, images
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == ran.stderr == ""


def test_the_network_draws_in_a_pipeline_and_not_behind_a_scaler():
    network = CNN(filters=(2,), dense=(), batch_norm=False)
    classifier = CNNClassifier(network, epochs=1, random_state=0)

    assert fit(classifier) == []
    assert fit(PixelScaler(), classifier) == []
    assert fit(classifier.set_params(warm_start=True)) == []
    assert fit(MinMaxScaler(), classifier) == lost_in("minmaxscaler")
    assert fit(NewArray(), classifier) == lost_in("newarray")
    images = ImageAugmenter().fit_transform(X)
    assert losses(classifier.partial_fit, images, y, [0, 1]) == []


# Recipes that joblib remembers


@pytest.mark.parametrize("make", [make_pipeline, make_sampling_pipeline])
def test_cached_steps_have_the_present_recipe(make, tmp_path):
    for rotation in (10, 20, 10, 30):
        pipe = make(ImageAugmenter(), PixelScaler(), Draws(), memory=str(tmp_path))
        pipe.set_params(imageaugmenter__rotation=rotation).fit(X, y)
        assert pipe[-1].recipe_.rotation == rotation


def test_cached_augmenters_have_their_own_recipe(tmp_path):
    for _ in range(2):
        pipe = make_pipeline(
            ImageAugmenter(rotation=1), ImageAugmenter(rotation=2), Draws(), memory=str(tmp_path)
        )
        assert losses(pipe.fit, X, y)[0][0] == "imageaugmenter-1"
        assert pipe[-1].recipe_.rotation == 2


def test_pickles_of_earlier_days_hold_no_more_than_a_recipe():
    images = ImageAugmenter(rotation=3).fit_transform(X)
    rebuild, args, (array_state, recipe, _) = images.__reduce__()
    loaded = rebuild(*args)

    loaded.__setstate__((array_state, recipe))

    np.testing.assert_array_equal(loaded, X)
    assert loaded.augmentation == images.augmentation


# Joining images


@pytest.mark.parametrize(
    "join",
    [
        lambda X: np.concatenate([X[12:], X[:12]]),
        lambda X: np.stack(list(X)),
        lambda X: np.vstack([X, X]),
        lambda X: np.hstack([X, X]),
        lambda X: np.append(X, X[:2], axis=0),
        lambda X: np.concatenate(X[:, None]),
    ],
)
def test_images_of_one_recipe_keep_it(join):
    images = ImageAugmenter(rotation=3).fit_transform(X)

    joined = join(images)

    assert joined.augmentation == images.augmentation
    np.testing.assert_array_equal(joined, join(X))


def test_images_of_two_recipes_have_none():
    images = [ImageAugmenter(rotation=rotation).fit_transform(X) for rotation in (3, 4)]

    with pytest.warns(AugmentationLostWarning, match="with images that have another recipe"):
        joined = np.concatenate(images)

    assert type(joined) is np.ndarray
    np.testing.assert_array_equal(joined, np.concatenate([X, X]))


def test_augmented_images_and_others_have_none():
    images = ImageAugmenter().fit_transform(X)

    with pytest.warns(AugmentationLostWarning, match="or none") as caught:
        joined = np.stack([X, images])

    assert type(joined) is np.ndarray
    assert caught[0].filename == __file__


def test_joining_into_an_array_of_ones_own():
    images, out = ImageAugmenter().fit_transform(X), np.zeros((48, 64), np.uint8)

    assert np.concatenate([images, images], out=out) is out


def test_images_without_a_recipe_are_joined_without_a_word():
    off = ImageAugmenter(rotation=0, translation=0, zoom=0, shear=0).fit_transform(X)
    assert len(np.concatenate([off, X])) == 48
    assert len(np.concatenate([X[:1].view(AugmentedImages), X])) == 25


# Where an augmenter finds itself


class Looks(TransformerMixin, BaseEstimator):
    """Notes which pipelines it runs in."""

    seen = ()

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def fit_transform(self, X, y=None):
        Looks.seen = [(p.steps[place][0], method) for p, place, method in _running_pipelines()]
        return X

    def transform(self, X):
        return X


class Wraps(Looks):
    def fit_transform(self, X, y=None):
        return Looks().fit_transform(X, y)


class FitsWithin(Draws):
    def fit(self, X, y):
        Looks().fit_transform(X, y)
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("pipe", "expected"),
    [
        (make_pipeline(Looks(), Draws()), [("looks", "fit")]),
        (make_pipeline(PixelScaler(), Wraps(), Draws()), [("wraps", "fit")]),
        (make_sampling_pipeline(PixelScaler(), Looks(), Draws()), [("looks", "fit")]),
        (
            make_pipeline(make_pipeline(PixelScaler(), Looks()), Draws()),
            [("looks", "fit_transform"), ("pipeline", "fit")],
        ),
        (
            make_pipeline(make_pipeline(Looks(), PixelScaler()), Draws()),
            [("looks", "fit_transform"), ("pipeline", "fit")],
        ),
        (make_pipeline(PixelScaler(), make_pipeline(Looks(), Draws())), [("looks", "fit")]),
        (
            make_pipeline(PixelScaler(), GridSearchCV(make_pipeline(Looks(), Draws()), {}, cv=2)),
            [("looks", "fit")],
        ),
        (
            make_pipeline(FeatureUnion([("a", Looks()), ("b", PixelScaler())]), Draws()),
            [("featureunion", "fit")],
        ),
        (make_pipeline(PixelScaler(), FitsWithin()), []),
    ],
)
@pytest.mark.parametrize("remembers", [False, True])
def test_the_pipelines_that_images_go_through(pipe, expected, remembers, tmp_path):
    Looks.seen = None
    pipe.set_params(memory=str(tmp_path) if remembers else None).fit(X, y)

    assert Looks.seen == expected


def test_outside_of_pipelines_there_are_none():
    Looks().fit_transform(X)

    assert Looks.seen == []

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import joblib
import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skhcr.images import AugmentationLostWarning, AugmentedImages, ImageAugmenter, PixelScaler
from skhcr.images._augmentation import Augmentation

EVERYTHING = {
    "rotation": 15,
    "translation": (0.2, 0.1),
    "zoom": 0.15,
    "shear": 0.2,
    "elastic": 1,
    "erase": 0.5,
    "noise": 0.05,
}

OFF = {"rotation": 0, "translation": 0, "zoom": 0, "shear": 0}


def images_of(shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


def rng(seed=0):
    return np.random.default_rng(seed)


def maps_drawn(n=2000, size=41, **amounts):
    """Return for each draw the matrix and the offset by which it reads its pixels.

    The value of a pixel of a ramp is its own coordinate, so that a draw shows where it reads.
    """
    ramps = np.stack(np.mgrid[:size, :size], axis=-1).astype(np.float64) - size // 2
    drawn = Augmentation(**amounts).draw(np.tile(ramps, (n, 1, 1, 1)), rng())
    middle = size // 2
    offset = drawn[:, middle, middle]
    matrix = np.stack(
        [drawn[:, middle + 1, middle] - offset, drawn[:, middle, middle + 1] - offset], axis=-1
    )
    return matrix, offset


def fills(values, low, high):
    """Tell whether values spread evenly over all of [low, high] and no further."""
    width = high - low
    inside = values.min() >= low - 1e-4 * width and values.max() <= high + 1e-4 * width
    quarters = np.quantile(values, [0.01, 0.25, 0.5, 0.75, 0.99])
    even = np.allclose(
        quarters, low + width * np.array([0.01, 0.25, 0.5, 0.75, 0.99]), atol=width / 20
    )
    return bool(inside and even)


# The recipe


def test_rotation_is_drawn_evenly_from_both_sides():
    matrix, offset = maps_drawn(rotation=30)

    np.testing.assert_allclose(
        matrix @ matrix.transpose(0, 2, 1), np.tile(np.eye(2), (2000, 1, 1)), atol=1e-5
    )
    assert fills(np.degrees(np.arctan2(matrix[:, 0, 1], matrix[:, 0, 0])), -30, 30)
    np.testing.assert_allclose(offset, 0, atol=1e-5)


def test_translation_is_a_fraction_of_height_and_width():
    matrix, offset = maps_drawn(translation=(0.2, 0.1))

    np.testing.assert_allclose(matrix, np.tile(np.eye(2), (2000, 1, 1)), atol=1e-5)
    assert fills(offset[:, 0], -0.2 * 41, 0.2 * 41)
    assert fills(offset[:, 1], -0.1 * 41, 0.1 * 41)
    assert abs(np.corrcoef(offset.T)[0, 1]) < 0.1


def test_zoom_scales_height_and_width_apart_and_keeps_the_center():
    matrix, offset = maps_drawn(zoom=0.25)

    np.testing.assert_allclose(matrix[:, [0, 1], [1, 0]], 0, atol=1e-5)
    np.testing.assert_allclose(offset, 0, atol=1e-5)
    scale = 1 / matrix[:, [0, 1], [0, 1]]
    assert fills(scale[:, 0], 0.75, 1.25)
    assert fills(scale[:, 1], 0.75, 1.25)
    assert abs(np.corrcoef(scale.T)[0, 1]) < 0.1


def test_shear_is_horizontal_and_a_plain_factor():
    matrix, offset = maps_drawn(shear=0.2)

    np.testing.assert_allclose(matrix[:, 0], np.tile([1, 0], (2000, 1)), atol=1e-5)
    np.testing.assert_allclose(matrix[:, 1, 1], 1, atol=1e-5)
    assert fills(-matrix[:, 1, 0], -0.2, 0.2)
    np.testing.assert_allclose(offset, 0, atol=1e-5)


@pytest.mark.parametrize("amplitude", [0.5, 2.0])
def test_elastic_is_the_standard_deviation_in_pixels(amplitude):
    _, offset = maps_drawn(elastic=amplitude)

    np.testing.assert_allclose(offset.mean(axis=0), 0, atol=amplitude / 10)
    np.testing.assert_allclose(offset.std(axis=0), amplitude, rtol=0.08)


def test_the_systems_generator_settings_have_their_counterpart():
    # Keras' shear_range counts in degrees, so 0.15 slants by a quarter of a percent.
    shear = math.sin(math.radians(0.15))
    augmenter = ImageAugmenter(rotation=15, translation=0.15, shear=shear, zoom=0.15)

    assert augmenter.fit_transform(images_of((2, 32, 32))).augmentation == Augmentation(
        rotation=15, translation=(0.15, 0.15), shear=pytest.approx(0.0026, abs=1e-4), zoom=0.15
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(70, 32, 32, 1), (3, 10, 24, 3), (2, 200, 100, 1), (0, 8, 8, 1)])
def test_draw_keeps_shape_dtype_range_and_its_input(shape, dtype):
    images = images_of(shape, dtype)
    before = images.copy()

    drawn = Augmentation(**EVERYTHING).draw(images, rng())

    assert drawn.shape == shape
    assert drawn.dtype == dtype
    assert type(drawn) is np.ndarray
    np.testing.assert_array_equal(images, before)
    if len(images):
        assert images.min() <= drawn.min() < drawn.max() <= images.max()
        assert np.all(np.any(drawn != images, axis=(1, 2, 3)))


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_draw_without_amounts_returns_an_equal_copy(dtype):
    images = images_of((3, 8, 8, 1), dtype)

    drawn = Augmentation().draw(images, rng())

    np.testing.assert_array_equal(drawn, images)
    assert not np.shares_memory(drawn, images)


@pytest.mark.parametrize(
    "amount", ["rotation", "translation", "zoom", "shear", "elastic", "erase", "noise"]
)
def test_every_amount_alone_varies_every_image_differently(amount):
    same = np.tile(images_of((1, 16, 16, 1)), (50, 1, 1, 1))  # more than are varied at a time
    value = (0.3, 0.3) if amount == "translation" else 1.0 if amount == "erase" else 0.5
    recipe = Augmentation(**{amount: value})

    drawn = recipe.draw(same, rng())

    distinct = len(np.unique(drawn.reshape(50, -1), axis=0))
    assert distinct >= (40 if amount == "erase" else 50)
    np.testing.assert_array_equal(drawn, recipe.draw(same, rng()))
    assert np.any(drawn != recipe.draw(same, rng(1)))


def test_batches_larger_than_one_step_are_varied_to_the_last_image():
    same = np.tile(images_of((1, 32, 32, 1)), (100, 1, 1, 1))

    drawn = Augmentation(rotation=20).draw(same, rng())

    assert len(np.unique(drawn.reshape(100, -1), axis=0)) == 100


def test_fill_reaches_the_pixels():
    images = np.zeros((20, 10, 10, 1), np.uint8)
    images[:, 5] = 255  # a stroke from border to border

    background = Augmentation(translation=(0, 0.4), fill="background").draw(images, rng())
    edge = Augmentation(translation=(0, 0.4), fill="edge").draw(images, rng())

    np.testing.assert_array_equal(edge, images)
    assert np.all(background[:, 5].min(axis=(1, 2)) < 255)
    assert np.all(np.delete(background, 5, axis=1) == 0)


def test_noise_and_patches_take_range_and_background_from_the_image_itself():
    images = np.full((50, 12, 12, 1), 1.0, np.float32)
    images[:, 4:8, 4:8] = 0.5

    drawn = Augmentation(erase=1, noise=0.2).draw(images, rng())

    assert drawn.min() >= 0.5
    assert drawn.max() == 1.0


def test_threads_draw_what_one_thread_draws():
    images = images_of((40, 32, 32, 1))
    recipe = Augmentation(**EVERYTHING)
    serial = [recipe.draw(images, rng(seed)) for seed in range(16)]

    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda seed: recipe.draw(images, rng(seed)), range(16)))

    np.testing.assert_array_equal(parallel, serial)


def test_the_recipe_is_immutable_and_pickles():
    recipe = Augmentation(rotation=3, seed=5)

    with pytest.raises(FrozenInstanceError):
        recipe.rotation = 4
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert hash(recipe) == hash(Augmentation(rotation=3, seed=5))


# The array that carries it


@pytest.fixture
def augmented():
    return ImageAugmenter(rotation=10, random_state=0).fit_transform(images_of((6, 8, 8, 1)))


@pytest.mark.parametrize(
    "derive",
    [
        lambda X: X[1:4],
        lambda X: X[[3, 1]],
        lambda X: X[np.arange(6) % 2 == 0],
        lambda X: X.take([0, 1], axis=0),
        lambda X: X / 255,
        lambda X: X.astype(np.float32),
        lambda X: X.reshape(6, -1),
        lambda X: X.copy(),
        copy.copy,
        copy.deepcopy,
        lambda X: pickle.loads(pickle.dumps(X)),
        lambda X: pickle.loads(pickle.dumps(X[::2], protocol=5)),
        lambda X: train_test_split(X, random_state=0)[0],
    ],
)
def test_the_recipe_stays_with_the_images(augmented, derive):
    derived = derive(augmented)

    assert type(derived) is AugmentedImages
    assert derived.augmentation == augmented.augmentation
    assert derived.seed == augmented.seed is not None


def test_pickles_hold_the_pixels(augmented):
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(augmented)), augmented)


@pytest.mark.parametrize("compress", [0, 3])
def test_joblib_stores_pixels_and_recipe(augmented, tmp_path, compress):
    joblib.dump(augmented, tmp_path / "images.joblib", compress=compress)

    loaded = joblib.load(tmp_path / "images.joblib")

    np.testing.assert_array_equal(loaded, augmented)
    assert loaded.augmentation == augmented.augmentation


def test_asarray_strips_the_recipe(augmented):
    stripped = np.asarray(augmented)

    assert type(stripped) is np.ndarray
    assert np.shares_memory(stripped, augmented)


def test_an_array_without_recipe_has_no_seed():
    plain = np.zeros(3).view(AugmentedImages)

    assert plain.augmentation is None
    assert plain.seed is None


# The transformer


@pytest.mark.parametrize("shape", [(5, 8, 8), (5, 8, 6, 3), (5, 64), (5, 63)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_fit_transform_hands_on_the_same_pixels_without_copy(shape, dtype):
    X = images_of(shape, dtype)

    result = ImageAugmenter(**OFF | {"rotation": 10}).fit_transform(X, np.arange(5))

    assert type(result) is AugmentedImages
    assert np.shares_memory(result, X)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, X)
    assert result.augmentation == Augmentation(rotation=10)


def test_transform_returns_the_same_array():
    X = images_of((3, 8, 8))

    assert ImageAugmenter(rotation=10).transform(X) is X


def test_transform_strips_a_recipe(augmented):
    assert type(ImageAugmenter().transform(augmented)) is np.ndarray


def test_a_list_of_images_and_a_frame_are_taken():
    X = images_of((3, 4, 4))

    np.testing.assert_array_equal(ImageAugmenter().fit_transform(list(X)), X)
    flat = pd.DataFrame(X.reshape(3, -1))
    np.testing.assert_array_equal(ImageAugmenter().fit_transform(flat), flat.to_numpy())


def test_random_state_becomes_a_seed_without_touching_the_global_one():
    X = images_of((2, 8, 8))
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002

    first, again, other = (
        ImageAugmenter(rotation=10, random_state=seed).fit_transform(X).seed for seed in (0, 0, 1)
    )
    ImageAugmenter(**EVERYTHING, random_state=0).preview(X)

    assert isinstance(first, int)
    assert first == again != other
    assert ImageAugmenter(rotation=10).fit_transform(X).seed is None
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_random_state_object_moves_on():
    state = np.random.RandomState(0)
    augmenter = ImageAugmenter(rotation=10, random_state=state)
    X = images_of((2, 8, 8))

    assert augmenter.fit_transform(X).seed != augmenter.fit_transform(X).seed


class RemembersTraining(ClassifierMixin, BaseEstimator):
    """Keeps what it was shown."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.trained_on_ = X
        return self

    def predict(self, X):
        self.predicted_for_ = X
        return np.full(len(X), self.classes_[0])


def test_in_a_pipeline_only_training_sees_the_recipe():
    X, y = images_of((10, 8, 8)), np.arange(10) % 2
    pipe = make_pipeline(ImageAugmenter(rotation=10, random_state=0), RemembersTraining())

    pipe.fit(X, y).predict(X)

    assert pipe[-1].trained_on_.augmentation.rotation == 10
    assert type(pipe[-1].predicted_for_) is np.ndarray
    np.testing.assert_array_equal(pipe[-1].predicted_for_, X)


def test_the_recipe_passes_through_a_scaler():
    X, y = images_of((10, 8, 8)), np.arange(10) % 2
    pipe = make_pipeline(ImageAugmenter(**OFF, noise=0.1), PixelScaler(), RemembersTraining()).fit(
        X, y
    )
    scaled = pipe[-1].trained_on_

    drawn = scaled.augmentation.draw(np.asarray(scaled)[..., None], rng())

    # The amount of noise goes by the values as they are when they are varied.
    assert 0.03 < np.std(drawn[..., 0] - scaled) < 0.11


def test_set_output_of_a_pipeline_leaves_images_arrays():
    X = images_of((3, 8, 8))

    pipe = make_pipeline(ImageAugmenter(), StandardScaler()).set_output(transform="pandas")

    assert pipe[0].fit_transform(X).shape == (3, 8, 8)


def test_any_classifier_works_behind_it_with_a_warning():
    X, y = load_digits(n_class=3, return_X_y=True)
    pipe = make_pipeline(ImageAugmenter(), LogisticRegression())

    search = GridSearchCV(pipe, {"imageaugmenter__rotation": [0, 10]}, cv=3)
    with pytest.warns(AugmentationLostWarning):
        search.fit(X, y)

    # A classifier that knows nothing of recipes is trained on plain pixels, whatever the amount.
    expected = cross_val_score(LogisticRegression(), X, y, cv=3).mean()
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], [expected, expected])


def test_clone_and_html():
    augmenter = ImageAugmenter(**EVERYTHING, random_state=0)

    assert clone(augmenter).get_params() == augmenter.get_params()
    assert "ImageAugmenter" in estimator_html_repr(augmenter)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", -1),
        ("rotation", 181),
        ("translation", -0.1),
        ("translation", 1.5),
        ("translation", "much"),
        ("translation", (0.1,)),
        ("translation", (0.1, 2)),
        ("translation", (0.1, "much")),
        ("zoom", 1.0),
        ("shear", -0.1),
        ("elastic", -1),
        ("elastic_sigma", 0),
        ("erase", 1.1),
        ("noise", -0.1),
        ("fill", "wrap"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "preview"])
def test_amounts_out_of_range_are_refused_by_name(name, value, method):
    augmenter = ImageAugmenter(**{name: value})

    with pytest.raises(ValueError, match=f"'{name}' parameter of ImageAugmenter must be"):
        getattr(augmenter, method)(images_of((2, 4, 4)))


@pytest.mark.parametrize("method", ["fit_transform", "transform", "preview"])
@pytest.mark.parametrize(
    "X", [["a.png", "b.png"], np.array(["a.png"]), np.array([b"\x89PNG"], dtype=object)]
)
def test_files_are_sent_to_the_loader(X, method):
    with pytest.raises(ValueError, match=r"ImageLoader.* before it in the pipeline"):
        getattr(ImageAugmenter(), method)(X)


@pytest.mark.parametrize("method", ["fit_transform", "transform", "preview"])
def test_images_of_several_sizes_are_named_by_index(method):
    X = [np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 5))]

    with pytest.raises(ValueError, match=r"X\[0\] .*\(4, 4\) and X\[2\] .*\(4, 5\).*ImageLoader"):
        getattr(ImageAugmenter(), method)(X)


def test_an_object_array_of_images_is_sent_to_the_loader():
    X = np.empty(2, dtype=object)
    X[:] = [np.zeros((4, 4)), np.zeros((4, 5))]

    with pytest.raises(ValueError, match=r"dtype object.*ImageLoader"):
        ImageAugmenter().fit_transform(X)


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 5)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"X has shape \(.*\)"):
        ImageAugmenter().fit_transform(np.zeros(shape))


# Looking


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 64), (3, 8, 8, 1)])
def test_preview_shows_n_variations_of_each_image(shape):
    X = images_of(shape)
    augmenter = ImageAugmenter(rotation=10, random_state=0)

    shown = augmenter.preview(X, n=5)

    assert shown.shape == (3, 5, 8, 8, 1)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(shown, augmenter.preview(X, n=5))
    blank = ImageAugmenter(**OFF).preview(X, n=2)
    np.testing.assert_array_equal(blank[:, 0], X.reshape(3, 8, 8, 1))
    np.testing.assert_array_equal(blank[:, 1], X.reshape(3, 8, 8, 1))


def test_preview_names_rows_that_are_not_square():
    with pytest.raises(ValueError, match="Rows of 63 values are not square images"):
        ImageAugmenter().preview(images_of((2, 63)))


def test_the_transformer_works_in_an_imblearn_pipeline_too():
    X, y = load_digits(n_class=2, return_X_y=True)

    pipe = make_imblearn_pipeline(ImageAugmenter(rotation=10), RemembersTraining()).fit(X, y)

    assert pipe[-1].trained_on_.augmentation.rotation == 10

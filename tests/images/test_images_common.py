"""What scikit-learn asks of every transformer, asked of every image transformer.

scikit-learn's own checks feed flat rows of numbers and skip estimators that do not take them, so
these are the same questions put with images.
"""

import copy
import inspect
import io
import pickle

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.validation import check_is_fitted

from skhcr.images import (
    AugmentationLostWarning,
    AugmentingSampler,
    ImageAugmenter,
    ImageLoader,
    InkNormalizer,
    PixelScaler,
)

X = np.zeros((6, 12, 10), dtype=np.uint8)
for i, page in enumerate(X):
    page[2 : 5 + i, 3 : 5 + i // 2] = 200 + i

TRANSFORMERS = [
    ImageLoader(),
    ImageLoader((8, 6), mode="RGB", keep_aspect=False, background=0, n_jobs=2),
    ImageLoader(8, flatten=True, on_error="blank"),
    InkNormalizer(on_blank="ignore"),
    InkNormalizer(9, center="mass", margin=0.2, polarity="light-on-dark"),
    PixelScaler(),
    ImageAugmenter(),
    ImageAugmenter(rotation=10, translation=(0.1, 0.2), random_state=3),
]
READERS = [t for t in TRANSFORMERS if isinstance(t, (ImageLoader, InkNormalizer))]
CLASSES = [ImageLoader, InkNormalizer, PixelScaler, ImageAugmenter, AugmentingSampler]

every = pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
every_reader = pytest.mark.parametrize("transformer", READERS, ids=repr)
every_class = pytest.mark.parametrize("cls", CLASSES)


@every_class
def test_constructor_only_keeps_its_parameters(cls):
    signature = inspect.signature(cls).parameters
    names = list(signature)
    estimator = cls()
    assert list(vars(estimator)) == names
    for name in names:
        default = signature[name].default
        assert getattr(estimator, name) is default
        assert type(default) in (str, int, float, bool, tuple, type(None))


@every_class
def test_only_obvious_parameters_are_positional(cls):
    kinds = [parameter.kind for parameter in inspect.signature(cls).parameters.values()]
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for kind in kinds[1:])


@every_class
def test_every_parameter_and_method_is_documented(cls):
    for name in cls().get_params():
        assert f"\n{name} : " in inspect.getdoc(cls)
    for name, member in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(member), name


@every
def test_clone_and_parameters(transformer):
    params = transformer.get_params()
    assert clone(transformer).get_params() == params
    other = type(transformer)().set_params(**params)
    assert other.get_params() == params
    assert repr(other) == repr(transformer)


@every
def test_fit_returns_self_and_adds_nothing(transformer):
    transformer = clone(transformer)
    before = dict(vars(transformer))
    assert transformer.fit(X, np.arange(6)) is transformer
    assert vars(transformer) == before
    check_is_fitted(transformer)


@every
def test_works_without_fit(transformer):
    assert not get_tags(transformer).requires_fit
    images = clone(transformer).transform(X)
    assert len(images) == len(X)
    np.testing.assert_array_equal(images, clone(transformer).fit(X).transform(X))


@every
def test_fit_transform_is_fit_and_transform(transformer):
    together = clone(transformer).fit_transform(X)
    np.testing.assert_array_equal(np.asarray(together), transformer.transform(X))


@every
def test_second_call_gives_the_same(transformer):
    np.testing.assert_array_equal(transformer.transform(X), transformer.transform(X))


@every
def test_input_is_not_changed(transformer):
    mine = X.copy()
    clone(transformer).fit_transform(mine)
    np.testing.assert_array_equal(mine, X)


@every
def test_read_only_memmap(transformer, tmp_path):
    joblib.dump(X, tmp_path / "X.joblib")
    mapped = joblib.load(tmp_path / "X.joblib", mmap_mode="r")
    assert not mapped.flags.writeable
    np.testing.assert_array_equal(
        np.asarray(clone(transformer).fit_transform(mapped)), transformer.transform(X)
    )


@every
def test_memory_order_does_not_matter(transformer):
    expected = transformer.transform(X)
    np.testing.assert_array_equal(transformer.transform(np.asfortranarray(X)), expected)
    wide = np.repeat(X, 2, axis=2)[:, :, ::2]
    np.testing.assert_array_equal(transformer.transform(wide), expected)


@every
def test_images_do_not_influence_each_other(transformer):
    expected = transformer.transform(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(transformer.transform(X[order]), expected[order])
    for i in range(len(X)):
        np.testing.assert_array_equal(transformer.transform(X[i : i + 1])[0], expected[i])


@every
@pytest.mark.parametrize("fitted", [False, True])
def test_pickle_and_copy(transformer, fitted, tmp_path):
    original = clone(transformer)
    if fitted:
        original.fit(X).transform(X)
    joblib.dump(original, tmp_path / "t.joblib")
    for other in (
        pickle.loads(pickle.dumps(original)),
        copy.deepcopy(original),
        joblib.load(tmp_path / "t.joblib"),
    ):
        assert other.get_params() == original.get_params()
        np.testing.assert_array_equal(other.transform(X), original.transform(X))


@every
def test_html(transformer):
    html = estimator_html_repr(transformer)
    assert type(transformer).__name__ in html
    assert transformer._repr_html_()
    for name in transformer.get_params():
        assert name in html


@every
def test_images_stay_arrays_where_data_frames_are_asked_for(transformer):
    transformer = clone(transformer)
    if getattr(transformer, "flatten", False):
        transformer.set_params(flatten=False)
    expected = transformer.transform(X)
    with config_context(transform_output="pandas"):
        by_setting = clone(transformer).fit(X).transform(X)
    assert transformer.set_output(transform="pandas") is transformer
    for images in (by_setting, transformer.fit_transform(X), clone(transformer).transform(X)):
        assert isinstance(images, np.ndarray)
        np.testing.assert_array_equal(images, expected)


@pytest.mark.parametrize(
    "reader", [ImageLoader((2, 3), flatten=True), InkNormalizer(2, on_blank="ignore")]
)
def test_flat_rows_have_the_requested_container(reader):
    pd = pytest.importorskip("pandas")
    reader = clone(reader).set_params(flatten=True)
    rows = reader.transform(X)
    column = pd.Series([to_png(image) for image in X], index=list("uvwxyz"), name="image")
    framed = clone(reader.set_output(transform="pandas")).fit_transform(column)
    assert list(framed.columns) == list(reader.get_feature_names_out())
    assert list(framed.index) == list("uvwxyz")
    np.testing.assert_array_equal(framed, rows)
    scaled = PixelScaler().set_output(transform="pandas").transform(framed)
    assert list(scaled.columns) == list(framed.columns)
    assert list(scaled.index) == list("uvwxyz")
    np.testing.assert_allclose(scaled, rows / 255, rtol=1e-6)
    unnamed = PixelScaler().set_output(transform="pandas").transform(rows)
    assert list(unnamed.columns[:2]) == ["x0", "x1"]
    assert isinstance(reader.set_output(transform="default").transform(column), np.ndarray)
    with config_context(transform_output="pandas"):
        assert isinstance(clone(reader).set_output().fit_transform(X), np.ndarray)
        assert isinstance(ImageLoader(2, flatten=True).fit_transform(X), pd.DataFrame)


def test_flat_rows_come_as_frames_of_polars():
    pl = pytest.importorskip("polars")
    loader = ImageLoader((2, 3), flatten=True).set_output(transform="polars")
    rows = loader.transform(X)
    assert isinstance(rows, pl.DataFrame)
    assert rows.columns == list(loader.get_feature_names_out())


@pytest.mark.parametrize(
    ("cls", "bad"),
    [
        (ImageLoader, {"size": 0}),
        (ImageLoader, {"size": "32"}),
        (ImageLoader, {"size": (32,)}),
        (ImageLoader, {"size": (32, 0)}),
        (ImageLoader, {"size": (32, 32, 1)}),
        (ImageLoader, {"size": (3.5, 4)}),
        (ImageLoader, {"mode": "rgb"}),
        (ImageLoader, {"keep_aspect": "yes"}),
        (ImageLoader, {"background": 256}),
        (ImageLoader, {"background": "white"}),
        (ImageLoader, {"max_pixels": 0}),
        (ImageLoader, {"flatten": None}),
        (ImageLoader, {"on_error": "ignore"}),
        (ImageLoader, {"n_jobs": 0}),
        (ImageLoader, {"n_jobs": 1.5}),
        (InkNormalizer, {"size": -1}),
        (InkNormalizer, {"polarity": "dark"}),
        (InkNormalizer, {"margin": 0.5}),
        (InkNormalizer, {"margin": -0.1}),
        (InkNormalizer, {"center": "middle"}),
        (ImageAugmenter, {"rotation": "a lot"}),
    ],
)
def test_bad_parameters_are_named(cls, bad):
    (name,) = bad
    transformer = cls(**bad)  # the constructor accepts anything
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        transformer.fit(X)
    if cls is not ImageAugmenter:
        with pytest.raises(ValueError, match=f"'{name}' parameter"):
            transformer.transform(X)


@every_reader
def test_tags_of_readers(transformer):
    tags = get_tags(transformer)
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert tags.transformer_tags is not None


def to_png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@every_reader
def test_encoded_images_give_the_same(transformer):
    np.testing.assert_array_equal(
        transformer.transform([to_png(image) for image in X]), transformer.transform(X)
    )


class MeanLevel(BaseEstimator):
    """The last step of a test pipeline: mean level of every image."""

    def fit(self, X, y=None):
        self.shape_ = np.shape(X)[1:]
        return self

    def predict(self, X):
        return np.asarray(X).reshape(len(X), -1).mean(axis=1)


@every_reader
def test_pipeline(transformer):
    pipeline = make_pipeline(
        clone(transformer), PixelScaler(), ImageAugmenter(rotation=5), MeanLevel()
    )
    with pytest.warns(AugmentationLostWarning, match="meanlevel"):
        pipeline.fit([to_png(image) for image in X])
    levels = pipeline.predict(X)
    expected = transformer.transform(X).reshape(len(X), -1).mean(axis=1) / 255
    np.testing.assert_allclose(levels, expected, rtol=1e-5)
    assert pipeline[-1].shape_ == transformer.transform(X).shape[1:]


def test_pandas_output_of_a_pipeline():
    pipeline = make_pipeline(ImageLoader(4, flatten=True), PixelScaler(), MeanLevel())
    pipeline[:-1].set_output(transform="pandas")
    assert pipeline.fit(X).predict(X).shape == (6,)


def test_grid_search_over_paths(tmp_path):
    paths = []
    for i, image in enumerate(X):
        paths.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(image).save(paths[-1])
    pipeline = make_pipeline(ImageLoader(flatten=True), PixelScaler(), DummyClassifier())
    search = GridSearchCV(pipeline, {"imageloader__size": [4, (8, 6)]}, cv=3)
    search.fit(paths, ["a", "b"] * 3)
    assert search.cv_results_["mean_test_score"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("reader", [ImageLoader(4), InkNormalizer(4, on_blank="ignore")])
@pytest.mark.parametrize("column", ["image", ["image"]])
def test_column_transformer(reader, column):
    reader = clone(reader).set_params(flatten=True)
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"image": [to_png(image) for image in X], "width": np.arange(6)})
    columns = ColumnTransformer([("pixels", reader, column), ("rest", "passthrough", ["width"])])
    table = columns.fit_transform(frame)
    assert table.shape == (6, 17)
    np.testing.assert_array_equal(table[:, :16], reader.transform(X))
    names = columns.get_feature_names_out()
    assert names[[0, 15, 16]].tolist() == ["pixels__pixel_0_0", "pixels__pixel_3_3", "rest__width"]
    framed = columns.set_output(transform="pandas").fit_transform(frame)
    assert list(framed.columns) == list(names)


def test_column_transformer_needs_flat_images():
    columns = ColumnTransformer([("pixels", ImageLoader(4), [0])])
    with pytest.raises(ValueError, match="should be 2D"):
        columns.fit_transform(np.array([to_png(image) for image in X], dtype=object)[:, None])

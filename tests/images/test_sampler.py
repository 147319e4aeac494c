import inspect

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline as make_pipeline_of_scikit_learn
from sklearn.svm import SVC

from skhcr.images import AugmentingSampler, ImageAugmenter


def images_of(shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 36), (4, 6, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_fit_resample_appends_varied_copies(shape, dtype):
    X, y = images_of(shape, dtype), np.array(list("abca"))
    sampler = AugmentingSampler(rotation=20, copies=2, random_state=0)

    X_more, y_more = sampler.fit_resample(X, y)

    assert X_more.shape == (12, *shape[1:])
    assert X_more.dtype == dtype
    np.testing.assert_array_equal(X_more[:4], X)
    np.testing.assert_array_equal(y_more, np.tile(y, 3))
    assert len(np.unique(X_more.reshape(12, -1), axis=0)) == 12
    np.testing.assert_array_equal(X_more, sampler.fit_resample(X, y)[0])


def test_copies_stay_with_their_label():
    X = np.zeros((2, 8, 8), np.uint8)
    X[1] = 255

    X_more, y_more = AugmentingSampler(rotation=20, copies=3).fit_resample(X, [0, 255])

    np.testing.assert_array_equal(X_more.max(axis=(1, 2)), y_more)


def test_a_series_of_labels_keeps_name_and_dtype():
    y = pd.Series(["a", "b", "a"], index=[7, 8, 9], name="letter", dtype="category")

    _, y_more = AugmentingSampler(copies=1).fit_resample(images_of((3, 4, 4)), y)

    pd.testing.assert_series_equal(y_more, pd.Series(list("abaaba"), name="letter", dtype=y.dtype))


def test_an_svc_learns_from_copies_in_an_imblearn_pipeline():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=100, stratify=y, random_state=0
    )
    sampler = AugmentingSampler(rotation=10, translation=0.05, copies=2, random_state=0)

    pipe = make_pipeline(sampler, SVC()).fit(X_train, y_train)

    by_hand = SVC().fit(*clone(sampler).fit_resample(X_train, y_train))
    assert by_hand.shape_fit_ == (300, 64)
    np.testing.assert_array_equal(pipe.predict(X_test), by_hand.predict(X_test))
    assert pipe.score(X_test, y_test) > SVC().fit(X_train, y_train).score(X_test, y_test)
    assert cross_val_score(pipe, X_train, y_train, cv=3).mean() > 0.9


def test_it_works_with_metadata_routing():
    X, y = load_digits(n_class=2, return_X_y=True)

    with config_context(enable_metadata_routing=True):
        pipe = make_pipeline(AugmentingSampler(rotation=10, copies=1), SVC()).fit(X, y)

    assert pipe[-1].shape_fit_ == (2 * len(X), 64)


def test_it_draws_by_the_recipe_of_the_augmenter():
    X = images_of((5, 8, 8))
    amounts = {"rotation": 30, "translation": (0.2, 0), "noise": 0.1, "random_state": 3}

    X_more, _ = AugmentingSampler(copies=1, **amounts).fit_resample(X, np.arange(5))

    expected = ImageAugmenter(**amounts).preview(X, n=1).reshape(5, 8, 8)
    np.testing.assert_array_equal(X_more[5:], expected)


def test_it_has_the_parameters_of_the_augmenter_and_documents_them():
    amounts = ImageAugmenter().get_params()

    assert AugmentingSampler().get_params() == {"copies": 1, **amounts}
    described = [inspect.getdoc(kind) for kind in (ImageAugmenter, AugmentingSampler)]
    lines = described[0][described[0].index("rotation : ") : described[0].index("\n\nSee Also")]
    assert f"{lines}\n\nSee Also" in described[1]
    assert [line.split(" : ")[0] for line in lines.splitlines() if line[0] != " "] == list(
        inspect.signature(ImageAugmenter).parameters
    )


@pytest.mark.parametrize(
    ("name", "value"), [("copies", 0), ("copies", 1.5), ("rotation", 181), ("translation", "much")]
)
def test_parameters_out_of_range_are_refused_by_name(name, value):
    sampler = AugmentingSampler(**{name: value})

    with pytest.raises(ValueError, match=f"'{name}' parameter of AugmentingSampler must be"):
        sampler.fit_resample(images_of((2, 4, 4)), [0, 1])
    with pytest.raises(ValueError, match=f"'{name}' parameter of AugmentingSampler must be"):
        sampler.fit()


def test_scikit_learns_pipeline_refuses_it():
    pipe = make_pipeline_of_scikit_learn(AugmentingSampler(), SVC())

    with pytest.raises(TypeError, match=r"should be transformers.*AugmentingSampler"):
        pipe.fit(images_of((4, 64)), [0, 1, 0, 1])

"""Saving and loading what is well meant."""

import json
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhcr import CNN, CNNClassifier, ImageLoader, InkNormalizer, PixelScaler, ResNet, load, save
from skhcr.model_selection import OptunaSearchCV
from skhcr.persistence import LoadError, UntrustedTypesError, _archive

from .conftest import unzip, zip_of

NETWORK = CNN(filters=(4,), dense=(), dropout=0.0)


def tiny(**parameters):
    return CNNClassifier(**{"model": NETWORK, "epochs": 1, "random_state": 0} | parameters)


def test_a_pipeline_is_restored(pipeline, saved, images):
    again = load(saved)
    np.testing.assert_array_equal(again.predict_proba(images[0]), pipeline.predict_proba(images[0]))
    np.testing.assert_array_equal(again.classes_, ["ا", "ط"])
    assert again[-1].get_params()["model"].filters == (4,)
    assert again[-1].history_ == pipeline[-1].history_
    assert again.score(*images) > 0.9


def test_saving_leaves_the_live_estimator_alone(images, tmp_path, monkeypatch):
    steps = ImageLoader((8, 8), cache_folder=tmp_path), tiny(checkpoint_folder=tmp_path)
    pipeline = make_pipeline(*steps, memory=str(tmp_path / "memory"))
    grid = {"imageloader__cache_folder": [str(tmp_path)]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(*images)
    dumps, seen = skops.io.dumps, []

    def look(written):
        best = search.best_estimator_
        seen.append((best[0].cache_folder, best[1].checkpoint_folder, best.memory, dict(grid)))
        return dumps(written)

    monkeypatch.setattr(skops.io, "dumps", look)
    again = load(save(search, tmp_path / "search.skhcr"))
    unchanged = {"imageloader__cache_folder": [str(tmp_path)]}
    assert seen == [(str(tmp_path), tmp_path, pipeline.memory, unchanged)]
    assert again.param_grid == {"imageloader__cache_folder": [None]}
    assert (again.estimator[0].cache_folder, again.estimator.memory) == (None, None)


def change_manifest(path, **entries):
    members = unzip(path.read_bytes())
    manifest = json.loads(members[_archive.MANIFEST]) | entries
    members[_archive.MANIFEST] = json.dumps(manifest).encode()
    path.write_bytes(zip_of(members))


@pytest.mark.parametrize("name", ["keras", "numpy", "skops"])
def test_a_later_version_is_named_as_the_cause(saved, name):
    change_manifest(saved, versions={name: "99.1.2"})
    load(saved)  # a later version alone is no reason to refuse a file
    change_manifest(saved, format=99)
    message = rf"saved with {name} 99\.1\.2, but {name} \S+ is installed, .* update {name}"
    with pytest.raises(LoadError, match=message):
        load(saved)


def test_long_messages_are_shortened():
    with pytest.raises(LoadError) as raised, _archive.damaged("it is damaged"):
        raise ValueError("begin " + "x" * 3000 + " the cause")
    assert str(raised.value).startswith("it is damaged (begin xxx")
    assert str(raised.value).endswith("xxx the cause)")
    assert len(str(raised.value)) < 500


def test_folders_of_another_machine_are_forgotten(pipeline, saved, images, tmp_path):
    assert pipeline[0].cache_folder is not None
    assert load(saved)[0].cache_folder is None
    parts = make_pipeline(
        ImageLoader((8, 8), cache_folder=tmp_path),
        tiny(checkpoint_folder=tmp_path),
        memory=str(tmp_path / "memory"),
    )
    search = GridSearchCV(parts, {"cnnclassifier__epochs": [1]}, cv=2).fit(*images)
    again = load(save(search, tmp_path / "search.skhcr"))
    for there, here in [
        (search.estimator, again.estimator),
        (search.best_estimator_, again.best_estimator_),
    ]:
        assert [there[0].cache_folder, there[1].checkpoint_folder] == [tmp_path, tmp_path]
        assert [here[0].cache_folder, here[1].checkpoint_folder, here.memory] == [None, None, None]
        assert there.memory is not None


@pytest.mark.filterwarnings("ignore:.*layers that compute in mixed_float16")
@pytest.mark.parametrize("mixed_precision", [False, "float16"])
def test_partial_fits_continue_exactly_with_the_optimizer(images, tmp_path, mixed_precision):
    def begun():
        network = CNN(filters=(4,), dense=(8,), dropout=0.5)
        classifier = tiny(model=network, mixed_precision=mixed_precision)
        for _ in range(2):
            classifier.partial_fit(*images, classes=["ا", "ط"])
        return classifier

    unsaved = begun().partial_fit(*images).predict_proba(images[0])
    weights = save(begun(), tmp_path / "weights.skhcr")
    all_of_it = save(begun(), tmp_path / "all.skhcr", include_optimizer=True)
    assert weights.stat().st_size < all_of_it.stat().st_size
    again = load(all_of_it).partial_fit(*images).predict_proba(images[0])
    np.testing.assert_array_equal(again, unsaved)
    again = load(weights).partial_fit(*images).predict_proba(images[0])
    assert not np.array_equal(again, unsaved)


def test_optimizers_that_would_be_others_are_not_saved(images, tmp_path):
    classifier = tiny().partial_fit(*images, classes=["ا", "ط"]).set_params(optimizer="sgd")
    again = load(save(classifier, tmp_path / "a.skhcr", include_optimizer=True))
    np.testing.assert_array_equal(
        again.partial_fit(*images).predict_proba(images[0]),
        classifier.partial_fit(*images).predict_proba(images[0]),
    )


def test_a_warm_start_continues_exactly(images, tmp_path):
    def begun():
        network = CNN(filters=(4,), dense=(8,), dropout=0.5)
        return tiny(model=network, warm_start=True).fit(*images)

    again = load(save(begun(), tmp_path / "a.skhcr")).fit(*images)
    np.testing.assert_array_equal(
        again.predict_proba(images[0]), begun().fit(*images).predict_proba(images[0])
    )


def test_a_fit_leaves_no_optimizer_to_save(images, tmp_path):
    fitted = tiny().fit(*images)
    sizes = {
        save(fitted, tmp_path / "a.skhcr", include_optimizer=include).stat().st_size
        for include in (False, True)
    }
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("last", "types"),
    [
        (SVC(), ["sklearn.svm._classes.SVC"]),
        (KNeighborsClassifier(), ["sklearn.neighbors._classification.KNeighborsClassifier"]),
    ],
)
def test_compiled_code_that_believes_a_file_is_not_trusted(last, types, images, tmp_path):
    fitted = make_pipeline(ImageLoader((8, 8), flatten=True), last).fit(*images)
    path = save(fitted, tmp_path / "a.skhcr")
    with pytest.raises(UntrustedTypesError, match=f"{types[0]}.*compiled code") as raised:
        load(path)
    assert raised.value.types == types
    again = load(path, trusted=types)
    np.testing.assert_array_equal(again.predict(images[0]), fitted.predict(images[0]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(PixelScaler(), tiny(standardize=False)),
        lambda: make_pipeline(InkNormalizer((8, 8), on_blank="ignore"), tiny(calibrate=True)),
        lambda: tiny(class_weight={"ا": 2.0, "ط": 1.0}, random_state=np.random.RandomState(3)),
        lambda: CNNClassifier(ResNet(width=4, stages=1, depth=1), epochs=1, test_time_shift=1),
        lambda: VotingClassifier([("a", tiny()), ("b", tiny(random_state=1))], voting="soft"),
        lambda: GridSearchCV(tiny(), {"learning_rate": [1e-3, 1e-2]}, cv=2),
        lambda: make_pipeline(ImageLoader((8, 8), flatten=True), SGDClassifier(tol=None)),
        lambda: StackingClassifier([("a", tiny()), ("b", tiny(random_state=1))], cv=2),
        lambda: make_pipeline(ImageLoader((8, 8), flatten=True), MLPClassifier((4,), tol=1)),
    ],
)
def test_estimators_of_all_kinds(make, images, tmp_path):
    fitted = make().fit(*images)
    again = load(save(fitted, tmp_path / "a.skhcr"))
    np.testing.assert_array_equal(again.predict(images[0]), fitted.predict(images[0]))
    if hasattr(fitted, "predict_proba"):
        np.testing.assert_allclose(
            again.predict_proba(images[0]), fitted.predict_proba(images[0]), atol=1e-6
        )


def test_another_process_reads_it(saved, images, pipeline, tmp_path, run_in_new_process):
    program = """
        import numpy as np
        from skhcr import load

        np.save(answers, load(saved).predict_proba(images))
    """
    answers = tmp_path / "answers.npy"
    names = {"saved": saved, "images": images[0], "answers": answers}
    assert run_in_new_process(program, **names) == 0
    np.testing.assert_allclose(np.load(answers), pipeline.predict_proba(images[0]), atol=1e-6)


def test_it_can_be_trained_further(saved, images):
    again = load(saved)
    assert again.fit(*images).score(*images) > 0.9


def test_networks_by_function_are_saved_by_name(images, tmp_path, monkeypatch):
    module = tmp_path / "my_networks.py"
    module.write_text(
        "import keras\n"
        "def small(meta):\n"
        "    image = keras.Input(meta['image_shape_'])\n"
        "    x = keras.layers.Flatten()(image)\n"
        "    return keras.Model(image, keras.layers.Dense(2, activation='softmax')(x))\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    import my_networks

    path = save(tiny(model=my_networks.small).fit(*images), tmp_path / "a.skhcr")
    with pytest.raises(UntrustedTypesError, match=r"my_networks\.small") as caught:
        load(path)
    assert caught.value.types == ["my_networks.small"]
    again = load(path, trusted=["my_networks.small"])
    assert again.model is my_networks.small


def test_of_a_search_that_cannot_be_saved_the_best_is_named(tmp_path):
    X = np.arange(20.0)[:, None]
    search = OptunaSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}, cv=2, n_trials=2)
    search.fit(X, X[:, 0] % 2)
    message = "these parts cannot be saved: study_. Save its best_estimator_ instead"
    with pytest.raises(TypeError, match=message):
        save(search, tmp_path / "search.skhcr")
    again = load(save(search.best_estimator_, tmp_path / "best.skhcr"))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_objects_that_need_pickle_are_refused(images, tmp_path):
    import keras

    path = tmp_path / "a.skhcr"
    for parameters, name in [
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "TerminateOnNaN"),
        ({"model": lambda meta: NETWORK.build(meta["image_shape_"], 2)}, "<lambda>"),
    ]:
        fitted = tiny(**parameters).fit(*images)
        with pytest.raises(TypeError, match=f"without pickle(.|\n)*{name}"):
            save(fitted, path)
        assert not path.exists()
    with pytest.raises(NotFittedError):
        save(tiny(), path)


def test_a_crash_while_saving_leaves_the_old_file(pipeline, saved, monkeypatch):
    before = saved.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_archive.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        save(pipeline, saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_versions_are_recorded(saved):
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read("skhcr.json"))
    assert manifest["format"] == 1
    assert {"skhcr", "keras", "scikit-learn"} <= set(manifest["versions"])


def test_files_of_a_later_version_are_refused(saved):
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read("skhcr.json"))
        estimator = archive.read("estimator.skops")
    del manifest["sha256"]
    _archive.write_archive(saved, manifest | {"format": 2}, {"estimator.skops": estimator})
    with pytest.raises(
        LoadError, match="it has format 2, but this version of skhcr supports only 1"
    ):
        load(saved)


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.skhcr")


def test_files_of_version_1_load_for_ever():
    folder = Path(__file__).parent / "files"
    known = np.load(folder / "version_1.npz")
    pipeline = load(folder / "version_1.skhcr")
    np.testing.assert_allclose(
        pipeline.predict_proba(known["images"]), known["probabilities"], atol=1e-5
    )
    np.testing.assert_array_equal(pipeline.classes_, ["ا", "ط"])


@pytest.fixture
def save_with_ink(tmp_path, monkeypatch):
    """A function that saves a search whose InkNormalizers have another state of their own."""
    pages = np.full((4, 12, 12), 255, np.uint8)
    pages[::2, 3:6, 3:6] = 0
    pages[1::2, 3:9, 5:7] = 0
    pipeline = make_pipeline(InkNormalizer(8, flatten=True), SGDClassifier(random_state=0))
    search = GridSearchCV(pipeline, {"inknormalizer__margin": [0.1]}, cv=2).fit(pages, [0, 1, 0, 1])

    def save_it(**state):
        with monkeypatch.context() as patch:
            patch.setattr(InkNormalizer, "__getstate__", lambda self: vars(self) | state)
            return save(search, tmp_path / "letters.skhcr")

    return save_it


def test_an_earlier_way_to_find_ink_warns_once_until_it_is_saved_again(save_with_ink):
    path = save_with_ink()
    with pytest.warns(UserWarning, match="InkNormalizer finds ink differently") as told:
        search = load(path)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match="finds ink differently"):
            load(path)
        load(save(search, path))


@pytest.mark.parametrize(
    ("version", "message"),
    [(3, "a later version of skhcr wrote it: update skhcr"), ("3", "it is damaged")],
)
def test_a_later_way_to_find_ink_is_an_error(save_with_ink, version, message):
    with pytest.raises(LoadError, match=message):
        load(save_with_ink(_ink_version=version))

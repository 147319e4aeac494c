"""Saved pipelines that answer without TensorFlow, and without scikit-learn."""

import hashlib
import json
import pickle
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNN,
    ImageLoader,
    MergedLabels,
    PixelScaler,
    WriterAdapter,
    datasets,
    load,
    load_exported,
    load_pretrained,
    save,
)
from skhcr.persistence import LoadError, can_load_exported
from skhcr.persistence._archive import MANIFEST

from .conftest import ESTIMATOR, unzip, zip_of
from .test_file import tiny

MEMBER = "answers.json"


def run_without(blocked, program, *arguments):
    """Run a program where packages cannot be imported; return what it prints."""
    head = f"import sys\nfor name in {blocked!r}:\n    sys.modules[name] = None\n"
    command = [sys.executable, "-c", head + textwrap.dedent(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(pipeline, images):
    """Estimators around a network, of all kinds."""
    merged = MergedLabels(pipeline, groups=[["ا", "ط"]])
    adapter = WriterAdapter(pipeline).fit_writer(images[0][:4], images[1][:4])
    return {"pipeline": pipeline, "adapter": adapter, "merged": merged, "alone": pipeline[-1]}


def test_answers_without_tensorflow(made, images, tmp_path):
    program = """
        import json, pickle
        import numpy as np
        import skhcr

        images = np.load(sys.argv[1])
        for path in sys.argv[2:]:
            model = skhcr.load(path)
            model = pickle.loads(pickle.dumps(model))
            answers = model.predict(images), model.predict_proba(images)
            print(json.dumps([part.tolist() for part in answers]))
            again = skhcr.load(skhcr.save(model, path, half=True))
            print(json.dumps(again.predict(images).tolist()))
    """
    np.save(tmp_path / "images.npy", images[0])
    paths = [save(model, tmp_path / f"{name}.skhcr") for name, model in made.items()]
    printed = run_without(["tensorflow", "keras"], program, tmp_path / "images.npy", *paths)
    lines = iter(printed.splitlines())
    for model in made.values():
        labels, probabilities = json.loads(next(lines))
        assert labels == model.predict(images[0]).tolist()
        np.testing.assert_allclose(probabilities, model.predict_proba(images[0]), atol=1e-6)
        assert json.loads(next(lines)) == labels


def test_tensorflow_comes_with_the_model_and_with_training(saved, images):
    loaded = load(saved)
    expected = loaded.predict_proba(images[0])
    classifier = loaded[-1]
    before = classifier._network
    pixels = images[0][..., np.newaxis]
    np.testing.assert_allclose(np.asarray(classifier.model_(pixels)), expected, atol=1e-5)
    assert classifier._network is not before
    assert classifier.model_ is classifier.model_
    np.testing.assert_array_equal(loaded.predict_proba(images[0]), expected)
    *others, kernel, bias = classifier.model_.get_weights()
    classifier.model_.set_weights([*others, 0 * kernel, bias])
    assert np.ptp(loaded.predict_proba(images[0]), axis=0).max() < 1e-6
    again = load(saved)[-1].set_params(warm_start=True, epochs=1)
    n_before = again.n_iter_
    assert again.fit(*images).n_iter_ == n_before + 1


def test_a_fit_that_fails_leaves_the_loaded_network(saved, images):
    classifier = load(saved)[-1].set_params(warm_start=True)
    expected = classifier.predict_proba(images[0])
    with pytest.raises(ValueError, match="must keep its classes"):
        classifier.fit(images[0], np.arange(40) % 4)
    np.testing.assert_array_equal(classifier.predict_proba(images[0]), expected)


@pytest.fixture(scope="module")
def files(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{index}.png" for index in range(4)]
    for path, pixels in zip(paths, images[0], strict=False):
        Image.fromarray(pixels).resize((12, 12)).save(path)
    return paths


def adjusted(images):
    scaled = tiny(standardize=False, test_time_shift=1, calibrate=True, epochs=2)
    return make_pipeline(ImageLoader((8, 8), background=0), PixelScaler(), scaled).fit(*images)


def test_the_answering_part_needs_no_scikit_learn(images, files, tmp_path):
    model = adjusted(images)
    assert model[-1].temperature_ != 1
    path = save(model, tmp_path / "letters.skhcr")
    assert can_load_exported(path)
    blocked = ["tensorflow", "keras", "sklearn", "scipy", "joblib", "skops"]
    program = """
        import json
        import skhcr

        model = skhcr.load_exported(sys.argv[1])
        print(json.dumps(model.predict_proba(sys.argv[2:]).tolist()))
        print(*model.classes_)
    """
    answers, labels = run_without(blocked, program, path, *files).splitlines()
    np.testing.assert_allclose(json.loads(answers), model.predict_proba(files), atol=1e-6)
    assert labels.split() == model.classes_.tolist()
    exported = pickle.loads(pickle.dumps(load_exported(path)))
    np.testing.assert_array_equal(exported.predict(files), model.predict(files))


def test_half_as_many_bits_answer_alike(images, tmp_path):
    large = tiny(model=CNN(filters=(16, 32), padding="same", dense=(256,))).fit(*images)
    path = save(large, tmp_path / "a.skhcr", half=True)
    expected = load(path).predict_proba(images[0])
    np.testing.assert_allclose(load_exported(path).predict_proba(images[0]), expected, atol=1e-6)
    np.testing.assert_allclose(expected, large.predict_proba(images[0]), atol=5e-3)


def test_other_estimators_are_for_load_alone(images, tmp_path):
    voting = VotingClassifier([("a", tiny()), ("b", tiny())], voting="soft").fit(*images)
    path = save(voting, tmp_path / "a.skhcr")
    assert not can_load_exported(path)
    assert set(unzip(path.read_bytes())) == {MANIFEST, ESTIMATOR}
    with pytest.raises(LoadError, match=r"a\.skhcr.* an estimator that only skhcr\.load supports"):
        load_exported(path)


def one_odd_layer(meta):
    import keras

    image = keras.Input(meta["image_shape_"])
    x = keras.layers.LayerNormalization()(keras.layers.Flatten()(image))
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"model": one_odd_layer}, r"keras\.layers\.LayerNormalization"),
        ({"mixed_precision": True}, "compute in mixed_bfloat16"),
    ],
)
def test_untranslated_networks_warn_once(parameters, message, images, tmp_path):
    fitted = tiny(**parameters).fit(*images)
    with pytest.warns(UserWarning, match=f"needs TensorFlow to predict.*{message}") as told:
        path = save(make_pipeline(PixelScaler(), fitted), tmp_path / "a.skhcr")
    assert [warning.filename for warning in told] == [__file__]
    assert not can_load_exported(path)
    trusted = [f"{__name__}.one_odd_layer"] if "model" in parameters else []
    np.testing.assert_allclose(
        load(path, trusted=trusted).predict_proba(images[0] / 255),
        make_pipeline(PixelScaler(), fitted).predict_proba(images[0] / 255),
        atol=1e-6,
    )


@pytest.fixture
def change_member(saved):
    """A function that changes the answering member of a file, as one who knows checksums."""

    def change(edit):
        members = unzip(saved.read_bytes())
        known = json.loads(members[MEMBER])
        edit(known)
        members[MEMBER] = json.dumps(known).encode()
        manifest = json.loads(members[MANIFEST])
        manifest["sha256"][MEMBER] = hashlib.sha256(members[MEMBER]).hexdigest()
        saved.write_bytes(zip_of(members | {MANIFEST: json.dumps(manifest)}))
        return saved

    return change


def change_layer(known, **values):
    config = json.loads(known["config"])
    network = config["config"]["layers"][-1]["config"]["layers"]
    next(part for part in network if part["class_name"] == "Dense")["config"].update(values)
    known["config"] = json.dumps(config)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda known: known.update(classes=["ا", "ب", "ط"]), "prototypes do not match its labels"),
        (lambda known: known.update(temperature=-1.0), "temperature_ must be a positive number"),
        (lambda known: known.update(test_time_shift=60), "test_time_shift must be an integer"),
        (lambda known: known.update(image_shape=[9, 8, 1], readers=[]), "does not accept images"),
        (lambda known: known["weights"].append("../harm.npy"), "metadata are damaged"),
        (lambda known: known["weights"].append("schema.json"), "schema.json' is damaged"),
        (lambda known: known["weights"].append(known["weights"][0]), "is used for the weights"),
        (lambda known: known["weights"].reverse(), "metadata are damaged"),
        (lambda known: change_layer(known, units=10**12), "metadata are damaged"),
        (lambda known: change_layer(known, activation="posix.system"), "metadata are damaged"),
        (lambda known: known.update(config="[" * 10**6), "metadata are damaged"),
        (lambda known: known.update(format=2), "has format 2"),
        (lambda known: known.update(more="x" * 10**7), "far too long"),
    ],
)
def test_untrusted_metadata_about_outputs(change_member, edit, message):
    with pytest.raises(LoadError, match=message):
        load_exported(change_member(edit))


def test_non_numeric_weights_are_an_error(pipeline, images, tmp_path):
    network = pipeline[-1]._network
    weights = network.model.get_weights()
    network.model.set_weights([np.full_like(weight, np.nan) for weight in weights])
    try:
        path = save(pipeline, tmp_path / "a.skhcr")
    finally:
        network.model.set_weights(weights)
    for read in (load, load_exported):
        with pytest.raises(ValueError, match="answer to image 0 is not a row of probabilities"):
            read(path).predict(images[0])


def test_files_that_were_changed_are_refused(saved):
    data = saved.read_bytes()
    for place in np.random.default_rng(0).integers(len(data) * 8, size=40):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << (place % 8)
        saved.write_bytes(damaged)
        try:
            load_exported(saved)
        except LoadError:
            continue
        with zipfile.ZipFile(saved) as archive:  # a bit that means nothing, such as a date
            assert MEMBER in archive.namelist()


def test_networks_are_kept_once(pipeline, tmp_path):
    with zipfile.ZipFile(save(pipeline, tmp_path / "a.skhcr")) as archive:
        assert archive.getinfo(MEMBER).file_size < 20_000


def test_the_same_as_keras_on_real_letters(data_home):
    from skhcr._keras import TrainedNetwork

    test = datasets.fetch_ahcd(subset="test", data_home=data_home)
    pipeline = load_pretrained("arabic-letters")
    network = pipeline[-1]._network
    pixels = pipeline[:-1].transform(test.images).reshape(-1, *network.image_shape)
    found = network.predict(pixels, 64)
    keras_network = TrainedNetwork.from_kept(network)
    expected = keras_network._compiled.predictor(pixels, 64)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
    np.testing.assert_array_equal(keras_network.predict(pixels[:99], 64), found[:99])

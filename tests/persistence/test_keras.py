"""Networks in Keras' own files, both ways."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, PixelScaler, from_keras, load, save, to_keras
from skhcr.inspection import SaliencyDisplay
from skhcr.persistence import LoadError

NETWORK = CNN(filters=(4,), dense=(), dropout=0.0)
ENDINGS = [".keras", ".h5"]


def tiny(**parameters):
    return CNNClassifier(**{"model": NETWORK, "epochs": 8, "random_state": 0} | parameters)


@pytest.fixture(scope="module")
def fitted(images):
    return tiny(batch_size=8, test_time_shift=1, calibrate=True).fit(*images)


def layers_of(activation="softmax", units=2):
    return [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(3, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation=activation),
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_there_and_back(fitted, images, tmp_path, ending):
    path = to_keras(fitted, tmp_path / f"letters{ending}")
    again = from_keras(path)
    np.testing.assert_array_equal(again.predict_proba(images[0]), fitted.predict_proba(images[0]))
    np.testing.assert_array_equal(again.classes_, ["ا", "ط"])
    assert again.n_features_in_ == 64
    assert again.standardize
    assert again.set_params(warm_start=True, epochs=1).fit(*images).n_iter_ == 1
    assert again.score(*images) > 0.9
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
def test_keras_reads_it_as_any_other(fitted, images, tmp_path, ending):
    model = keras.saving.load_model(to_keras(fitted, tmp_path / f"a{ending}"))
    answers = model.predict(images[0][..., np.newaxis], verbose=0)
    np.testing.assert_array_equal(fitted.classes_[answers.argmax(axis=1)], images[1])
    assert not model.compiled


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_of_keras_becomes_a_classifier(images, tmp_path, ending):
    pixels, labels = images
    model = keras.Sequential(layers_of())
    model.compile("adam", "sparse_categorical_crossentropy")
    scaled = (pixels / 255)[..., np.newaxis]
    model.fit(scaled, (labels == "ط").astype(int), epochs=30, batch_size=8, verbose=0)
    model.save(tmp_path / f"a{ending}")
    numbered = from_keras(tmp_path / f"a{ending}")
    np.testing.assert_array_equal(numbered.classes_, [0, 1])
    np.testing.assert_allclose(
        numbered.predict_proba(scaled), model.predict(scaled, verbose=0), atol=1e-6
    )
    named = from_keras(tmp_path / f"a{ending}", classes=["ا", "ط"])
    pipeline = make_pipeline(PixelScaler(), named)
    assert accuracy_score(labels, pipeline.predict(pixels)) == pipeline.score(pixels, labels) == 1
    assert not named.standardize


def test_classes_in_another_order(images):
    model = keras.Sequential(layers_of(units=3))
    answers = model.predict(images[0][..., np.newaxis], verbose=0)
    classifier = from_keras(model, classes=["b", "c", "a"])
    np.testing.assert_array_equal(classifier.classes_, ["a", "b", "c"])
    np.testing.assert_allclose(
        classifier.predict_proba(images[0]), answers[:, [2, 0, 1]], atol=1e-5
    )
    assert model.layers[-1].get_weights()[1].shape == (3,)
    np.testing.assert_array_equal(
        model.predict(images[0][..., np.newaxis], verbose=0), answers
    )  # the model itself is as it was
    with pytest.raises(ValueError, match="must be sorted"):
        from_keras(keras.Sequential(layers_of("sigmoid", 1)), classes=["b", "a"])
    image, *_ = layers = [keras.Input((8, 8, 1)), keras.layers.Flatten()]
    branches = [keras.layers.Dense(3, "softmax")(layers[1](image)) for _ in range(2)]
    joined = keras.Model(image, keras.layers.Average()(branches))
    with pytest.raises(ValueError, match="must be sorted"):
        from_keras(joined, classes=["b", "c", "a"])


def test_given_classes_are_not_changed(fitted, tmp_path):
    path = to_keras(fitted, tmp_path / "a.keras")
    np.testing.assert_array_equal(from_keras(path, classes=["alif", "ta"]).classes_, ["alif", "ta"])
    assert from_keras(path, classes=[0, 1]).classes_.dtype.kind == "i"


@pytest.mark.parametrize(
    "metadata", ["[1]", "{}", '{"classes": [1, 2], "classes_dtype": "<U999999999"}', "nonsense"]
)
def test_damaged_metadata(fitted, tmp_path, metadata):
    path = to_keras(fitted, tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.attrs["skhcr"] = metadata
    with pytest.raises(LoadError, match="cannot be loaded"):
        from_keras(path)


def test_it_clones_saves_and_explains_itself(images, tmp_path):
    model = keras.Sequential(layers_of("sigmoid", 1))
    classifier = from_keras(model, classes=["ا", "ط"])
    again = load(save(classifier, tmp_path / "a.skhcr"))
    np.testing.assert_array_equal(
        again.predict_proba(images[0]), classifier.predict_proba(images[0])
    )
    from_scratch = clone(classifier).set_params(epochs=1, random_state=0).fit(*images)
    assert [type(layer) for layer in from_scratch.model_.layers[-1].layers] == [
        type(layer) for layer in model.layers
    ]
    assert not np.array_equal(
        from_scratch.model_.get_weights()[0], classifier.model_.get_weights()[0]
    )
    SaliencyDisplay.from_estimator(classifier, images[0][:2])
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\) and 2 classes.* shape \(6, 8, 1\)"):
        clone(classifier).fit(images[0][:, :6], images[1])


@pytest.mark.parametrize(
    ("make", "classes", "message"),
    [
        (lambda: layers_of(None), None, "does not return probabilities"),
        (lambda: layers_of(), ["a", "b", "c"], "has 2 classes"),
        (lambda: layers_of(), ["a", "a"], "has 2 classes"),
        (lambda: layers_of()[:2], None, r"outputs of shape \(6, 6, 3\)"),
        (lambda: [keras.Input((64,)), layers_of()[-1]], None, r"has inputs of shape \(64,\)"),
    ],
)
def test_models_that_are_not_image_classifiers(make, classes, message):
    with pytest.raises(ValueError, match=message):
        from_keras(keras.Sequential(make()), classes=classes)


def test_a_pipeline_and_other_endings(fitted, images, tmp_path):
    pipeline = make_pipeline(PixelScaler(), tiny(epochs=1)).fit(*images)
    with pytest.raises(TypeError, match=r"pass the last step, pipeline\[-1\]"):
        to_keras(pipeline, tmp_path / "a.keras")
    for path in (tmp_path / "a", tmp_path / "a.tf"):
        with pytest.raises(ValueError, match=r"must end with \.keras or \.h5"):
            to_keras(fitted, path)
        with pytest.raises(ValueError, match=r"must end with \.keras or \.h5"):
            from_keras(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_with_code_and_damaged_ones(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    model = keras.Sequential([*layers_of(), keras.layers.Lambda(lambda x: x)])
    model.save(path)
    with pytest.raises(LoadError, match="not Keras' own: a lambda"):
        from_keras(path)
    for data in (b"", b"nothing", path.read_bytes()[:700]):
        path.write_bytes(data)
        with pytest.raises(LoadError, match="cannot be loaded: not a whole Keras model"):
            from_keras(path)
    with pytest.raises(FileNotFoundError):
        from_keras(tmp_path / f"missing{ending}")


def test_a_class_of_another_module_is_not_imported(fitted, tmp_path):
    path = to_keras(fitted, tmp_path / "a.keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][0].update(module="os", class_name="system")
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(LoadError, match=r"os\.system"):
        from_keras(path)


def test_archives_that_break_readers(fitted, tmp_path):
    path = to_keras(fitted, tmp_path / "a.keras")
    data = path.read_bytes()
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(b"config.json"))
    for start in (8, 10, 16, 42):  # flags, method, checksum and offset of the member
        damaged = bytearray(data)
        damaged[place + start : place + start + 2] = b"\x63\x63"
        path.write_bytes(damaged)
        with pytest.raises(LoadError, match="cannot be loaded"):
            from_keras(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(60_000_000))
    with pytest.raises(LoadError, match="far too long"):
        from_keras(path)


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_models_within_models_that_were_compiled(images, tmp_path):
    inner = keras.Sequential(layers_of())
    inner.compile("adam", keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    keras.Sequential([keras.Input((8, 8, 1)), inner]).save(tmp_path / "a.keras")
    classifier = from_keras(tmp_path / "a.keras", classes=["ا", "ط"])
    again = load(save(classifier, tmp_path / "a.skhcr"))
    np.testing.assert_array_equal(
        again.predict_proba(images[0]), classifier.predict_proba(images[0])
    )


def test_weights_alone_are_not_a_model(fitted, tmp_path):
    fitted.model_.save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(LoadError, match="not a whole Keras model"):
        from_keras(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        assert "model_config" not in file.attrs

"""Files made to do harm: every one ends in an error, with nothing run and nothing written."""

import hashlib
import io
import json
import os
import pickle
import sys
import zipfile

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skhcr import CNN, CNNClassifier, from_keras, load, save
from skhcr.persistence import LoadError, UntrustedTypesError
from skhcr.persistence._archive import MANIFEST

from .conftest import ESTIMATOR, SCHEMA, unzip, zip_of


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def marker(tmp_path):
    """A path where harm would be seen."""
    folder = tmp_path / "harm"
    yield folder
    assert not folder.exists()


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path, saved, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {saved.name}


def nodes(schema):
    """Yield all dicts of a schema."""
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def change_config(schema, change):
    """Change the network's configuration in a schema."""
    for node in nodes(schema):
        text = node.get("content")
        if node.get("__loader__") == "JsonNode" and "build_config" in text:
            config = json.loads(json.loads(text))
            change(config)
            node["content"] = json.dumps(json.dumps(config))
            return
    raise AssertionError("no configuration")


def layer(config, kind):
    """Return the first layer of a kind in a configuration."""
    return next(node for node in nodes(config) if node.get("class_name") == kind)


def test_a_pickle(saved, marker):
    saved.write_bytes(pickle.dumps(Bomb(marker)))
    with pytest.raises(LoadError, match="no archive of skhcr"):
        load(saved)


def test_a_pickle_beside_the_members(saved, marker):
    members = unzip(saved.read_bytes())
    saved.write_bytes(zip_of(members | {"more.pkl": pickle.dumps(Bomb(marker))}))
    with pytest.raises(LoadError, match="not those of its manifest"):
        load(saved)


def test_a_pickle_within_an_array(tamper, marker):
    def edit(members, schema):
        name = next(name for name in members if name.endswith(".npy"))
        file = io.BytesIO()
        np.save(file, np.array([Bomb(marker)], dtype=object), allow_pickle=True)
        members[name] = file.getvalue()

    with pytest.raises(LoadError, match="holds Python objects"):
        load(tamper(edit))


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("posix", "mkdir")]
)
def test_a_function_of_the_system(tamper, module, name):
    def edit(members, schema):
        for node in nodes(schema):
            if node.get("__class__") == "CNN":
                node.clear()
                node |= {"__class__": name, "__module__": module, "__loader__": "FunctionNode"}

    with pytest.raises(UntrustedTypesError, match=f"{module}.{name}"):
        load(tamper(edit))


def test_a_class_of_the_system(tamper):
    def edit(members, schema):
        for node in nodes(schema):
            if node.get("__class__") == "CNN":
                node |= {"__class__": "Popen", "__module__": "subprocess"}

    with pytest.raises(UntrustedTypesError, match=r"subprocess\.Popen"):
        load(tamper(edit))


def test_a_call_with_arguments(tamper, marker):
    def edit(members, schema):
        for node in nodes(schema):
            if node.get("__class__") == "CNN":
                argument = {
                    "__class__": "str",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "content": json.dumps(str(marker)),
                    "is_json": True,
                }
                node |= {"__class__": "mkdir", "__module__": "os"}
                node |= {"__loader__": "ConstructorFromReduceNode", "content": argument}

    with pytest.raises(LoadError):
        load(tamper(edit))


def test_a_layer_with_code(tamper, marker):
    folder = str(marker)
    code = keras.saving.serialize_keras_object(keras.layers.Lambda(lambda x: os.mkdir(folder)))

    def edit(members, schema):
        def put_in(config):
            victim = layer(config, "MaxPooling2D")
            victim |= {"class_name": "Lambda", "config": code["config"]}

        change_config(schema, put_in)

    with pytest.raises(LoadError, match="not Keras' own: a lambda"):
        load(tamper(edit))


def test_a_layer_of_another_module(tamper):
    def edit(members, schema):
        def put_in(config):
            victim = layer(config, "MaxPooling2D")
            victim |= {"module": "antigravity", "registered_name": None}

        change_config(schema, put_in)

    with pytest.raises(LoadError, match=r"not Keras' own: antigravity\.MaxPooling2D"):
        load(tamper(edit))
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("name", "module", "found"),
    [
        ("layers.Lambda", "keras", "a lambda"),
        ("function", "keras.utils", r"keras\.utils\.function"),
        ("utils.get_file", "keras", r"keras\.utils\.get_file"),
        ("TFSMLayer", "keras.layers", r"keras\.layers\.TFSMLayer"),
    ],
)
def test_a_part_of_keras_that_is_more_than_a_layer(tamper, name, module, found):
    def edit(members, schema):
        def put_in(config):
            victim = layer(config, "MaxPooling2D")
            victim |= {"class_name": name, "module": module, "registered_name": None}

        change_config(schema, put_in)

    with pytest.raises(LoadError, match=f"not Keras' own: {found}"):
        load(tamper(edit))


def test_a_network_larger_than_any_memory(tamper):
    def edit(members, schema):
        def put_in(config):
            layer(config, "Conv2D")["config"]["filters"] = 10**12

        change_config(schema, put_in)

    with pytest.raises(LoadError):
        load(tamper(edit))


def test_an_array_larger_than_any_memory(tamper):
    def edit(members, schema):
        name = next(name for name in members if name.endswith(".npy"))
        file = io.BytesIO()
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**15, 10**15)}
        np.lib.format.write_array_header_1_0(file, header)
        members[name] = file.getvalue()

    with pytest.raises(LoadError, match="is not as large as it says"):
        load(tamper(edit))


def test_a_zip_bomb(saved):
    members = unzip(saved.read_bytes())
    members[ESTIMATOR] = bytes(50_000_000)
    saved.write_bytes(zip_of(members, zipfile.ZIP_DEFLATED))
    assert saved.stat().st_size < 100_000
    with pytest.raises(LoadError, match="is compressed or encrypted"):
        load(saved)


def test_a_zip_bomb_within(tamper, saved):
    tamper(lambda members, schema: None)
    members = unzip(saved.read_bytes())
    bomb = zip_of({SCHEMA: bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    manifest = json.loads(members[MANIFEST])
    manifest["sha256"][ESTIMATOR] = hashlib.sha256(bomb).hexdigest()
    saved.write_bytes(zip_of({MANIFEST: json.dumps(manifest), ESTIMATOR: bomb}))
    with pytest.raises(LoadError, match="is compressed or encrypted"):
        load(saved)


@pytest.mark.parametrize("name", ["../harm", "/harm", "a/b", "..\\harm", "folder/"])
def test_members_with_paths(saved, name):
    members = unzip(saved.read_bytes())
    saved.write_bytes(zip_of(members | {name: b"harm"}))
    with pytest.raises(LoadError, match=r"a member with a path|not those of its manifest"):
        load(saved)


def test_members_with_paths_within(tamper):
    with pytest.raises(LoadError, match="a member with a path"):
        load(tamper(lambda members, schema: members.update({"../harm.npy": b"harm"})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(saved):
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(ESTIMATOR, b"another")
    with pytest.raises(LoadError, match="two members of one name"):
        load(saved)


def test_members_that_were_changed(saved):
    members = unzip(saved.read_bytes())
    members[ESTIMATOR] = members[ESTIMATOR][:-1] + b"x"
    saved.write_bytes(zip_of(members))
    with pytest.raises(LoadError, match="is not what was written"):
        load(saved)


def test_arrays_that_were_swapped(tamper):
    def edit(members, schema):
        sizes = {name: len(data) for name, data in members.items() if name.endswith(".npy")}
        small, large = min(sizes, key=sizes.get), max(sizes, key=sizes.get)
        members[small], members[large] = members[large], members[small]

    with pytest.raises(LoadError):
        load(tamper(edit))


def test_files_that_end_early(saved):
    data = saved.read_bytes()
    for n_bytes in [0, 1, 10, *range(100, len(data), len(data) // 40), len(data) - 1]:
        saved.write_bytes(data[:n_bytes])
        with pytest.raises(LoadError):
            load(saved)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"sha256": 3}', b"[" * 100_000])
def test_nonsense_for_a_manifest(saved, text):
    saved.write_bytes(zip_of(unzip(saved.read_bytes()) | {MANIFEST: text}))
    with pytest.raises(LoadError):
        load(saved)


def test_bits_that_flipped(saved, pipeline, images):
    data = saved.read_bytes()
    expected = pipeline.predict(images[0])
    refused = 0
    for place in np.random.default_rng(0).integers(len(data) * 8, size=60):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << (place % 8)
        saved.write_bytes(damaged)
        try:
            again = load(saved)
        except LoadError:
            refused += 1
        else:  # a bit of the archive's own that means nothing, such as a date
            np.testing.assert_array_equal(again.predict(images[0]), expected)
    assert refused > 50


def test_a_description_of_a_network_with_code(saved, images):
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    classifier = from_keras(keras.Sequential(layers), classes=["ا", "ط"])
    config = classifier.model.config
    for victim, words in [
        ('"module": "antigravity", "class_name": "Dense"', r"antigravity\.Dense"),
        ('"module": "keras.layers", "class_name": "Lambda"', "a lambda"),
    ]:
        hostile = config.replace('"module": "keras.layers", "class_name": "Dense"', victim)
        assert hostile != config
        classifier.model.config = hostile
        loaded = load(save(classifier, saved))
        with pytest.raises(ValueError, match=f"not Keras' own, {words}"):
            clone(loaded).fit(*images)
    assert "antigravity" not in sys.modules


def test_the_state_of_another_optimizer(saved, tamper, images):
    network = CNN(filters=(4,), dense=(), dropout=0.0)
    classifier = CNNClassifier(network, random_state=0)
    classifier.partial_fit(*images, classes=["ا", "ط"])
    save(classifier, saved, include_optimizer=True)

    def edit(members, schema):
        for name, data in members.items():
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(data))
                if array.dtype == np.float32 and array.ndim == 0:  # the learning rate
                    file = io.BytesIO()
                    np.save(file, np.zeros((1000, 1000), np.float32))
                    members[name] = file.getvalue()

    with pytest.raises(LoadError, match="damaged"):
        load(tamper(edit))

"""Files made to do harm: every one ends in an error, with nothing run and nothing written."""

import hashlib
import io
import json
import os
import pickle
import struct
import sys
import tracemalloc
import zipfile

import keras
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageLoader, from_keras, load, load_exported, save
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


@pytest.fixture
def tamper_with_config(tamper):
    """A function that changes the network's configuration in a file."""
    return lambda change: tamper(lambda members, schema: change_config(schema, change))


def layer(config, kind):
    """Return the first layer of a kind in a configuration."""
    return next(node for node in nodes(config) if node.get("class_name") == kind)


def test_a_pickle(saved, marker):
    saved.write_bytes(pickle.dumps(Bomb(marker)))
    with pytest.raises(LoadError, match="not a skhcr archive"):
        load(saved)


def test_a_pickle_beside_the_members(saved, marker):
    members = unzip(saved.read_bytes())
    saved.write_bytes(zip_of(members | {"more.pkl": pickle.dumps(Bomb(marker))}))
    with pytest.raises(LoadError, match="members do not match its manifest"):
        load(saved)


def test_a_pickle_within_an_array(tamper, marker):
    def edit(members, schema):
        name = next(name for name in members if name.endswith(".npy"))
        file = io.BytesIO()
        np.save(file, np.array([Bomb(marker)], dtype=object), allow_pickle=True)
        members[name] = file.getvalue()

    with pytest.raises(LoadError, match="contains Python objects"):
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


def test_a_layer_with_code(tamper_with_config, marker):
    folder = str(marker)
    code = keras.saving.serialize_keras_object(keras.layers.Lambda(lambda x: os.mkdir(folder)))

    def change(config):
        layer(config, "MaxPooling2D").update(class_name="Lambda", config=code["config"])

    with pytest.raises(LoadError, match="not Keras' own: a lambda"):
        load(tamper_with_config(change))


def test_a_layer_of_another_module(tamper_with_config):
    def change(config):
        layer(config, "MaxPooling2D").update(module="antigravity", registered_name=None)

    with pytest.raises(LoadError, match=r"not Keras' own: antigravity\.MaxPooling2D"):
        load(tamper_with_config(change))
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
def test_a_part_of_keras_that_is_more_than_a_layer(tamper_with_config, name, module, found):
    def change(config):
        victim = layer(config, "MaxPooling2D")
        victim.update(class_name=name, module=module, registered_name=None)

    with pytest.raises(LoadError, match=f"not Keras' own: {found}"):
        load(tamper_with_config(change))


# ------------------------------------------------------- what else Keras can be told to do


def keras_tensor(name):
    config = {"shape": [None, 8, 8, 1], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def call_of(module, function, *arguments):
    """A layer that is a call of a function, once the model is built."""
    named = {"module": module, "class_name": function, "config": {}, "registered_name": None}
    arguments = [keras_tensor("image"), [named], *arguments]
    return {
        "module": "keras.src.ops.core",
        "class_name": "Switch",
        "config": {},
        "registered_name": "Switch",
        "name": "call",
        "inbound_nodes": [{"args": arguments, "kwargs": {}}],
    }


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("keras.visualization", "plot_image_gallery"),
        ("keras.datasets.mnist", "load_data"),
        ("keras.utils", "get_file"),
    ],
)
def test_functions_of_keras(tamper_with_config, marker, module, function):
    def change(config):
        config["config"]["layers"].append(call_of(module, function, str(marker)))

    with pytest.raises(LoadError, match=f"not Keras' own: .*{function}"):
        load(tamper_with_config(change))


def test_operations_that_call_functions(tamper_with_config):
    def change(config):
        call = call_of("keras.layers", "Flatten")
        config["config"]["layers"].append(call)

    with pytest.raises(LoadError, match=r"not Keras' own: keras\.src\.ops\.core\.Switch"):
        load(tamper_with_config(change))


def test_classes_that_somebody_has_registered(tamper_with_config, marker):
    @keras.saving.register_keras_serializable(package="victim")
    class Tool(keras.layers.Layer):
        def __init__(self, folder, **kwargs):
            super().__init__(**kwargs)
            os.mkdir(folder)

    def change(config):
        layer(config, "MaxPooling2D").update(
            class_name="victim>Tool", registered_name="victim>Tool", config={"folder": str(marker)}
        )

    with pytest.raises(LoadError, match=r"not Keras' own: .*victim>Tool"):
        load(tamper_with_config(change))


def test_modules_of_keras_are_not_imported(tamper_with_config):
    def change(config):
        layer(config, "MaxPooling2D").update(module="keras.src.backend.torch", class_name="X")

    with pytest.raises(LoadError, match=r"not Keras' own: keras\.src\.backend\.torch\.X"):
        load(tamper_with_config(change))
    assert "keras.src.backend.torch" not in sys.modules


def test_metrics_for_activations(tamper_with_config):
    def change(config):
        layer(config, "Dense")["config"]["activation"] = {
            "module": "keras.metrics",
            "class_name": "AUC",
            "config": {"num_thresholds": 10**9},
            "registered_name": None,
        }

    with pytest.raises(LoadError, match=r"not Keras' own: keras\.metrics\.AUC"):
        load(tamper_with_config(change))


def test_compile_settings_of_nested_networks_are_omitted(tamper_with_config, images):
    def change(config):
        hostile = {"optimizer": {"module": "antigravity", "class_name": "X", "config": {}}}
        layer(config, "Functional")["compile_config"] = hostile

    assert load(tamper_with_config(change)).score(*images) > 0.9
    assert "antigravity" not in sys.modules


def orphan(kind, config, **more):
    """A layer that is no part of the way from image to answer."""
    part = {"module": "keras.layers", "class_name": kind, "registered_name": None, "name": "orphan"}
    return part | {"config": config | {"name": "orphan"}, "inbound_nodes": []} | more


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            orphan("Dense", {"units": 10**7}, build_config={"input_shape": [None, 1000]}),
            "10,010,000,000 weights that are not in use",
        ),
        (
            orphan("Flatten", {}, inbound_nodes=[{"args": [[0, 10**10]], "kwargs": {}}]),
            "does not depend on the images",
        ),
        (
            orphan("IndexLookup", {}, module="keras.src.layers.preprocessing.index_lookup"),
            r"not Keras' own: keras\.src\.layers\.preprocessing\.index_lookup\.IndexLookup",
        ),
    ],
)
def test_layers_that_are_not_in_use(tamper_with_config, part, message):
    with pytest.raises(LoadError, match=message):
        load(tamper_with_config(lambda config: config["config"]["layers"].append(part)))


def test_networks_within_networks(tamper_with_config):
    def change(config):
        inner = layer(config, "MaxPooling2D")
        for _ in range(12):
            inner["inbound_nodes"] = [{"args": [], "kwargs": {}}] * 8
            kind = {"module": "keras.src.models.functional", "class_name": "Functional"}
            inner = kind | {"config": {"layers": [inner]}}
        config["config"]["layers"].append(inner)

    with pytest.raises(LoadError, match="too many nested networks"):
        load(tamper_with_config(change))


def test_a_network_in_place_of_a_learning_rate(images, tamper, saved):
    classifier = CNNClassifier(CNN(filters=(4,), dense=(), dropout=0.0), random_state=0)
    classifier.partial_fit(*images, classes=["ا", "ط"])
    save(classifier, saved, include_optimizer=True)
    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10**9}}
    dense |= {"registered_name": None, "build_config": {"input_shape": [None, 100]}}

    def edit(members, schema):
        put_attribute(schema, "learning_rate", plain(dense))

    with pytest.raises(LoadError, match="'learning_rate' parameter"):
        load(tamper(edit))


# ------------------------------------------------------- what else skops can be told to do


def plain(value):
    content = json.dumps(value)
    kind = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return kind | {"content": content, "is_json": True}


def many(*items):
    kind = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    return kind | {"content": list(items)}


TEXT = {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"}


def named(**values):
    kind = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode"}
    return kind | {"content": values, "key_types": many(*[TEXT] * len(values))}


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def array_in(name):
    kind = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode"}
    return kind | {"type": "numpy", "file": name}


def put_attribute(schema, name, value):
    """Give the estimator in a schema an attribute."""
    attributes = schema["content"]
    if name not in attributes["content"]:
        attributes["key_types"]["content"].append(TEXT)
    attributes["content"][name] = value


@pytest.fixture
def tamper_with_attribute(tamper):
    """A function that gives the estimator in a file another attribute."""
    return lambda value: tamper(lambda members, schema: put_attribute(schema, "more", value))


@pytest.mark.parametrize(
    "kind",
    [
        "BytearrayNode",
        "CachedNode",
        "ConstructorFromReduceNode",
        "MethodNode",
        "OperatorFuncNode",
        "PartialNode",
        "RandomGeneratorNode",
        None,
    ],
)
def test_nodes_that_call_functions(tamper_with_attribute, kind):
    node = {"__class__": "CNN", "__module__": "skhcr.networks._cnn", "__loader__": kind}
    with pytest.raises(LoadError, match=r"'skhcr\.networks\._cnn\.CNN' as a .* never loaded"):
        load(tamper_with_attribute(node | {"content": many(plain(1)), "__id__": 1}))


@pytest.mark.parametrize("kind", ["ListNode", "LossNode", "NdArrayNode", "RandomStateNode"])
def test_nodes_that_are_something_else(tamper_with_attribute, kind):
    node = many(plain(1)) | {"__class__": "CNN", "__module__": "skhcr.networks._cnn"}
    with pytest.raises(LoadError, match=rf"'skhcr\.networks\._cnn\.CNN' as a '{kind}'"):
        load(tamper_with_attribute(node | {"__loader__": kind}))


@pytest.mark.parametrize("key", ["file", "__id__", "__loader__"])
def test_nodes_under_names_that_nodes_have(tamper_with_attribute, key):
    node = {"__class__": "CNN", "__module__": "skhcr.networks._cnn", "__loader__": "PartialNode"}
    with pytest.raises(LoadError, match="never loaded"):
        load(tamper_with_attribute(named(**{key: many(node)})))


def test_keys_that_are_called(tamper_with_attribute):
    node = named(a=plain(1))
    node["key_types"] = many({"__class__": "x", "__module__": "x", "__loader__": "FunctionNode"})
    with pytest.raises(LoadError, match=r"keys of type 'x\.x'"):
        load(tamper_with_attribute(node))


@pytest.mark.parametrize("again", [{"__id__": 7}, plain(2) | {"__id__": 7}])
def test_numbers_that_stand_for_something_else(tamper_with_attribute, again):
    node = many(plain(1), plain(1)) | {"__id__": 7}
    with pytest.raises(LoadError, match=r"have the same number|never loaded"):
        load(tamper_with_attribute(many(node, again)))


@pytest.mark.parametrize("numbers", [(None, None), (1, 2), (0, 0), (False, False)])
def test_a_member_that_is_read_often(tamper, numbers):
    def edit(members, schema):
        members["more.npy"] = next(data for name, data in members.items() if name[-4:] == ".npy")
        nodes = [array_in("more.npy") | {"__id__": number} for number in numbers]
        put_attribute(schema, "more", many(*nodes))

    with pytest.raises(LoadError, match=r"are in the same member, 'more\.npy'"):
        load(tamper(edit))


def test_arrays_that_are_referred_to_very_often(tamper):
    def edit(members, schema):
        members["more.npy"] = npy(np.zeros(1_000_000, np.float32))
        put_attribute(schema, "more", many(*[array_in("more.npy") | {"__id__": 7}] * 50))

    with pytest.raises(LoadError, match="refers to its arrays too often"):
        load(tamper(edit))


def test_lists_in_lists(tamper_with_attribute):
    node = plain(1)
    for _ in range(300):
        node = many(node)
    with pytest.raises(LoadError, match=r"damaged|too deep"):
        load(tamper_with_attribute(node))


@pytest.mark.parametrize("name", ["more.npz", "more.bin"])
def test_a_zip_bomb_in_place_of_a_sparse_matrix(tamper, name):
    def edit(members, schema):
        members[name] = zip_of({"data.npy": bytes(100_000_000)}, zipfile.ZIP_DEFLATED)
        kind = {"__class__": "spmatrix", "__module__": "scipy.sparse._matrix"}
        kind |= {"__loader__": "SparseMatrixNode", "type": "scipy", "__id__": 7}
        put_attribute(schema, "more", kind | {"file": name})

    with pytest.raises(LoadError, match="to be larger than the file"):
        load(tamper(edit))


def weights_in(schema):
    """Return the nodes of the network's weights."""
    return next(
        node["content"]["weights"]["content"]
        for node in nodes(schema)
        if isinstance(node.get("content"), dict) and "dtype_policy" in node["content"]
    )


def test_weights_that_only_have_a_shape(tamper):
    def edit(members, schema):
        change_config(schema, lambda config: layer(config, "Dense")["config"].update(units=10**8))
        bunch = named(shape=many(plain(64), plain(10**8)))
        bunch |= {"__class__": "Bunch", "__module__": "sklearn.utils._bunch"}
        weights_in(schema)[-2:] = [bunch, bunch]

    with pytest.raises(LoadError, match="not arrays of numbers"):
        load(tamper(edit))


def test_weights_of_several_layers_in_one_array(tamper):
    def edit(members, schema):
        weights = weights_in(schema)
        weights[1] = weights[0]

    with pytest.raises(LoadError, match="is used for the weights of several layers"):
        load(tamper(edit))


@pytest.mark.parametrize("text", ["{'descr': '<f4', (\n", "-" * 9900 + "1\n", "\n"])
def test_headers_of_arrays_that_break_parsers(tamper, text):
    def edit(members, schema):
        name = next(name for name in members if name.endswith(".npy"))
        members[name] = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()

    with pytest.raises(LoadError, match="is damaged"):
        load(tamper(edit))


@pytest.mark.parametrize("place", [8, 16, 20, 28, 46])
def test_directories_of_archives_that_break_readers(saved, place):
    """Flags, sizes, lengths and names of the first member are turned over."""
    data = bytearray(saved.read_bytes())
    place += data.index(b"PK\x01\x02")
    data[place : place + 2] = b"\xff\xff"
    saved.write_bytes(data)
    with pytest.raises(LoadError):
        load(saved)


def test_offsets_before_the_file(saved):
    data = bytearray(saved.read_bytes())
    place = data.rindex(b"PK\x05\x06") + 16
    (offset,) = struct.unpack_from("<I", data, place)
    struct.pack_into("<I", data, place, offset + 10**6)
    saved.write_bytes(data)
    with pytest.raises(LoadError):
        load(saved)


# ------------------------------------------------------- what happens later


def test_folders_that_the_files_maker_has_chosen(images, saved, tmp_path, monkeypatch):
    folder = tmp_path / "harm"
    reader = ImageLoader((8, 8))
    loader = make_pipeline(reader, CNNClassifier(CNN((4,), dense=()), epochs=1, random_state=0))
    search = GridSearchCV(loader, {"imageloader__cache_folder": [None]}, cv=2).fit(*images)
    search.more_ = np.array([ImageLoader((8, 8)), None], dtype=object)
    search.others_ = [{"more": {ImageLoader((8, 8))}}]
    monkeypatch.setattr("skhcr.persistence._file.without_folder", lambda name, value: value)
    for part in (search.best_estimator_[0], search.more_[0], *search.others_[0]["more"]):
        part.cache_folder = str(folder)
    search.param_grid["imageloader__cache_folder"] = [str(folder)]
    save(search, saved)
    monkeypatch.undo()
    again = load(saved)
    again.predict(images[0])
    again.fit(*images)
    again.more_[0].transform(images[0])
    next(iter(again.others_[0]["more"])).transform(images[0])
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature_", -1, "temperature_ must be a positive number, and is -1"),
        ("temperature_", float("nan"), "temperature_ must be a positive number"),
        ("temperature_", [1.0], "temperature_ must be a positive number"),
        ("test_time_shift", 60, "test_time_shift must be an integer from 0 to 8 pixels"),
        ("test_time_shift", -1, "test_time_shift must be an integer"),
        ("image_shape_", [9, 8, 1], r"expects images of shape \(8, 8, 1\)"),
        ("classes_", np.array(["ا", "ب", "ط"]), "has 2 classes, but there are 3 labels"),
        ("classes_", np.array(["ا", "ا"]), "has 2 classes"),
        ("classes_", ["ا", "ط"], "its labels are no array"),
        ("classes_", "اط", "its labels are no array"),
    ],
)
def test_fitted_attributes_that_do_not_go_with_the_network(tamper, name, value, message):
    def edit(members, schema):
        attributes = next(
            node["content"]
            for node in nodes(schema)
            if isinstance(node.get("content"), dict) and "temperature_" in node["content"]
        )
        if isinstance(value, np.ndarray):
            members["value.npy"] = npy(value)
            attributes[name] = array_in("value.npy") | {"__id__": 10**9}
        elif isinstance(value, list):
            attributes[name] = many(*map(plain, value))
        else:
            attributes[name] = plain(value)

    with pytest.raises(LoadError, match=message):
        load(tamper(edit))


@pytest.mark.parametrize("read", [load, load_exported])
def test_a_table_of_labels_larger_than_the_file(saved, tamper, read):
    labels = [*map(str, range(25_000)), "x" * 25_000]  # 2.5 GB, as an array of texts

    def edit(members, schema):
        for node in nodes(schema):
            if "classes_" in node:
                node["classes_"] = plain(labels)

    if read is load:
        tamper(edit)
    else:
        outer = unzip(saved.read_bytes())
        known = json.loads(outer["answers.json"]) | {"classes": labels, "classes_dtype": "<U25000"}
        outer["answers.json"] = json.dumps(known).encode()
        manifest = json.loads(outer[MANIFEST])
        manifest["sha256"]["answers.json"] = hashlib.sha256(outer["answers.json"]).hexdigest()
        outer[MANIFEST] = json.dumps(manifest).encode()
        saved.write_bytes(zip_of(outer))
    tracemalloc.start()
    try:
        with pytest.raises(LoadError, match="labels"):
            read(saved)
        assert tracemalloc.get_traced_memory()[1] < 300_000_000
    finally:
        tracemalloc.stop()


def test_non_numeric_weights(tamper, images):
    def edit(members, schema):
        for name, data in members.items():
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(data))
                if array.dtype == np.float32 and array.ndim > 1:
                    members[name] = npy(np.full_like(array, np.nan))

    with pytest.raises(ValueError, match="answer to image 0 is not a row of probabilities"):
        load(tamper(edit)).predict(images[0])


def test_the_display_in_notebooks(tamper):
    def edit(members, schema):
        put_attribute(schema, "__doc_link_template", plain('"><script>alert(1)</script>'))

    with pytest.raises(LoadError, match="display of an estimator"):
        load(tamper(edit))


def test_an_estimator_without_its_members(tamper_with_attribute, pipeline, images):
    frozen = {"__class__": "FrozenEstimator", "__module__": "sklearn.frozen._frozen"}
    frozen |= {"__loader__": "ObjectNode"}
    content = named(_sklearn_version=plain(sklearn.__version__))
    again = load(tamper_with_attribute(frozen | {"content": content}))
    np.testing.assert_array_equal(again.predict(images[0]), pipeline.predict(images[0]))


def test_names_that_are_commands_of_terminals(tamper_with_attribute):
    node = {"__class__": "x\x1b[2J", "__module__": "x", "__loader__": "FunctionNode"}
    with pytest.raises(UntrustedTypesError) as raised:
        load(tamper_with_attribute(node))
    assert str(raised.value).isprintable()


def test_a_network_larger_than_any_memory(tamper_with_config):
    def change(config):
        layer(config, "Conv2D")["config"]["filters"] = 10**12

    with pytest.raises(LoadError):
        load(tamper_with_config(change))


@pytest.mark.parametrize(
    ("dtype", "length"), [("<f4", 10**15), ("|S0", 10**9)], ids=["numbers", "nothing"]
)
def test_an_array_larger_than_any_memory(tamper, dtype, length):
    def edit(members, schema):
        name = next(name for name in members if name.endswith(".npy"))
        file = io.BytesIO()
        header = {"descr": dtype, "fortran_order": False, "shape": (length, length)}
        np.lib.format.write_array_header_1_0(file, header)
        members[name] = file.getvalue()

    with pytest.raises(LoadError, match="does not have its declared size"):
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
    manifest["sha256"] = {ESTIMATOR: hashlib.sha256(bomb).hexdigest()}
    saved.write_bytes(zip_of({MANIFEST: json.dumps(manifest), ESTIMATOR: bomb}))
    with pytest.raises(LoadError, match="is compressed or encrypted"):
        load(saved)


@pytest.mark.parametrize("name", ["../harm", "/harm", "a/b", "..\\harm", "folder/"])
def test_members_with_paths(saved, name):
    members = unzip(saved.read_bytes())
    saved.write_bytes(zip_of(members | {name: b"harm"}))
    with pytest.raises(LoadError, match=r"a member with a path|members do not match its manifest"):
        load(saved)


def test_members_with_paths_within(tamper):
    with pytest.raises(LoadError, match="a member with a path"):
        load(tamper(lambda members, schema: members.update({"../harm.npy": b"harm"})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(saved):
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(ESTIMATOR, b"another")
    with pytest.raises(LoadError, match="two members with the same name"):
        load(saved)


def test_members_that_were_changed(saved):
    members = unzip(saved.read_bytes())
    members[ESTIMATOR] = members[ESTIMATOR][:-1] + b"x"
    saved.write_bytes(zip_of(members))
    with pytest.raises(LoadError, match="has been changed"):
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

"""Networks in other runtimes say what the classifier says."""

import functools
import json
import pickle
import subprocess
import sys
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from PIL import Image, ImageDraw
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNN,
    AugmentingSampler,
    CNNClassifier,
    ImageAugmenter,
    ImageLoader,
    ImageLoadError,
    InkNormalizer,
    PixelScaler,
    ResNet,
    datasets,
    export,
    load,
    load_exported,
    load_pretrained,
    save,
)
from skhcr._unwrap import final_estimator
from skhcr.persistence import LoadError
from skhcr.persistence._arrays import array_as_json

NETWORK = CNN(filters=(4,), dense=(), dropout=0.0)
ENDINGS = [".onnx", ".tflite"]


def tiny(**parameters):
    return CNNClassifier(**{"model": NETWORK, "epochs": 2, "random_state": 0} | parameters)


def assert_same(exported, fitted, X):
    expected, probabilities = fitted.predict_proba(X), exported.predict_proba(X)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)  # scikit-learn's measures
    np.testing.assert_allclose(exported.score_samples(X), fitted.score_samples(X), 1e-3, 0.02)
    assert exported.offset_ == final_estimator(fitted).offset_
    expected, labels = fitted.predict(X), exported.predict(X)
    assert labels.dtype == expected.dtype
    np.testing.assert_array_equal(labels, expected)


@pytest.fixture(scope="module")
def files(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    paths = []
    for index, pixels in enumerate(images[0]):
        paths.append(folder / f"حرف {index}.png")
        Image.fromarray(pixels).resize((16, 12 + index % 5)).save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def whole_pipeline(files, images):
    return make_pipeline(
        ImageLoader((8, 10), background=0),
        ImageAugmenter(rotation=5),
        PixelScaler(),
        tiny(standardize=False, test_time_shift=1, calibrate=True),
    ).fit(files, images[1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_whole_pipelines_take_files(whole_pipeline, files, images, tmp_path, ending):
    exported = load_exported(export(whole_pipeline, tmp_path / f"letters{ending}"))
    assert whole_pipeline[-1].temperature_ != 1
    assert_same(exported, whole_pipeline, files)
    mixture = [str(files[0]), files[1].read_bytes(), Image.open(files[2]), images[0][3]]
    assert_same(exported, whole_pipeline, mixture)
    np.testing.assert_array_equal(exported.classes_, ["ا", "ط"])
    with pytest.raises(ImageLoadError, match=r"missing\.png"):
        exported.predict([files[0], tmp_path / "missing.png"])


KINDS = {
    "plain": lambda: tiny(),
    "shifts": lambda: tiny(test_time_shift=2),
    "resnet": lambda: CNNClassifier(ResNet(width=4, stages=2, depth=1), epochs=1, random_state=0),
    "16 bits": lambda: tiny(mixed_precision=True),
    "scaler": lambda: make_pipeline(PixelScaler(), "passthrough", tiny(standardize=False)),
    "sampler": lambda: make_sampling_pipeline(AugmentingSampler(copies=1), tiny()),
    "ink": lambda: make_pipeline(
        ImageLoader(None), InkNormalizer(8, center="mass", on_blank="ignore"), tiny()
    ),
    "flat": lambda: make_pipeline(ImageLoader((4, 16), flatten=True), tiny()),
    "search": lambda: GridSearchCV(tiny(), {"learning_rate": [1e-3, 1e-2]}, cv=2),
}


@pytest.fixture(scope="module")
def fitted(images):
    """Return a function that fits the estimator of a kind, once."""
    return functools.cache(lambda kind: KINDS[kind]().fit(*images))


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    """Return a function that exports the estimator of a kind, once, and loads it."""
    folder = tmp_path_factory.mktemp("kinds")

    @functools.cache
    def of_kind(kind, ending):
        return load_exported(export(fitted(kind), folder / f"{kind}{ending}"))

    return of_kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_estimators_of_all_kinds(fitted, exported, images, kind, ending):
    estimator, runtime = fitted(kind), exported(kind, ending)
    atol = 1e-5
    if kind == "16 bits":
        atol = 2e-2  # bfloat16 has three digits
    else:
        np.testing.assert_array_equal(runtime.predict(images[0]), estimator.predict(images[0]))
    expected = estimator.predict_proba(images[0])
    np.testing.assert_allclose(runtime.predict_proba(images[0]), expected, atol=atol)
    assert runtime.image_shape_ == (8, 8, 1)


def one_probability(meta):
    import keras

    layers = [keras.Input(meta["image_shape_"]), keras.layers.Flatten(), keras.layers.Dense(1)]
    return keras.Sequential([*layers, keras.layers.Activation("sigmoid")])


@pytest.mark.parametrize(
    "labels",
    [[3, 7], [False, True], np.array(["a", "b"], object), np.array([3, 7]).astype(str)],
    ids=["numbers", "booleans", "objects", "numbers as text"],
)
def test_labels_keep_their_type(images, tmp_path, labels):
    y = np.asarray(labels)[(images[1] == "ا").astype(int)]
    fitted = tiny(model=one_probability, calibrate=True).fit(images[0].reshape(40, 64), y)
    for ending in ENDINGS:
        exported = load_exported(export(fitted, tmp_path / f"a{ending}"))
        assert_same(exported, fitted, images[0].reshape(40, 64))
        assert exported.classes_.dtype == y.dtype


@pytest.fixture(scope="module")
def exported_files(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    fitted = make_pipeline(ImageLoader(8), tiny()).fit(*images)
    return fitted, [export(fitted, folder / f"a{ending}") for ending in ENDINGS]


@pytest.mark.parametrize("number", range(len(ENDINGS)))
def test_the_representation_names_labels_and_shape(exported_files, number):
    shown = repr(load_exported(exported_files[1][number]))
    assert shown.startswith("ExportedClassifier(classes_=['ا', ")
    assert shown.endswith("image_shape_=(8, 8, 1))")


def test_needs_no_tensorflow_nor_scikit_learn(exported_files, files, images, tmp_path):
    program = """
        import json, sys

        for name in ["tensorflow", "keras", "sklearn", "scipy", "joblib", "skops", "onnx"]:
            sys.modules[name] = None  # importing it is an error
        import skhcr

        for path in sys.argv[3:]:
            exported = skhcr.load_exported(path)
            print(json.dumps(exported.predict_proba([sys.argv[1]]).tolist()))
        try:
            skhcr.load_exported(sys.argv[2])
        except ImportError as error:
            print(error)
    """
    fitted, paths = exported_files
    of_ink = export(make_pipeline(InkNormalizer(8), fitted[-1]), tmp_path / "ink.onnx")
    command = [sys.executable, "-c", textwrap.dedent(program), files[0], of_ink, *paths]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        if line.startswith("[["):
            answers = json.loads(line)
            np.testing.assert_allclose(answers, fitted.predict_proba([files[0]]), atol=1e-5)
    assert output.count("[[") == 2
    assert output.endswith(": pip install scipy.\n")


def test_any_runtime_finds_names_and_labels(exported_files):
    model = onnx.load(exported_files[1][0])
    outputs = {node.name: node.type.tensor_type.shape.dim[1:] for node in model.graph.output}
    assert list(outputs) == ["probabilities", "score", "whitened_features"]
    assert [node.name for node in model.graph.input] == ["image"]
    entries = {entry.key: entry.value for entry in model.metadata_props}
    known = json.loads(entries["skhcr"])
    assert known["classes"] == ["ا", "ط"]
    assert known["prototypes"]["shape"] == [2, outputs["whitened_features"][0].dim_value]
    with zipfile.ZipFile(exported_files[1][1]) as archive:
        assert json.loads(archive.read("skhcr.json"))["classes"] == ["ا", "ط"]


@pytest.mark.parametrize("number", [0, 1], ids=ENDINGS)
def test_threads_share_one_and_pickles_travel(exported_files, images, number):
    exported = load_exported(exported_files[1][number])
    expected = exported.predict_proba(images[0])
    again = pickle.loads(pickle.dumps(exported))
    np.testing.assert_array_equal(again.predict_proba(images[0]), expected)

    def answer(i):
        rows = slice(i % 40, i % 40 + 1 + i % 3)
        np.testing.assert_allclose(
            exported.predict_proba(images[0][rows]), expected[rows], atol=1e-6
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(answer, range(400)))


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (make_pipeline(PCA(4), tiny()), "PCA at this place"),
        (make_pipeline(PixelScaler(), ImageLoader(8, flatten=True), tiny()), "ImageLoader at this"),
        (VotingClassifier([("a", tiny())], voting="soft"), "VotingClassifier"),
    ],
)
def test_unsupported_exports(estimator, message, images, tmp_path):
    pixels, labels = images
    if "PCA" in message:
        pixels = pixels.reshape(40, 64)
    with pytest.raises(TypeError, match=message):
        export(estimator.fit(pixels, labels), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_unfitted_and_unknown_endings(tmp_path):
    with pytest.raises(NotFittedError):
        export(tiny(), tmp_path / "a.onnx")
    with pytest.raises(ValueError, match=r"must end with \.onnx, \.tflite or \.html"):
        export(tiny(), tmp_path / "a.pb")


@pytest.mark.parametrize("ending", ENDINGS)
def test_wrong_images_are_named(exported, images, ending):
    plain = exported("plain", ending)
    with pytest.raises(ValueError, match="dtype uint8, got float64"):
        exported("scaler", ending).predict(images[0] / 255)
    with pytest.raises(ValueError, match="finite numbers"):
        plain.predict(np.full((1, 8, 8), np.nan))
    with pytest.raises(ValueError, match=r"shape \(40, 4, 16\)"):
        plain.predict(images[0].reshape(40, 4, 16))
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\) .* got an array of shape \(40, 7"):
        exported("scaler", ending).predict(images[0][:, 1:])


@pytest.mark.parametrize("number", [0, 1], ids=ENDINGS)
def test_damaged_and_foreign_files(exported_files, tmp_path, number):
    data = exported_files[1][number].read_bytes()
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    model = onnx.load(exported_files[1][0])
    del model.metadata_props[:]
    foreign = [model.SerializeToString(), data[:4] + b"TFL3" + data[8:100]][number]
    for wrong in [b"", b"no network", data[: len(data) // 2], foreign]:
        file = tmp_path / "wrong"
        file.write_bytes(wrong)
        with pytest.raises(LoadError, match=r"wrong' cannot be loaded: "):
            load_exported(file)
    with pytest.raises(FileNotFoundError):
        load_exported(tmp_path / "none.onnx")


@pytest.mark.parametrize("number", [0, 1], ids=ENDINGS)
def test_bits_that_flipped(exported_files, files, tmp_path, number):
    fitted, paths = exported_files
    data = paths[number].read_bytes()
    expected = fitted.predict_proba(files)
    changed = tmp_path / paths[number].name
    refused = 0
    for place in np.random.default_rng(0).integers(len(data) * 8, size=60):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << (place % 8)
        changed.write_bytes(damaged)
        try:
            answers = load_exported(changed).predict_proba(files)
        except LoadError:
            refused += 1
        else:  # a bit of the digest's own name
            np.testing.assert_allclose(answers, expected, atol=1e-5)
    assert refused > 50


def test_files_of_later_formats_and_unknown_readers(exported_files, tmp_path):
    model = onnx.load(exported_files[1][0])
    known = json.loads(model.metadata_props[0].value)
    reader = known["readers"][0]
    many = [str(number) for number in range(25_000)]
    for change, message in [
        ({"format": 2}, "has format 2"),
        (
            {"readers": [reader | {"kind": "posix.system"}]},
            "'posix.system', which this version of skhcr does not support",
        ),
        ({"classes_dtype": "nonsense"}, "metadata are damaged"),
        ({"image_shape": None}, "metadata are damaged"),
        ({"n_features": float("inf")}, "have inf pixels"),
        ({"readers": [{"kind": "ImageLoader", "size": []}]}, "unknown parameters"),
        ({"classes": [10**30, 1], "classes_dtype": "<i8"}, "metadata are damaged"),
        ({"classes_dtype": "V4"}, "labels are of dtype"),
        ({"classes_dtype": "<U25000000"}, "2 labels have up to 25,000,000 letters"),
        ({"classes": ["aa", "ab"]}, "labels are not of dtype <U1"),
        ({"classes": [1, 2]}, "labels are not of dtype <U1"),
        ({"classes": "اب"}, "labels are not of dtype <U1"),
        ({"classes": ["ا", "ا"]}, "a label occurs twice"),
        ({"classes": ["ا", "ب", "ط"], "prototypes": None}, r"\(1, 2\).* describe .*\(1, 3\)"),
        ({"classes": ["ا", "ب", "ط"]}, "prototypes do not match its labels"),
        ({"prototypes": None}, "returns shapes .* describe"),
        ({"offset": None}, "returns shapes .* describe"),
        ({"prototypes": known["prototypes"] | {"shape": [2, 10**9]}}, "prototypes are damaged"),
        ({"prototypes": known["prototypes"] | {"dtype": "object"}}, "prototypes are damaged"),
        ({"prototypes": array_as_json(np.zeros((2, 3)))}, r"returns shapes .*\(1, 3\)"),
        ({"prototypes": array_as_json(np.full((2, 4), np.nan))}, "are not finite"),
        (
            {"classes": [*many[1:], "x" * 25_000], "classes_dtype": "<U25000"},
            "25,000 labels have up to 25,000 letters",
        ),
        ({"readers": [reader] * 100_000}, "reads every image 100,000 times"),
        ({"readers": [reader | {"size": [10**5, 10**5]}]}, r"of size \[100000, 100000\]"),
        ({"readers": [reader | {"size": [8, 9]}]}, r"reads images of shape \[8, 9, 1\]"),
        ({"readers": [reader | {"size": [8, 8.0]}]}, "of size"),
        ({"readers": [reader | {"mode": "CMYK"}]}, "mode='CMYK'"),
        ({"readers": [reader | {"background": 256}]}, "background=256"),
        ({"readers": [reader | {"max_pixels": -1}]}, "max_pixels=-1"),
        ({"readers": [reader | {"more": 1}]}, "unknown parameters"),
        ({"image_shape": [9, 8, 1], "readers": []}, "does not accept images of shape"),
        ({"image_shape": [10**5, 10**5, 1]}, "images are of shape"),
        ({"n_features": 65}, "have 65 pixels"),
    ]:
        onnx.helper.set_model_props(model, {"skhcr": json.dumps(known | change)})
        onnx.save(model, tmp_path / "changed.onnx")
        with pytest.raises(LoadError, match=message):
            load_exported(tmp_path / "changed.onnx")


def test_outputs_that_are_not_probabilities_are_an_error(exported_files, images, tmp_path):
    model = onnx.load(exported_files[1][0])
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype == np.float32:
            damaged = np.full_like(values, np.nan)
            weight.CopyFrom(onnx.numpy_helper.from_array(damaged, weight.name))
    del model.metadata_props[1]  # the digest
    onnx.save(model, tmp_path / "damaged.onnx")
    with pytest.raises(
        ValueError, match=r"answer to image 0 is not a row of probabilities, but \[nan nan\]"
    ):
        load_exported(tmp_path / "damaged.onnx").predict(images[0])


def test_an_export_that_fails_leaves_the_old_file(exported_files, tmp_path, monkeypatch):
    path = tmp_path / "a.onnx"
    path.write_text("old")
    monkeypatch.setattr("skhcr.persistence._export.version", lambda name: object())
    with pytest.raises(AttributeError):
        export(exported_files[0], path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(scope="module")
def large(images):
    """A classifier whose weights fill most of its file."""
    network = CNN(filters=(16, 32), padding="same", dense=(1024,))
    return tiny(model=network).fit(*images)


@pytest.mark.parametrize("ending", [*ENDINGS, ".skhcr"])
def test_half_as_large(large, images, tmp_path, ending):
    if ending == ".skhcr":
        write, read, options = save, load, {"half": True}
    else:
        write, read, options = export, load_exported, {"quantize": "float16"}
    whole = write(large, tmp_path / f"whole{ending}")
    half = write(large, tmp_path / f"half{ending}", **options)
    # What scores need is kept in half precision in any case.
    assert half.stat().st_size < 0.7 * whole.stat().st_size
    expected, probabilities = (read(path).predict_proba(images[0]) for path in (whole, half))
    np.testing.assert_allclose(probabilities, expected, atol=5e-3)
    assert not np.array_equal(probabilities, expected)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_third_as_large(large, images, tmp_path, ending):
    plain = load_exported(export(large, tmp_path / f"a{ending}"))
    path = export(large, tmp_path / f"b{ending}", quantize="int8", calibration=images[0])
    assert path.stat().st_size < 0.5 * (tmp_path / f"a{ending}").stat().st_size
    quantized = load_exported(path)
    np.testing.assert_array_equal(quantized.predict(images[0]), plain.predict(images[0]))
    expected, probabilities = (one.predict_proba(images[0]) for one in (plain, quantized))
    np.testing.assert_allclose(probabilities, expected, atol=0.05)
    assert not np.array_equal(probabilities, expected)
    scores, expected = quantized.score_samples(images[0]), plain.score_samples(images[0])
    moved = np.median(scores - expected)
    np.testing.assert_allclose(quantized.offset_ - plain.offset_, moved, atol=0.01)
    # The score's own products, of large numbers, are not quantized: 0.94 and 0.74 if they are.
    both = np.concatenate([images[0], images[0].swapaxes(1, 2), images[0][:, ::-1]])
    pair = [model.score_samples(both) for model in (quantized, plain)]
    assert np.corrcoef(*pair)[0, 1] > {".onnx": 0.97, ".tflite": 0.78}[ending]


@pytest.mark.parametrize("ending", ENDINGS)
def test_calibrated_through_the_whole_pipeline(whole_pipeline, files, tmp_path, ending):
    path = export(whole_pipeline, tmp_path / f"a{ending}", quantize="int8", calibration=files)
    exported = load_exported(path)
    expected = whole_pipeline.predict_proba(files)
    np.testing.assert_allclose(exported.predict_proba(files), expected, atol=0.1)
    missing = [tmp_path / "missing.png"]
    with pytest.raises(ImageLoadError, match=r"missing\.png"):
        export(whole_pipeline, path, quantize="int8", calibration=missing)
    assert load_exported(path).predict(files[:1]).shape == (1,)  # the old file


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantize": "int8"}, "needs calibration images: pass calibration=images"),
        ({"quantize": "int8", "calibration": []}, "needs calibration images"),
        ({"quantize": "float16", "calibration": [0]}, "is used only with quantize='int8'"),
        ({"quantize": "int4"}, "quantize must be None, 'float16' or 'int8', got 'int4'"),
        (
            {"quantize": "int8", "calibration": np.zeros((3, 9, 8), np.uint8)},
            r"calibration contains images of shape \(9, 8, 1\), but the classifier was fitted on",
        ),
    ],
)
def test_wrong_ways_to_quantize(large, options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(large, tmp_path / "a.onnx", **options)
    assert not list(tmp_path.iterdir())


def test_parity_on_real_letters(data_home, tmp_path):
    train = datasets.fetch_ahcd(subset="train", data_home=data_home)
    test = datasets.fetch_ahcd(subset="test", data_home=data_home)
    network = ResNet(stem_stride=2, stem_kernel_size=5, width=8)
    fitted = CNNClassifier(network, epochs=1, random_state=0)
    fitted.fit(train.images[::8], train.target[::8])
    for ending in ENDINGS:
        exported = load_exported(export(fitted, tmp_path / f"a{ending}"))
        assert_same(exported, fitted, test.images)


def test_blank_pages_are_recorded():
    paper = np.full((60, 40), 255, np.uint8)
    letter = paper.copy()
    letter[20:40, 10:14] = letter[36:40, 10:30] = 0
    exported = load_pretrained("english", exported=True)
    assert exported.blank_.tolist() == []
    assert exported.predict([letter, paper, paper]).shape == (3,)
    assert exported.blank_.tolist() == [1, 2]
    with ThreadPoolExecutor(1) as pool:  # what another thread reads does not change it
        pool.submit(exported.predict, [paper]).result()
    assert exported.blank_.tolist() == [1, 2]
    with pytest.raises(ImageLoadError):
        exported.predict([paper, b"no image"])
    assert exported.blank_.tolist() == []


def test_images_with_several_characters_are_recorded(tmp_path):
    row = Image.new("L", (300, 100), 255)
    for left in (20, 110, 200):
        ImageDraw.Draw(row).ellipse([left, 20, left + 60, 80], outline=0, width=6)
    one = row.crop((0, 0, 95, 100))
    exported = load_pretrained("digits", exported=True)
    assert exported.several_.tolist() == []
    exported.predict([one, row, row])  # warnings are errors
    assert exported.several_.tolist() == [1, 2]
    assert pickle.loads(pickle.dumps(exported)).several_.tolist() == []
    exported.predict([one])
    assert exported.several_.tolist() == []


def test_black_images_are_blank_only_where_ink_was_looked_for(exported):
    runtime = exported("flat", ".onnx")
    runtime.predict([np.zeros((4, 16), np.uint8)])
    assert runtime.blank_.tolist() == []


def test_files_with_other_ways_to_find_ink(images, tmp_path):
    normalizer = InkNormalizer(8, polarity="light-on-dark")
    path = export(make_pipeline(normalizer, tiny(epochs=1)).fit(*images), tmp_path / "ink.onnx")
    answers = load_exported(path).predict_proba(images[0])
    model = onnx.load(path)
    known = json.loads(model.metadata_props[0].value)
    (reader,) = known["readers"]

    def write(reader):
        onnx.helper.set_model_props(model, {"skhcr": json.dumps(known | {"readers": [reader]})})
        onnx.save(model, path)

    # Files of the first version have neither: their strokes are as fine as they were.
    write({k: value for k, value in reader.items() if k not in ("version", "stroke_width")})
    with pytest.warns(UserWarning, match="InkNormalizer finds ink differently") as told:
        exported = load_exported(path)
    assert [warning.filename for warning in told] == [__file__]
    np.testing.assert_array_equal(exported.predict_proba(images[0]), answers)
    pickle.loads(pickle.dumps(exported))  # has been told once; warnings are errors here
    fine = np.zeros((1, 90, 90), np.uint8)
    fine[0, range(20, 70), range(20, 70)] = 255
    (as_it_was,) = exported.transform(fine)[..., 0]
    (expected,) = normalizer.set_params(stroke_width=0).transform(fine)[..., 0]
    np.testing.assert_array_equal(as_it_was, expected)
    for name, value, message in [
        ("version", reader["version"] + 1, "a later version of skhcr exported it: update"),
        ("version", 0, "version=0"),
        ("version", "2", "version='2'"),
        ("stroke_width", 0.5, "stroke_width=0.5"),
    ]:
        write(reader | {name: value})
        with pytest.raises(LoadError, match=message):
            load_exported(path)

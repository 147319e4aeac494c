"""What ``skhcr train`` and ``skhcr tune`` say of images, and how they begin and end."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch
from typer.testing import CliRunner

import skhcr
from skhcr._messages import counted
from skhcr.cli import _survey, _training, app
from skhcr.cli._data import Data


def run(*arguments, code=0):
    """Run a command and return what it printed: results, messages."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


class Quick(DummyClassifier):
    """Stands for a network: answers with the most frequent label."""

    epochs = "auto"

    def fit(self, X, y):
        self.epochs_, self.batch_size_ = 100, 8
        return super().fit(X, y)


@pytest.fixture
def quick(monkeypatch):
    """Let commands train nothing slow."""
    monkeypatch.setattr(_training, "start_tensorflow", lambda: None)
    monkeypatch.setattr(_training, "save", lambda pipeline, path: path.write_text("model"))
    monkeypatch.setattr(_training, "add_fingerprints", lambda path, files: None)
    monkeypatch.setattr(_training, "CNNClassifier", lambda network, **parameters: Quick())
    monkeypatch.setattr(_training, "ImageAugmenter", lambda: "passthrough")


@pytest.fixture
def letters(tmp_path):
    """A folder of a bar, 8 times as an a and 4 times as a b."""
    bar = Image.new("L", (40, 40), 255)
    bar.paste(0, (10, 5, 16, 35))
    for label, n_images in (("a", 8), ("b", 4)):
        (tmp_path / "letters" / label).mkdir(parents=True)
        for number in range(n_images):
            bar.save(tmp_path / "letters" / label / f"{number}.png")
    return tmp_path / "letters"


def images_of(*names, groups=None):
    """Return images as data sets hold them, by names of files in folders of classes."""
    target = np.array([name.split("/")[-2] for name in names])
    filenames = np.array([f"letters/{name}" for name in names])
    return Bunch(filenames=filenames, target=target, target_names=np.unique(target), groups=groups)


def test_training_prints_its_data_and_accuracy(quick, letters, tmp_path):
    output, report = tmp_path / "m.skhcr", tmp_path / "new" / "report.html"
    command = ("train", letters, "-o", output, "--test-fraction", 0.34, "--report", report)
    printed, messages = run(*command)
    assert "12 images 2 classes: a (8), b (4)" in messages
    assert "8 images to train on, 4 others held out for testing" in messages
    assert "Training: 250 epochs in batches of 8" in messages
    lines = printed.splitlines()
    accuracy = lines.index("Accuracy on 4 held-out images: 75.00%")
    # Wilson's interval of 3 in 4.
    assert lines[accuracy + 1] == "95 % confidence interval: 30.06% to 95.44% (Wilson)"
    assert f"Saved {output} " in printed
    assert f"The report is {report}" in printed
    assert "75.00%" in report.read_text(encoding="utf-8")
    _, messages = run(*command, code=1)
    assert "already exists" in messages


def test_the_interval_for_machines_names_its_method(quick, letters, tmp_path):
    command = ("train", letters, "-o", tmp_path / "m.skhcr", "--group-pattern", r"(\d)", "--json")
    result = json.loads(run(*command)[0])
    assert sorted(result["interval"]) == ["high", "low", "method"]
    assert result["interval"]["method"].startswith("Wilson, with the design effect of ")
    assert (result["epochs"], result["batch_size"]) == (100, 8)


def test_a_report_needs_images_to_test_on(letters, tmp_path):
    command = ("train", letters, "-o", tmp_path / "m.skhcr", "--test-fraction", 0)
    _, messages = run(*command, "--report", tmp_path / "r.html", code=1)
    assert "use a --test-fraction above 0" in messages


def test_one_class_is_refused_at_once(letters, tmp_path, monkeypatch):
    monkeypatch.setattr(_training, "start_tensorflow", pytest.fail)
    (letters / "b").rename(tmp_path / "b")
    _, messages = run("train", letters, "-o", tmp_path / "m.skhcr", code=1)
    assert "All images are of one class, 'a': there is nothing to classify." in messages


def test_bad_images_are_listed_and_skipped_on_request(quick, letters, tmp_path):
    Image.new("L", (40, 40), 255).save(letters / "a" / "blank.png")
    (letters / "b" / "broken.png").write_text("no image")
    command = ("train", letters, "-o", tmp_path / "m.skhcr")
    _, messages = run(*command, code=1)
    assert "1 of 14 images cannot be read" in messages
    printed, messages = run(*command, "--skip-bad", "--json")
    assert "2 of 14 images skipped:" in messages
    assert f"{letters / 'a' / 'blank.png'}: no ink" in messages
    assert f"{letters / 'b' / 'broken.png'}: not an image in a known format" in messages
    result = json.loads(printed)
    assert result["trained_on"] + result["tested_on"] == 12


def test_a_class_of_bad_images_only_is_named(letters, capsys):
    for file in (letters / "b").iterdir():
        file.write_text("no image")
    images = _survey.readable(skhcr.ImageLoader(8), Data(letters).read(), True)
    assert images.target_names.tolist() == ["a"]
    assert "No image is left of 'b'" in capsys.readouterr().err
    for file in (letters / "a").iterdir():
        file.write_text("no image")
    with pytest.raises(ValueError, match="None of the images can be used"):
        _survey.readable(skhcr.ImageLoader(8), Data(letters).read(), True)


def test_many_classes_are_counted_and_the_first_listed(capsys):
    _survey.say_classes(images_of(*(f"{number:03d}/1.png" for number in range(62))))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("62 classes: 000 (1), 001 (1), ")
    assert line.endswith("059 (1), and 2 more")


@pytest.mark.parametrize(("n", "text"), [(1, "1 class"), (2, "2 classes"), (1000, "1,000 classes")])
def test_counted_nouns_are_singular_or_plural(n, text):
    assert counted(n, "class", "classes") == text


def test_classes_that_are_not_trained_or_tested_on_are_named(capsys):
    images = images_of("a/1.png", "a/2.png", "b/1.png", "c/1.png", groups=np.array([*"xyxy"]))
    _survey.say_split(images, np.array([0, 2]), np.array([1, 3]))
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "2 images to train on, 2 others held out for testing",
        "1 group to train on, 1 other held out for testing",
    ]
    assert lines[2].startswith("Warning: All images of 'c' are held out with their groups")
    assert lines[3].startswith("Warning: The held-out images include none of 'b'")
    _survey.say_split(images, np.arange(4), np.arange(0))
    assert capsys.readouterr().err.splitlines() == ["4 images to train on", "2 groups to train on"]


def test_classes_too_rare_for_the_folds_are_named(capsys):
    _survey.say_rare_classes(np.array([*"aaabbc"]), 3)
    assert "fewer than 3 images of 'b', 'c' to train on" in capsys.readouterr().err
    _survey.say_rare_classes(np.array([*"aaabbb"]), 3)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("folders", [("train", "test"), ("2024", "2025")])
def test_folders_that_all_classes_hold_are_named(folders, capsys):
    names = [f"{label}/{folder}/1.png" for label in "ab" for folder in folders]
    images = images_of(*names)
    images.target = np.array(["a", "a", "b", "b"])
    _survey.say_common_folders(Data(Path("letters")), images)
    said = capsys.readouterr().err
    assert said.startswith("Warning: All classes contain the same folders (")
    assert all(repr(folder) in said for folder in folders)


@pytest.mark.parametrize(
    "names",
    [("a/1.png", "b/2.png"), ("a/images/1.png", "b/images/1.png"), ("a/x1/1.png", "b/1.png")],
)
def test_other_folders_are_not(names, capsys):
    _survey.say_common_folders(Data(Path("letters")), images_of(*names))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        ("{label}_writer07-{n}.png|{label}_writer12-{n}.png", r"writer(\d+)"),
        ("w0_{label}{n}.png|w1_{label}{n}.png", "^([^_]+)_"),
        ("anna {n}.png|ben {n}.png", "^([^ ]+) "),
        ("03-{label}{n}.png|17-{label}{n}.png", "^([^-]+)-"),
        ("{n}.png|5{n}.png", None),  # a number of its own for every image
        ("0{n}_x.png|1{n}_x.png", None),  # numbers that count the images of each class
        ("{label}_{n}.png|{label}_1{n}.png", None),  # the label again
        ("img_{n}.png|img_1{n}.png", None),  # the same for all
    ],
)
def test_writers_in_names_of_files_are_suggested(names, pattern, capsys):
    forms = names.split("|")
    files = [
        f"{label}/{form.format(label=label, n=n)}"
        for label in "ab"
        for form in forms
        for n in "123"
    ]
    images = images_of(*files)
    _survey.say_writers(Data(Path("letters")), images)
    said = capsys.readouterr().err
    if pattern is None:
        assert said == ""
        return
    assert "2 of them" in said
    assert pattern in said
    found = skhcr.datasets.labels_from_filenames(images.filenames, pattern)
    assert len(set(found.tolist())) == 2
    images.groups = found
    _survey.say_writers(Data(Path("letters")), images)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("column", "suggested"), [("writer", True), ("Student ID", True), ("pen", False)]
)
def test_a_column_that_looks_like_writers_is_suggested(letters, column, suggested, capsys):
    lines = [f"{label}/{number}.png;{label};{number % 2}" for label in "ab" for number in range(4)]
    (letters / "labels.csv").write_text("\n".join([f"image;label;{column}", *lines]))
    data = Data(letters)
    _survey.say_writers(data, data.read())
    said = capsys.readouterr().err
    assert said.startswith(f"The column {column!r} looks like writers (2 of them)") == suggested
    if suggested:
        option = f"'{column}'" if " " in column else column
        assert f"--group-column {option} holds out whole writers" in said
    else:
        assert said == ""


def test_a_table_without_names_of_columns_suggests_nothing(letters, capsys):
    lines = [f"writer/{label}/{number}.png,{label}" for label in "ab" for number in range(4)]
    (letters / "writer").mkdir()
    for label in "ab":
        (letters / label).rename(letters / "writer" / label)
    (letters / "labels.csv").write_text("\n".join(lines))
    data = Data(letters)
    _survey.say_writers(data, data.read())
    _survey.say_writers(Data(letters / "no.zip" / "labels.csv"), data.read())
    assert capsys.readouterr().err == ""


@pytest.fixture(scope="module")
def fitted(digit_files, tiny, tmp_path_factory):
    """A saved model of five letters."""
    path = tmp_path_factory.mktemp("models") / "five.skhcr"
    files, labels = digit_files
    pipeline = make_pipeline(skhcr.ImageLoader(8), skhcr.ImageAugmenter(), tiny(epochs=1))
    skhcr.save(pipeline.fit(files, labels), path)
    return path


def test_a_network_starts_from_the_weights_of_another(fitted, letters, tmp_path):
    output = tmp_path / "m.skhcr"
    command = ("train", letters, "-o", output, "--from", fitted, "--epochs", 1)
    _, messages = run(*command, "--test-fraction", 0)
    assert f"The network starts from the weights of {fitted}" in messages
    model = skhcr.load(output)
    assert f"Training: 1 epoch in batches of {model[-1].batch_size_}" in messages
    assert (model[0].size, model[0].cache_folder) == (8, None)
    assert model.classes_.tolist() == ["a", "b"]
    network = model[-1].model
    assert isinstance(network, skhcr.Transfer)
    assert network.trainable == "all"
    assert model[-1].learning_rate == 0.003
    for option in (("--network", "lenet"), ("--size", 32), ("--whole-image",)):
        _, messages = run(*command, *option, code=2)
        assert f"{option[0]} cannot be combined" in messages
    _, messages = run("train", letters, "-o", tmp_path / "n.skhcr", "--from", "arab", code=1)
    assert "no pretrained model of this name" in messages


def test_a_search_begins_with_it_too(fitted, letters, tmp_path):
    command = ("train", letters, "-o", tmp_path / "m.skhcr", "--tune", 1, "--epochs", 1, "--json")
    result = json.loads(run(*command, "--from", fitted, "--test-fraction", 0)[0])
    assert result["trials"] == 1
    assert result["defaults_are_best"]
    assert result["defaults_score"] == result["best_score"]
    assert "cnnclassifier__learning_rate" in result["best_parameters"]
    assert isinstance(skhcr.load(tmp_path / "m.skhcr")[-1].model, skhcr.Transfer)


FOUND = {"trials": 40, "pruned": 12, "best_score": 0.95, "defaults_score": 0.95}
FOUND |= {
    "best_parameters": {"size": 8},
    "accuracy": None,
    "bytes": 1,
    "model": "m",
    "report": None,
}


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            {"defaults_are_best": True},
            "The defaults are the best of 40 candidates (12 pruned): no other candidate scores "
            "more than their 95.00% in cross-validation.",
        ),
        (
            {"defaults_are_best": False, "defaults_score": 0.9},
            "The best of 40 candidates (12 pruned) scores 95.00% in cross-validation, the "
            "defaults 90.00%:",
        ),
        (
            {"defaults_are_best": False, "defaults_score": None, "trials": 1, "pruned": 0},
            "The best of 1 candidate (0 pruned) scores 95.00% in cross-validation:",
        ),
        (
            {"defaults_are_best": True, "trials": 1, "pruned": 0},
            "Only the defaults were tried. They score 95.00% in cross-validation.",
        ),
    ],
)
def test_a_search_states_whether_the_defaults_were_best(found, line, capsys):
    _training.print_trained(FOUND | found)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == line
    assert ("  size = 8" in lines) != found["defaults_are_best"]  # which are no news


def test_too_few_images_for_a_search_warn_before_they_are_read(letters, tmp_path):
    for file in letters.glob("*/[2-9].png"):
        file.unlink()
    command = ("tune", letters, "-o", tmp_path / "m.skhcr", "--test-fraction", 0)
    assert "fewer than 3 images of a class to train on" in run(*command, code=1)[1]
    for number in (3, 5):
        shutil.copy(letters / "a" / "0.png", letters / "a" / f"1{number}.png")
    _, messages = run(*command, "--group-pattern", r"(\d)\d?\.", code=1)
    assert "fewer than 3 groups to train on" in messages

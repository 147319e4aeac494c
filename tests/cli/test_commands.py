"""What the commands print, write and refuse, from a folder of images to an exported model."""

import csv
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from typer.testing import CliRunner

import skhcr
from skhcr.cli import _datasets, _models, _predicting, _terminal, _training, app
from skhcr.cli._data import Data, split
from skhcr.datasets import load_digit_images
from skhcr.images import ImageLoadError


def run(*arguments, code=0):
    """Run a command and return what it printed: results, messages."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a folder of images for each of three digits."""
    digits = load_digit_images()
    root = tmp_path_factory.mktemp("digits")
    for label in (3, 8, 0):
        (root / str(label)).mkdir()
        for number, image in enumerate(digits.images[digits.target == label][:60]):
            Image.fromarray(image).save(root / str(label) / f"w{number % 6}_{number:02d}.png")
    return root


TINY = ("--network", "lenet5", "--epochs", "8", "--whole-image")


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A model that was trained from the command line, and what that printed."""
    path = tmp_path_factory.mktemp("models") / "digits.skhcr"
    printed, _ = run("train", folder, "-o", path, *TINY)
    return path, printed


@pytest.fixture(scope="module")
def exported(trained):
    path = trained[0].with_suffix(".onnx")
    printed, _ = run("export", trained[0], "--to", "onnx")
    assert printed.startswith(str(path))
    return path


def test_training_ends_with_a_model_and_its_accuracy(trained):
    path, printed = trained
    line = next(line for line in printed.splitlines() if "held-out" in line)
    assert line.startswith("Accuracy on 36 held-out images: ")
    assert float(line.split()[-1].rstrip("%")) > 80
    assert f"Saved {path}" in printed
    assert skhcr.load(path).classes_.tolist() == ["0", "3", "8"]


def test_training_for_machines(folder, tmp_path):
    path = tmp_path / "new" / "digits.skhcr"
    options = ("--group-pattern", r"^(w\d)_", "--test-fraction", "0.34", "--json")
    printed, messages = run("train", folder, "-o", path, *TINY, "--epochs", 1, *options)
    result = json.loads(printed)
    assert result["model"] == str(path)
    assert result["bytes"] == path.stat().st_size
    assert (result["trained_on"], result["tested_on"]) == (120, 60)
    assert 0 <= result["accuracy"] <= 1
    assert "4 groups to train on, 2 others held out for testing" in messages


def test_options_of_training_reach_the_classifier(folder, tmp_path, monkeypatch):
    pipelines = []

    def train(data, pipeline, output, **options):
        pipelines.append(pipeline)
        return {}

    monkeypatch.setattr(_training, "train", train)
    command = ("train", folder, "-o", tmp_path / "digits.skhcr", *TINY, "--json")
    run(*command, "--checkpoint-folder", tmp_path / "checkpoints", "--seed", 3)
    ((*_, classifier),) = pipelines
    parameters = classifier.get_params()
    assert (parameters["model"], parameters["epochs"]) == ("lenet5", 8)
    assert parameters["random_state"] == 3
    assert tmp_path / "checkpoints" in parameters.values()
    run("train", folder, "-o", tmp_path / "digits.skhcr", "--json")
    assert pipelines[1][-1].epochs == "auto"
    _, messages = run(*command, "--model", "lenet5", code=2)
    assert "No such option: --model" in messages


def test_no_file_is_overwritten(folder, trained, tmp_path):
    path, _ = trained
    before = path.read_bytes()
    for command in (("train", folder, "-o", path), ("tune", folder, "-o", path)):
        _, messages = run(*command, code=1)
        assert "already exists" in messages
    taken = tmp_path / "digits.onnx"
    taken.write_text("mine")
    _, messages = run("export", path, "--to", "onnx", "-o", taken, code=1)
    assert "--force" in messages
    assert taken.read_text() == "mine"
    assert path.read_bytes() == before


def test_quantized_exports(trained, exported, folder, tmp_path):
    target = tmp_path / "small.onnx"
    options = ("--quantize", "int8", "--calibration", folder, "-o", target)
    printed, _ = run("export", trained[0], "--to", "onnx", *options)
    assert printed.startswith(str(target))
    assert target.stat().st_size < 0.5 * exported.stat().st_size
    image = folder / "3" / "w0_00.png"
    answers = [run("predict", model, image, "--json")[0] for model in (target, exported)]
    first, second = (json.loads(answer)[0]["labels"][0]["label"] for answer in answers)
    assert first == second
    for options, message in [
        (("--to", "onnx", "--quantize", "int8"), "--calibration FOLDER"),
        (("--to", "onnx", "--calibration", folder), "--calibration FOLDER"),
        (("--to", "keras", "--quantize", "float16"), "keras files are not quantized"),
    ]:
        _, messages = run("export", trained[0], *options, code=2)
        assert message in " ".join(messages.replace("│", " ").split())


def test_candidates_are_tried_first(folder, tmp_path):
    storage = tmp_path / "digits.journal"
    command = ("tune", folder, "-o", tmp_path / "best.skhcr", "--network", "lenet5", "--epochs", 1)
    options = ("--whole-image", "--test-fraction", 0, "--trials", 2, "--storage", storage)
    result = json.loads(run(*command, *options, "--json")[0])
    assert (result["trials"], result["tested_on"], result["accuracy"]) == (2, 0, None)
    assert "cnnclassifier__learning_rate" in result["best_parameters"]
    assert storage.exists()
    best = skhcr.load(tmp_path / "best.skhcr")
    rate = result["best_parameters"]["cnnclassifier__learning_rate"]
    assert best[-1].learning_rate == rate
    assert best[0].cache_folder is None


def test_predictions(trained, folder, tmp_path):
    images = [folder / "3" / "w0_00.png", folder / "8" / "w1_01.png"]
    printed, _ = run("predict", trained[0], *images, "--top", 2)
    lines = [line.split("\t") for line in printed.splitlines()]
    assert [line[0] for line in lines] == [str(images[0])] * 2 + [str(images[1])] * 2
    expected = skhcr.load(trained[0]).predict_proba(images)
    np.testing.assert_allclose(
        [float(line[2]) for line in lines], np.sort(expected)[:, :0:-1].ravel(), atol=1e-4
    )
    texts = tmp_path / "texts.csv"
    texts.write_text("label,text\n3,ثلاثة\n8,ثمانية\n0,صفر\n", encoding="utf-8")
    answers = json.loads(run("predict", trained[0], *images, "--text", texts, "--json")[0])
    known = {"3": "ثلاثة", "8": "ثمانية", "0": "صفر"}
    for answer, row in zip(answers, expected, strict=True):
        (entry,) = answer["labels"]
        assert entry["label"] == ["0", "3", "8"][row.argmax()]
        assert entry["text"] == known[entry["label"]]


def test_letters_of_one_writer_are_read_together(trained, folder, tmp_path):
    images = []
    for label in ("3", "8", "0"):
        image = min((folder / label).glob("w0_*.png"))
        images += [shutil.copy(image, tmp_path / f"{label}-{copy}.png") for copy in range(4)]
    model = skhcr.load(trained[0])
    answers = json.loads(run("predict", trained[0], *images, "--same-writer", "--json")[0])
    found = [answer["labels"][0]["probability"] for answer in answers]
    together = skhcr.WriterAdapter(model).predict_proba(images).max(axis=1)
    np.testing.assert_allclose(found, together, atol=1e-5)
    assert np.abs(together - model.predict_proba(images).max(axis=1)).max() > 1e-4


def test_accuracy_with_the_letters_of_each_writer_read_together(trained, folder):
    command = ("evaluate", trained[0], folder, "--by-writer")
    result = json.loads(run(*command, "--group-pattern", r"^(w\d)_", "--json")[0])
    data = skhcr.datasets.load_image_folder(folder, group_pattern=r"^(w\d)_")
    adapter = skhcr.WriterAdapter(skhcr.load(trained[0]))
    expected = adapter.score(data.filenames, data.target, groups=data.groups)
    assert (result["writers"], result["accuracy_by_writer"]) == (6, expected)
    printed, _ = run(*command, "--group-pattern", r"^(w\d)_")
    alone, interval, together, warning = printed.splitlines()[-4:]
    assert alone == f"Accuracy on 180 images: {result['accuracy']:.2%}"
    assert interval.endswith("(Wilson, with the design effect of 6 groups)")
    assert warning.startswith("Warning: The model was trained on about 144 of these 180 images.")
    assert together.startswith(
        "Accuracy with about 30 letters of each of 6 writers classified together"
    )
    _, messages = run(*command, code=1)
    assert "--by-writer needs the writers" in messages


def test_images_that_cannot_be_read_are_named_and_others_read(trained, folder, tmp_path):
    broken, missing = tmp_path / "broken.png", tmp_path / "missing.png"
    broken.write_text("no image")
    images = (broken, folder / "3" / "w0_00.png", missing)
    printed, messages = run("predict", trained[0], *images, code=1)
    assert [line.split("\t")[0] for line in printed.splitlines()] == [str(images[1])]
    assert f"{broken} cannot be read" in messages
    assert f"{missing} cannot be read: No such file or directory" in messages
    answers = json.loads(run("predict", trained[0], *images, "--json", code=1)[0])
    assert [sorted(answer) for answer in answers] == [
        ["error", "image"],
        ["blank", "image", "labels", "several", "unknown"],
        ["error", "image"],
    ]


@pytest.fixture(params=["exported", "fitted"])
def blank_and_letter(request, tmp_path, monkeypatch):
    """Files of a blank page and a letter, and a model to read them with."""
    paper = np.full((60, 40), 255, np.uint8)
    letter = paper.copy()
    letter[20:40, 10:14] = letter[36:40, 10:30] = 0
    files = tmp_path / "a" / "blank.png", tmp_path / "a" / "letter.png"
    files[0].parent.mkdir()
    for file, page in zip(files, (paper, letter), strict=True):
        Image.fromarray(page).save(file)
    if request.param == "fitted":
        model = make_pipeline(skhcr.InkNormalizer(8, flatten=True), DummyClassifier())
        model.fit([letter, letter], ["a", "b"])
        monkeypatch.setattr(_models, "_opened", lambda name, **kwargs: model)
    return files


def test_no_character_is_an_answer(blank_and_letter, tmp_path):
    blank, letter = blank_and_letter
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    printed, messages = run("predict", "english", letter, blank)
    lines = [line.split("\t") for line in printed.splitlines()]
    assert lines[0][0] == str(letter)
    assert float(lines[0][2]) > 0
    assert lines[1:] == [[str(blank), "no character found", ""]]
    assert messages == ""
    images = (broken, blank, letter)
    answers = json.loads(run("predict", "english", *images, "--json", "--top", 2, code=1)[0])
    assert "error" in answers[0]
    assert answers[1] == {"image": str(blank), "blank": True, "several": False, "labels": []}
    assert answers[2]["blank"] is False
    assert len(answers[2]["labels"]) == 2


def test_unknown_stands_beside_the_label_unless_that_is_off(tmp_path):
    letter, other = tmp_path / "7.png", tmp_path / "other.png"
    for file, lines in {
        letter: [[(20, 20), (70, 20), (40, 80)]],
        other: [[(10, y), (90, y + 8), (12, y + 12)] for y in range(5, 90, 12)],
    }.items():
        page = Image.new("L", (100, 100), 255)
        for line in lines:
            ImageDraw.Draw(page).line(line, fill=30, width=5, joint="curve")
        page.save(file)
    printed = run("predict", "digits", letter, other)[0].splitlines()
    assert [line.split("\t")[3:] for line in printed] == [[], ["unknown"]]
    answers = json.loads(run("predict", "digits", letter, other, "--json")[0])
    assert [answer["unknown"] for answer in answers] == [False, True]
    assert str(answers[0]["labels"][0]["label"]) == "7"
    off = json.loads(run("predict", "digits", letter, other, "--json", "--unknown", "off")[0])
    assert off == [{k: v for k, v in a.items() if k != "unknown"} for a in answers]


def test_no_character_stands_in_the_table(monkeypatch):
    tables = []
    monkeypatch.setattr(_predicting, "tell_table", lambda names, rows: tables.append(rows))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    labels = [{"label": "b", "probability": 0.5, "text": "ba"}]
    _predicting.print_predictions(
        [
            {"image": "blank.png", "blank": True, "labels": []},
            {"image": "b.png", "blank": False, "labels": labels},
        ]
    )
    assert tables == [[["blank.png", "no character found", "", ""], ["b.png", "b", "50.0%", "ba"]]]


def test_blank_pages_are_counted(blank_and_letter):
    folder = blank_and_letter[0].parents[1]
    assert json.loads(run("evaluate", "english", folder, "--json")[0])["blank"] == 1
    printed, messages = run("evaluate", "english", folder)
    assert "No character was found on 1 image." in printed
    assert messages == ""


def test_blank_images_are_named_once_before_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr(_training, "start_tensorflow", lambda: None)
    monkeypatch.setattr(_training, "save", lambda pipeline, path: path.write_text("model"))
    monkeypatch.setattr(_training, "add_fingerprints", lambda path, files: None)
    classifier = DummyClassifier()
    classifier.epochs = classifier.epochs_ = classifier.batch_size_ = 1
    monkeypatch.setattr(_training, "CNNClassifier", lambda network, **parameters: classifier)
    monkeypatch.setattr(_training, "ImageAugmenter", lambda: "passthrough")
    bar = Image.new("L", (40, 40), 255)
    bar.paste(0, (10, 5, 16, 35))
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(4):
            bar.save(tmp_path / label / f"{number}.png")
        Image.new("L", (40, 40), 255).save(tmp_path / label / "4.png")
    with pytest.warns(skhcr.images.BlankImageWarning) as record:
        run("train", tmp_path, "-o", tmp_path / "m.skhcr")
    (warned,) = record
    assert str(warned.message).startswith("2 of 10 images without ink:")
    assert all(str(tmp_path / label / "4.png") in str(warned.message) for label in "ab")


@pytest.mark.parametrize("command", [[], ["predict"], ["datasets"], ["datasets", "fetch"]])
def test_help_has_a_short_option(command):
    assert run(*command, "-h") == run(*command, "--help")


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "skhcr", "--version"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed == f"skhcr {skhcr.__version__}\n"


def test_missing_files_are_refused_before_anything_slow(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(_predicting, "open_model", pytest.fail)
    monkeypatch.setattr(_models, "start_tensorflow", pytest.fail)
    printed, messages = run("predict", trained[0], tmp_path / "missing.png", code=1)
    assert printed == ""
    assert "missing.png cannot be read: No such file or directory" in messages
    monkeypatch.setattr(_terminal, "find_spec", lambda name: None)
    _, messages = run("export", trained[0], "--to", "onnx", "-o", tmp_path / "a.onnx", code=1)
    assert "needs onnx and tf2onnx, which pip install 'skhcr[export]' installs" in messages
    _, messages = run("app", trained[0], code=1)
    assert "needs gradio, which pip install 'skhcr[app]' installs" in messages


def test_texts_must_be_texts(trained, folder, tmp_path):
    texts = tmp_path / "texts.csv"
    texts.write_text("3,three\n8\n")
    image = folder / "3" / "w0_00.png"
    _, messages = run("predict", trained[0], image, "--text", texts, code=1)
    assert "Line 2 of" in messages
    texts.write_bytes("3,drei\n8,übel\n".encode("latin-1"))
    _, messages = run("predict", trained[0], image, "--text", texts, code=1)
    assert "texts.csv' is not UTF-8 text" in messages


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("أ,alif; A\nب,ba\n", "alif; A"),
        ("\ufeffأ;alif, A\r\nب;ba\r\n", "alif, A"),
        ("أ\talif, A\nب\tba\n", "alif, A"),
    ],
)
def test_texts_may_be_separated_as_spreadsheets_do(text, read, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text(text, encoding="utf-8")
    assert _models.read_texts(path) == {"أ": read, "ب": "ba"}


def test_advice_on_csv_files_is_of_the_command_line(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("image,label\na.png,3\nb.png,8\n")
    _, messages = run("train", tmp_path, "-o", "m.skhcr", code=1)
    where = (
        f"Relative paths start from {str(tmp_path)!r}, or from a folder in it that contains all "
        "files."
    )
    assert messages.endswith(where)
    table.write_text("label," + ",".join(f"p{i}" for i in range(64)) + "\n" + "7," * 64 + "7\n")
    _, messages = run("train", table, "-o", "m.skhcr", code=1)
    assert "contains pixels, not names of image files" in messages


def test_users_of_the_page_need_passwords(tmp_path):
    users = tmp_path / "users.txt"
    for text, message in [
        ("ada:secret\nbob\n", "Line 2 of"),
        ("ada:\n", "Line 1"),
        ("\n", "no users"),
    ]:
        users.write_text(text)
        assert message in run("app", tmp_path / "a.onnx", "--auth", users, code=1)[1]
    users.write_text("ada:se:cret\n\nبدر:سر\n", encoding="utf-8")
    assert _models.read_users(users) == [("ada", "se:cret"), ("بدر", "سر")]


def test_an_exported_model_answers_without_tensorflow(trained, exported, folder):
    image = folder / "8" / "w1_01.png"
    code = (
        "import sys; from skhcr.cli import app;"
        f"app(['predict', {str(exported)!r}, {str(image)!r}], standalone_mode=False);"
        "print(*({'tensorflow', 'keras', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, modules = done.stdout.split("\n")[:2]
    assert modules == ""
    assert answer == run("predict", trained[0], image)[0].strip()


def test_pretrained_models_are_listed_and_answer_without_tensorflow(folder):
    pretrained = skhcr.pretrained
    cards = {name: pretrained.pretrained_card(name) for name in pretrained.list_pretrained()}
    table, _ = run("models")
    assert [line.split()[0] for line in table.splitlines()[1:]] == list(cards)
    assert json.loads(run("models", "--json")[0]) == cards
    card, _ = run("models", "arabic-letters")
    assert "reads: Arabic letters: " in card
    assert "El-Sawy" in card
    code = (
        "import sys; from skhcr.cli import app;"
        f"app(['predict', 'arabic-letters', {str(folder / '0' / 'w0_00.png')!r}],"
        " standalone_mode=False);"
        "print(*({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, modules = done.stdout.split("\n")[:2]
    assert modules == ""
    assert answer.split("\t")[1] in cards["arabic-letters"]["labels"]


def test_names_of_pretrained_models_are_refused_if_unknown(folder, tmp_path, monkeypatch):
    image = folder / "0" / "w0_00.png"
    _, messages = run("predict", "arabic", image, code=1)
    assert "no pretrained model of this name. The pretrained models are arabic-letters" in messages
    _, messages = run("models", "arabic", code=1)
    assert "no pretrained model 'arabic'" in messages
    monkeypatch.chdir(tmp_path)
    run("export", "arabic-letters", "--to", "onnx")
    (exported,) = tmp_path.iterdir()
    labels = [run("predict", name, image)[0].split()[1] for name in (exported, "arabic-letters")]
    assert labels[0] == labels[1]


def test_evaluation(trained, exported, folder, tmp_path):
    result = json.loads(run("evaluate", trained[0], folder, "--json")[0])
    images, labels = skhcr.datasets.load_image_folder(folder, return_X_y=True)
    predicted = skhcr.load(trained[0]).predict(images)
    assert result["accuracy"] == np.mean(predicted == labels)
    assert result["classes"]["3"]["support"] == 60
    assert result["interval"]["low"] < result["accuracy"] <= result["interval"]["high"]
    assert sum(pair["count"] for pair in result["confused"]) == np.sum(predicted != labels)
    report = tmp_path / "report.html"
    printed, _ = run("evaluate", exported, folder, "--report", report)
    assert f"Accuracy on 180 images: {result['accuracy']:.2%}" in printed
    assert f"{result['accuracy']:.2%}" in report.read_text(encoding="utf-8")
    _, messages = run("evaluate", exported, folder, "--report", report, code=1)
    assert "already exists" in messages


def test_an_evaluation_on_training_images_warns(trained, exported, folder, tmp_path):
    copies = tmp_path / "copies"
    shutil.copytree(folder, copies)
    report = tmp_path / "report.html"
    printed, _ = run("evaluate", trained[0], copies, "--report", report)
    assert "The model was trained on about 144 of these 180 images." in printed
    written = report.read_text(encoding="utf-8")
    assert "(trained on about 144 of the images)" in written
    assert "Not shown: saliency maps" not in written
    assert "<h3>CNNClassifier</h3>" in written
    for file in copies.glob("*/*.png"):
        file.write_bytes(file.read_bytes() + b"0")  # which decoders ignore
    assert "The model was trained on" not in run("evaluate", trained[0], copies)[0]
    # Exported models have no fingerprints.
    assert json.loads(run("evaluate", exported, folder, "--json")[0])["trained_on"] == 0


def test_images_of_one_group_have_no_interval(exported, folder):
    options = ("--group-pattern", "(png)$")
    printed, _ = run("evaluate", exported, folder, *options)
    assert "There is no confidence interval, because all these images are of one group" in printed
    assert json.loads(run("evaluate", exported, folder, *options, "--json")[0])["interval"] is None


def test_the_report_lists_the_writers(exported, folder, tmp_path):
    report = tmp_path / "report.html"
    run("evaluate", exported, folder, "--report", report, "--group-pattern", r"^(w\d)_")
    written = report.read_text(encoding="utf-8")
    assert all(f"<td><bdi>w{number}</bdi></td>" in written for number in range(6))


def test_evaluation_names_labels_that_the_model_does_not_know(trained, folder, tmp_path):
    names = [folder / "3" / "w0_00.png", folder / "8" / "w1_01.png"]
    table = tmp_path / "test.csv"
    table.write_text(f"image,label\n{names[0]},3\n{names[1]},nine\n")
    result = json.loads(run("evaluate", trained[0], table, "--json")[0])
    assert result["unknown_labels"] == ["nine"]
    assert result["accuracy"] <= 0.5
    assert "does not have the labels 'nine'" in run("evaluate", trained[0], table)[0]


def test_labels_that_are_taken_as_the_same(trained, exported, folder):
    files = [next((folder / label).iterdir()) for label in ("0", "3", "8")]
    plain = json.loads(run("predict", exported, *files, "--top", 3, "--json")[0])
    merged = json.loads(run("predict", exported, *files, "--top", 3, "--merge", "83", "--json")[0])
    for one, other in zip(plain, merged, strict=True):
        before = {entry["label"]: entry["probability"] for entry in one["labels"]}
        after = {entry["label"]: entry["probability"] for entry in other["labels"]}
        assert after == pytest.approx({"0": before["0"], "8": before["3"] + before["8"]}, abs=3e-6)
    for model in (trained[0], exported):
        options = ("--merge", "8=3", "--merge-case", "--json")
        result = json.loads(run("evaluate", model, folder, *options)[0])
        assert result["accuracy_merged"] >= result["accuracy"] > 0.8
        assert set(result["classes"]) == {"0", "8"}
        assert result["classes"]["8"]["support"] == 120
        assert result["unknown_labels"] == []
    printed, _ = run("evaluate", exported, folder, "--merge", "83")
    lines = printed.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("Accuracy on 180 images"))
    assert lines[place + 2].startswith("Accuracy with merged labels: ")
    _, messages = run("predict", exported, files[0], "--merge", "0Oo", code=1)
    assert "Of the group '0Oo', the classifier has only '0'" in messages


def test_models_whose_labels_are_numbers_are_merged_too():
    model = DummyClassifier(strategy="prior").fit(np.zeros((3, 1)), [3, 8, 0])
    assert _models.merge_labels(model, False, "83").classes_.tolist() == [0, 8]
    assert _models.merge_labels(model, False, None) is model
    # Of several models on the page, each takes the groups that it knows.
    one_of_several = _models.merge_labels(model, False, "83,0Oo", may_be_for_others=True)
    assert one_of_several.classes_.tolist() == [0, 8]
    assert _models.merge_labels(model, False, "Oo", may_be_for_others=True) is model
    with pytest.raises(ValueError, match="Of the group '0Oo'"):
        _models.merge_labels(model, False, "83,0Oo")


@pytest.mark.parametrize(("ending", "kind"), [("keras", "keras"), ("h5", "h5")])
def test_networks_for_keras(trained, tmp_path, ending, kind):
    path = tmp_path / f"digits.{ending}"
    result = json.loads(run("export", trained[0], "--to", kind, "-o", path, "--json")[0])
    assert result["bytes"] == path.stat().st_size
    assert skhcr.from_keras(path).classes_.tolist() == ["0", "3", "8"]
    _, messages = run("predict", path, tmp_path / "any.png", code=1)
    assert "skhcr.from_keras" in messages
    run("export", trained[0], "--to", "onnx", "-o", path, code=2)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("predict", "missing.skhcr", "a.png"), "missing.skhcr: No such file or directory"),
        (("train", "missing", "-o", "a.skhcr"), "There is no folder 'missing'"),
        (("train", "missing", "-o", "a.pkl"), "must end with .skhcr"),
        (("train", __file__, "-o", "a.skhcr"), "neither a folder of images nor a CSV file"),
        (("datasets", "fetch", "nothing"), "There are ahcd, hijja"),
        (("datasets", "fetch", "russian-letters", "--subset", "train"), "has no subsets"),
    ],
)
def test_errors_are_sentences(command, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed, messages = run(*command, code=1)
    assert printed == ""
    assert messages.startswith("Error: ")
    assert message in messages
    assert "Traceback" not in messages
    with pytest.raises((OSError, ValueError)):
        CliRunner().invoke(app, ["--debug", *command], catch_exceptions=False)


def test_the_parts_of_a_data_set_are_refused_with_the_right_commands(tmp_path):
    archive = tmp_path / "my archive"
    for part in ("train", "test"):
        for label in "ab":
            (archive / part / label).mkdir(parents=True)
            Image.new("L", (8, 8)).save(archive / part / label / "1.png")
    parts = {part: f"'{archive / part}'" for part in ("train", "test")}  # quoted for a shell
    for name in ("train", "tune"):
        _, messages = run(name, archive, "-o", "m.skhcr", code=1)
        assert "parts of a data set ('test', 'train'), not its classes" in messages
        assert messages.endswith(
            f": skhcr {name} {parts['train']} -o m.skhcr --test-fraction 0; "
            f"skhcr evaluate m.skhcr {parts['test']}"
        )
    _, messages = run("evaluate", "m.skhcr", archive, code=1)
    assert messages.endswith(f": skhcr evaluate m.skhcr {parts['test']}")
    shutil.rmtree(archive / "test")
    _, messages = run("train", archive, "-o", "m.skhcr", code=1)
    assert messages.endswith(f": skhcr train {parts['train']} -o m.skhcr")
    assert not (tmp_path / "m.skhcr").exists()


def test_years_are_refused_as_classes(tmp_path):
    for year in ("2024", "2025"):
        for label in "ab":
            (tmp_path / year / label).mkdir(parents=True)
            Image.new("L", (8, 8)).save(tmp_path / year / label / "1.png")
    _, messages = run("train", tmp_path, "-o", tmp_path / "m.skhcr", code=1)
    assert messages.endswith(
        "or a CSV file that lists all images, with the columns image and label."
    )


def test_bad_images_are_all_named_before_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr(_training, "start_tensorflow", pytest.fail)
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(6):
            Image.new("L", (8, 8)).save(tmp_path / label / f"{number}.png")
    # More than a message of the library lists; those to test on are among them.
    bad = sorted(tmp_path.glob("*/*.png"))[1:]
    for file in bad:
        file.write_text("no image")
    for command in ("train", "tune"):
        _, messages = run(command, tmp_path, "-o", tmp_path / "m.skhcr", code=1)
        assert "11 of 12 images cannot be read: " in messages
        assert all(f"{str(file)!r}: not an image in a known format" in messages for file in bad)
        assert messages.endswith(
            "Replace or remove these files. To train without them, use --skip-bad."
        )
        assert "on_error" not in messages
    assert not (tmp_path / "m.skhcr").exists()


@pytest.mark.parametrize("failing", ["add_fingerprints", "evaluation_report"])
def test_a_model_is_saved_despite_later_errors(failing, folder, tmp_path, capsys, monkeypatch):
    class Fitted(list):
        def predict(self, files):
            return np.full(len(files), "3")

    def fail(*args, **options):
        raise FileNotFoundError("gone")

    monkeypatch.setattr(_training, "save", lambda pipeline, path: path.write_text("model"))
    monkeypatch.setattr(_training, "add_fingerprints", lambda path, files: None)
    monkeypatch.setattr(_training, failing, fail)
    images, rows = Data(folder).read(), np.arange(4)
    model, report = tmp_path / "m.skhcr", tmp_path / "report.html"
    with pytest.raises(FileNotFoundError):
        _training._tested_and_saved(Fitted(), images, rows, rows, model, report)
    saved = f"The model is saved in {model}, despite the following error."
    assert " ".join(capsys.readouterr().err.split()) == saved


@pytest.mark.parametrize("limit", [40, 20])  # above the second, Pillow itself refuses the file
def test_large_photos_are_read_where_that_is_wanted(folder, tmp_path, limit, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    image = folder / "3" / "w0_00.png"  # 64 pixels
    _, messages = run("predict", "english", image, code=1)
    assert f"limit of {limit} (--max-pixels)" in messages
    printed, messages = run("predict", "english", image, "--max-pixels", 64)
    assert (printed.split("\t")[0], messages) == (str(image), "")
    assert limit == Image.MAX_IMAGE_PIXELS
    _, messages = run("evaluate", "english", folder, code=1)
    assert f"limit of {limit} (--max-pixels)" in messages
    run("evaluate", "english", folder, "--max-pixels", 64)
    monkeypatch.setattr(_training, "start_tensorflow", pytest.fail)
    _, messages = run("train", folder, "-o", tmp_path / "m.skhcr", code=1)
    assert f"limit of {limit} (--max-pixels)" in messages


def test_the_page_takes_the_limit_of_the_command(trained, folder, monkeypatch):
    class Page:
        local_url = "http://127.0.0.1:7860/"

        def block_thread(self):
            image = folder / "3" / "w0_00.png"  # 64 pixels
            for model in served:
                with pytest.raises(ImageLoadError, match=r"limit of 50 \(max_pixels\)"):
                    model.predict([image])

    served = []
    monkeypatch.setattr(
        "skhcr.app.launch", lambda models, **_: served.extend(models.values()) or Page()
    )
    limit = Image.MAX_IMAGE_PIXELS
    run("app", trained[0], "english", "--max-pixels", 50)
    assert len(served) == 2
    assert limit == Image.MAX_IMAGE_PIXELS


def test_the_limit_of_the_command_takes_the_place_of_the_models_own(monkeypatch):
    pipeline = make_pipeline(skhcr.ImageLoader(8, max_pixels=5), skhcr.ImageAugmenter())
    monkeypatch.setattr(_models, "_opened", lambda model, **kwargs: pipeline)
    assert _models.open_model(None, 64)[0].max_pixels == 64
    assert _models.open_model(None)[0].max_pixels == 64
    exported = skhcr.load_pretrained("english", exported=True)
    monkeypatch.setattr(_models, "_opened", lambda model, **kwargs: exported)
    assert _models.open_model(None, 5).max_pixels == 5
    with pytest.raises(ImageLoadError, match=r"limit of 5 \(max_pixels\)") as raised:
        pickle.loads(pickle.dumps(exported)).predict([Image.new("L", (8, 8))])
    assert str(raised.value).endswith("exported models have no on_error.")
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)


def test_labels_in_names_and_in_tables(folder, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for label in "38":
        for file in (folder / label).iterdir():
            (flat / f"{label}-{file.name}").write_bytes(file.read_bytes())
    found = Data(flat, label_pattern=r"^(\d)-", group_pattern=r"-(w\d)_").read()
    assert found.target_names.tolist() == ["3", "8"]
    assert len(set(found.groups.tolist())) == 6
    train, test = split(found, 0.2, 0)
    assert not set(found.groups[train]) & set(found.groups[test])
    assert sorted([*train, *test]) == list(range(120))


def test_options_for_other_kinds_of_data_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match=r"--group-column are for CSV files.*--group-pattern"):
        Data(folder, group_column="writer").read()
    (tmp_path / "labels.csv").write_text("image,label\na.png,3\n", encoding="utf-8")
    for path in (tmp_path, tmp_path / "labels.csv"):
        with pytest.raises(ValueError, match=r"--group-pattern are for folders.*--group-column"):
            Data(path, group_pattern=r"^(w\d)_").read()


def test_every_class_is_held_out(folder):
    found = Data(folder).read()
    train, test = split(found, 0.001, 0)
    assert set(found.target[test]) == set(found.target[train]) == {"0", "3", "8"}
    found.target[0] = "9"
    with pytest.raises(ValueError, match="one image of '9' only"):
        split(found, 0.2, 0)
    assert len(split(found, 0, 0)[0]) == 180


def test_data_sets_are_listed():
    rows = json.loads(run("datasets", "list", "--json")[0])
    assert {row["name"] for row in rows} == set(_datasets.ENTRIES)
    assert "Arabic letters, 60 writers" in run("datasets", "list")[0]


def test_a_data_set_becomes_files_to_train_on(tmp_path, monkeypatch):
    monkeypatch.setitem(
        _datasets.ENTRIES, "digits", _datasets.Entry(load_digit_images, 1797, 10, "digits")
    )
    result = json.loads(run("datasets", "fetch", "digits", "--folder", tmp_path / "d", "--json")[0])
    assert (result["images"], result["classes"]) == (1797, 10)
    digits = load_digit_images()
    with open(result["csv"], encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["image", "label"]
    read = Data(tmp_path / "d").read()
    assert read.target.tolist() == [str(label) for label in digits.target]
    np.testing.assert_array_equal(np.asarray(Image.open(read.filenames[-1])), digits.images[-1])
    _, messages = run("datasets", "fetch", "digits", "--folder", tmp_path / "d", code=1)
    assert "a new or an empty folder" in messages


def test_a_data_set_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    digits = load_digit_images()

    def no_room(*arguments):
        raise OSError(28, "No space left on device")

    (tmp_path / "d").mkdir()
    monkeypatch.setattr(_datasets.csv, "writer", no_room)
    with pytest.raises(OSError, match="No space"):
        _datasets.write_files(digits, tmp_path / "d")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
    monkeypatch.undo()
    assert _datasets.write_files(digits, tmp_path / "d") == tmp_path / "d" / "labels.csv"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
    assert len(list((tmp_path / "d" / "images").iterdir())) == 1797


@pytest.mark.parametrize(
    "command",
    [
        *("train", "tune", "evaluate", "predict", "export", "app"),
        *("datasets list", "datasets fetch"),
    ],
)
def test_every_help_has_an_example(command):
    assert f"Example: skhcr {command}" in " ".join(run(*command.split(), "--help")[0].split())


def test_flags_have_no_type_in_the_help():
    lines = run("predict", "--help")[0].splitlines()
    (line,) = (line for line in lines if "--merge-case" in line)
    assert "bool" not in line.casefold()
    for command in ((), ("datasets",), ("export",)):
        assert "bool" not in run(*command, "-h")[0]


def test_one_is_counted_as_one(trained, folder, tmp_path):
    (tmp_path / "3").mkdir()
    shutil.copy(folder / "3" / "w0_00.png", tmp_path / "3")
    printed, _ = run("evaluate", trained[0], tmp_path)
    assert "Accuracy on 1 image:" in printed


def test_files_that_are_not_models_are_refused(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = folder / "3" / "w0_00.png"
    assert "is an image, and no model" in run("predict", image, folder, code=1)[1]
    assert "is a folder, and no model" in run("predict", folder, image, code=1)[1]
    assert "Did you mean 'digits'?" in run("predict", "digts", image, code=1)[1]
    (tmp_path / "digits").mkdir()  # a folder of images has the name of a pretrained model
    assert run("predict", "digits", image)[0].startswith(str(image))


def test_unknown_names_are_refused_before_images_are_read(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(Data, "read", pytest.fail)
    command = ("train", folder, "-o", tmp_path / "m.skhcr", "--network", "resne")
    assert "Did you mean 'resnet'?" in run(*command, code=1)[1]
    assert "Did you mean 'mnist'?" in run("datasets", "fetch", "mnis", code=1)[1]


def test_images_without_folders_of_classes_lead_to_other_ways(folder, tmp_path):
    shutil.copy(folder / "3" / "w0_00.png", tmp_path)
    _, messages = run("train", tmp_path, "-o", tmp_path / "m.skhcr", code=1)
    assert "holds no folders of classes" in messages
    assert "--label-pattern: '_(.)_' finds the A in anna_A_1.png" in messages

"""The quickstart, once, as a user runs it; and the rest of the command line."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from typer.testing import CliRunner

import skhcr
from skhcr.cli import app
from skhcr.cli._quickstart import new_folder


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """Output and folder of one run, in a current folder that held an older run's results."""
    matplotlib = pytest.importorskip("matplotlib.pyplot")
    current = tmp_path_factory.mktemp("current")
    older = current / "skhcr-quickstart"
    older.mkdir()
    (older / "notes.txt").write_text("mine")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(current)
        result = CliRunner().invoke(app, ["quickstart"], catch_exceptions=False)
        matplotlib.close("all")
    assert result.exit_code == 0, result.output
    return result.output, current / "skhcr-quickstart-2"


def test_everything_is_in_one_new_folder_whose_name_is_printed(quickstart):
    output, folder = quickstart
    assert str(folder) in output
    assert {file.name for file in folder.parent.iterdir()} == {"skhcr-quickstart", folder.name}
    assert [file.name for file in (folder.parent / "skhcr-quickstart").iterdir()] == ["notes.txt"]
    assert {file.name for file in folder.iterdir()} == {
        "augmentation.png",
        "data",
        "digits.skhcr",
        "mistakes.png",
        "page.png",
        "page.txt",
        "page_read.png",
        "quickstart.py",
        "training_curves.png",
    }


def test_the_data_are_scans_in_a_folder_per_class(quickstart):
    _, folder = quickstart
    target = load_digits().target[:-40]
    for digit in range(10):
        files = sorted((folder / "data" / str(digit)).iterdir())
        assert len(files) == np.sum(target == digit)
        assert files[0].stem == "0001"
        assert {file.suffix for file in files} == {".png", ".jpg"}
        with Image.open(files[0]) as image:
            assert image.mode == "RGB"
            assert 150 <= min(image.size) <= max(image.size) <= 250


def test_held_out_files_are_read(quickstart):
    output, _ = quickstart
    accuracy = re.search(r"Accuracy on 440 held-out files: (\d+\.\d+)%", output)
    assert 98 <= float(accuracy[1]) < 100
    assert re.search(r"precision +recall +f1-score +support", output)
    for digit in range(10):
        assert re.search(rf"^ +{digit} +[01]\.\d{{4}} ", output, re.M)


def test_the_pictures_are_pictures(quickstart):
    _, folder = quickstart
    for name in ("augmentation", "training_curves", "mistakes", "page_read"):
        with Image.open(folder / f"{name}.png") as picture:
            assert max(picture.size) > 100
            assert len(picture.convert("L").getcolors(256)) > 10


def test_the_saved_model_reads_the_page(quickstart):
    output, folder = quickstart
    written = (folder / "page.txt").read_text(encoding="utf-8").split()
    assert "".join(written) == "".join(map(str, load_digits().target[-40:]))
    rows = output.partition("The loaded model reads the page as\n")[2].splitlines()[:5]
    read = [row.replace(" ", "") for row in rows]
    assert [len(row) for row in read] == [8] * 5
    pairs = zip("".join(read), "".join(written), strict=True)
    assert sum(one == other for one, other in pairs) >= 34
    assert skhcr.load(folder / "digits.skhcr").classes_.tolist() == list("0123456789")


def test_the_code_that_ran_is_printed_and_saved(quickstart):
    output, folder = quickstart
    code = (folder / "quickstart.py").read_text(encoding="utf-8")
    assert code.strip() in output
    assert "folder = Path('skhcr-quickstart-2')" in code
    compile(code, "quickstart.py", "exec")
    assert "pipeline.fit(train_files, train_labels)" in code.splitlines()


def test_folders_are_numbered_and_never_taken_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [new_folder(None).name for _ in range(3)]
    assert names == ["skhcr-quickstart", "skhcr-quickstart-2", "skhcr-quickstart-3"]


def test_a_chosen_folder_may_be_new_or_empty(tmp_path):
    assert new_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert new_folder(tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    ("name", "message"), [("full", "is not empty"), ("full/file", "is a file")]
)
def test_a_chosen_folder_that_is_taken(tmp_path, name, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    result = CliRunner().invoke(app, ["quickstart", "--output", str(tmp_path / name)])
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())
    assert [file.name for file in Path(tmp_path).rglob("*")] == ["full", "file"]


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"skhcr {skhcr.__version__}\n")


def test_help():
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "quickstart" in result.output

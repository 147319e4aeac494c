"""What ``skhcr sheet new`` and ``skhcr sheet cut`` print and refuse."""

import importlib.util
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from skhcr.cli import app

pytest.importorskip("cv2")
pypdfium2 = pytest.importorskip("pypdfium2")


def run(*arguments, code=0):
    """Run a command and return what it printed: results, messages."""
    result = CliRunner().invoke(app, ["sheet", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with a scan of a sheet on which two boxes are filled in, and no image."""
    folder = tmp_path_factory.mktemp("sheets")
    printed, said = run("new", "--labels", "لا ب", "--copies", 3, "-o", folder / "sheet.pdf")
    assert "sheet.pdf: 1 page, 6 boxes for 2 labels" in printed
    assert "skhcr sheet cut scans/ -o letters/" in said
    document = pypdfium2.PdfDocument(folder / "sheet.pdf")
    pixels = np.asarray(document[0].render(scale=2).to_pil().convert("L")).copy()
    document.close()
    rows, columns = pixels.shape[0] / 297, pixels.shape[1] / 210
    for x in (168, 189):  # the second and the first box from the right
        top, left = round(57 * rows), round(x * columns)
        pixels[top : top + 20, left : left + 4] = 40
    (folder / "scans").mkdir()
    Image.fromarray(pixels).save(folder / "scans" / "scan.png")
    Image.new("L", (90, 90), 255).save(folder / "scans" / "blank.png")
    return folder / "scans"


def test_sheets_are_cut_and_failures_are_named(scans, tmp_path):
    arguments = ("cut", scans, "--writer", "anna", "-o", tmp_path / "letters", "--json")
    printed, said = run(*arguments, code=1)
    assert "blank.png cannot be cut: No marker of a sheet was found" in said
    answer = json.loads(printed)
    assert answer["sheets"] == [
        {
            "image": str(scans / "scan.png"),
            "writer": "anna",
            "page": 1,
            "pages": 1,
            "cut": 2,
            "empty": 4,
            "doubtful": 0,
        }
    ]
    assert answer["classes"] == {"لا": 2}
    assert [failure["image"] for failure in answer["failures"]] == [str(scans / "blank.png")]
    files = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.png"))
    assert files == ["letters/لا/anna_scan_001.png", "letters/لا/anna_scan_002.png"]
    _, said = run(*arguments[:-1], code=1)
    assert "already exists: cut into another folder" in said


def test_a_table_shows_the_results_and_the_next_command(scans, tmp_path):
    printed, said = run("cut", scans / "scan.png", "-o", tmp_path / "letters")
    assert "2 images of 1 class in" in printed
    assert f"skhcr train {tmp_path / 'letters'} -o letters.skhcr" in said
    assert "unknown" in printed


def test_labels_come_from_a_file_and_files_stay(tmp_path):
    (tmp_path / "labels.txt").write_text("\ufefflam alif\n\nب\n", encoding="utf-8")
    options = ("--labels-file", tmp_path / "labels.txt", "-o", tmp_path / "sheet.pdf")
    printed, _ = run("new", *options, "--writer", "1", "--writer", "2", "--json")
    answer = json.loads(printed)
    assert (answer["pages"], answer["writers"], answer["boxes"]) == (2, ["1", "2"], 32)
    assert answer["labels"] == ["lam alif", "ب"]
    assert "already exists" in run("new", *options, code=1)[1]
    run("new", *options, "--force")
    assert "Pass the labels" in run("new", "-o", tmp_path / "other.pdf", code=1)[1]


def test_the_extra_is_named_where_it_is_missing(monkeypatch, tmp_path):
    usual = importlib.util.find_spec
    find = lambda name, *more: None if name == "cv2" else usual(name, *more)  # noqa: E731
    monkeypatch.setattr("skhcr.cli._terminal.find_spec", find)
    for arguments in (("new", "--labels", "ab"), ("cut", tmp_path)):
        _, said = run(*arguments, "-o", tmp_path / "new.pdf", code=1)
        assert "needs cv2, which pip install 'skhcr[sheets]' installs" in said

"""Answers in csv, printed and in files."""

import csv
import io
import json

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from skhcr.cli import app

pytest.importorskip("onnxruntime")

COLUMNS = ["image", "label", "probability", "rank", "text", "unknown", "blank", "several", "error"]


def run(*arguments, code=0):
    """Run a command and return what it printed: results, messages."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


@pytest.fixture
def scans(tmp_path):
    """A folder with a seven, a blank page, a drawing of no digit and a file that is damaged."""
    folder = tmp_path / "scans"
    folder.mkdir()
    drawings = {
        "7": [[(20, 20), (70, 20), (40, 80)]],
        "10": [],
        "11": [[(10, y), (90, y + 8), (12, y + 12)] for y in range(5, 90, 12)],
    }
    for name, lines in drawings.items():
        page = Image.new("L", (100, 100), 255)
        for line in lines:
            ImageDraw.Draw(page).line(line, fill=30, width=5, joint="curve")
        page.save(folder / f"{name}.png")
    (folder / "12.png").write_text("damaged")
    (folder / "13.psd").write_text("no image that can be read")
    return folder


def test_a_folder_becomes_a_table(scans, tmp_path):
    file = tmp_path / "new" / "letters.csv"
    texts = tmp_path / "texts.csv"
    texts.write_text("7,seven\n")
    command = ("predict", "digits", scans, "--top", 2, "--text", texts)
    with pytest.warns(UserWarning, match=r"is left out.*13\.psd"):
        printed, messages = run(*command, "-o", file, code=1)
    assert printed == ""
    assert f"Wrote 6 rows to {file}" in messages
    assert f"{scans / '12.png'} cannot be read: not an image" in messages
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfimage,")  # for spreadsheets
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert list(rows[0]) == COLUMNS
    assert [row["image"] for row in rows] == [
        str(scans / f"{number}.png") for number in (7, 7, 10, 11, 11, 12)
    ]
    first, second, blank, *_, damaged = rows
    assert (first["label"], first["text"], first["rank"]) == ("7", "seven", "1")
    assert float(first["probability"]) > float(second["probability"])
    assert second["rank"] == "2"
    assert (blank["blank"], blank["label"], blank["probability"]) == ("blank", "", "")
    assert [row["unknown"] for row in rows] == ["", "", "", "unknown", "unknown", ""]
    assert damaged["error"].startswith("not an image")
    (scans / "13.psd").unlink()
    assert run(*command, "--csv", code=1)[0] == data.decode("utf-8-sig")


@pytest.fixture
def row(tmp_path):
    """A file with three sevens."""
    page = Image.new("L", (300, 100), 255)
    for left in (0, 90, 180):
        line = [(left + x, y) for x, y in [(20, 20), (70, 20), (40, 80)]]
        ImageDraw.Draw(page).line(line, fill=30, width=5, joint="curve")
    page.save(tmp_path / "row.png")
    return tmp_path / "row.png"


def test_several_characters_are_marked(scans, row):
    command = ("predict", "digits", scans / "7.png", row, scans / "10.png", "--unknown", "off")
    printed, messages = run(*command)
    assert [line.split("\t")[3:] for line in printed.splitlines()] == [
        [],
        ["several characters"],
        [],
    ]
    assert "1 image probably shows several characters." in messages
    assert "use skhcr read" in messages
    answers = json.loads(run(*command, "--json")[0])
    assert [answer["several"] for answer in answers] == [False, True, False]
    rows = list(csv.DictReader(io.StringIO(run(*command, "--csv")[0].removeprefix("\ufeff"))))
    assert [one["several"] for one in rows] == ["", "several", ""]
    assert run("read", "digits", row)[0].strip() == "777"


def test_several_characters_are_counted(scans, row):
    folder = scans.parent / "labeled" / "7"
    folder.mkdir(parents=True)
    row.rename(folder / "row.png")
    (scans / "7.png").rename(folder / "7.png")
    assert json.loads(run("evaluate", "digits", folder.parent, "--json")[0])["several"] == 1
    printed, messages = run("evaluate", "digits", folder.parent)
    assert "1 image probably shows several characters." in printed
    assert messages == ""


def test_no_table_is_overwritten(scans, tmp_path):
    file = tmp_path / "letters.csv"
    file.write_text("mine")
    for command in ("predict", "read"):
        assert "already exists" in run(command, "digits", scans / "7.png", "-o", file, code=1)[1]
    assert file.read_text() == "mine"
    run("predict", "digits", scans / "7.png", "-o", file, "--force")
    assert file.read_text(encoding="utf-8-sig").startswith("image,label")
    run("read", "digits", scans / "7.png", "-o", file, "--force")
    assert file.read_text(encoding="utf-8-sig").startswith("image,line,word")


def test_invalid_tables_are_refused(scans, tmp_path):
    _, messages = run("predict", "digits", scans, "-o", tmp_path / "letters.xlsx", code=2)
    assert "must end with .csv" in messages
    assert "cannot be combined" in run("predict", "digits", scans, "--csv", "--json", code=2)[1]

"""What ``skhcr read`` prints, draws and refuses."""

import csv
import io
import json

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from skhcr.cli import app

pytest.importorskip("onnxruntime")


def run(*arguments, code=0):
    """Run a command and return what it printed: results, messages."""
    result = CliRunner().invoke(app, ["read", "digits", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with two words of sevens, and one of ones."""
    path = tmp_path_factory.mktemp("pages") / "page.png"
    image = Image.new("L", (420, 260), 255)
    pen = ImageDraw.Draw(image)
    for x in (30, 110, 260, 340):
        pen.line([(x, 40), (x + 45, 40), (x + 20, 100)], fill=30, width=8, joint="curve")
    for x in (40, 90):
        pen.line([(x, 160), (x, 220)], fill=30, width=8)
    image.save(path)
    return path


def test_the_text_of_a_page_is_printed(page):
    assert run(page)[0] == "77 77\n11\n"


def test_json_is_a_list_of_pages(page):
    printed, _ = run(page, "--json")
    (answer,) = json.loads(printed)
    assert (answer["image"], answer["text"]) == (str(page), "77 77\n11")
    first = answer["characters"][0]
    assert first["box"] == pytest.approx([30, 37, 80, 102], abs=3)
    assert (first["line"], first["word"]) == (0, 0)
    assert str(first["label"]) == "7"
    assert 0.5 < first["probability"] <= 1


def test_csv_has_a_line_for_every_character(page):
    rows = list(csv.DictReader(io.StringIO(run(page, "--csv")[0])))
    assert [row["label"] for row in rows] == list("777711")
    assert [row["word"] for row in rows] == list("001100")
    assert "cannot be combined" in run(page, "--csv", "--json", code=2)[1]


def test_unknown_characters_are_marked_unless_turned_off(tmp_path):
    path = tmp_path / "page.png"
    image = Image.new("L", (420, 160), 255)
    pen = ImageDraw.Draw(image)
    pen.line([(40, 40), (85, 40), (60, 100)], fill=30, width=8, joint="curve")
    for y in range(35, 110, 12):  # no digit
        pen.line([(220, y), (300, y + 8), (222, y + 12)], fill=30, width=4, joint="curve")
    image.save(path)
    (answer,) = json.loads(run(path, "--json")[0])
    assert [one["unknown"] for one in answer["characters"]] == [False, True]
    assert answer["text"].startswith("7")
    rows = list(csv.DictReader(io.StringIO(run(path, "--csv")[0])))
    assert [row["unknown"] for row in rows] == ["", "unknown"]
    assert "1 of 2 characters looks like none" in run(path)[1]
    printed, messages = run(path, "--unknown", "off")
    assert (printed, messages) == (run(path)[0], "")
    (answer,) = json.loads(run(path, "--json", "--unknown", "off")[0])
    assert "unknown" not in answer["characters"][0]


def test_folders_are_read_and_drawn(page, tmp_path):
    (page.parent / "notes.txt").write_text("no image")
    (page.parent / "notes.pdf").write_text("Pillow writes those, and reads none")
    with pytest.warns(UserWarning, match=r"is left out.*'notes\.pdf'"):
        run(page.parent)
    (page.parent / "notes.pdf").unlink()
    printed, _ = run(page.parent, "--boxes", tmp_path / "seen.png", "--allowed", "0=1")
    assert printed == "11 11\n11\n"
    with Image.open(tmp_path / "seen.png") as picture:
        assert picture.width > 1000
    _, messages = run(page, "--boxes", tmp_path / "seen.png", code=1)
    assert "already exists" in messages
    _, messages = run(tmp_path / "none", page, code=1)
    assert "none cannot be read: No such file or directory" in messages


def test_pages_of_a_folder_share_a_csv(page, tmp_path):
    for name in ("b.PNG", "a.png"):
        (tmp_path / name).write_bytes(page.read_bytes())
    printed, _ = run(tmp_path, "--csv", "--allowed", "0=17", "--allowed", "0.1=1")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["image"] for row in rows] == 6 * [str(tmp_path / "a.png")] + 6 * [
        str(tmp_path / "b.PNG")
    ]
    assert "".join(row["label"] for row in rows[:6]) == "771111"


def test_invalid_options_are_refused(page, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "There is no image in the folder" in run(tmp_path / "empty", code=1)[1]
    _, messages = run(page, "--allowed", "12", "--allowed", "0=3", code=1)
    assert "must specify a line" in messages
    (tmp_path / "words.txt").write_text("11 17\n")
    assert run(page, "--words", tmp_path / "words.txt")[0].endswith("11\n")


def test_context_selects_what_distinguishes_letters_and_digits(tmp_path):
    image = Image.new("L", (420, 160), 255)
    pen = ImageDraw.Draw(image)
    for line in ((30, 40, 30, 110), (70, 40, 70, 110), (30, 75, 70, 75)):
        pen.line(line, fill=30, width=7)
    pen.ellipse((100, 40, 165, 110), outline=30, width=7)
    for line in ((190, 42, 250, 42), (220, 42, 220, 110)):
        pen.line(line, fill=30, width=7)
    image.save(tmp_path / "page.png")

    def read(*options):
        arguments = ["read", "english", str(tmp_path / "page.png"), "--json", *options]
        (answer,) = json.loads(CliRunner().invoke(app, [*arguments, "--allowed", "HTOo0"]).stdout)
        return answer["text"], answer["characters"][1]["probability"]

    assert read() == read("--context", "word")
    assert read()[0] == "HOT"
    assert len({read(), read("--context", "line"), read("--context", "shape")}) == 3
    assert CliRunner().invoke(app, ["read", "english", "--context", "page"]).exit_code == 2

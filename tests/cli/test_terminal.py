"""Names and labels are text on the terminal and in JSON, whatever is in them."""

import io
import json
import os
import sys
import warnings

import pytest
from typer.testing import CliRunner

from skhcr.cli import _datasets, _models, _predicting, _terminal, _training, app

# Markup and an emoji of rich, commands of terminals, a turned direction, a row of its own, and a
# byte of a file name that is no UTF-8.
NAME = "[/b][red]x:car:\x1b[2J\x9b31m\u202egnp\n\ta\t0.99\udcff"
SHOWN = r"[/b][red]x:car:\x1b[2J\x9b31m\u202egnp\n\ta\t0.99\udcff"

ANSWERS = [
    {"image": NAME, "labels": [{"label": NAME, "probability": 0.5, "text": NAME}]},
    {"image": NAME, "error": NAME},
]
SCORES = {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 1.0}
EVALUATION = {
    "classes": {NAME: SCORES},
    "confused": [{"label": NAME, "read_as": NAME, "count": 1}],
    "unknown_labels": [NAME],
    "images": 1,
    "blank": 0,
    "several": 0,
    "trained_on": 0,
    "interval": None,
    "accuracy": 0.5,
    "accuracy_merged": None,
    "report": NAME,
}
TRAINED = {"model": NAME, "bytes": 1, "report": NAME, "accuracy": None}
CARD = {"title": NAME, "labels": [NAME], "accuracy": {NAME: 0.5}, "reliability": {}, "bytes": {}}
CARD |= dict.fromkeys(_models._OF_CARDS, NAME)


@pytest.mark.parametrize(
    ("print_it", "result", "n_lines", "n_names"),
    [
        (_predicting.print_predictions, ANSWERS, 1, 3),
        (_predicting.print_evaluation, EVALUATION, None, 4),
        (_training.print_trained, TRAINED, 3, 2),
        (_models.print_exported, {"exported": NAME, "bytes": 1}, 1, 1),
        (_models.print_cards, {NAME: CARD}, None, 9),
        (
            _datasets.print_fetched,
            {"description": "A", "images": 1, "classes": 1, "csv": NAME, "writers": 0},
            3,
            1,
        ),
    ],
)
def test_names_are_neither_markup_nor_commands(print_it, result, n_lines, n_names, capsys):
    print_it(result)
    printed = "".join(capsys.readouterr())
    lines = printed.splitlines()
    assert all(line.replace("\t", " ").isprintable() for line in lines)
    assert n_lines is None or len(lines) == n_lines
    # Tables wrap what is long, and repr writes every backslash twice.
    assert "".join(printed.split()).replace("\\\\", "\\").count(SHOWN) >= n_names


def test_names_in_the_table_of_predictions(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    _predicting.print_predictions([{**ANSWERS[0], "image": "[/b]:car:\x1b[2J"}])
    printed = capsys.readouterr().out
    assert r"[/b]:car:\x1b[2J" in printed
    assert all(line.isprintable() for line in printed.splitlines())


def test_a_name_forges_no_row(capsys):
    _predicting.print_predictions(ANSWERS)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t") == [SHOWN, SHOWN, "0.5000", SHOWN]


def test_errors_and_warnings_are_text(monkeypatch):
    warned = []

    def fail(*arguments):
        warned.append(warnings.formatwarning(UserWarning(NAME), UserWarning, "a.py", 1))
        raise OSError(2, "No such file", NAME)

    usual = warnings.formatwarning
    monkeypatch.setattr(_predicting, "predict", fail)
    result = CliRunner().invoke(app, ["predict", "english", "a.png"])
    assert result.stderr == f"Error: {SHOWN}: No such file\n"
    assert warned == ["Warning: " + SHOWN.replace(r"\n", "\n") + "\n"]
    assert warnings.formatwarning is usual
    result = CliRunner().invoke(app, ["export", "--to", "h5", "a.skhcr", "-o", NAME])
    assert "must end with .h5" in result.stderr
    assert all(line.isprintable() for line in result.stderr.splitlines())


def test_warnings_for_programmers_are_shown_to_them_only(monkeypatch):
    def warn(*arguments):
        warnings.warn("An option will go.", FutureWarning, stacklevel=2)
        warnings.warn("Two labels look alike.", UserWarning, stacklevel=2)
        return []

    monkeypatch.setattr(_predicting, "predict", warn)
    with pytest.warns(UserWarning, match="look alike") as record:
        CliRunner().invoke(app, ["predict", "english", "a.png"], catch_exceptions=False)
    assert len(record) == 1
    with pytest.warns(FutureWarning, match="will go"), pytest.warns(UserWarning, match="alike"):
        CliRunner().invoke(app, ["--debug", "predict", "english", "a.png"], catch_exceptions=False)


class Stream(io.TextIOWrapper):
    """Standard output, of an encoding, as a file or as a terminal."""

    def __init__(self, encoding, *, is_terminal=False):
        super().__init__(io.BytesIO(), encoding)
        self.isatty = lambda: is_terminal

    def written(self):
        self.flush()
        return self.buffer.getvalue()


RESULT = [{"image": NAME, "label": 'ألف"\\', "score": float("nan"), "more": (float("inf"), 1.5, 2)}]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize("is_terminal", [False, True])
def test_json_is_valid_whatever_it_holds(encoding, is_terminal, monkeypatch):
    stream = Stream(encoding, is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    _terminal.show(RESULT, True, pytest.fail)
    text = stream.written().decode("utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    assert ("ألف" in text) == (encoding == "utf-8")
    (read,) = json.loads(text, parse_constant=pytest.fail)
    assert read == {"image": NAME, "label": 'ألف"\\', "score": None, "more": [None, 1.5, 2]}
    assert os.fsencode(read["image"]).endswith(b"\xff")


@pytest.mark.parametrize(
    ("is_terminal", "expected"),
    [(False, "ألف é".encode()), (True, rb"\u0623\u0644\u0641 " + "é".encode("cp1252"))],
)
def test_letters_that_the_encoding_lacks(is_terminal, expected, monkeypatch):
    out, messages = (Stream("cp1252", is_terminal=is_terminal) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", messages)
    answers = [{"image": "ألف é", "error": "ألف é"}, {**ANSWERS[0], "image": "ألف é"}]
    monkeypatch.setattr(_predicting, "predict", lambda *arguments: answers)
    with pytest.raises(SystemExit):
        app(["predict", "english", "a.png"])
    assert expected in out.written()
    assert messages.written().count(expected) == 2

"""Everything that people read is in plain American English, in the terms of the field."""

import ast
import importlib.util
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "docs/serving/*.py",
    "serve/*.md",
    "benchmarks/*.md",
    "benchmarks/*.py",
    "examples/*.py",
    "skhcr/**/*.py",
    "skhcr/datasets/descr/*.rst",
    "skhcr/pretrained/models/*.json",
)
FILES = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})
CODE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2|`[^`\n]+`|<!--.*?-->|\]\([^)\n]*\)", re.S | re.M)


def word_list() -> list[tuple[re.Pattern[str], str]]:
    """Return the expressions to avoid, and their replacements."""
    text = (ROOT / "tests" / "words.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.split(" -> ") for line in lines]
    return [(re.compile(before.replace(" ", r"\s+"), re.I), after) for before, after in pairs]


WORDS = word_list()
ANY = re.compile("|".join(expression.pattern for expression, _ in WORDS), re.I)


def prose(path: Path) -> list[tuple[int, str]]:
    """Return the texts of a file that people read, without code, with their line numbers."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [(1, CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text))]
    nodes = list(ast.walk(ast.parse(text)))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    texts = [
        (
            node.lineno,
            "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values),
        )
        for node in joined
    ]
    texts += [
        (node.lineno, node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    ]
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, comment = token.start[0], token.string.lstrip("# ")
        if line == last + 1:
            texts[-1] = (texts[-1][0], f"{texts[-1][1]}\n{comment}")
        else:
            texts.append((line, comment))
        last = line
    return [(line, CODE.sub(" ", text)) for line, text in texts]


def findings(texts: list[tuple[int, str]]) -> list[str]:
    """Return the phrases to avoid in some texts, with their lines and replacements."""
    return [
        f"line {line + text.count(chr(10), 0, match.start())}: {match[0]!r} -> {after}"
        for line, text in texts
        if ANY.search(text)
        for expression, after in WORDS
        for match in expression.finditer(text)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_plain_words(path):
    assert findings(prose(path)) == []


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("A fit that was broken off\ngoes on where it was.", 2),
        ("`broken off`\n```python\nbroken off\n```\n[here](broken off)", 0),
        ("There is no image. It is no longer here, and is no larger.", 0),
        ("It is no image.", 1),
        ("An interrupted fit resumes.", 0),
    ],
)
def test_phrases_are_found_outside_of_code(tmp_path, text, n):
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    assert len(findings(prose(path))) == n


def test_phrases_are_found_in_strings_and_comments(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        '"""Broken off."""\n\n# It goes on\n# where it was.\nx = f"{1} was broken "\n'
        'y = f"broken " f"off: {x}"\n',
        encoding="utf-8",
    )
    lines = [found.split(":")[0] for found in findings(prose(path))]
    assert sorted(lines) == ["line 1", "line 3", "line 6"]


@pytest.mark.skipif(importlib.util.find_spec("codespell_lib") is None, reason="needs codespell")
def test_american_spelling():
    names = [str(path) for path in FILES]
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""

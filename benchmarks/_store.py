"""Results on disk: one JSON file for every finished piece, which a later run does not repeat."""

import hashlib
import io
import json
import platform
import subprocess
import zipfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import joblib

from skhcr._atomic import replacing
from skhcr.persistence._ready import ESTIMATOR, MEMBER

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = ROOT / "docs" / "benchmarks"


def write_page(name, title, text):
    """Write a page of the documentation."""
    write(PAGES / f"{name}.md", f"# {title}\n\n{text}")


def write_figure(name, figure):
    """Write a figure of such a page."""
    with replacing(PAGES / f"{name}.png") as part:
        figure.savefig(part, dpi=120)


def write(path, text):
    """Write a file completely or not at all."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def as_table(lines):
    """Return a Markdown table of lines of texts, the first of which are the titles."""
    head, *rows = ("| " + " | ".join(line) + " |" for line in lines)
    rule = "| " + " | ".join("---" for _ in lines[0]) + " |"
    return "\n".join([head, rule, *rows]) + "\n"


def write_json(path, value):
    """Write a value as JSON, readable by people."""
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_lines(path, value):
    """Write a dict as JSON, the entries of its lists on a line each: small, and for people too."""
    parts = []
    for name, item in value.items():
        if isinstance(item, list):
            lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in item)
            parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}")
    write(path, "{\n" + ",\n".join(parts) + "\n}\n")


def read_json(path):
    """Return the value in a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


# What predictions do not depend on, in the description of a saved network.
_NOT_PREDICTED_WITH = ("skhcr", "normality", "offset", "weights")


def predictions_digest(exported):
    """Return a digest of everything in a pretrained model that its predictions depend on.

    The normality score does not change predictions, so it does not change the digest. Models that
    were saved before files had a description of the network have the digest of the exported file.

    Parameters
    ----------
    exported : Path
        The exported model; the saved model is beside it.
    """
    with zipfile.ZipFile(exported.with_suffix(".skhcr")) as archive:
        if MEMBER not in archive.namelist():
            return hashlib.sha256(exported.read_bytes()).hexdigest()
        network, estimator = json.loads(archive.read(MEMBER)), archive.read(ESTIMATOR)
    described = {key: value for key, value in network.items() if key not in _NOT_PREDICTED_WITH}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    with zipfile.ZipFile(io.BytesIO(estimator)) as archive:
        for name in network["weights"]:
            digest.update(archive.read(name))
    return digest.hexdigest()


def commit_of(folder):
    """Return which version of the code is in a folder, as git describes it; None without git."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() or None


# Of the code that runs, not of what is checked out when it ends, hours later.
COMMIT = commit_of(ROOT)


def environment():
    """Return what a figure depends on besides its row."""
    return {
        "commit": COMMIT,
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": joblib.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("skhcr", "scikit-learn", "tensorflow", "keras")},
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

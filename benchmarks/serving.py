"""From a model on disk to its answers: cold starts, single images, many of them, memory, sizes."""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from ._store import RESULTS, ROOT, as_table, commit_of, environment, write_json, write_page

_FIT = """
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, export, save

images, labels = load_digits(return_X_y=True)
images = np.kron(images.reshape(-1, 8, 8), np.ones((6, 6))).astype(np.uint8)[:600] * 15
classifier = CNNClassifier(epochs=1, random_state=0)
pipeline = make_pipeline(InkNormalizer((32, 32)), ImageAugmenter(), classifier)
pipeline.fit(images, labels[:600])
"""
_WRITE = f"""{_FIT}
save(pipeline, "own.skhcr")
export(pipeline, "own.onnx")
Image.fromarray(images[3]).save("scan.png")
"""
_COLD = {
    "own model": ["predict", "own.skhcr", "scan.png"],
    "exported": ["predict", "own.onnx", "scan.png"],
    "pretrained": ["predict", "digits", "scan.png"],
}
_IN_PYTHON = "from skhcr import load; load('own.skhcr').predict(['scan.png'])"
_MEASURE = """
import json, resource, time
import numpy as np

def cost(call, times):
    call()
    found = []
    for _ in range(5):
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        used = time.process_time() - cpu, time.perf_counter() - clock
        found.append([part / times for part in used])
    return min(found)

images = np.random.default_rng(0).integers(0, 256, (3360, 32, 32, 1), dtype=np.uint8)
{make}
one = cost(lambda: answer(images[:1]), 200)
many = cost(lambda: answer(images), 1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"one": one, "many": many, "peak_mb": peak}}))
"""
_LOADED = "from skhcr import load; answer = load('own.skhcr')[-1].predict_proba"
_FITTED = f"{_FIT.replace('images', 'digits')}\nanswer = pipeline[-1].predict_proba"
_BARE = """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = {threads}
session = onnxruntime.InferenceSession("own.onnx", options)
answer = lambda images: session.run(None, {{"image": images.astype(np.float32)}})
"""
_WARM = {
    "loaded": _LOADED,
    "fitted in this process": _FITTED,
    "ONNX Runtime alone, one thread": _BARE.format(threads=1),
    "ONNX Runtime alone, all cores": _BARE.format(threads=0),
}
# Without what only trains, draws, downloads or checks other files.
_TO_SERVE = ("numpy", "scipy", "pillow", "onnxruntime", "lazy-loader", "typer", "rich")


def main(
    before: Annotated[
        Path | None, typer.Option(help="a checkout of an earlier version, to compare with")
    ] = None,
    rounds: Annotated[int, typer.Option(help="processes of every kind that are counted")] = 5,
) -> None:
    """Ask a model on disk for labels, in processes of their own, by turns with another version."""
    versions = {"now": ROOT} | ({} if before is None else {"before": before.resolve()})
    cold, warm = {}, {}
    with tempfile.TemporaryDirectory() as name:
        folders = {}
        for version, root in versions.items():
            folders[version] = Path(name) / version
            folders[version].mkdir()
            _run([sys.executable, "-c", _WRITE], folders[version], root)
        for _ in range(rounds):
            for version, root in versions.items():
                programs = {
                    f"skhcr predict, {what}": ["-m", "skhcr", *arguments]
                    for what, arguments in _COLD.items()
                }
                programs["Python, load and predict"] = ["-c", _IN_PYTHON]
                for what, arguments in programs.items():
                    used = _run([sys.executable, *arguments], folders[version], root)[1]
                    cold.setdefault(what, {}).setdefault(version, []).append(used)
        for what, make in _WARM.items():
            for version, root in versions.items():
                if version == "now" or "alone" not in what:
                    program = [sys.executable, "-c", _MEASURE.format(make=make)]
                    output = _run(program, folders[version], root)[0]
                    found = json.loads(output.splitlines()[-1])
                    warm.setdefault(what, {})[version] = found
    result = {
        "cold": {
            what: {version: _middle(used) for version, used in of_version.items()}
            for what, of_version in cold.items()
        },
        "warm": warm,
        "installed_mb": {"skhcr": _installed(["skhcr"]), "to serve": _installed(_TO_SERVE)},
        "commits": {version: commit_of(root) for version, root in versions.items()},
        "rounds": rounds,
        **environment(),
    }
    write_json(RESULTS / "serving.json", result)
    write_page("serving", "Serving", _as_page(result))


def _run(command: list[str], folder: Path, root: Path) -> tuple[str, dict[str, float]]:
    """Run a program with the code in a checkout; return what it prints, and what it took."""
    environ = {**os.environ, "PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    clock = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, {"cpu": cpu, "clock": clock}


def _middle(used: list[dict[str, float]]) -> dict[str, float]:
    return {what: median(one[what] for one in used) for what in used[0]}


def _installed(names) -> float:
    """Return the megabytes of packages and of all that they require, as they are installed here."""
    seen, waiting = set(), list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system
            continue
        if name not in seen:
            seen.add(name)
            waiting += [re.match(r"[\w.-]+", one)[0] for one in requires if "extra ==" not in one]
    files = (file for name in seen for file in metadata.files(name) or [])
    paths = {Path(file.locate()) for file in files}
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _as_page(result: dict) -> str:
    versions = list(result["commits"])
    lines = [["from command to label", *(f"{v}, CPU-s (clock)" for v in versions)]]
    for what, found in result["cold"].items():
        shown = [f"{found[v]['cpu']:.2f} ({found[v]['clock']:.2f})" for v in versions]
        lines.append([what, *shown])
    tables = [as_table(lines)]
    for size, unit, factor in (("one", "one image, ms", 1e3), ("many", "3,360 images, s", 1)):
        lines = [[unit, *(f"{v}, CPU (clock)" for v in versions)]]
        for what, found in result["warm"].items():
            shown = [
                f"{found[v][size][0] * factor:.2f} ({found[v][size][1] * factor:.2f})"
                if v in found
                else "-"
                for v in versions
            ]
            lines.append([what, *shown])
        tables.append(as_table(lines))
    lines = [["memory of the process, MB", *versions]]
    for what, found in result["warm"].items():
        lines.append(
            [what, *(f"{found[v]['peak_mb']:.0f}" if v in found else "-" for v in versions)]
        )
    tables.append(as_table(lines))
    sizes = [[what, f"{size:.0f}"] for what, size in result["installed_mb"].items()]
    tables.append(as_table([["installed, with all that it requires", "MB"], *sizes]))
    return "\n".join(
        [
            "The default network after an `InkNormalizer`, one epoch of digits; every start is a "
            f"separate process, the median of {result['rounds']}; predictions in a warm process, "
            "the best of five. *To serve*: the requirements of `skhcr-serve`. "
            f"Versions: {', '.join(f'{v} is {c}' for v, c in result['commits'].items())}; "
            f"{result['cores']} cores, shared with other work: compare CPU-seconds first.",
            "",
            *tables,
        ]
    )

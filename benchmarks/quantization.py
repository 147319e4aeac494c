"""Exported models in 32, 16 and 8 bits: what they classify rightly, their size, memory and time."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skhcr import InkNormalizer, export, load_exported, load_pretrained
from skhcr.pretrained import list_pretrained

from ._pretrained_models import MODELS
from ._splits import AHCD, ENGLISH_PAGES, MNIST
from ._store import RESULTS, as_table, environment, write_json, write_page
from ._training_letters import russian_for_training

FORMATS = {"ONNX": ".onnx", "LiteRT": ".tflite"}
NUMBERS = (None, "float16", "int8")
_TRAINING_IMAGES = {
    "arabic-letters": lambda: AHCD.split(0).X,
    "digits": lambda: MNIST.split(0).X,
    "english": lambda: ENGLISH_PAGES.split(0).X,
    "russian-letters": russian_for_training,
}
# A process that loads a runtime and a model, and asks for one image at a time, as a device would.
_ASK = """
import json, sys, time
import numpy as np

model, images, answers = sys.argv[1:]
images = np.load(images, mmap_mode="r")
if model.endswith(".onnx"):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    def answer(image):
        return session.run(["probabilities", "score"], {"image": image})
else:
    from ai_edge_litert.interpreter import Interpreter
    network = Interpreter(model, num_threads=1).get_signature_runner()
    def answer(image):
        outputs = network(image=image)
        return outputs["probabilities"], outputs["score"]
found, best = [], float("inf")
for start in range(0, len(images), 200):
    begin = time.process_time()
    some = [answer(image[np.newaxis].astype(np.float32)) for image in images[start : start + 200]]
    best = min(best, (time.process_time() - begin) / len(some))
    found += some
probabilities, scores = (np.concatenate(part) for part in zip(*found))
np.savez(answers, probabilities=probabilities, scores=scores)
with open("/proc/self/status") as status:  # getrusage counts the process that started this one
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
print(json.dumps({"ms": 1e3 * best, "peak_mb": peak}))
"""


def main(
    calibration: Annotated[int, typer.Option(help="training images to calibrate on")] = 300,
) -> None:
    """Export the pretrained models in 32, 16 and 8 bits and classify their test images."""
    results = {}
    for name in list_pretrained():
        results[name] = _measure(name, calibration)
        print(name, json.dumps(results[name], indent=1), flush=True)
    result = {"calibration": calibration, "models": results, **environment()}
    write_json(RESULTS / "quantization.json", result)
    write_page("quantization", "Quantization", _as_page(result))


def _measure(name: str, calibration: int) -> dict[str, list[dict]]:
    pipeline, test = load_pretrained(name), MODELS[name].test()
    pool = _TRAINING_IMAGES[name]()
    rows = np.random.default_rng(0).permutation(len(pool))[:calibration]
    images = InkNormalizer((32, 32), on_blank="ignore").transform(test.X)
    found = {}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        np.save(folder / "images.npy", images)
        for kind, ending in FORMATS.items():
            lines, chosen = [], {}
            for numbers in NUMBERS:
                calibrated = [pool[row] for row in rows] if numbers == "int8" else None
                path = folder / f"{numbers}{ending}"
                export(pipeline, path, quantize=numbers, calibration=calibrated)
                line, chosen[numbers] = _ask(path, folder, np.asarray(test.y))
                equal = float(np.mean(chosen[numbers] == chosen[None]))
                lines.append({"numbers": numbers or "float32", "equal": equal, **line})
            found[kind] = lines
    return found


def _ask(path: Path, folder: Path, labels: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """Return what a model costs and gets right, and the labels that it gives."""
    command = [sys.executable, "-c", _ASK, path, folder / "images.npy", folder / "answers.npz"]
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    with np.load(folder / "answers.npz") as answers:
        probabilities, scores = answers["probabilities"], answers["scores"]
    exported = load_exported(path)
    chosen = exported.classes_[probabilities.argmax(axis=1)]
    line = {
        **json.loads(done.stdout.splitlines()[-1]),
        "accuracy": float(np.mean(chosen == labels)),
        "unknown": float(np.mean(scores < exported.offset_)),
        "bytes": path.stat().st_size,
        "n": len(labels),
    }
    return line, chosen


def _as_page(result: dict) -> str:
    parts = [
        "`export(pipeline, path, quantize=...)` of the pretrained models, on the test images of "
        f"their cards. *int8* is calibrated on {result['calibration']} training images, and never "
        "on test images. *Equal labels* is the share of test images to which a file gives the "
        "label that the float32 file gives. *Unknown* is the share whose score is below the "
        "threshold of the file. *Peak memory* is that of a process with Python, NumPy, the "
        "runtime and the model. *Time* is CPU time on one core for one image at a time, without "
        "reading and normalizing it: the fastest of blocks of 200 images. LiteRT uses its default "
        "kernels, as on a phone.",
    ]
    for name, of_model in result["models"].items():
        (n,) = {line["n"] for lines in of_model.values() for line in lines}
        rows = [
            [
                "file",
                "accuracy, %",
                "change, points",
                "equal labels, %",
                "unknown, %",
                "size, MB",
                "of float32",
                "peak memory, MB",
                "time, ms",
            ]
        ]
        for kind, lines in of_model.items():
            before = lines[0]
            rows += [
                [
                    f"{kind}, {line['numbers']}",
                    f"{100 * line['accuracy']:.2f}",
                    f"{100 * (line['accuracy'] - before['accuracy']):+.2f}" if index else "-",
                    f"{100 * line['equal']:.2f}" if index else "-",
                    f"{100 * line['unknown']:.2f}",
                    f"{line['bytes'] / 1e6:.2f}",
                    f"{line['bytes'] / before['bytes']:.2f}" if index else "-",
                    f"{line['peak_mb']:.0f}",
                    f"{line['ms']:.2f}",
                ]
                for index, line in enumerate(lines)
            ]
        parts += ["", f"## {name}, {n:,} test images", "", as_table(rows).rstrip()]
    parts += [
        "",
        f"Measured on {result['date']}, on {result['cores']} cores of {result['processor']}, with "
        f"Python {result['python']}, TensorFlow {result['tensorflow']} and Keras "
        f"{result['keras']}. The processor has VNNI instructions; without them, int8 gains less "
        "time. No phone and no microcontroller was measured.",
    ]
    return "\n".join(parts) + "\n"

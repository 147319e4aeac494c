"""Files of fitted classifiers: size, time to save, and time to the first label."""

import pickle
import subprocess
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Annotated

import joblib
import numpy as np
import skops.io
import typer
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageLoader, export, load, load_exported, save, to_keras

from ._turns import OURS, compare, publish, take_turns

# Whole programs, as a server's or a command's: from the file to the label of an image.
IMAGE = """
import numpy as np
from PIL import Image
pixels = np.asarray(Image.open("image.png"))[np.newaxis, ..., np.newaxis]
"""
KERAS = IMAGE + "import keras; keras.saving.load_model('a.keras').predict(pixels, verbose=0)"
ADAM = "sklearn.neural_network._stochastic_optimizers.AdamOptimizer"
SKOPS = f"""{IMAGE}
import skops.io
skops.io.load('a.skops', trusted=[{ADAM!r}]).predict(pixels.reshape(1, -1) / 255)
"""
LOAD_EXPORTED = "from skhcr import load_exported as load; load('a.{}').predict(['image.png'])"
ONNX, LITERT, MLP = "ONNX", "LiteRT", "skops, of an MLPClassifier"
PROGRAMS = {
    OURS: "from skhcr import load; load('a.skhcr').predict(['image.png'])",
    f"{OURS}, {ONNX}": LOAD_EXPORTED.format("onnx"),
    f"{OURS}, {LITERT}": LOAD_EXPORTED.format("tflite"),
    "joblib": "import joblib; joblib.load('a.joblib').predict(['image.png'])",
    "pickle": "import pickle; pickle.load(open('a.pickle', 'rb')).predict(['image.png'])",
    "Keras": KERAS,
    MLP: SKOPS,
}


def main(
    rounds: Annotated[int, typer.Option(help="rounds that are counted")] = 5,
) -> None:
    """Save a fitted pipeline in every way, and read a label from it, in processes of their own."""
    images, labels = load_digits(return_X_y=True)
    images = np.kron(images.reshape(-1, 8, 8), np.ones((4, 4))).astype(np.uint8) * 15
    pipeline = make_pipeline(ImageLoader(), CNNClassifier(epochs=1, random_state=0))
    pipeline.fit(images, labels)
    mlp = MLPClassifier((512,), max_iter=20, random_state=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        mlp.fit(images.reshape(len(images), -1) / 255, labels)
    network = pipeline[-1].model_

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(images[0]).save(folder / "image.png")
        files = {
            OURS: folder / "a.skhcr",
            f"{OURS}, {ONNX}": folder / "a.onnx",
            f"{OURS}, {LITERT}": folder / "a.tflite",
            "joblib": folder / "a.joblib",
            "pickle": folder / "a.pickle",
            "Keras": folder / "a.keras",
            MLP: folder / "a.skops",
        }
        writers = {
            OURS: partial(save, pipeline, files[OURS]),
            f"{OURS}, {ONNX}": partial(export, pipeline, files[f"{OURS}, {ONNX}"]),
            f"{OURS}, {LITERT}": partial(export, pipeline, files[f"{OURS}, {LITERT}"]),
            "joblib": partial(joblib.dump, pipeline, files["joblib"]),
            "pickle": lambda: files["pickle"].write_bytes(pickle.dumps(pipeline)),
            "Keras": partial(to_keras, pipeline[-1], files["Keras"]),
            MLP: partial(skops.io.dump, mlp, files[MLP]),
        }
        readers = {
            OURS: partial(load, files[OURS]),
            f"{OURS}, {ONNX}": partial(load_exported, files[f"{OURS}, {ONNX}"]),
            f"{OURS}, {LITERT}": partial(load_exported, files[f"{OURS}, {LITERT}"]),
            "joblib": partial(joblib.load, files["joblib"]),
            "pickle": lambda: pickle.loads(files["pickle"].read_bytes()),
            "Keras": partial(_keras_load, files["Keras"]),
            MLP: partial(skops.io.load, files[MLP], trusted=[ADAM]),
        }
        written = take_turns(writers, rounds=rounds)
        read = take_turns(readers, rounds=rounds)
        run = partial(subprocess.run, check=True, capture_output=True, cwd=folder)
        first = take_turns(
            {name: partial(run, [sys.executable, "-c", text]) for name, text in PROGRAMS.items()},
            rounds=rounds,
        )
        sizes = {name: file.stat().st_size / 2**20 for name, file in files.items()}
    publish(
        "saving",
        "Saving and loading",
        {
            "From a file to the first label, whole programs": compare(first),
            "Saving": compare(written, {"file, MiB": sizes}),
            "Loading": compare(read),
        },
        f"The default network ({network.count_params():,} weights), with the step that reads "
        f"image files, and an MLPClassifier with {sum(map(np.size, mlp.coefs_)):,}; {rounds} "
        "rounds, by turns. The Keras file contains only the network, without the image reading; "
        "joblib, pickle and Keras require trust in the author of the file.",
    )


def _keras_load(path):
    import keras

    return keras.saving.load_model(path)

"""Memory: of one fit on many images, and of many fits in one process."""

import gc
import os
from functools import partial

import numpy as np

from skhcr import CNN, CNNClassifier

from ._alone import alone, memory_mb
from ._keras import compiled
from ._recipes import PLAIN_ADAM
from ._turns import OURS, publish

N_IMAGES, SIDE, N_CLASSES = 372_450, 28, 26  # as many as the whole A-Z set has
N_FEW = 4_000
FITS, NOT_COUNTED = 50, 10
MB = 2**20


def contenders():
    """Return fits on many images and on few, and what counts the memory of fifty fits."""
    fits = {OURS: _ours, "bare Keras, uint8": _keras, "bare Keras, float32 / 255": _keras_scaled}
    sizes = {"many": N_IMAGES, "few": N_FEW}
    repeated = {
        OURS: lambda number: _fit_ours(8),
        f"{OURS}, always another network": _fit_ours,
        f"{OURS}, always another network, without oneDNN": _fit_ours_without_onednn,
        "bare Keras": lambda number: _fit_keras(8),
        "bare Keras, always another network": _fit_keras,
        "scikeras": lambda number: _fit_scikeras(),
    }
    return {
        **{
            f"{size}: {name}": partial(fit, n)
            for size, n in sizes.items()
            for name, fit in fits.items()
        },
        **{f"again: {name}": partial(_growth, fit) for name, fit in repeated.items()},
    }


# ------------------------------------------------------------------ one fit, many images


def _data(n):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, SIDE, SIDE, 1), dtype=np.uint8)
    return images, rng.integers(0, N_CLASSES, n, dtype=np.uint8)


def _ours(n):
    CNNClassifier(_NETWORK, epochs=1, batch_size=256).fit(*_data(n))


def _keras(n):
    images, labels = _data(n)
    compiled(_NETWORK, images.shape[1:], N_CLASSES).fit(images, labels, batch_size=256, verbose=0)


def _keras_scaled(n):
    images, labels = _data(n)
    images = images.astype(np.float32) / 255
    compiled(_NETWORK, images.shape[1:], N_CLASSES).fit(images, labels, batch_size=256, verbose=0)


_NETWORK = CNN(filters=(8,), dense=(), dropout=0.0)


# ------------------------------------------------------------------ many fits


def _growth(fit):
    """Return by how many MB the process grows with every fit, after the first ten."""
    for number in range(NOT_COUNTED + FITS):
        if number == NOT_COUNTED:
            before = memory_mb("VmRSS")
        fit(number + 1)
        gc.collect()
    return (memory_mb("VmRSS") - before) / FITS


def _few_digits():
    rng = np.random.default_rng(0)
    return rng.random((200, 8, 8, 1), dtype=np.float32), rng.integers(0, 10, 200)


def _few_filters(n_filters):
    return CNN(filters=(n_filters,), dense=(), dropout=0.0)


def _fit_ours(n_filters):
    images, labels = _few_digits()
    classifier = CNNClassifier(_few_filters(n_filters), **PLAIN_ADAM, epochs=3, batch_size=32)
    classifier.fit(images, labels).predict(images)


def _fit_ours_without_onednn(n_filters):
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # before TensorFlow is imported
    _fit_ours(n_filters)


def _fit_keras(n_filters):
    images, labels = _few_digits()
    model = compiled(_few_filters(n_filters), images.shape[1:], 10)
    model.fit(images, labels, epochs=3, batch_size=32, verbose=0)
    model.predict(images, verbose=0)


def _fit_scikeras():
    from scikeras.wrappers import KerasClassifier

    images, labels = _few_digits()
    build = partial(compiled, _NETWORK, images.shape[1:], 10)
    classifier = KerasClassifier(build, epochs=3, batch_size=32, verbose=0)
    classifier.fit(images, labels).predict(images)


def main() -> None:
    """Measure the memory of a fit on 372,450 images and of fifty small fits."""
    runs = {name: alone(__name__, name) for name in contenders()}
    per_image = SIDE * SIDE / MB
    one, again = [], []
    for name, run in runs.items():
        kind, who = name.split(": ", 1)
        if kind == "many":
            more = run["peak_mb"] - runs[f"few: {who}"]["peak_mb"]
            one.append(
                {
                    "name": who,
                    "peak memory, MB": run["peak_mb"],
                    f"more than for {N_FEW:,} images, MB": more,
                    "of the images themselves": more / (per_image * (N_IMAGES - N_FEW)),
                }
            )
        elif kind == "again":
            again.append({"name": who, "growth per fit, MB": run["answer"]})
    publish(
        "memory",
        "Memory",
        {f"One epoch on {N_IMAGES:,} images": one, f"{FITS} fits in one process": again},
        f"Every line is a separate process. Above: {N_IMAGES:,} synthetic images of {SIDE} x "
        f"{SIDE} pixels, {per_image * N_IMAGES:.0f} MB as uint8; the memory of the images is that "
        f"of the whole process minus that of one with {N_FEW:,} images. Below: the network of the "
        f"small fits on 200 images; the process's memory after {NOT_COUNTED} fits and after "
        f"{NOT_COUNTED + FITS}. Every new network needs its own kernels from oneDNN, and "
        "TensorFlow caches a limited number of them: this growth ends, and "
        "`TF_ENABLE_ONEDNN_OPTS=0` prevents it.",
    )

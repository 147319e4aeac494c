"""From ten thousand images to a million: the cost of each, and the memory for all."""

import os
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from skhcr import CNN, CNNClassifier, ImageAugmenter, ImageLoader, datasets

from ._alone import alone, memory_mb
from ._store import write_figure
from ._turns import publish

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
SIDE, BATCH = 36, 256


def contenders():
    """Return functions that load, learn and predict images, by their number."""
    return {str(n): partial(_load_fit_predict, n) for n in SIZES}


def _load_fit_predict(n):
    """Return microseconds per image, and MB, of loading, of a fit and of a prediction."""
    classifier = CNNClassifier(CNN(filters=(8,), dense=(), dropout=0.0), epochs=1, batch_size=BATCH)
    with tempfile.TemporaryDirectory() as folder:
        files, labels = _files(Path(folder), n)
        loader = ImageLoader(size=(SIDE, SIDE), cache_folder=Path(folder, "cache"))
        images, *loading = _measured(partial(loader.transform, files), n)
        mapped = np.memmap(Path(folder, "images"), np.uint8, "w+", shape=images.shape)
        mapped[:] = images
        del images
        # TensorFlow is imported, and what it needs at any rate is there, before the clock starts.
        classifier.fit(mapped[:1000], labels[:1000]).predict(mapped[:1000])
        varied = ImageAugmenter().fit_transform(mapped)
        _, *fitting = _measured(partial(classifier.fit, varied, labels), n)
        _, *predicting = _measured(partial(classifier.predict, mapped), n)
    return [*loading, *fitting, *predicting]


def _files(folder, n):
    """Return paths of n files, and labels; the files are links to those of 1,797 digits."""
    digits = datasets.load_digit_images()
    originals = []
    for index, image in enumerate(digits.images):
        originals.append(folder / f"{index}.png")
        Image.fromarray(image).resize((SIDE, SIDE)).save(originals[-1])
    files = []
    for index in range(n):
        if index % 10_000 == 0:
            (folder / str(index)).mkdir()
        files.append(str(folder / str(index - index % 10_000) / f"{index}.png"))
        os.link(originals[index % len(originals)], files[-1])
    return files, np.resize(digits.target, n)


def _measured(run, n):
    """Return what `run` returns, the microseconds per image, and the MB that it needed."""
    before = memory_mb("RssAnon")
    seen, done = [before], threading.Event()

    def look():
        while not done.wait(0.01):
            seen.append(memory_mb("RssAnon"))

    watch = threading.Thread(target=look)
    watch.start()
    begin = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - begin
    done.set()
    watch.join()
    return result, 1e6 * seconds / n, max(seen) - before


def main() -> None:
    """Load, learn and predict up to a million images, and plot cost and memory."""
    rows = []
    for n in SIZES:
        answer = alone(__name__, str(n))["answer"]
        titles = [
            f"{what}, {unit}"
            for what in ("loading", "an epoch", "prediction")
            for unit in ("µs per image", "MB more")
        ]
        rows.append({"name": f"{n:,} images", **dict(zip(titles, answer, strict=True))})
        print(rows[-1])
    _plot(rows)
    publish(
        "scale",
        "Up to a million images",
        {"Cost and memory by the number of images": rows},
        f"Images of {SIDE} x {SIDE} pixels, {SIDE**2 * SIZES[-1] / 2**20:,.0f} MB for the last "
        "line. Loading: paths of PNG files through `ImageLoader(cache_folder=...)`, whose result "
        "is memory-mapped from 1 GiB on. An epoch of a network with one convolution, with "
        "augmentation, and predictions: from a memory-mapped array. *MB more* is the peak of "
        "additional memory, without memory-mapped files, which the system can release at any "
        "time. Every line is a separate process.\n\n![Cost and memory by the number of "
        "images](scale.png)",
    )


def _plot(rows):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, unit in zip(axes, ("µs per image", "MB more"), strict=True):
        for what in ("loading", "an epoch", "prediction"):
            axis.plot(SIZES, [row[f"{what}, {unit}"] for row in rows], "o-", label=what)
        axis.set(xscale="log", xlabel="images", ylabel=unit)
        axis.set_ylim(bottom=0)
    axes[0].legend()
    write_figure("scale", figure)
    plt.close(figure)

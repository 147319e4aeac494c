"""Reading image files into one array of gray pixels."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from skhcr import ImageLoader, datasets

from ._turns import OURS, compare, publish, take_turns

SIDE = 32
N_PAGES = 600
THREADS = 2


def contenders(files):
    """Return what reads the files as gray images of 32 x 32, by the name of who does it."""
    return {
        OURS: partial(ImageLoader(size=(SIDE, SIDE), keep_aspect=False).transform, files),
        "Pillow, loop": partial(_pillow, files, map),
        f"Pillow, {THREADS} threads": partial(_pillow_in_threads, files),
        "Keras, image_dataset_from_directory": partial(_keras, files),
        "OpenCV, loop": partial(_opencv, files),
    }


def _read(file):
    with Image.open(file) as image:
        gray = image.convert("L")
    if gray.size != (SIDE, SIDE):
        gray = gray.resize((SIDE, SIDE))
    return np.asarray(gray)


def _pillow(files, apply):
    return np.stack(list(apply(_read, files)))


def _pillow_in_threads(files):
    with ThreadPoolExecutor(THREADS) as pool:
        return _pillow(files, pool.map)


def _keras(files):
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        Path(files[0]).parent,
        labels=None,
        color_mode="grayscale",
        image_size=(SIDE, SIDE),
        shuffle=False,
        verbose=False,
    )
    return np.concatenate([batch.numpy() for batch in dataset])


def _opencv(files):
    import cv2

    images = []
    for file in files:
        image = cv2.imread(file, cv2.IMREAD_GRAYSCALE)
        if image.shape != (SIDE, SIDE):
            image = cv2.resize(image, (SIDE, SIDE))
        images.append(image)
    return np.stack(images)


def _letters_as_files(folder):
    folder.mkdir()
    files = []
    for index, image in enumerate(datasets.fetch_ahcd(subset="test").images):
        files.append(str(folder / f"{index:04}.png"))
        Image.fromarray(image).save(files[-1])
    return files


def _pages(folder):
    folder.mkdir()
    files = []
    for page in datasets.fetch_english_handwritten().filenames[:N_PAGES]:
        files.append(str(folder / Path(page).name))
        Path(files[-1]).symlink_to(page)
    return files


def main(
    rounds: Annotated[int, typer.Option(help="turns of every contender that are counted")] = 9,
) -> None:
    """Read small and large PNG files: skhcr, Pillow, Keras, OpenCV."""
    tables = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, files in {
            "3,360 letters of 32 x 32 pixels": _letters_as_files(Path(folder, "letters")),
            f"{N_PAGES} pages of 1200 x 900 pixels": _pages(Path(folder, "pages")),
        }.items():
            seconds = take_turns(contenders(files), rounds=rounds)
            rates = {name: len(files) / np.median(values) for name, values in seconds.items()}
            tables[title] = compare(seconds, {"images/s": rates})
    publish(
        "loading",
        "Loading",
        tables,
        f"PNG files (AHCD's test images; the first pages of the English set) become one array of "
        f"gray images of {SIDE} x {SIDE} pixels; {rounds} turns of each, after one that is not "
        "counted, which leaves the files in the system's cache. skhcr reduces by area averaging, "
        "Pillow by its bicubic filter over the same area; Keras and OpenCV interpolate between "
        "four pixels and ignore the others.",
    )

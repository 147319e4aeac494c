# ruff: noqa: T201 - the example prints like user code
"""``skhcr quickstart``: the whole workflow from image files to a saved model."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import os
import textwrap
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax

from ._digit_pages import write_digits
from ._terminal import start_tensorflow, tell

DEFAULT_NAME = "skhcr-quickstart"


def example(folder: Path) -> None:
    """Train, test, show, save and load; the command prints and saves the body of this function."""
    import matplotlib.pyplot as plt
    import numpy as np
    from sklearn.metrics import accuracy_score, classification_report
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, load, save
    from skhcr.datasets import load_image_folder
    from skhcr.inspection import PageDisplay, PredictionGalleryDisplay, TrainingHistoryDisplay
    from skhcr.pages import read_page

    files, labels = load_image_folder(folder / "data", return_X_y=True)
    train_files, test_files, train_labels, test_labels = train_test_split(
        files, labels, test_size=0.25, stratify=labels, random_state=0
    )

    # Find the digit on its paper, vary it in every epoch, and classify it.
    # All files show one digit, so a broken 8 needs no warning that it may be two.
    normalizer = InkNormalizer(size=(20, 20), on_several="ignore")
    augmenter = ImageAugmenter(rotation=10, zoom=0.1, shear=0.1, random_state=0)
    classifier = CNNClassifier(epochs=15, early_stopping=True, random_state=0, verbose=1)
    pipeline = make_pipeline(normalizer, augmenter, classifier)
    pipeline.fit(train_files, train_labels)

    predicted = pipeline.predict(test_files)
    print(classification_report(test_labels, predicted, digits=4))
    accuracy = accuracy_score(test_labels, predicted)
    print(f"Accuracy on {len(test_files)} held-out files: {accuracy:.2%}")

    # Each row: a digit as the network sees it, and its variations.
    digits = normalizer.transform(train_files[:6])
    varied = augmenter.preview(digits, n=8)
    rows = [np.hstack([digit, *others]) for digit, others in zip(digits, varied, strict=True)]
    grid = np.vstack(rows)[..., 0].repeat(4, 0).repeat(4, 1)
    plt.imsave(folder / "augmentation.png", grid, cmap="gray")

    curves = TrainingHistoryDisplay.from_estimator(pipeline)
    curves.figure_.savefig(folder / "training_curves.png")
    mistakes = PredictionGalleryDisplay.from_predictions(
        test_labels, predicted, test_files, select="wrong"
    )
    mistakes.figure_.savefig(folder / "mistakes.png")

    save(pipeline, folder / "digits.skhcr")
    loaded = load(folder / "digits.skhcr")
    reading = read_page(loaded, folder / "page.png")
    print(f"The loaded model reads the page as\n{reading.text}")
    page = PageDisplay(image=folder / "page.png", reading=reading).plot()
    page.figure_.savefig(folder / "page_read.png")


def new_folder(output: Path | None) -> Path:
    """Create the output folder; never use one that is not empty.

    Parameters
    ----------
    output : Path or None
        A new or empty folder. None uses the first free one of ``skhcr-quickstart``,
        ``skhcr-quickstart-2`` and so on in the current folder.

    Raises
    ------
    OSError
        If `output` is a file, a folder that is not empty, or cannot be written.
    """
    if output is not None:
        output = output.expanduser()
        if output.exists() and not output.is_dir():
            raise FileExistsError(f"{output} is a file; pass a new or an empty folder.")
        if output.is_dir() and any(output.iterdir()):
            raise FileExistsError(f"{output} is not empty; pass a new or an empty folder.")
        output.mkdir(parents=True, exist_ok=True)
        return output
    for number in itertools.count(1):
        folder = Path(DEFAULT_NAME if number == 1 else f"{DEFAULT_NAME}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise AssertionError("unreachable")


def run(folder: Path) -> None:
    """Write the digits as image files, then run the example on them."""
    tell(f"Everything is written to {folder.resolve()}")
    n_files = write_digits(folder)
    tell(f"{n_files} handwritten digits are in {folder / 'data'}, a folder per digit.")
    tell(f"{folder / 'page.png'} is a page of other digits, page.txt has their labels.")

    code = textwrap.dedent(inspect.getsource(example).partition('"""\n')[2])
    code = f"from pathlib import Path\n\n{code}"
    code = code.replace("\nfiles, labels", f"\nfolder = Path({str(folder)!r})\nfiles, labels", 1)
    (folder / "quickstart.py").write_text(code, encoding="utf-8")
    for line in ("", "Now this code runs:", ""):
        tell(line)
    # Neither cropped nor wrapped, so that it can be copied from any terminal.
    colored = Syntax("", "python", theme="ansi_light").highlight(code)
    Console(highlight=False).print(colored, soft_wrap=True)

    os.environ.setdefault("MPLBACKEND", "Agg")
    start_tensorflow()
    tell("")
    example(folder)

    tell("")
    tell(f"All of it is in {folder.resolve()}:")
    for file in sorted(folder.iterdir()):
        tell(f"  {file.name}{'/' if file.is_dir() else ''}")

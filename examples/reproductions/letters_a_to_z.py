"""
Letters A to Z: curves for training and validation, and a file of one's own
===========================================================================

A published project trains a plain network of three convolutions on the csv file of A-Z letters,
draws its curves, and reads a custom image; it states no accuracy. Here that network and skhcr's
default are trained on the same images and tested on a fifth held out. Copies are left out before
the split: the full file repeats most of its rows, and a copy on the other side is no test.

Run it with ``python examples/reproductions/letters_a_to_z.py``; the data set is downloaded once,
699 MB. ``--subset sample`` uses the sample, where it is at hand.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer
from skhcr.datasets import deduplicate, fetch_az_letters
from skhcr.inspection import TrainingHistoryDisplay


def main():
    """Train both, draw the curves, and read a file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-home", help="where data sets are kept")
    parser.add_argument("--subset", default="full", choices=["full", "sample"])
    parser.add_argument("--output", type=Path, default=Path("letters-a-to-z"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    images, letters = fetch_az_letters(
        subset=options.subset, data_home=options.data_home, return_X_y=True
    )
    rows = deduplicate(images, letters)
    print(f"{len(images)} images, {len(rows)} of them different")
    train, test = train_test_split(
        rows, test_size=0.2, stratify=letters[rows], random_state=options.seed
    )
    train, validation = train_test_split(
        train, test_size=0.1, stratify=letters[train], random_state=options.seed
    )
    published = CNNClassifier(
        "simple_cnn",
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=0,
        schedule="constant",
        label_smoothing=0,
        epochs=10,
        batch_size=32,
        random_state=options.seed,
        verbose=1,
    )
    ours = CNNClassifier(random_state=options.seed, verbose=1)
    varied = ImageAugmenter().fit_transform(images[train])
    for name, classifier, training_images in (
        ("published", published, images[train]),
        ("skhcr", ours, varied),
    ):
        classifier.fit(
            training_images, letters[train], X_val=images[validation], y_val=letters[validation]
        )
        print(f"\n=== {name} ===")
        print(classification_report(letters[test], classifier.predict(images[test]), digits=4))
        TrainingHistoryDisplay.from_estimator(classifier).figure_.savefig(
            options.output / f"{name}_curves.png"
        )

    # A file as users have it: dark ink on a large light page, off the center.
    page = np.full((300, 400), 255, np.uint8)
    page[40:152, 220:332] = 255 - np.kron(images[test[0]], np.ones((4, 4), np.uint8))
    Image.fromarray(page).save(options.output / "scan.png")
    reader = make_pipeline(InkNormalizer(size=(28, 28), margin=0.05), ours)
    label = reader.predict([options.output / "scan.png"])[0]
    print(f"{options.output / 'scan.png'} is read as {label}; it shows {letters[test[0]]}")


if __name__ == "__main__":
    main()

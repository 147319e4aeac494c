"""
Accuracy on writers that were trained on, and on new ones
=========================================================

The Arabic Handwritten Characters Dataset comes with training and test files, and all 60 writers are
in both. A network tested that way has seen each writer's hand. Here one network is trained twice
from equally many images: on the published training file, and on four fifths of the writers. The
second figure is the one for new writers.

Run it with ``python examples/reproductions/unseen_writers.py``; the data set is downloaded once.
"""

import argparse

import numpy as np
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter
from skhcr.datasets import fetch_ahcd


def main():
    """Train on both divisions of the same images."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-home", help="where data sets are kept")
    parser.add_argument("--network", default="bn_cnn")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to train")
    options = parser.parse_args()

    letters = fetch_ahcd(subset="all", data_home=options.data_home)
    X, y, writers = letters.images, letters.target, letters.groups
    n_train = len(fetch_ahcd(subset="train", data_home=options.data_home).target)
    published = [(np.arange(n_train), np.arange(n_train, len(y)))]
    by_writer = list(GroupKFold(5).split(X, y, writers))[: options.folds]
    for name, divisions in (("published split", published), ("unseen writers", by_writer)):
        accuracies = []
        for seed, (train, test) in enumerate(divisions):
            known = np.isin(writers[test], writers[train]).mean()
            pipeline = make_pipeline(
                ImageAugmenter(),
                CNNClassifier(options.network, epochs=options.epochs, random_state=seed),
            )
            accuracies.append(pipeline.fit(X[train], y[train]).score(X[test], y[test]))
            print(
                f"{name}: {len(train)} training images, {known:.0%} of the test images by writers "
                f"who are among them: {accuracies[-1]:.2%}",
                flush=True,
            )
        print(f"{name}: {np.mean(accuracies):.2%}\n")


if __name__ == "__main__":
    main()

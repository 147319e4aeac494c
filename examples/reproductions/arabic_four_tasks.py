"""
Arabic letters in four tasks: a custom network, going on, a VGG, and transfer from Russian
==========================================================================================

A published project reports, on the test images of the Arabic Handwritten Characters Dataset,

====  ==========================================================  ========
task  network and training                                        reported
====  ==========================================================  ========
1     eight convolutions, images as they are                       96.40 %
2     goes on from task 1's weights, with varied images            98.10 %
3     a small VGG, varied images                                   96.22 %
4     a network that knows Russian letters, frozen, with new       94.64 %
      convolutions and dense layers on top, varied images
====  ==========================================================  ========

each after thirty epochs. This script does the same, and with ``--ours`` trains the same networks by
skhcr's recipe instead. The fourth task then also goes on with all its weights freed.

Run it with ``python examples/reproductions/arabic_four_tasks.py``; the data sets are downloaded
once. It takes more than half an hour on two processor cores; ``--tasks 4 --epochs 5`` is a taste.
"""

import argparse

from sklearn.pipeline import make_pipeline

from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer, PixelScaler, Transfer
from skhcr.datasets import fetch_ahcd, fetch_russian_letters


def published(network, options, batch_size=100):
    """Return the project's training, on pixels of 0..1."""
    classifier = CNNClassifier(
        network,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=0,
        schedule="constant",
        label_smoothing=0,
        standardize=False,
        epochs=options.epochs or 30,
        batch_size=batch_size,
        random_state=options.seed,
        warm_start=True,
        verbose=1,
    )
    return make_pipeline(PixelScaler(), classifier)


def ours(network, options):
    """Return skhcr's training."""
    classifier = CNNClassifier(
        network,
        epochs=options.epochs or 20,
        random_state=options.seed,
        warm_start=True,
        verbose=1,
    )
    return make_pipeline(classifier)


def russian_letters_network(options):
    """Train the eight convolutions on photos of Russian letters, their ink brought to black."""
    russian = fetch_russian_letters(data_home=options.data_home)
    images = InkNormalizer(size=(32, 32)).transform(russian.images)
    classifier = CNNClassifier("deep_cnn", epochs=12, random_state=options.seed, verbose=1)
    return make_pipeline(ImageAugmenter(), classifier).fit(images, russian.target)


def main():
    """Run the tasks that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-home", help="where data sets are kept")
    parser.add_argument("--tasks", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--ours", action="store_true", help="train by skhcr's recipe")
    parser.add_argument("--epochs", type=int, help="default: 30 as published, 20 by our recipe")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    train = fetch_ahcd(subset="train", data_home=options.data_home)
    test = fetch_ahcd(subset="test", data_home=options.data_home)
    varied = (
        ImageAugmenter()
        if options.ours
        else ImageAugmenter(rotation=20, translation=(0.2, 0.1), zoom=0.1, shear=0, fill="edge")
    ).fit_transform(train.images)

    def report(task, pipeline):
        print(f"task {task}: {pipeline.score(test.images, test.target):.2%}", flush=True)

    if {1, 2} & set(options.tasks):
        if options.ours:
            report("1 and 2", ours("deep_cnn", options).fit(varied, train.target))
        else:
            pipeline = published("deep_cnn", options, batch_size=32)
            report(1, pipeline.fit(train.images, train.target))
            if 2 in options.tasks:
                pipeline.set_params(cnnclassifier__batch_size=100)
                report(2, pipeline.fit(varied, train.target))
    train_by = ours if options.ours else published
    if 3 in options.tasks:
        report(3, train_by("vgg", options).fit(varied, train.target))
    if 4 in options.tasks:
        network = Transfer(
            russian_letters_network(options),
            layer="pool3",
            filters=(64, 64),
            dense=(256,),
            dropout=0.25,
        )
        # The Russian letters' network has learned from standardized pixels.
        pipeline = train_by(network, options).set_params(cnnclassifier__standardize=True)
        report("4, the base frozen", pipeline.fit(varied, train.target))
        if options.ours:
            pipeline.set_params(
                cnnclassifier__model__trainable="all", cnnclassifier__learning_rate=1e-3
            )
            report("4, all weights freed", pipeline.fit(varied, train.target))


if __name__ == "__main__":
    main()

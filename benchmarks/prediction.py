"""Answers for one image and for many."""

import tempfile
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skhcr import CNNClassifier, datasets, export, load_exported

from ._turns import OURS, compare, publish, take_turns

BATCH = 64
CALLS = 20  # of one image, per turn
EXPORTED = f"{OURS}, exported"


@cache
def _test_images():
    return datasets.fetch_ahcd(subset="test").images[..., np.newaxis]


@cache
def _classifier(network):
    letters = datasets.fetch_ahcd(subset="train")
    some = slice(None, None, 10)
    classifier = CNNClassifier(network, epochs=1, random_state=0)
    return classifier.fit(letters.images[some, ..., np.newaxis], letters.target[some])


def contenders(network):
    """Return functions from images to probabilities, by the name of whose they are."""
    import keras
    import tensorflow as tf

    classifier = _classifier(network)
    model = keras.models.model_from_json(classifier.model_.to_json())  # nothing but Keras
    model.set_weights(classifier.model_.get_weights())
    model(_test_images()[:1])  # Keras exports only what has been called
    compiled = tf.function(partial(model, training=False), reduce_retracing=True)

    def in_batches(answer):
        return lambda images: np.concatenate(
            [
                answer(images[start : start + BATCH].astype(np.float32))
                for start in range(0, len(images), BATCH)
            ]
        )

    return {
        OURS: classifier.predict_proba,
        EXPORTED: _exported(classifier),
        "Keras, predict": partial(model.predict, batch_size=BATCH, verbose=0),
        "Keras, model(x)": in_batches(lambda batch: model(batch, training=False).numpy()),
        "compiled function": in_batches(lambda batch: compiled(batch).numpy()),
        "ONNX Runtime": in_batches(_onnx(model)),
    }


def _exported(classifier):
    with tempfile.TemporaryDirectory() as folder:
        return load_exported(export(classifier, Path(folder) / "model.onnx")).predict_proba


def _onnx(model):
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(path)
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})[0]


def _repeat(answer, image):
    for _ in range(CALLS):
        answer(image)


def _in_odd_batches(answer, images):
    bounds = np.cumsum([0, 1, 2, 3, 5, 63, 64, 65, 129, 200, 1000])
    parts = [images[a:b] for a, b in pairwise([*bounds, len(images)])]
    return np.concatenate([answer(part) for part in parts])


def main(
    rounds: Annotated[int, typer.Option(help="turns of every contender that are counted")] = 15,
) -> None:
    """Predict one image and 3,360: skhcr, Keras, a compiled function, ONNX Runtime."""
    images = _test_images()
    tables, differences, odd_batches = {}, [], []
    for network in ("bn_cnn", "resnet"):
        answers = contenders(network)
        expected = answers["Keras, predict"](images)
        differences += [np.abs(answer(images) - expected).max() for answer in answers.values()]
        whole, in_parts = answers[OURS](images), _in_odd_batches(answers[OURS], images)
        odd_batches.append(np.abs(whole - in_parts).max())
        one = {name: partial(_repeat, answer, images[:1]) for name, answer in answers.items()}
        seconds = {
            name: [value / CALLS for value in values]
            for name, values in take_turns(one, rounds=rounds).items()
        }
        tables[f"One image, {network}"] = compare(seconds)
        exported = {name: seconds[name] for name in (EXPORTED, "ONNX Runtime")}
        tables[f"One image, {network}, exported"] = compare(exported, ours=EXPORTED)
        all_images = {name: partial(answer, images) for name, answer in answers.items()}
        tables[f"{len(images):,} images, {network}"] = compare(
            take_turns(all_images, rounds=rounds)
        )
    publish(
        "prediction",
        "Prediction",
        tables,
        f"`predict_proba` of AHCD's test images in batches of {BATCH}; one image {CALLS} times a "
        f"turn. {rounds} turns of each, after one that is not counted. No two contenders' "
        f"probabilities differ by more than {2 * max(differences):.0e}; skhcr's own differ by "
        f"{max(odd_batches):.0e} when the images come in parts of 1, 2, 3, 5, 63, ... images, "
        "because it computes a single image as a pair.",
    )

"""Many small fits, as a search on little data makes them."""

from functools import partial
from typing import Annotated

import numpy as np
import typer

from ._keras import compiled
from ._turns import OURS, compare, publish, take_turns

N_IMAGES, SIZE, N_CLASSES, EPOCHS, BATCH = 200, 8, 10, 3, 32


def main(
    rounds: Annotated[int, typer.Option(help="fits of every contender that are counted")] = 25,
) -> None:
    """Fit a tiny network on 200 images and predict them: skhcr, bare Keras, scikeras.

    The network, the optimizer, the batches and the number of epochs are the same for all.
    """
    from scikeras.wrappers import KerasClassifier

    from skhcr import CNN, CNNClassifier

    from ._recipes import PLAIN_ADAM

    rng = np.random.default_rng(0)
    labels = rng.integers(0, N_CLASSES, N_IMAGES)
    images = rng.integers(0, 256, (N_IMAGES, SIZE, SIZE, 1), dtype=np.uint8)
    images[np.arange(N_IMAGES), labels % SIZE, labels // SIZE] = 255
    scaled = images.astype(np.float32) / 255
    network = CNN(filters=(8,), dense=(), dropout=0.0)

    build = partial(compiled, network, (SIZE, SIZE, 1), N_CLASSES)

    def ours():
        classifier = CNNClassifier(network, **PLAIN_ADAM, epochs=EPOCHS, batch_size=BATCH)
        return classifier.fit(scaled, labels).predict(scaled)

    def bare_keras():
        model = build()
        model.fit(scaled, labels, epochs=EPOCHS, batch_size=BATCH, verbose=0)
        return model.predict(scaled, verbose=0).argmax(axis=1)

    def scikeras():
        classifier = KerasClassifier(build, epochs=EPOCHS, batch_size=BATCH, verbose=0)
        return classifier.fit(scaled, labels).predict(scaled)

    contenders = {OURS: ours, "bare Keras": bare_keras, "scikeras": scikeras}
    seconds = take_turns(contenders, rounds=rounds)
    publish(
        "small_fits",
        "Small fits",
        {"A small fit, and its predictions": compare(seconds)},
        f"{rounds} fits of each, by turns, after one that is not counted: {EPOCHS} epochs of a "
        f"network with one convolution on {N_IMAGES} images of {SIZE} x {SIZE} pixels. Keras "
        "traces its functions again for every model; skhcr reuses those of an equal model.",
    )

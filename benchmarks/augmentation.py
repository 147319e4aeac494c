"""Augmentation of training images: images per second, and the cost per epoch."""

import math
from functools import cache, partial
from typing import Annotated

import numpy as np
import typer

from skhcr import CNNClassifier, ImageAugmenter, datasets

from ._turns import OURS, compare, core_seconds, publish, take_turns

BATCH, EPOCHS = 64, 1
ROTATION, SHIFT, ZOOM, SHEAR = 15, 0.1, 0.15, 0.2  # degrees, and fractions
SLANT = math.degrees(math.atan(SHEAR))
OF_IMAGE_DATA_GENERATOR = {
    "rotation_range": ROTATION,
    "width_shift_range": SHIFT,
    "height_shift_range": SHIFT,
    "zoom_range": ZOOM,
    "shear_range": SLANT,
}


@cache
def _letters():
    letters = datasets.fetch_ahcd(subset="train")
    return letters.images[..., np.newaxis], letters.target


def _batches(images):
    return (images[start : start + BATCH] for start in range(0, len(images), BATCH))


def contenders():
    """Return what varies every training image of AHCD once, by the name of who does it."""
    return {
        OURS: _ours(),
        "four Keras layers": _keras_layers(),
        "Keras' ImageDataGenerator": _image_data_generator(),
        "albumentations, one Affine": _albumentations(),
        "OpenCV, warpAffine": _opencv(),
    }


def _ours():
    augmenter = ImageAugmenter(rotation=ROTATION, translation=SHIFT, zoom=ZOOM, shear=SHEAR)

    def vary():
        varied = augmenter.fit_transform(_letters()[0])
        images, recipe = np.asarray(varied), varied.augmentation
        for number, batch in enumerate(_batches(images)):
            recipe.draw(batch, np.random.default_rng(number))

    return vary


def _keras_layers():
    import keras
    import tensorflow as tf

    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(ROTATION / 360),
            keras.layers.RandomTranslation(SHIFT, SHIFT),
            keras.layers.RandomZoom((-ZOOM, ZOOM), (-ZOOM, ZOOM)),
            keras.layers.RandomShear(SHEAR, 0.0),
        ]
    )

    def vary():
        images = tf.data.Dataset.from_tensor_slices(_letters()[0]).batch(BATCH)
        varied = images.map(partial(layers, training=True), num_parallel_calls=tf.data.AUTOTUNE)
        for _ in varied.prefetch(tf.data.AUTOTUNE):
            pass

    return vary


def _image_data_generator():
    import tensorflow as tf

    generator = tf.keras.preprocessing.image.ImageDataGenerator(**OF_IMAGE_DATA_GENERATOR)

    def vary():
        images = _letters()[0]
        flow = generator.flow(images, batch_size=BATCH)
        for _ in range(len(flow)):
            next(flow)

    return vary


def _albumentations():
    import albumentations

    affine = albumentations.Affine(
        rotate=(-ROTATION, ROTATION),
        translate_percent=(-SHIFT, SHIFT),
        scale=(1 - ZOOM, 1 + ZOOM),
        shear={"x": (-SLANT, SLANT), "y": (0, 0)},
        p=1,
    )

    def vary():
        for batch in _batches(_letters()[0]):
            np.stack([affine(image=image)["image"] for image in batch])

    return vary


def _opencv():
    import cv2

    def vary():
        images = _letters()[0]
        rng = np.random.default_rng(0)
        size = images.shape[1:3]
        for batch in _batches(images):
            matrices = _matrices(len(batch), size, rng)
            np.stack(
                [
                    cv2.warpAffine(image, matrix, size)
                    for image, matrix in zip(batch[..., 0], matrices, strict=True)
                ]
            )

    return vary


def _matrices(n, size, rng):
    """Draw affine maps of (x, y, 1), about the center of an image."""
    angle = np.radians(rng.uniform(-ROTATION, ROTATION, n))
    zoom = rng.uniform(1 - ZOOM, 1 + ZOOM, (n, 2))
    shear = rng.uniform(-SHEAR, SHEAR, n)
    cos, sin = np.cos(angle), np.sin(angle)
    maps = np.empty((n, 2, 3))
    maps[:, 0, 0], maps[:, 0, 1] = cos * zoom[:, 0], (cos * shear + sin) * zoom[:, 1]
    maps[:, 1, 0], maps[:, 1, 1] = -sin * zoom[:, 0], (cos - sin * shear) * zoom[:, 1]
    center = (np.array(size) - 1) / 2
    shift = rng.uniform(-SHIFT, SHIFT, (n, 2)) * size
    maps[:, :, 2] = center + shift - maps[:, :, :2] @ center
    return maps


def _fit(network, images):
    return CNNClassifier(network, epochs=EPOCHS).fit(images, _letters()[1])


def main(
    rounds: Annotated[int, typer.Option(help="turns of every contender that are counted")] = 9,
    fits: Annotated[int, typer.Option(help="fits with and without variations")] = 9,
) -> None:
    """Vary AHCD's training images, alone and while a network is trained on them."""
    images = _letters()[0]
    seconds = take_turns(contenders(), rounds=rounds)
    columns = {
        "images/s": {name: len(images) / np.median(values) for name, values in seconds.items()},
        "core-µs per image": {
            name: 1e6 * core_seconds(vary) / len(images) for name, vary in contenders().items()
        },
    }
    tables = {"Augmenting every training image once": compare(seconds, columns)}
    varied = ImageAugmenter().fit_transform(images)
    for network in ("resnet", "bn_cnn"):
        turns = {
            "new variations": partial(_fit, network, varied),
            "as they are": partial(_fit, network, images),
        }
        title = f"An epoch of `CNNClassifier({network!r})`"
        tables[title] = compare(take_turns(turns, rounds=fits), ours="new variations")
    publish(
        "augmentation",
        "Augmentation",
        tables,
        f"The 13,440 training images of AHCD, 32 x 32 pixels, in batches of {BATCH}: rotation by "
        f"up to {ROTATION} degrees, shift by up to {SHIFT:.0%}, zoom by up to {ZOOM:.0%}, slant by "
        f"up to {SHEAR}. Keras' layers run on all cores in a `tf.data` pipeline, the others on one "
        "and leave the rest to the network: core-microseconds count what all cores spend. "
        f"{rounds} turns of each after one that is not counted, and {fits} fits.",
    )

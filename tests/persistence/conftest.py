import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageAugmenter, ImageLoader, save
from skhcr.persistence._archive import MANIFEST

ESTIMATOR, SCHEMA = "estimator.skops", "schema.json"


@pytest.fixture(scope="session")
def images():
    """Squares and bars, and their names."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 60, (40, 8, 8), dtype=np.uint8)
    pixels[::2, 2:6, 2:6] += 150
    pixels[1::2, :, 3] += 150
    return pixels, np.where(np.arange(40) % 2, "ا", "ط")


@pytest.fixture(scope="session")
def pipeline(images, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    network = CNN(filters=(4,), dense=(), dropout=0.0)
    return make_pipeline(
        ImageLoader((8, 8), cache_folder=cache),
        ImageAugmenter(rotation=5),
        CNNClassifier(network, epochs=8, batch_size=8, random_state=0),
    ).fit(*images)


@pytest.fixture
def saved(pipeline, tmp_path):
    return save(pipeline, tmp_path / "letters.skhcr")


def unzip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def tamper(saved):
    """A function that changes the arrays and the schema in a file, as one who knows checksums."""

    def change(edit):
        outer = unzip(saved.read_bytes())
        inner = unzip(outer[ESTIMATOR])
        schema = json.loads(inner[SCHEMA])
        edit(inner, schema)
        inner[SCHEMA] = json.dumps(schema).encode()
        outer[ESTIMATOR] = zip_of(inner)
        manifest = json.loads(outer[MANIFEST])
        manifest["sha256"][ESTIMATOR] = hashlib.sha256(outer[ESTIMATOR]).hexdigest()
        outer[MANIFEST] = json.dumps(manifest).encode()
        saved.write_bytes(zip_of(outer))
        return saved

    return change

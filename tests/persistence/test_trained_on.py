"""Fingerprints of training files: found again in copies, estimated if there are many."""

import zipfile

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from skhcr import load, save
from skhcr.persistence import _trained_on
from skhcr.persistence._trained_on import add_fingerprints, share_trained_on


@pytest.fixture
def model(tmp_path):
    return save(DummyClassifier().fit(np.zeros((2, 1)), [0, 1]), tmp_path / "m.skhcr")


@pytest.fixture
def files(tmp_path):
    names = [tmp_path / f"{number}.png" for number in range(400)]
    for number, name in enumerate(names):
        name.write_text(f"image {number}")
    return names


def test_the_share_of_training_files_is_found_in_copies(model, files, tmp_path):
    assert share_trained_on(model, files) == 0
    add_fingerprints(model, files[:300])
    assert share_trained_on(model, files) == 0.75
    copy = tmp_path / "copy"
    copy.write_bytes(files[0].read_bytes())
    assert share_trained_on(model, [copy, files[399]]) == 0.5
    assert share_trained_on(model, []) == 0
    for file in files[:3]:  # at most one of them has the largest hash
        add_fingerprints(model, [file])
        assert share_trained_on(model, files) == 1 / 400
    assert load(model).classes_.tolist() == [0, 1]


def test_of_many_files_some_are_stored(model, files, monkeypatch):
    monkeypatch.setattr(_trained_on, "_MOST", 100)
    add_fingerprints(model, files[:300])
    with zipfile.ZipFile(model) as archive:
        assert len(archive.read("trained_on.bin")) == 800
    assert share_trained_on(model, files[:300]) == 1
    assert share_trained_on(model, files[300:]) == 0
    assert share_trained_on(model, files) == pytest.approx(0.75, abs=0.1)


def test_other_models_have_none(files, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"no archive")
    assert share_trained_on(tmp_path / "m.onnx", files) == 0
    assert share_trained_on(tmp_path / "english", files) == 0

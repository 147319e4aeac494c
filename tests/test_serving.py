"""The service in the documentation, asked through its test client; and the light package."""

import runpy
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageLoader, save

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def letters(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    images, labels = digits
    network = CNN(filters=(4,), dense=())
    pipeline = make_pipeline(ImageLoader(8), CNNClassifier(network, epochs=1, random_state=0))
    save(pipeline.fit(images, labels), folder / "letters.skhcr")
    Image.fromarray(images[0].astype(np.uint8)).save(folder / "scan.png")
    return folder, pipeline


def test_the_service_in_the_documentation(letters, monkeypatch):
    pytest.importorskip("fastapi", reason="the service needs fastapi")
    pytest.importorskip("python_multipart", reason="uploads need python-multipart")
    testclient = pytest.importorskip("fastapi.testclient", reason="its test client needs httpx")
    folder, pipeline = letters
    monkeypatch.setenv("MODEL", str(folder / "letters.skhcr"))
    app = runpy.run_path(str(ROOT / "docs" / "serving" / "app.py"))["app"]
    client = testclient.TestClient(app)
    scan = (folder / "scan.png").read_bytes()
    answer = client.post("/read", files={"image": scan})
    assert answer.status_code == 200
    (expected,) = pipeline.predict_proba([scan])
    assert answer.json()["label"] == pipeline.classes_[expected.argmax()].item()
    assert answer.json()["probability"] == pytest.approx(expected.max(), abs=1e-6)
    answer = client.post("/read", files={"image": b"no image"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("The image cannot be read: ")


def test_the_light_package_is_the_same_with_fewer_requirements():
    if not (ROOT / "serve").is_dir():
        pytest.skip("this copy of the project has no serve/")
    whole, light = (
        tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for path in (ROOT / "pyproject.toml", ROOT / "serve" / "pyproject.toml")
    )
    assert set(light["dependencies"]) < set(whole["dependencies"])
    for key in ("version", "requires-python", "scripts", "license"):
        assert light[key] == whole[key]

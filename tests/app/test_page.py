"""The page in a browser: drawing, uploading, several files, nonsense, two users."""

import shutil
import sys

import httpx
import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNN,
    CNNClassifier,
    ImageLoader,
    InkNormalizer,
    PixelScaler,
    export,
    load_exported,
)
from skhcr.app import Reader, launch

TEXTS = {"ا": "alef", "ب": "beh"}
MAX_MEGABYTES = 0.2


@pytest.fixture(scope="module")
def pipeline(digit_files):
    files, labels = digit_files
    network = CNN(filters=(8,), padding="same", dense=(16,), dropout=0.0)
    classifier = CNNClassifier(network, epochs=15, batch_size=32, random_state=0)
    return make_pipeline(InkNormalizer(12), classifier).fit(files, labels)


@pytest.fixture(scope="module")
def exported(pipeline, tmp_path_factory):
    return load_exported(export(pipeline, tmp_path_factory.mktemp("app") / "digits.onnx"))


class TestReader:
    def test_reads_as_its_model(self, pipeline, exported, digit_files):
        file = digit_files[0][0]
        probabilities = pipeline.predict_proba([file])[0]
        for model in (pipeline, exported):
            reading = Reader(model).read(file)
            assert len(reading.labels) == 5
            label, probability = next(iter(reading.labels.items()))
            assert label == pipeline.predict([file])[0]
            assert probability == pytest.approx(probabilities.max(), abs=1e-5)
            expected = pipeline[:-1].transform([file])[0, :, :, 0]
            np.testing.assert_array_equal(reading.seen, expected)

    def test_a_search_reads_as_its_best_pipeline(self, pipeline, digit_files):
        files, labels = digit_files
        search = GridSearchCV(pipeline, {"cnnclassifier__epochs": [1]}, cv=2)
        reader = Reader(search.fit(files[:40], labels[:40]))
        seen = search.best_estimator_[:-1].transform([files[0]])[0, :, :, 0]
        np.testing.assert_array_equal(reader.read(files[0]).seen, seen)
        assert reader.has_network

    def test_adds_texts(self, pipeline, digit_files):
        labels = Reader(pipeline, TEXTS).read(digit_files[0][0]).labels
        assert {"ا – alef", "ب – beh", "ت"} < set(labels)

    def test_shows_where_the_network_looked(self, pipeline, exported, digit_files):
        picture = Reader(pipeline).saliency(digit_files[0][0])
        assert picture.shape[2] == 3
        assert (picture.max(axis=2) - picture.min(axis=2)).max() > 50  # it has colors
        assert not Reader(exported).has_network

    def test_colors_stay(self, digit_files):
        files, labels = digit_files
        classifier = CNNClassifier(CNN(filters=(4,), dense=()), epochs=1, random_state=0)
        model = make_pipeline(ImageLoader(8, mode="RGB"), PixelScaler(), classifier)
        reading = Reader(model.fit(files[:20], labels[:20])).read(files[0])
        assert reading.seen.shape == (8, 8, 3)
        np.testing.assert_array_equal(reading.seen, model[0].transform([files[0]])[0])

    def test_other_models_are_refused(self, pipeline):
        with pytest.raises(TypeError, match="begins with an InkNormalizer"):
            Reader(pipeline[-1])


def test_the_extra_is_named(pipeline, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match=r"pip install 'skhcr\[app\]'"):
        launch({"digits": pipeline}, block=False)


@pytest.fixture(scope="module")
def address(pipeline, exported):
    pytest.importorskip("gradio", reason="gradio is not installed")
    models = {"network": pipeline, "exported": exported}
    page = launch(models, texts=TEXTS, block=False, max_megabytes=MAX_MEGABYTES)
    yield page.local_url
    page.close()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visitor:
    """One user of the page."""

    def __init__(self, browser, address):
        self.page = browser.new_context(viewport={"width": 1250, "height": 900}).new_page()
        self.page.set_default_timeout(60_000)
        self.foreign = []
        self.page.on("request", lambda request: self._note(request.url, address))
        self.page.goto(address)
        self.page.wait_for_selector("#drawing canvas")

    def _note(self, url, address):
        if not url.startswith((address, "data:", "blob:")):
            self.foreign.append(url)

    def tab(self, name):
        self.page.get_by_role("tab", name=name).click()

    def upload(self, *files, to="image"):
        self.page.locator(f"#{to} input[type=file]").set_input_files([str(file) for file in files])

    def remove_image(self):
        self.page.locator("#image button[aria-label='Remove Image']").click()

    def draw(self, *points):
        box = self.page.locator("#drawing canvas").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x + points[0][0], y + points[0][1])
        self.page.mouse.down()
        for right, down in points[1:]:
            self.page.mouse.move(x + right, y + down, steps=2)
        self.page.mouse.up()

    def label(self):
        return self.page.locator("#labels h2").inner_text()

    def wait_for_label(self, label):
        self.page.locator("#labels h2", has_text=label).wait_for()


@pytest.fixture
def visitor(browser, address):
    one = Visitor(browser, address)
    yield one
    one.page.context.close()


def name_of(pipeline, file):
    label = pipeline.predict([file])[0]
    return f"{label} – {TEXTS[label]}" if label in TEXTS else label


def test_what_is_drawn_is_read_and_can_be_wiped_off(visitor):
    visitor.page.wait_for_timeout(1000)  # for the canvas to take strokes
    visitor.draw((0, -100), (5, 0), (0, 100))
    assert visitor.label()[0] in "ابتثج"
    visitor.page.locator("#seen img").wait_for()
    visitor.page.locator("#saliency img").wait_for()
    visitor.page.locator("#drawing button[aria-label='Clear canvas']").click()
    visitor.page.locator("#labels h2").wait_for(state="detached")
    visitor.page.wait_for_timeout(1000)
    visitor.draw((-60, 0), (0, -60), (60, 0), (0, 60), (-60, 0))
    assert visitor.label()[0] in "ابتثج"
    assert visitor.foreign == []  # nobody else is told


def test_an_uploaded_image_is_read_by_either_model(visitor, pipeline, digit_files):
    file = digit_files[0][7]
    visitor.tab("Upload or paste")
    visitor.upload(file)
    visitor.wait_for_label(name_of(pipeline, file))
    visitor.page.locator("#saliency img").wait_for()
    # A label of any script is written in its own direction.
    style = "element => getComputedStyle(element).unicodeBidi"
    assert visitor.page.locator("#labels h2").evaluate(style) == "plaintext"
    visitor.page.get_by_label("Model").click()
    visitor.page.get_by_role("option", name="exported").click()
    visitor.page.locator("#saliency img").wait_for(state="detached")
    assert visitor.label() == name_of(pipeline, file)


def test_nonsense_is_answered_with_a_sentence(visitor, pipeline, digit_files, tmp_path):
    nonsense = tmp_path / "nonsense.png"
    nonsense.write_bytes(b"\x89PNG\r\n\x1a\n" + b"nonsense" * 20)
    visitor.tab("Upload or paste")
    visitor.upload(nonsense)
    visitor.page.get_by_text("This image cannot be read").wait_for()
    visitor.remove_image()
    visitor.upload(digit_files[0][3])
    visitor.wait_for_label(name_of(pipeline, digit_files[0][3]))


def test_large_files_are_refused(visitor, address, tmp_path):
    large = tmp_path / "large.png"
    noise = np.random.default_rng(0).integers(0, 256, (500, 500), dtype=np.uint8)
    Image.fromarray(noise).save(large)
    assert large.stat().st_size > 1e6 * MAX_MEGABYTES
    visitor.tab("Upload or paste")
    visitor.upload(large)
    visitor.page.get_by_text("exceed the maximum allowed size").first.wait_for()
    answer = httpx.post(f"{address}gradio_api/upload", files={"files": large.read_bytes()})
    assert answer.status_code == 413  # whoever does not use the page


def test_several_files_make_a_table(visitor, pipeline, digit_files, tmp_path):
    nonsense = tmp_path / "nonsense.png"
    nonsense.write_text("no image")
    files = [*digit_files[0][:3], nonsense]
    visitor.tab("Several files")
    visitor.upload(*files, to="files")
    text = "(document.querySelector('#table')?.innerText ?? '')"
    visitor.page.wait_for_function(f"{text}.includes('cannot be read')")
    texts = visitor.page.evaluate(text)
    for file in files[:3]:
        assert name_of(pipeline, file) in texts


def test_two_users_at_once(browser, address, pipeline, digit_files):
    files, labels = digit_files
    chosen = [files[np.flatnonzero(labels == label)[0]] for label in "اج"]
    visitors = [Visitor(browser, address) for _ in chosen]
    for visitor in visitors:
        visitor.tab("Upload or paste")
    for visitor, file in zip(visitors, chosen, strict=True):
        visitor.upload(file)
    for visitor, file in zip(visitors, chosen, strict=True):
        visitor.wait_for_label(name_of(pipeline, file))
        visitor.page.context.close()


def test_only_this_machine_is_served(address):
    assert address.startswith("http://127.0.0.1:")

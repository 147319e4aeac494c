"""The page in a browser: drawing, uploading, several files, nonsense, two users."""

import base64
import csv
import io
import json
import re
import shutil
import socket
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import (
    CNN,
    CNNClassifier,
    ImageLoader,
    ImageLoadError,
    InkNormalizer,
    MergedLabels,
    PixelScaler,
    WriterAdapter,
    export,
    load_exported,
)
from skhcr.app import Reader, launch
from skhcr.app._canvas import drawn
from skhcr.app._file_table import FileAnswer
from skhcr.app._file_table import as_html as file_table
from skhcr.app._guard import Guard, names_of_this_machine
from skhcr.app._samples import as_html as samples_html
from skhcr.app._samples import samples
from skhcr.app._whole_page import as_html, labels_in
from skhcr.datasets import draw_strokes
from skhcr.images import BlankImageWarning
from skhcr.pages import PageReading, ReadCharacter, read_page
from skhcr.pretrained import list_pretrained, load_pretrained

# gradio leaves sockets and event loops to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning")
]

TEXTS = {"ا": "alef", "ب": "beh"}
MAX_MEGABYTES = 0.2


@pytest.fixture(scope="module")
def digit_files(digits, tmp_path_factory):
    """Digits with some paper around them, as PNG files: paths and labels."""
    images, labels = digits
    folder = tmp_path_factory.mktemp("digits")
    paths = [str(folder / f"{index:03d}.png") for index in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(np.pad(image, 4)).save(path)
    return np.array(paths), labels


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

    def test_reads_the_letters_of_one_writer_together(self, pipeline, exported, digit_files):
        files = digit_files[0][:5]
        blank = Image.new("L", (40, 40), 255)
        for model in (pipeline, exported):
            expected = WriterAdapter(model).predict_proba(files).max(axis=1)
            reader = Reader(model)
            *readings, none = reader.read_together([*map(reader.read, files), reader.read(blank)])
            found = [next(iter(reading.labels.values())) for reading in readings]
            np.testing.assert_allclose(found, expected, atol=1e-4)
            assert none.labels == {}
            (alone,) = reader.read_together([none])
            assert alone.labels == {}

    def test_a_search_reads_as_its_best_pipeline(self, pipeline, digit_files):
        files, labels = digit_files
        search = GridSearchCV(pipeline, {"cnnclassifier__epochs": [1]}, cv=2)
        reader = Reader(search.fit(files[:40], labels[:40]))
        seen = search.best_estimator_[:-1].transform([files[0]])[0, :, :, 0]
        np.testing.assert_array_equal(reader.read(files[0]).seen, seen)
        assert reader.has_network

    def test_labels_may_be_merged(self, pipeline, exported, digit_files):
        file = digit_files[0][0]
        for model in (pipeline, exported):
            first, second = model.classes_[:2]
            merged = MergedLabels(model, groups=[(second, first)])
            reader = Reader(merged, {second: "both"})
            probabilities = merged.predict_proba([file])[0]
            labels = reader.read(file).labels
            assert next(iter(labels.values())) == pytest.approx(probabilities.max(), abs=1e-6)
            assert not {first, second} & set(labels)
            assert reader.has_network == (model is pipeline)

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

    def test_a_blank_image_has_no_labels(self, pipeline, exported):
        with pytest.warns(BlankImageWarning):
            pipeline[0].transform([np.full((40, 40), 255, np.uint8)] * 3)
        for model in (pipeline, exported):
            reading = Reader(model).read(Image.new("L", (40, 40), 255))
            assert reading.labels == {}
            assert reading.seen.tolist() == [[0] * 12] * 12
        assert len(pipeline[0].blank_) == 3  # which is the user's

    def test_several_characters_are_noted_without_a_warning(self, pipeline, exported):
        row = Image.new("L", (300, 100), 255)
        for left in (20, 110, 200):
            ImageDraw.Draw(row).ellipse([left, 20, left + 60, 80], outline=0, width=6)
        for model in (pipeline, exported):
            reader = Reader(model)
            assert reader.read(row).several
            assert not reader.read(row.crop((0, 0, 95, 100))).several

    def test_other_models_are_refused(self, pipeline):
        with pytest.raises(TypeError, match="begins with an InkNormalizer"):
            Reader(pipeline[-1])


def test_the_extra_is_named(pipeline, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match=r"pip install 'skhcr\[app\]'"):
        launch({"digits": pipeline}, block=False)


@pytest.fixture(scope="module")
def address(pipeline, exported, tmp_path_factory):
    pytest.importorskip("gradio", reason="gradio is not installed")
    models = {"network": pipeline, "exported": exported}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page = launch(
            models,
            texts=TEXTS,
            block=False,
            max_megabytes=MAX_MEGABYTES,
            allowed_hosts=["letters.example"],
        )
        yield page.local_url
        page.close()


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
        canvas = self.page.locator("#drawing canvas").first
        canvas.hover()  # waits until the page is no longer covered while it loads
        box = canvas.bounding_box()
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

    def wait_for_no_label(self):
        self.page.locator("#labels h2").wait_for(state="detached")


@pytest.fixture
def visitor(browser, address):
    one = Visitor(browser, address)
    yield one
    one.page.context.close()


def name_of(pipeline, file):
    label = pipeline.predict([file])[0]
    return f"{label} – {TEXTS[label]}" if label in TEXTS else label


def test_a_drawing_is_classified_and_can_be_cleared(visitor):
    visitor.draw((0, -100), (5, 0), (0, 100))
    assert visitor.label()[0] in "ابتثج"
    visitor.page.locator("#seen img").wait_for()
    visitor.page.locator("#saliency img").wait_for()
    visitor.page.get_by_role("button", name="Clear").click()
    visitor.wait_for_no_label()
    visitor.draw((-60, 0), (0, -60), (60, 0), (0, 60), (-60, 0))
    assert visitor.label()[0] in "ابتثج"
    visitor.page.get_by_role("button", name="Undo").click()
    visitor.wait_for_no_label()
    assert visitor.page.get_by_role("button", name="Undo").is_disabled()
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
    visitor.remove_image()
    visitor.wait_for_no_label()


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
    assert answer.status_code == 413  # also without the page


def test_several_files_make_a_table(visitor, pipeline, digit_files, tmp_path):
    nonsense = tmp_path / "nonsense.png"
    nonsense.write_text("no image")
    written = [*digit_files[0][:2], tmp_path / "again.png"]
    shutil.copy(written[0], written[2])  # a writer with habits
    files = [*written, nonsense]
    visitor.tab("Several files")
    visitor.upload(*files, to="files")
    text = "(document.querySelector('#table')?.innerText ?? '')"
    visitor.page.wait_for_function(f"{text}.includes('cannot be read')")
    texts = visitor.page.evaluate(text)
    for file in files[:3]:
        assert name_of(pipeline, file) in texts
    visitor.page.get_by_label("All of these are by one person").check()
    together = WriterAdapter(pipeline).predict_proba(files[:3]).max(axis=1)
    for probability in together:
        visitor.page.wait_for_function(f"{text}.includes('{probability:.1%}')")
    assert any(f"{probability:.1%}" not in texts for probability in together)
    assert visitor.page.locator("#table img").count() == 3
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="letters.csv").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [Path(file).name for file in files]
    assert [row["label"] for row in rows[:3]] == pipeline.predict(files[:3]).tolist()
    assert [float(row["probability"]) for row in rows[:3]] == pytest.approx(together, abs=1e-4)
    assert rows[3]["error"].startswith("This image cannot be read")
    assert visitor.foreign == []


def test_samples_are_put_on_the_canvas_and_read(visitor):
    beh = visitor.page.get_by_role("button", name="Example: ب", exact=True)
    beh.click()
    visitor.page.locator("#labels h2").wait_for()
    undo = visitor.page.get_by_role("button", name="Undo")
    undo.click()  # the dot
    undo.click()
    visitor.wait_for_no_label()


def test_the_labels_of_the_model_are_listed(visitor, pipeline):
    labels = visitor.page.locator("#known li")
    assert not labels.first.is_visible()
    visitor.page.get_by_text("characters that the model knows").click()
    names = [
        f"{label} – {TEXTS[label]}" if label in TEXTS else label for label in pipeline.classes_
    ]
    assert labels.all_inner_texts() == names
    first, second = labels.nth(0).bounding_box(), labels.nth(1).bounding_box()
    assert first["x"] > second["x"]  # from the right


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_when_answers_come_and_they_are_seen(browser, address, width):
    visitor = Visitor(browser, address)
    visitor.page.set_viewport_size({"width": width, "height": 844})
    places = """['drawing', 'samples', 'labels', 'seen'].map(
        (id) => document.getElementById(id).getBoundingClientRect().top)"""
    visitor.page.locator("#labels svg").first.wait_for()
    before = visitor.page.evaluate(places)
    visitor.page.get_by_role("button", name="Example: ب", exact=True).click()
    visitor.page.locator("#saliency img").wait_for()
    assert visitor.page.evaluate(places) == pytest.approx(before, abs=2)
    box = visitor.page.locator("#labels").bounding_box()
    assert box["y"] + box["height"] <= 844
    if width == 390:
        canvas = visitor.page.locator("#drawing canvas").bounding_box()
        assert canvas["width"] == pytest.approx(box["width"], abs=1)
    visitor.page.context.close()


def test_the_samples_are_read_as_what_they_are():
    pytest.importorskip("onnxruntime")
    for name in list_pretrained():
        model = load_pretrained(name, exported=True)
        drawn_strokes = samples(map(str, model.classes_))
        assert len(drawn_strokes) == 6
        pictures = [draw_strokes(strokes, size=200) for strokes in drawn_strokes.values()]
        pages = [255 - np.pad(picture, 20) for picture in pictures]
        *labels, _ = model.predict(pages)
        assert [str(label) for label in labels] == [*drawn_strokes][:-1]
        assert model.score_samples(pages)[-1] < model.offset_
    assert samples(["alef", "beh"]) == {}
    assert samples_html(["alef"]) == ""


def test_a_table_of_files_is_text_and_says_what_it_leaves_out():
    seen = np.zeros((8, 8), np.uint8)
    table = file_table([FileAnswer("<i>.png", "<b>", 0.5, "<u>", True, seen)], 3)
    for part in ("<i>", "<b>", "<u>"):
        assert part not in table
    assert "1 file, 1 unknown; 3 others are left out" in table
    assert file_table([]) == ""
    table = file_table([FileAnswer("row.png", "7", 0.5, several=True)])
    assert '<span class="mark">several characters</span>' in table
    assert "1 file, 1 with several characters<" in table
    (data,) = re.findall(r"base64,([^\"]+)", table)
    assert base64.b64decode(data).decode().splitlines()[1] == "row.png,7,0.5,,,,several,"


@pytest.fixture(scope="module")
def whole_page(digit_files, tmp_path_factory):
    """Two lines of three digits each."""
    page = np.full((150, 240), 255, np.uint8)
    for number, file in enumerate(digit_files[0][:6]):
        with Image.open(file) as digit:
            pixels = 255 - np.asarray(digit.convert("L").resize((48, 48)))
        top, left = 15 + 70 * (number // 3), 15 + 75 * (number % 3)
        page[top : top + 48, left : left + 48] = np.minimum(255, pixels)
    path = tmp_path_factory.mktemp("whole") / "page.png"
    Image.fromarray(page).save(path)
    return path


def test_a_whole_page_is_read_and_its_characters_can_be_chosen(visitor, exported, whole_page):
    wanted = read_page(exported, whole_page)
    visitor.tab("Whole page")
    visitor.upload(whole_page, to="whole")
    boxes = visitor.page.locator("#view label")
    boxes.first.wait_for()
    assert boxes.count() == len(wanted.characters)
    boxes.nth(1).click()
    answers = visitor.page.locator("#view .answers:visible")
    assert answers.count() == 1
    assert f"{wanted.characters[1].probability:.1%}" in answers.inner_text()
    # Boxes lie where characters do, also beside the answers of one.
    paper, box = visitor.page.locator("#view img").bounding_box(), boxes.last.bounding_box()
    scale = paper["width"] / 240
    assert (box["x"] - paper["x"]) / scale == pytest.approx(wanted.characters[-1].box[0], abs=2)
    assert (box["y"] - paper["y"]) / scale == pytest.approx(wanted.characters[-1].box[1], abs=2)
    text = "document.querySelector('#text textarea').value"
    assert visitor.page.evaluate(text) == wanted.text
    visitor.page.get_by_role("button", name="Options").click()
    visitor.page.locator("#allowed input, #allowed textarea").fill("ب")
    visitor.page.locator("#allowed input, #allowed textarea").press("Enter")
    visitor.page.wait_for_function(f"/^[ب\\s]+$/.test({text})")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="page.json").click()
    downloaded = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert {one["label"] for one in downloaded["characters"]} == {"ب"}
    assert visitor.foreign == []


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


# ------------------------------------------------------- requests that the page does not make


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


def upload(client, data, **options):
    return client.post("gradio_api/upload", files={"files": ("a.png", data)}, **options)


def ask(client, kind, value, *options):
    """Ask the page to read a value as its own tabs do; return what it answers."""
    config = client.get("config").json()
    kinds = {part["id"]: part["type"] for part in config["components"]}
    number = next(
        event["id"]
        for event in config["dependencies"]
        if [kinds[part] for part in event["inputs"]][:2] == ["dropdown", kind]
        and len(event["inputs"]) == 2 + len(options)
    )
    data = ["exported", value, *options]
    question = {"fn_index": number, "data": data, "session_hash": "session"}
    joined = client.post("gradio_api/queue/join", json=question)
    if joined.status_code != 200:
        return joined.text
    with client.stream("GET", "gradio_api/queue/data?session_hash=session") as answers:
        for line in answers.iter_lines():
            answer = json.loads(line.removeprefix("data:") or "{}")
            if answer.get("msg") == "process_completed":
                return answer["output"]
    raise AssertionError("no answer")


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def address_of(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


def test_a_drawing_is_one_picture_of_the_canvas_and_nothing_else():
    paper = png(Image.new("RGBA", (420, 420), "white"))
    assert drawn(address_of(paper)) == paper
    assert drawn("") is None
    bomb = png(Image.new("L", (8000, 8000)))
    noise = np.random.default_rng(0).integers(0, 256, (420, 420, 3), dtype=np.uint8)
    jpeg = io.BytesIO()
    Image.new("L", (420, 420)).save(jpeg, "JPEG")
    for wrong in (
        address_of(bomb),
        address_of(png(Image.fromarray(noise))),  # of more bytes than any drawing has
        address_of(jpeg.getvalue()),
        address_of(paper[:20]),
        "data:image/png;base64,$",
        "http://letters.example/a.png",
        {"background": None, "layers": [{"path": "a.png"}] * 14},
        7,
    ):
        with pytest.raises(ValueError, match=r"not a drawing|420 by 420"):
            drawn(wrong)


def test_a_page_without_a_character_has_no_label(client):
    paper = png(Image.new("L", (420, 420), 255))
    label, _, saliency, *_ = ask(client, "html", address_of(paper))["data"]
    assert label["label"] == "No character found."
    assert not label.get("confidences")
    assert saliency is None
    path = upload(client, paper).json()[0]
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    (table,) = ask(client, "file", [file], False)["data"]
    assert '<td colspan="2">No character found.</td>' in table


def ask_of_page(client, path, allowed="", direction="as the labels"):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    return ask(client, "image", file, allowed, direction)


def test_whole_pages_answer_with_boxes_and_sentences(client, exported, whole_page):
    path = upload(client, whole_page.read_bytes()).json()[0]
    wanted = read_page(exported, whole_page)
    html, text = ask_of_page(client, path)["data"]
    assert text == wanted.text
    assert html.count("<label") == len(wanted.characters)
    csv_file = re.search(r"text/csv;charset=utf-8;base64,([^\"]+)", html)[1]
    assert len(base64.b64decode(csv_file).splitlines()) == 1 + len(wanted.characters)
    _, from_the_left = ask_of_page(client, path, direction="from the left")["data"]
    assert from_the_left == read_page(exported, whole_page, direction="ltr").text
    assert "is allowed, but the model does not have" in ask_of_page(client, path, "<b>")["error"]
    blank = upload(client, png(Image.new("L", (300, 200), 255))).json()[0]
    html, text = ask_of_page(client, blank)["data"]
    assert ("No character found." in html, text) == (True, "")
    nonsense = upload(client, b"nonsense").json()[0]
    assert "cannot be read" in ask_of_page(client, nonsense)["error"]


def test_whole_pages_are_read_within_the_models_own_limit(pipeline, whole_page):
    limited = make_pipeline(InkNormalizer(12, max_pixels=1000), pipeline[-1])
    with pytest.raises(ImageLoadError, match="limit of 1000"):
        Reader(limited).read_page(whole_page, None, None)


def test_labels_are_shown_as_text_and_not_as_html():
    box = (1, 1, 9, 9)
    one = ReadCharacter(box, 0, 0, "<i>", 1.0, [("<i>", 1.0)], np.zeros((9, 9), np.uint8))
    reading = PageReading([one], [], "ltr", {})
    html = as_html(np.zeros((10, 10, 3), np.uint8), reading, {"<i>": "<script>"})
    assert "<i>" not in html
    assert "<script>" not in html


def test_labels_are_typed_as_characters_or_apart():
    assert labels_in("") is labels_in(None) is None
    assert labels_in("0123") == list("0123")
    assert labels_in("alef, beh teh") == ["alef", "beh", "teh"]


def test_drawings_are_read_within_the_models_own_limit(pipeline, client):
    drawing = Image.new("L", (420, 420), "white")
    drawing.paste(0, (200, 100, 220, 300))
    assert ask(client, "html", address_of(png(drawing)))["data"][0]["label"][0] in "ابتثج"
    assert (
        "420 by 420" in ask(client, "html", address_of(png(Image.new("L", (8000, 8000)))))["error"]
    )
    limited = make_pipeline(InkNormalizer(12, max_pixels=1000), pipeline[-1])
    with pytest.raises(ImageLoadError, match="limit of 1000"):
        Reader(limited).read(drawn(address_of(png(drawing))))


def test_no_other_functions_are_called(client):
    for path in ("component_server", "process_recording", "api/read", "run/read", "call/read"):
        assert client.post(f"gradio_api/{path}", json={}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example", "[", "letters"])
def test_other_names_are_refused(client, host):
    assert client.get("config", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:80", "Letters.example"])
def test_its_own_names_are_served(client, host):
    assert client.get("config", headers={"host": host}).status_code == 200


def test_a_server_for_everybody_has_the_machines_names_and_addresses(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Desk")
    monkeypatch.setattr("socket.getfqdn", lambda: "desk.office.example")
    names = names_of_this_machine("0.0.0.0")
    assert {"localhost", "desk", "desk.local", "desk.office.example"} < names
    assert "desk" not in names_of_this_machine("127.0.0.1")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_other_web_sites_post_nothing(client, origin):
    assert upload(client, b"x", headers={"origin": origin}).status_code == 403


def test_its_own_pages_post(client, address):
    assert upload(client, b"x", headers={"origin": address.rstrip("/")}).status_code == 200


def test_large_requests_are_refused(client):
    def parts():  # of which nobody has said how many there are
        for _ in range(12):
            yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
            yield b"x" * 190_000 + b"\r\n"

    question = {"content-type": "application/json"}
    join = client.post("gradio_api/queue/join", content=b" " * 1_100_000, headers=question)
    assert join.status_code == 413
    assert client.post("gradio_api/queue/join", content=parts()).status_code == 413
    several = [("files", b"x" * 190_000)] * 12
    assert client.post("gradio_api/upload", files=several).status_code == 413
    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = client.post("gradio_api/upload", content=parts(), headers=kind)
    assert (answer.status_code, answer.json()["detail"][-8:]) == (413, "at once.")


def test_uploads_of_an_hour_have_a_limit(monkeypatch):
    starlette = pytest.importorskip("starlette.exceptions", reason="gradio is not installed")
    now = [0.0]
    monkeypatch.setattr("skhcr.app._guard.time.monotonic", lambda: now[0])

    async def page(scope, receive, send):
        assert len((await receive())["body"]) == 99

    async def received():
        return {"type": "http.request", "body": b"x" * 92 + b"\r\n--b--"}

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload"}
    kind = (b"content-type", b"multipart/form-data; boundary=b")
    scope["headers"] = [(b"host", b"127.0.0.1"), kind]
    guard = Guard(page, [], largest_file=10)

    def upload_99_bytes():
        with pytest.raises(StopIteration):  # a coroutine that waits for nothing
            guard(scope, received, None).send(None)

    for _ in range(10):
        upload_99_bytes()
    with pytest.raises(starlette.HTTPException, match="in an hour"):
        upload_99_bytes()
    now[0] += 3601
    upload_99_bytes()


@pytest.mark.parametrize("said", [3000, 2063], ids=["the client is gone", "it has no end"])
def test_nothing_is_left_of_an_upload_that_is_broken_off(client, address, said):
    kept = Path(upload(client, b"kept").json()[0]).parents[1]
    before = set(kept.iterdir())
    begin = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {said}\r\n\r\n"
    )
    body = begin + b"x" * (2063 - len(begin))
    with socket.create_connection(("127.0.0.1", httpx.URL(address).port), timeout=60) as sender:
        sender.sendall(head.encode() + body)
        if said > len(body):
            sender.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: sender.recv(1000), b""))
    assert said > len(body) or b"The upload was interrupted." in answer
    assert upload(client, b"another").status_code == 200
    assert {path for path in kept.iterdir() if path.is_file()} <= before


@pytest.mark.parametrize("path", ["/etc/hostname", "http://127.0.0.1:9/a.png", "https://a.example"])
def test_only_uploaded_files_are_opened(client, path):
    answer = ask(client, "image", {"path": path, "meta": {"_type": "gradio.FileData"}})
    assert answer == {"error": None} or answer.endswith("opens only uploaded files.")


def test_internal_errors_are_not_shown(client):
    uploaded = upload(client, b"nonsense").json()[0]
    Path(uploaded).unlink()
    image = {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
    gone = "This image cannot be read: No such file or directory"
    assert ask(client, "image", image)["error"] == gone
    assert ask(client, "image", "nonsense") == {"error": None}


@pytest.mark.parametrize("has_network", [False, True])
def test_saliency_maps_have_room_only_if_a_model_has_them(pipeline, has_network):
    pytest.importorskip("gradio", reason="gradio is not installed")
    pytest.importorskip("onnxruntime")
    models = {"exported": load_pretrained("digits", exported=True)}
    page = launch(models | ({"saved": pipeline} if has_network else {}), block=False)
    page.close()
    (maps,) = [one for one in page.blocks.values() if getattr(one, "elem_id", "") == "saliency"]
    assert maps.visible is has_network


def test_uploads_are_deleted_and_users_have_passwords(pipeline):
    pytest.importorskip("gradio", reason="gradio is not installed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    page = launch({"digits": pipeline}, port=port, block=False, auth=[("ada", "secret")])
    try:
        with httpx.Client(base_url=page.local_url) as client:
            assert client.get("config").status_code == 401
            assert upload(client, b"x").status_code == 401
            wrong = {"username": "ada", "password": "wrong"}
            assert client.post("login", data=wrong).status_code == 400
            client.post("login", data=wrong | {"password": "secret"}).raise_for_status()
            uploaded = Path(upload(client, b"kept for a while").json()[0])
            assert uploaded.exists()
    finally:
        page.close()
    assert not uploaded.exists()

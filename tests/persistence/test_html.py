"""The page of a model: prepares images as Python does, answers, and trusts no label.

A runtime of a few lines stands in for ONNX Runtime Web, which comes from npm. Where that is
installed - in a folder that SKHCR_ONNXRUNTIME_WEB names, or in node_modules - its answers are
compared, too.
"""

import base64
import io
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from sklearn.datasets import load_digits

from skhcr import (
    CNN,
    CNNClassifier,
    ImageLoader,
    InkNormalizer,
    export,
    load_exported,
    load_pretrained,
)
from skhcr.cli import app
from skhcr.datasets import load_image_folder
from skhcr.persistence._html import Runtime, as_script_data, find_runtime, page_of

BAR, DASH, BLOB = "|", "-", "</script><img src=x onerror=hacked=1>"
# Tells upright, flat and other characters apart by where their ink is.
STAND_IN = b"""
export const env = { wasm: {} };
export class Tensor { constructor(type, data, dims) { this.data = data; this.dims = dims; } }
export class InferenceSession {
  static async create(graph) {
    return { inputNames: ["image"], run: async ({ image: { data, dims } }) => {
      const [rows, columns] = [new Set(), new Set()];
      const [, , width, channels] = dims;
      data.forEach((value, i) => {
        if (value < 128) return;
        rows.add(Math.floor(i / channels / width));
        columns.add(Math.floor(i / channels) % width);
      });
      const code = 4 * columns.size < rows.size ? 0 : 4 * rows.size < columns.size ? 1 : 2;
      const answers = Float32Array.from([0, 1, 2], (other) => other === code ? 0.8 : 0.1);
      const score = { dims: [1], data: Float32Array.of(code === 2 ? -1 : 1) };
      return { score, probabilities: { dims: [1, 3], data: answers } };
    } };
  }
}
"""
NORMALIZER = {
    "kind": "InkNormalizer",
    "size": [32, 32],
    "polarity": "auto",
    "margin": 0.125,
    "center": "box",
    "stroke_width": 0.08,
    "background": 255,
    "max_pixels": None,
}
LOADER = {
    "kind": "ImageLoader",
    "size": [32, 32],
    "mode": "L",
    "keep_aspect": True,
    "background": 255,
    "max_pixels": None,
}


def metadata(readers=(NORMALIZER,), labels=(BAR, DASH, BLOB), shape=(32, 32, 1), **others):
    known = {
        "classes": list(labels),
        "classes_dtype": np.array(labels).dtype.str,
        "readers": list(readers),
        "image_shape": list(shape),
        "n_features": int(np.prod(shape)),
        "offset": 0.0,
    }
    return json.dumps(known | others)


def stand_in(**others):
    return page_of(b"", metadata(**others), Runtime("0", STAND_IN, b"\0asm"), title="t")


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class Visitor:
    """One user of a page, which is a file."""

    def __init__(self, browser, path, **options):
        self.page = browser.new_context(accept_downloads=True, **options).new_page()
        self.page.set_default_timeout(60_000)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html.ready")

    def ask(self, what, data, readers=None):
        """Return what the model's function `what` makes of an image file."""
        script = """async ([what, data, readers]) => {
            const model = await reader;
            if (readers) model.readers = readers;
            const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
            const answer = await model[what](await model.decode(new Blob([bytes])));
            const { image } = answer;
            const pixels = image.bands.map((band) => {
                let text = "";
                for (const level of band) text += String.fromCharCode(level);
                return btoa(text);
            });
            return {...answer, image: {...image, pixels, bands: null}};
        }"""
        answer = self.page.evaluate(script, [what, base64.b64encode(data).decode(), readers])
        image = answer["image"]
        bands = [np.frombuffer(base64.b64decode(band), np.uint8) for band in image["pixels"]]
        answer["image"] = np.stack(bands, axis=-1).reshape(image["height"], image["width"], -1)
        return answer

    def draw(self, *points):
        box = self.page.locator("#paper").bounding_box()
        (x, y), *others = [(box["x"] + right, box["y"] + down) for right, down in points]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for place in others:
            self.page.mouse.move(*place, steps=4)
        self.page.mouse.up()

    def upload(self, **files):
        payload = [
            {"name": f"{name}.png", "mimeType": "image/png", "buffer": data}
            for name, data in files.items()
        ]
        self.page.locator("#files").set_input_files(payload)

    def labels(self, n):
        """Return the labels that are shown, once there are so many."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('#readings .label').length === n", arg=n
        )
        return self.page.locator("#readings .label").all_inner_texts()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "reader.html"
    path.write_text(stand_in(), encoding="utf-8")
    return path


@pytest.fixture
def visitor(browser, path):
    visitor = Visitor(browser, path)
    yield visitor
    assert visitor.errors == []
    visitor.page.context.close()


# ------------------------------------------------------------------ images are prepared alike


def letter(height=300, width=240, paper=245, ink=30, pen=9, color=None):
    """Return a page with strokes and a dot."""
    page = Image.new("L" if color is None else "RGB", (width, height), color or paper)
    draw = ImageDraw.Draw(page)
    fill = ink if color is None else (ink, ink, 160)
    x, y, side = width * 0.3, height * 0.3, min(height, width) * 0.4
    draw.line([(x, y), (x + side, y + side / 5), (x, y + side)], fill=fill, width=pen)
    draw.arc([x, y, x + side, y + side], 20, 250, fill=fill, width=pen)
    draw.ellipse([x + side * 0.4, y - pen * 3, x + side * 0.4 + pen, y - pen * 2], fill=fill)
    return page


def noisy(page, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, np.shape(page))
    return Image.fromarray(np.clip(np.asarray(page) + noise, 0, 255).astype(np.uint8))


def shaded(page, edge=0.5):
    levels = np.asarray(page).astype(float)
    levels[:, int(edge * levels.shape[1]) :] *= 0.55
    return Image.fromarray((levels * np.linspace(1, 0.8, len(levels))[:, None]).astype(np.uint8))


def ruled(page, step=23):
    page = page.copy()
    draw = ImageDraw.Draw(page)
    for y in range(step, page.height, step):
        draw.line([(0, y), (page.width, y + 4)], fill=120, width=2)
    return page


def framed(page):
    page = page.copy()
    ImageDraw.Draw(page).rectangle([0, 0, page.width - 1, page.height - 1], outline=0, width=5)
    return page


def on_a_table(page):
    table = noisy(Image.new("L", (page.width + 160, page.height + 100), 70), 12)
    table.paste(page, (90, 40))
    return table


def transparent(ink):
    page = Image.new("RGBA", (200, 260), (255, 255, 255, 0))
    ImageDraw.Draw(page).line([(60, 60), (140, 110), (70, 200)], fill=ink, width=11)
    return page


def digit(index, scale=1):
    pixels = (load_digits().images[index] * 15.9).astype(np.uint8)
    return Image.fromarray(pixels).resize((8 * scale, 8 * scale), Image.Resampling.BICUBIC)


def strokes(*lines):
    """Return an image cropped to a letter of straight strokes."""
    image = Image.new("L", (150, 240), 235)
    for line in lines:
        ImageDraw.Draw(image).line(line, 40, 5)
    return image


def dotted():
    """Return an image cropped to a letter with a dot and pale ends."""
    page = Image.new("L", (190, 150), 235)
    draw = ImageDraw.Draw(page)
    draw.line([(0, 50), (20, 125), (150, 125), (189, 50)], 40, 24, "curve")
    draw.ellipse((70, 9, 96, 35), 40)
    return page.filter(ImageFilter.GaussianBlur(4))


def fingered():
    """Return a page with a letter and the shadow of a finger as thick as strokes can be."""
    page = np.asarray(letter(pen=12)).astype(float)
    page[120:, 60:116] *= 0.6
    return Image.fromarray(page.astype(np.uint8))


def punched():
    """Return a page with a letter and a hole beside it."""
    page = letter()
    ImageDraw.Draw(page).ellipse([15, 100, 41, 126], 60)
    return page


def crumbled(page):
    ImageDraw.Draw(page).rectangle([200, 140, 206, 143], 60)
    return page


def boxed(page):
    ImageDraw.Draw(page).polygon([(50, 62), (190, 55), (196, 230), (56, 237)], outline=40, width=3)
    return page


def lit(page):
    y, x = np.mgrid[: page.height, : page.width]
    spot = 50 * np.exp(-((y - 110) ** 2 + (x - 140) ** 2) / 2500)
    return Image.fromarray(np.rint(np.asarray(page) + spot).astype(np.uint8))


def circles(*places, size=(300, 300), side=60, pen=7):
    """Return a page with circles at these upper left corners.

    They have tails: a center of mass between two pixels would be rounded by chance.
    """
    page = Image.new("L", size, 250)
    draw = ImageDraw.Draw(page)
    for x, y in places:
        draw.ellipse([x, y, x + side, y + side], outline=20, width=pen)
        draw.line([(x + side / 4, y + side / 4), (x + 2, y - side / 9)], fill=20, width=pen)
    return page


PAGES = {
    "three side by side": circles((20, 100), (110, 110), (205, 95)),
    "two near each other": circles((60, 100), (127, 108)),
    "one above the other": circles((100, 40), (105, 140)),
    "two lines": circles((60, 40), (150, 45), (60, 150), (150, 160)),
    "far apart": circles((40, 80), (220, 100), side=40),
    "clean": letter(),
    "thin": letter(pen=2),
    "thick": letter(pen=34),
    "light on dark": letter(paper=20, ink=230),
    "large": letter(1300, 900, pen=21),
    "faint": noisy(letter(ink=205), 6),
    "noise": noisy(letter(), 14),
    "in color": letter(color=(250, 240, 150), ink=90),
    "yellow ink": letter(color=(255, 255, 255), ink=250),
    "shadow": noisy(shaded(letter()), 3),
    "ruled": ruled(letter()),
    "squared": ruled(ruled(letter().transpose(Image.Transpose.ROTATE_90)), 31),
    "framed": framed(letter()),
    "on a table": on_a_table(letter()),
    "ruled, on a table": on_a_table(ruled(letter())),
    "a crumb beside": crumbled(letter()),
    "empty box": boxed(Image.new("L", (300, 240), 240)),
    "box": boxed(letter()),
    "reflection": lit(Image.new("L", (300, 240), 200)),
    "white ink, transparent": transparent((255, 255, 255, 255)),
    "black ink, transparent": transparent((0, 0, 0, 255)),
    "small": digit(3),
    "28 pixels": digit(5, 4).resize((28, 28)),
    "64 pixels": digit(8, 8),
    "cut closely": letter().crop((70, 75, 170, 190)),
    "cropped, straight strokes": strokes([(2, 0), (6, 239)], [(0, 239), (149, 60), (2, 116)]),
    "cropped, bar at the edge": strokes([(0, 0), (149, 0), (0, 239)], [(60, 120), (130, 150)]),
    "cropped, separate": strokes([(0, 40), (70, 0), (149, 30)], [(80, 90), (70, 239)]),
    "cropped, with a dot": dotted(),
    "punched": punched(),
    "shadow of a finger": fingered(),
    "blank": Image.new("L", (120, 90), 240),
    "blank with noise": noisy(Image.new("L", (200, 150), 230), 5),
}
READERS = {
    "normalizer": ([NORMALIZER], [InkNormalizer(32, on_blank="ignore", on_several="ignore")]),
    "normalizer, other parameters": (
        [
            NORMALIZER
            | {"size": [24, 40], "center": "mass", "stroke_width": 0.0, "margin": 0.05}
            | {"background": 200}
        ],
        [
            InkNormalizer(
                (24, 40),
                center="mass",
                stroke_width=0.0,
                margin=0.05,
                background=200,
                on_blank="ignore",
                on_several="ignore",
            )
        ],
    ),
    "loader": ([LOADER], [ImageLoader(32)]),
    "loader in color, stretched": (
        [LOADER | {"size": [45, 170], "mode": "RGB", "keep_aspect": False, "background": 90}],
        [ImageLoader((45, 170), mode="RGB", keep_aspect=False, background=90)],
    ),
    "loader, enlarging": ([LOADER | {"size": [400, 421]}], [ImageLoader((400, 421))]),
    "loader and normalizer": (
        [LOADER | {"size": None}, NORMALIZER],
        [ImageLoader(None), InkNormalizer(32, on_blank="ignore", on_several="ignore")],
    ),
}


@pytest.mark.parametrize("kind", READERS)
def test_images_are_prepared_as_in_python(kind, browser, path):
    readers, steps = READERS[kind]
    visitor = Visitor(browser, path)
    for name, page in PAGES.items():
        expected = [png(page)]
        for step in steps:
            expected = step.transform(expected)
        seen = visitor.ask("see", png(page), readers)
        np.testing.assert_array_equal(seen["image"], expected[0], err_msg=name)
        assert seen["isBlank"] == bool(len(getattr(steps[-1], "blank_", ()))), name
        assert seen["isSeveral"] == bool(len(getattr(steps[-1], "several_", ()))), name
    visitor.page.context.close()


def test_too_many_pixels_are_refused(visitor):
    with pytest.raises(Exception, match=r"300 x 240 pixels are more than the limit of 1000"):
        visitor.ask("see", png(letter()), [NORMALIZER | {"max_pixels": 1000}])


def test_16_bits_that_are_not_used_are_an_error(visitor):
    levels = np.asarray(letter(), np.uint16)
    full = png(Image.fromarray(levels * 257))
    (expected,) = InkNormalizer(32).transform([full])
    np.testing.assert_array_equal(visitor.ask("see", full)["image"], expected)
    for white in (255, 4095):
        with pytest.raises(Exception, match="PNG file of 16 bits that uses fewer"):
            visitor.ask("see", png(Image.fromarray(levels * (white // 255))))


# ------------------------------------------------------------------ the page


def test_drawings_are_read(visitor):
    assert visitor.page.locator("#empty").is_visible()
    visitor.draw((200, 80), (200, 330))
    assert visitor.labels(1) == [BAR]
    assert visitor.page.locator("li").all_inner_texts()[0].split() == [BAR, "80%"]
    visitor.page.keyboard.press("Control+z")
    assert visitor.labels(0) == []
    visitor.draw((80, 200), (330, 200))
    assert visitor.labels(1) == [DASH]
    assert "none of the model" not in visitor.page.inner_text("#readings")
    visitor.page.get_by_role("button", name="Clear").click()
    visitor.draw((100, 100), (300, 300))
    assert visitor.labels(1) == [BLOB]
    assert "none of the model's characters" in visitor.page.inner_text("#readings")


def test_a_row_is_read_in_both_directions(visitor):
    visitor.page.get_by_label("Read a row").check()
    visitor.draw((80, 100), (80, 300))
    visitor.draw((130, 200), (270, 200))
    visitor.draw((80, 55), (81, 55))  # a dot above the bar belongs to it
    assert visitor.labels(2) == [BAR, DASH]
    assert visitor.page.inner_text(".text") == BAR + DASH
    visitor.page.get_by_label("Direction").select_option("rtl")
    visitor.page.wait_for_selector(".text[dir=rtl]")
    assert visitor.labels(2) == [DASH, BAR]
    visitor.page.get_by_label("Read a row").uncheck()
    assert len(visitor.labels(1)) == 1


def test_several_characters_are_noted_unless_a_row_is_read(visitor):
    visitor.draw((80, 100), (80, 300))
    assert "several" not in visitor.page.inner_text("#readings")
    visitor.draw((180, 100), (230, 300))
    visitor.draw((330, 100), (300, 300))
    advice = "This probably shows several characters: check the box to read a row."
    note = visitor.page.locator("#readings .note").first
    assert note.inner_text() == f"{advice} The labels are guesses."
    visitor.page.get_by_label("Read a row").check()
    assert len(visitor.labels(3)) == 3
    assert "several characters" not in visitor.page.inner_text("#readings")


def test_files_are_read_one_by_one(visitor):
    flat = Image.new("L", (300, 120), 255)
    flat.paste(0, (60, 55, 240, 70))
    visitor.upload(flat=png(flat), none=png(PAGES["blank"]), broken=b"nonsense")
    assert visitor.labels(2) == [DASH, "No character found"]
    assert visitor.page.locator(".name").all_inner_texts() == ["flat.png", "none.png"]
    message = "broken.png cannot be read: the browser cannot decode this image."
    assert visitor.page.inner_text(".error") == message


def test_images_are_pasted_and_dropped(visitor):
    flat = Image.new("L", (300, 120), 255)
    flat.paste(0, (60, 55, 240, 70))
    give = """([data, kind]) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], `${kind}.png`, {type: "image/png"}));
        const given = kind === "paste" ? new ClipboardEvent(kind, {clipboardData})
            : new DragEvent(kind, {dataTransfer: clipboardData});
        document.dispatchEvent(given);
    }"""
    for kind in ("paste", "drop"):
        visitor.page.evaluate(give, [base64.b64encode(png(flat)).decode(), kind])
        visitor.page.wait_for_function(
            "name => document.querySelector('.name')?.textContent === name", arg=f"{kind}.png"
        )
        assert visitor.labels(1) == [DASH]


def test_corrected_samples_are_a_folder_that_is_loaded(visitor, tmp_path):
    flat, tall = Image.new("L", (90, 40), 255), Image.new("L", (40, 90), 255)
    flat.paste(0, (20, 18, 70, 22))
    tall.paste(0, (18, 20, 22, 70))
    visitor.upload(flat=png(flat), tall=png(tall), again=png(flat))
    visitor.labels(3)
    choices = visitor.page.locator(".correction select")
    choices.nth(1).select_option(index=2)
    for button in visitor.page.get_by_role("button", name="Keep as sample").all()[::-1]:
        button.click()
    visitor.page.get_by_role("button", name="Download 3 samples (zip)").wait_for()
    with visitor.page.expect_download() as download:
        visitor.page.locator("#download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    files, labels = load_image_folder(tmp_path, return_X_y=True)
    assert sorted(labels) == sorted([DASH, DASH, BLOB])
    (kept,) = files[labels == BLOB]
    np.testing.assert_array_equal(Image.open(kept).convert("L"), tall)


def test_samples_of_a_row_are_cut_out(visitor):
    visitor.page.get_by_label("Read a row").check()
    visitor.draw((80, 100), (80, 300))
    visitor.draw((130, 200), (270, 200))
    visitor.labels(2)
    visitor.page.get_by_role("button", name="Keep as sample").first.click()
    visitor.page.get_by_role("button", name="Download 1 sample (zip)").wait_for()
    with visitor.page.expect_download() as download:
        visitor.page.locator("#download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["%7C/0001.png"]
        image = Image.open(io.BytesIO(archive.read("%7C/0001.png")))
    assert image.height == pytest.approx(212 * 1.4, abs=4)
    assert image.width == pytest.approx(12 + 212 * 0.4, abs=4)


def test_nothing_is_loaded_and_no_label_runs(visitor, path):
    visitor.draw((100, 100), (300, 300))
    assert visitor.labels(1) == [BLOB]
    visitor.page.evaluate("""() => {
        document.body.insertAdjacentHTML("beforeend", "<svg onload='hacked=1'>");
        const script = document.createElement("script");
        script.textContent = "hacked = 1";
        document.body.append(script);
    }""")
    sent = visitor.page.evaluate(
        "fetch('https://example.invalid/').then(() => 'sent', () => 'refused')"
    )
    assert sent == "refused"
    assert visitor.page.evaluate("typeof hacked") == "undefined"
    foreign = [url for url in visitor.requests if not url.startswith((path.as_uri(), "blob:"))]
    assert foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(scheme, browser, path):
    size = {"width": 320, "height": 640}
    visitor = Visitor(browser, path, viewport=size, color_scheme=scheme, has_touch=True)
    visitor.draw((100, 40), (100, 200))
    assert visitor.labels(1) == [BAR]
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_light = int(re.search(r"\d+", background)[0]) > 128
    assert is_light == (scheme == "light")
    visitor.page.context.close()


def test_a_model_that_does_not_look_for_ink_reads_no_rows(browser, tmp_path):
    path = tmp_path / "loader.html"
    path.write_text(stand_in(readers=[LOADER]), encoding="utf-8")
    visitor = Visitor(browser, path)
    assert visitor.page.locator("#row").is_hidden()
    visitor.draw((200, 80), (200, 330))
    assert len(visitor.labels(1)) == 1
    visitor.page.context.close()


# ------------------------------------------------------------------ what is written


def test_labels_do_not_end_their_script():
    text = as_script_data({"labels": ["</script>", "<!--", "&amp;", "\u2028"]})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["labels"] == ["</script>", "<!--", "&amp;", "\u2028"]
    page = stand_in()
    assert "onerror" in page
    assert "<img" not in page


def test_titles_are_escaped():
    page = page_of(b"", metadata(), Runtime("--><b>", b"", b""), title="<b>&")
    assert "<title>&lt;b&gt;&amp;</title>" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("labels", "direction"), [(["ا", "ب"], "rtl"), (["א", "b"], "ltr"), (["1", "2"], "ltr")]
)
def test_the_direction_is_that_of_most_labels(labels, direction):
    assert f'"direction": "{direction}"' in stand_in(labels=labels)


def test_a_missing_runtime_is_an_error_that_helps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = load_pretrained("digits", exported=True)
    for runtime in (None, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"npm install onnxruntime-web.*--runtime"):
            export(model, "reader.html", runtime=runtime)
    assert list(tmp_path.iterdir()) == []


def fake_package(folder):
    (folder / "dist").mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "9.9"}')
    (folder / "dist/ort.wasm.bundle.min.mjs").write_bytes(STAND_IN)
    (folder / "dist/ort-wasm-simd-threaded.wasm").write_bytes(b"\0asm")
    return folder


def test_the_runtime_is_found_as_npm_installs_it(tmp_path, monkeypatch):
    package = fake_package(tmp_path / "node_modules" / "onnxruntime-web")
    expected = Runtime("9.9", STAND_IN, b"\0asm")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert find_runtime(None) == find_runtime(tmp_path) == find_runtime(package) == expected
    (package / "dist/ort-wasm-simd-threaded.wasm").write_bytes(b"<html>")
    with pytest.raises(ValueError, match="not WebAssembly"):
        find_runtime(None)
    (package / "dist/ort-wasm-simd-threaded.wasm").write_bytes(b"\0asm")
    (package / "package.json").write_text("{}")
    with pytest.raises(ValueError, match="damaged copy"):
        find_runtime(None)


def test_models_that_take_arrays_have_no_page(images, tmp_path):
    classifier = CNNClassifier(CNN(filters=(4,), dense=()), epochs=1, random_state=0)
    package = fake_package(tmp_path / "package")
    with pytest.raises(TypeError, match="begins with ImageLoader or InkNormalizer"):
        export(classifier.fit(*images), tmp_path / "reader.html", runtime=package)


def test_only_files_of_onnx_are_exported_again(pipeline, saved, tmp_path):
    package = fake_package(tmp_path / "package")
    with pytest.raises(TypeError, match=r"not loaded from an ONNX file.*skhcr\.load"):
        export(load_exported(saved), tmp_path / "reader.html", runtime=package)
    onnx = load_exported(export(pipeline, tmp_path / "letters.onnx"))
    with pytest.raises(ValueError, match="quantize needs the fitted pipeline"):
        export(onnx, tmp_path / "reader.html", quantize="float16", runtime=package)
    with pytest.raises(ValueError, match="runtime is for pages"):
        export(pipeline, tmp_path / "letters.onnx", runtime=package)


def test_the_command_writes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fake_package(tmp_path / "node_modules" / "onnxruntime-web")
    app(["export", "digits", "--to", "html"], standalone_mode=False)
    page = (tmp_path / "digits.html").read_text(encoding="utf-8")
    assert "<title>digits</title>" in page
    assert "With ONNX Runtime Web 9.9" in page


# ------------------------------------------------------------------ answers


@pytest.fixture(scope="module")
def runtime():
    folder = os.environ.get("SKHCR_ONNXRUNTIME_WEB")
    try:
        find_runtime(folder and Path(folder))
    except FileNotFoundError:
        pytest.skip("onnxruntime-web is not installed, and SKHCR_ONNXRUNTIME_WEB names no folder")
    return folder


def test_answers_are_those_of_python(runtime, browser, tmp_path):
    model = load_pretrained("digits", exported=True)
    path = export(model, tmp_path / "digits.html", runtime=runtime)
    assert path.stat().st_size < 15e6
    visitor = Visitor(browser, path)
    for index in range(10):
        image = png(digit(index, 20))
        answer = visitor.ask("readOne", image)
        (probabilities,) = model.predict_proba([image])
        np.testing.assert_allclose(answer["probabilities"], probabilities, atol=1e-5)
        assert answer["label"] == str(model.predict([image])[0])
        assert answer["score"] == pytest.approx(model.score_samples([image])[0], abs=0.03)
        assert answer["isUnknown"] == (answer["score"] < model.offset_)
    visitor.page.context.close()


def test_a_fitted_pipeline_is_exported(runtime, pipeline, browser, images, tmp_path):
    path = export(pipeline, tmp_path / "letters.html", quantize="float16", runtime=runtime)
    visitor = Visitor(browser, path)
    for pixels in images[0][:4]:
        image = png(Image.fromarray(pixels))
        answer = visitor.ask("readOne", image)
        (probabilities,) = pipeline.predict_proba([image])
        np.testing.assert_allclose(answer["probabilities"], probabilities, atol=0.003)
    visitor.page.context.close()

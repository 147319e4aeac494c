"""The web page in motion: a drawing, a dropped image, and a dropped page."""

import base64
import io

import numpy as np
from browser import drawn_letter, open_browser, open_page, screenshot
from canvas import save_frames
from PIL import Image
from written import form

from skhcr import load_pretrained
from skhcr.app import launch

_SHORT, _LONG = 90, 1300  # milliseconds
_CLIP = {"x": 120, "y": 0, "width": 1000, "height": 850}
# Headless Chromium shows no pointer, and no file that is dragged.
_POINTER = """
const pointer = document.createElement("div");
pointer.id = "pointer";
pointer.style = "position: fixed; z-index: 9999; pointer-events: none; left: 0; top: 0";
pointer.innerHTML = `<svg width="22" height="30"><path d="M2 2v22l6-5 4 9 4-2-4-9h8z" fill="black"
  stroke="white" stroke-width="1.5"/></svg><img style="width: 110px; display: none; opacity: .85;
  box-shadow: 0 2px 8px #0008">`;
document.body.append(pointer);
"""
_MOVE = """([x, y, source]) => {
  const pointer = document.querySelector("#pointer"), image = pointer.querySelector("img");
  pointer.style.transform = `translate(${x}px, ${y}px)`;
  image.style.display = source ? "block" : "none";
  if (source) image.src = source;
}"""
_DROP = """async ([selector, source]) => {
  const file = new File([await (await fetch(source)).blob()], "scan.png", { type: "image/png" });
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  const zone = document.querySelector(selector).querySelector("button:has(input[type=file])");
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


class _Recorder:
    """Takes pictures of a page, and moves the pointer."""

    def __init__(self, page):
        self.page, self.frames, self.durations = page, [], []
        page.evaluate(_POINTER)
        self.place = (600, 420)

    def take(self, duration=_SHORT):
        self.frames.append(screenshot(self.page, clip=_CLIP))
        self.durations.append(duration)

    def take_when_settled(self, duration=_LONG):
        before, now = None, screenshot(self.page)
        while now != before:
            self.page.wait_for_timeout(8000)
            before, now = now, screenshot(self.page)
        self.take(duration)

    def put(self, place, source=None):
        self.place = place
        self.page.evaluate(_MOVE, [*place, source])

    def move(self, place, source=None, n=4):
        for x, y in np.linspace(self.place, place, n + 1)[1:].tolist():
            self.put((x, y), source)
            self.take()

    def click(self, locator):
        box = locator.bounding_box()
        self.move((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
        locator.click()

    def draw(self, paper):
        for stroke in drawn_letter(paper.bounding_box()):
            self.page.mouse.move(*stroke[0])
            self.page.mouse.down()
            for place in stroke[1:]:
                self.page.mouse.move(*place, steps=3)
                self.put(place)
                self.take(50)
            self.page.mouse.up()

    def drop(self, image, selector):
        source = _as_url(image)
        box = self.page.locator(selector).bounding_box()
        self.put((160, 720), source)
        self.move((box["x"] + 0.4 * box["width"], box["y"] + 0.35 * box["height"]), source)
        self.page.evaluate(_DROP, [selector, source])
        self.put((box["x"] + box["width"] + 5, box["y"] + box["height"] - 30))


def web_page():
    """Record how the page classifies a drawing and an image, and reads a form."""
    from benchmarks._page_samples import samples

    models = {name: load_pretrained(name) for name in ("english", "digits")}
    app = launch(models, block=False)
    photograph, label = next(samples("english", "edge", "on a wooden table", 0, 1))
    with (
        open_browser() as browser,
        open_page(browser, app.local_url, width=1240, height=850, scale=1) as page,
    ):
        page.wait_for_selector("#drawing canvas")
        page.get_by_role("heading", name="Classify").wait_for()
        recorder = _Recorder(page)
        recorder.take(500)
        recorder.draw(page.locator("#drawing canvas"))
        page.locator("#saliency img").wait_for()
        recorder.take_when_settled()

        recorder.click(page.get_by_role("tab", name="Upload or paste"))
        page.wait_for_timeout(500)
        recorder.drop(photograph, "#image")
        page.locator("#labels h2", has_text=label).wait_for()
        page.locator("#saliency img").wait_for()
        recorder.take_when_settled()

        page.locator("#model input").click()
        page.get_by_role("option", name="digits").click()
        recorder.click(page.get_by_role("tab", name="Whole page"))
        page.wait_for_timeout(500)
        recorder.drop(np.asarray(form(["314159", "2718", "16180"])), "#whole")
        page.locator("#view label").first.wait_for()
        recorder.take_when_settled()
        box = page.locator("#view label").nth(3).bounding_box()
        recorder.move((box["x"] + 20, box["y"] + 20))
        page.locator("#view label").nth(3).click()
        recorder.take_when_settled(1700)
    app.close()
    save_frames(recorder.frames, recorder.durations, "web-page")


def _as_url(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

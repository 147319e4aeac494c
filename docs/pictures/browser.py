"""Pictures of web pages in Chromium, 640 pixels wide so that their text is readable on a phone."""

import io
import shutil
from contextlib import contextmanager

from PIL import Image

_WIDTH = 640
_SCALE = 1.6
# A letter, on a paper of width and height 1.
_LETTER = [
    [(0.33, 0.79), (0.33, 0.57), (0.33, 0.36), (0.33, 0.21)],
    [(0.33, 0.22), (0.48, 0.19), (0.63, 0.25), (0.65, 0.37), (0.56, 0.48), (0.33, 0.5)],
    [(0.43, 0.5), (0.54, 0.64), (0.68, 0.8)],
]


@contextmanager
def open_browser():
    """Yield Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@contextmanager
def open_page(browser, address="about:blank", *, width=_WIDTH, height=700, scale=_SCALE):
    """Yield a page at an address."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    yield page
    context.close()


def screenshot(page, **options):
    """Return an image of what a page shows."""
    return Image.open(io.BytesIO(page.screenshot(**options))).convert("RGB")


def drawn_letter(paper):
    """Return the strokes of a letter on a paper, whose bounding box is given, in pixels."""
    return [
        [(paper["x"] + x * paper["width"], paper["y"] + y * paper["height"]) for x, y in stroke]
        for stroke in _LETTER
    ]


def picture_of_html(html, selector="body"):
    """Return an image of an element of a document."""
    with open_browser() as browser, open_page(browser) as page:
        page.set_content(html)
        return Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")

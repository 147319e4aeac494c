"""Exported HTML pages in a browser: agreement with Python, size and time."""

import base64
import io
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw

from skhcr import ImageLoadError, datasets, export, load_pretrained

from ._page_results import conditions_of
from ._page_samples import samples
from ._store import RESULTS, as_table, environment, write_json, write_page

_MODELS = "digits", "english"
_DRAWING, _PEN = 420, 12  # pixels, as on the page
_DRAWN = "drawn on the page"
# What the page makes of a file: its label or null, and the pixels that the network is given.
_ASK = """async (data) => {
    const model = await reader;
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const begin = performance.now();
    let picture;
    try { picture = await model.decode(new Blob([bytes])); } catch { return null; }
    const { label, image } = await model.readOne(picture);
    return [performance.now() - begin, label ?? null, image.bands.map((band) => [...band])];
}"""


def main(
    runtime: Annotated[Path, typer.Option(help="where npm install onnxruntime-web was run")],
    clean: Annotated[int, typer.Option(help="clean pages of a model, and drawings")] = 150,
    others: Annotated[int, typer.Option(help="pages of every other condition")] = 3,
) -> None:
    """Let pages in Chromium read what Python reads: ten minutes."""
    from playwright.sync_api import sync_playwright

    found, sizes = {}, {}
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        browser = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name in _MODELS:
            model = load_pretrained(name, exported=True)
            path = export(model, Path(folder) / f"{name}.html", runtime=runtime)
            sizes[name] = path.stat().st_size / 1e6
            page = browser.new_page()
            page.goto(path.as_uri())
            page.wait_for_selector("html.ready", timeout=120_000)
            found[name] = _compared(model, page, _pages(name, clean, others))
            page.close()
        version = browser.version
        browser.close()
    result = {"megabytes": sizes, "pages": found, "chromium": version, **environment()}
    write_json(RESULTS / "html.json", result)
    write_page("html", "HTML pages", _as_page(result))


def _pages(name, n_clean, n_others):
    """Yield the kind of a page, its file and its label."""
    of_kind = defaultdict(list)
    for condition, kind in conditions_of(name).items():
        of_kind[kind].append(condition)
    for kind, conditions in of_kind.items():
        n = -(-n_clean // len(conditions)) if kind == "clean" else n_others
        for condition in conditions:
            for page, label in samples(name, kind, condition, 0, n):
                yield kind, page if isinstance(page, bytes) else _png(page), label
    for drawing, label in _drawings(name, n_clean):
        yield _DRAWN, drawing, label


def _png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels).save(file, "PNG")
    return file.getvalue()


def _drawings(name, n):
    """Yield pen strokes of UNIPEN's writers, as the page's pen draws them."""
    known = load_pretrained(name, exported=True).classes_.astype(str)
    unipen = datasets.fetch_unipen(subset="digits" if name == "digits" else "all", size=1)
    rows = np.flatnonzero(np.isin(unipen.target.astype(str), known))
    for row in np.random.default_rng(0).permutation(rows)[:n]:
        strokes = [np.asarray(stroke, float) for stroke in unipen.strokes[row]]
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        scale = _DRAWING / 2 / max(1e-9, *(high - low))
        drawing = Image.new("L", (_DRAWING, _DRAWING), 255)
        pen = ImageDraw.Draw(drawing)
        for stroke in strokes:
            places = [tuple(place) for place in (stroke - (low + high) / 2) * scale + _DRAWING / 2]
            pen.line(places, fill=0, width=_PEN, joint="curve")
            for x, y in (places[0], places[-1]):
                pen.circle((x, y), _PEN / 2, fill=0)
        yield _png(np.asarray(drawing)), str(unipen.target[row])


def _compared(model, page, pages):
    """Return how pages are read in a browser and in Python, by kind."""
    kinds = defaultdict(lambda: defaultdict(list))
    for kind, file, label in pages:
        begin = time.perf_counter()
        try:
            (expected,) = model.predict([file]).astype(str)
        except ImageLoadError:
            continue
        seconds = time.perf_counter() - begin
        expected = None if len(model.blank_) else str(expected)
        seen = model.transform([file])[0].transpose(2, 0, 1)
        of_kind = kinds[kind]
        answer = page.evaluate(_ASK, base64.b64encode(file).decode())
        of_kind["decoded"].append(answer is not None)
        if answer is None:
            continue
        milliseconds, found, bands = answer
        of_kind["same label"].append(found == expected)
        of_kind["same pixels"].append(bool((np.reshape(bands, seen.shape) == seen).all()))
        of_kind["right in Python"].append(expected == label)
        of_kind["right in the page"].append(found == label)
        of_kind["ms"].append(milliseconds)
        of_kind["ms of Python"].append(1e3 * seconds)
    return {
        kind: {
            what: median(values) if "ms" in what else [sum(values), len(values)]
            for what, values in of_kind.items()
        }
        for kind, of_kind in kinds.items()
    }


def _as_page(result):
    counted = ["same label", "same pixels", "right in Python", "right in the page"]
    tables = []
    for name, kinds in result["pages"].items():
        lines = [["pages", "number", *counted, "ms per page", "ms in Python"]]
        for kind, found in kinds.items():
            n_decoded, n = found["decoded"]
            number = str(n) if n_decoded == n else f"{n}, {n - n_decoded} not decoded"
            shares = [f"{found[what][0]}" for what in counted]
            if kind in ("several", "nothing"):
                shares[2:] = ["-", "-"]
            lines.append(
                [kind, number, *shares, f"{found['ms']:.0f}", f"{found['ms of Python']:.0f}"]
            )
        megabytes = result["megabytes"][name]
        tables += [f"## {name}: a file of {megabytes:.1f} MB", "", as_table(lines)]
    return "\n".join(
        [
            "The pretrained models, exported with `skhcr export NAME --to html`, read pages in "
            f"headless Chromium {result['chromium']}, and `load_exported` reads the same files in "
            'Python. *Same label* counts pages with the same answer, "no character found" '
            "included; *same pixels* counts those of which the network sees exactly the same "
            "image. *Not decoded* are TIFF files and PNG files of 16 bits that use fewer, for "
            "which the page shows a message. The pages are those of [characters on real pages]"
            "(pages.md); *drawn on the page* are UNIPEN's pen strokes with the pen of the page. "
            "Accuracies of so few pages "
            "are uncertain by several percent. Milliseconds are medians, with decoding, on "
            f"{result['cores']} cores that are shared with other work.",
            "",
            *tables,
        ]
    )

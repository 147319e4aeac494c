"""Pictures of commands and their output, of reports, and of pages without a server."""

import base64
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

import numpy as np
from browser import drawn_letter, open_browser, open_page, picture_of_html, screenshot
from canvas import ROOT, save_image
from PIL import Image
from written import form

_TERMINAL = """<!doctype html><style>
body {{ margin: 0; width: 640px; font-family: sans-serif; background: #1d2330; }}
pre {{ margin: 0; padding: 14px 16px; color: #e6e9ef; font: 15px/1.35 "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }}
b {{ color: #8ecbff; font-weight: normal; }}
img {{ max-height: 150px; margin: 14px 0 0 16px; vertical-align: top; }}
</style>{images}<pre>{text}</pre>"""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def command_line():
    """Show commands with a pretrained model, and their output."""
    with tempfile.TemporaryDirectory() as folder:
        photograph = _photograph(Path(folder) / "scan.png")
        page = form(["314159", "2718"])
        page.save(Path(folder) / "form.png")
        commands = (
            "skhcr predict english scan.png --top 3",
            "skhcr read digits form.png",
        )
        answers = [(command, _run(command, folder)) for command in commands]
    _save_terminal("command-line", answers, [photograph, page])


def serving():
    """Show a request to the service of the guide, and its answer."""
    with tempfile.TemporaryDirectory() as folder:
        photograph = _photograph(Path(folder) / "scan.png")
        (Path(folder) / "notes.txt").write_text("no image")
        model = ROOT / "skhcr" / "pretrained" / "models" / "english.onnx"
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "app:app", "--log-level", "warning"],
            cwd=ROOT / "docs" / "serving",
            env={**os.environ, "MODEL": str(model)},
        )
        try:
            commands = (
                "curl -F image=@scan.png localhost:8000/read",
                "curl -F image=@notes.txt localhost:8000/read",
            )
            _run(f"curl --retry 60 --retry-connrefused {commands[0][5:]}", folder)
            answers = [(command, _run(command, folder, silently=True)) for command in commands]
        finally:
            server.terminate()
            server.wait()
    _save_terminal("serving", answers, [photograph])


def report():
    """Show parts of a report on a pretrained model, for letters of writers not trained on."""
    from benchmarks._splits import ENGLISH_PAGES
    from skhcr import load_pretrained
    from skhcr.inspection import evaluation_report

    split = ENGLISH_PAGES.split(0)
    model = load_pretrained("english", exported=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        evaluation_report(model, split.X_test, split.y_test, path)
        with open_browser() as browser, open_page(browser, path.as_uri()) as page:
            sections = page.locator("section")
            top = sections.first.bounding_box()["y"]
            parts = [screenshot(page, clip={"x": 0, "y": 0, "width": 640, "height": top})]
            confused = sections.filter(has=page.get_by_role("heading", name="Confused most"))
            confused.first.scroll_into_view_if_needed()
            parts.append(screenshot(confused.first))
    shown = Image.new("RGB", (1024, sum(part.height for part in parts) + 20), "white")
    shown.paste(parts[0], (0, 0))
    shown.paste(parts[1], ((1024 - parts[1].width) // 2, parts[0].height))
    save_image(shown, "report")


def html_page():
    """Show an exported page with a drawing."""
    from skhcr import export, load_pretrained

    runtime = os.environ["SKHCR_ONNXRUNTIME_WEB"]
    with tempfile.TemporaryDirectory() as folder:
        model = load_pretrained("english", exported=True)
        path = export(model, Path(folder) / "reader.html", runtime=runtime)
        with open_browser() as browser, open_page(browser, path.as_uri(), height=1080) as page:
            page.wait_for_selector("html.ready")
            for stroke in drawn_letter(page.locator("#paper").bounding_box()):
                page.mouse.move(*stroke[0])
                page.mouse.down()
                for place in stroke[1:]:
                    page.mouse.move(*place, steps=5)
                page.mouse.up()
            page.locator("#readings img, #readings canvas").first.wait_for()
            page.wait_for_timeout(500)
            save_image(screenshot(page), "html-page")


def pipeline():
    """Show scikit-learn's diagram of a search over a pipeline."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    from skhcr import CNNClassifier, ImageAugmenter, InkNormalizer

    steps = make_pipeline(InkNormalizer(size=(32, 32)), ImageAugmenter(), CNNClassifier())
    grid = {"cnnclassifier__learning_rate": [0.003, 0.01], "imageaugmenter__rotation": [10, 20]}
    diagram = GridSearchCV(steps, grid, cv=3)._repr_html_()
    html = f"<!doctype html><body style='margin: 12px; width: max-content'>{diagram}</body>"
    save_image(picture_of_html(html), "pipeline")


def quickstart():
    """Show training images of ``skhcr quickstart``, and the page that its model read."""
    with tempfile.TemporaryDirectory() as folder:
        _run("skhcr quickstart", folder)
        save_image(_images_of_quickstart(Path(folder) / "skhcr-quickstart"), "quickstart")


def _images_of_quickstart(folder):
    files = sorted((folder / "data").rglob("*.*"))
    chosen = np.random.default_rng(0).choice(len(files), 10, replace=False)
    seen = Image.open(folder / "page_read.png").convert("RGB")
    seen = seen.resize((1024, seen.height * 1024 // seen.width))
    sheet = Image.new("RGB", (1024, 418 + seen.height), "white")
    for place, index in enumerate(chosen):
        row, column = divmod(place, 5)
        sample = Image.open(files[index]).convert("RGB").resize((198, 198))
        sheet.paste(sample, (3 + 204 * column, 3 + 204 * row))
    sheet.paste(seen, (0, 418))
    return sheet


def _photograph(path):
    from benchmarks._page_samples import samples

    page, _ = next(samples("english", "edge", "on a wooden table", 0, 1))
    Image.fromarray(page).save(path)
    return Image.fromarray(page)


def _run(command, folder, *, columns=62, silently=False):
    """Return what a command writes to a terminal."""
    words = shlex.split(command)
    if words[0] == "skhcr":
        words = [sys.executable, "-m", *words]
    if silently:
        words.insert(1, "--silent")
    shown = subprocess.run(
        ["script", "--quiet", "--return", "--command", shlex.join(words), "/dev/null"],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "dumb", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return _ESCAPES.sub("", shown).replace("\r\n", "\n").strip("\n")


def _save_terminal(name, answers, images):
    text = "\n\n".join(
        f"<b>$ {escape(command)}</b>\n{escape(answer)}" for command, answer in answers
    )
    pictures = "".join(f'<img src="{_as_url(image)}">' for image in images)
    save_image(picture_of_html(_TERMINAL.format(images=pictures, text=text)), name)


def _as_url(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

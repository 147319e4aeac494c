"""The page itself, in gradio."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..images import ImageLoadError
from ._reader import Reader

# Before gradio is imported: no statistics are sent.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

_CANVAS = 420  # pixels
_BRUSH = 12
_MOST_FILES = 200
_CSS = """
footer { display: none !important; }
.labels .output-class, .labels dt { unicode-bidi: plaintext; }
"""


def _gradio() -> Any:
    try:
        import gradio
    except ImportError as error:
        raise ImportError("The page needs a further package: pip install 'skhcr[app]'.") from error
    return gradio


def build_page(models: Mapping[str, Any], *, texts: Mapping[str, str] | None = None) -> Any:
    """Build the page, without serving it.

    Parameters
    ----------
    models : mapping of str to model
        What to choose from, by name; see :class:`Reader` for what a model is.
    texts : mapping of str to str, default=None
        Texts to show beside labels.

    Returns
    -------
    gradio.Blocks
        The page, which gradio can serve or mount into another application.

    Raises
    ------
    ImportError
        If the extra ``skhcr[app]`` is not installed.
    """
    gr = _gradio()
    readers = {name: Reader(model, texts) for name, model in models.items()}
    if not readers:
        raise ValueError("There is no model to read with.")

    def read(name: str, image: Any) -> tuple[Any, ...]:
        """Return the labels, what was seen and where, and the image for other models."""
        if image is None:
            return None, None, None, None
        reader = readers[name]
        try:
            reading = reader.read(image)
            saliency = reader.saliency(image) if reader.has_network else None
        except ImageLoadError as error:
            raise gr.Error(_sentence(error), print_exception=False) from error
        return reading.labels, _enlarged(reading.seen), saliency, image

    def read_drawing(name: str, drawing: Any) -> tuple[Any, ...]:
        image = drawing and drawing["composite"]
        return read(name, None if image is None or _is_blank(image) else image)

    def read_files(name: str, paths: list[str] | None) -> list[list[str]]:
        rows = []
        for path in (paths or [])[:_MOST_FILES]:
            try:
                label, probability = next(iter(readers[name].read(path).labels.items()))
                rows.append([Path(path).name, label, f"{probability:.1%}"])
            except ImageLoadError as error:
                rows.append([Path(path).name, "", _sentence(error)])
        return rows

    def show(*, one: bool) -> list[Any]:
        """Show either what is known of one image or the table of many."""
        return [gr.update(visible=one)] * 3 + [gr.update(visible=not one)]

    # On paper, unlike on nothing, the brush is in hand.
    paper = Image.new("RGB", (_CANVAS, _CANVAS), "white")

    with gr.Blocks(title="skhcr", analytics_enabled=False) as page:
        gr.Markdown("# What is written here?")
        names = list(readers)
        model = gr.Dropdown(names, value=names[0], label="Model", visible=len(names) > 1)
        with gr.Row():
            with gr.Column(), gr.Tabs():
                with gr.Tab("Draw") as draw_tab:
                    drawing = gr.Sketchpad(
                        paper,
                        type="pil",
                        canvas_size=(_CANVAS, _CANVAS),
                        fixed_canvas=True,
                        height=_CANVAS + 120,
                        brush=gr.Brush(default_size=_BRUSH, colors=["#000000"], color_mode="fixed"),
                        layers=False,
                        transforms=(),
                        show_label=False,
                        elem_id="drawing",
                    )
                with gr.Tab("Upload or paste") as image_tab:
                    image = gr.Image(
                        sources=["upload", "clipboard"],
                        height=_CANVAS,
                        show_label=False,
                        elem_id="image",
                    )
                    # Hands on the file, whatever is in it: reading it says what is wrong with it.
                    image.preprocess = lambda payload: payload and payload.path
                with gr.Tab("Several files") as files_tab:
                    files = gr.File(
                        file_count="multiple", show_label=False, elem_id="files", height=_CANVAS
                    )
            with gr.Column():
                labels = gr.Label(
                    num_top_classes=5, label="Read as", elem_id="labels", elem_classes="labels"
                )
                with gr.Row():
                    picture = {"interactive": False, "height": 300, "buttons": []}
                    seen = gr.Image(label="What the network saw", elem_id="seen", **picture)
                    saliency = gr.Image(label="Where it looked", elem_id="saliency", **picture)
                table = gr.Dataframe(
                    headers=["file", "label", "probability"],
                    wrap=True,
                    interactive=False,
                    visible=False,
                    elem_id="table",
                )
        last = gr.State()
        results = [labels, seen, saliency, last]
        options = {
            "concurrency_limit": 4,
            "show_progress": "hidden",
            "trigger_mode": "always_last",
            "api_visibility": "private",
        }
        drawing.input(read_drawing, [model, drawing], results, **options)
        drawing.clear(lambda: (paper, None, None, None, None), None, [drawing, *results], **options)
        image.change(read, [model, image], results, **options)
        model.change(read, [model, last], results, **options)
        gr.on([files.change, model.change], read_files, [model, files], table, **options)
        for tab in (draw_tab, image_tab):
            tab.select(lambda: show(one=True), None, [*results[:3], table], **options)
        files_tab.select(lambda: show(one=False), None, [*results[:3], table], **options)
    return page


def _sentence(error: ImageLoadError) -> str:
    return f"This image cannot be read: {error.failures[0].cause}"


def _is_blank(image: Image.Image) -> bool:
    darkest, lightest = image.convert("L").getextrema()
    return darkest == lightest


def _enlarged(image: np.ndarray) -> np.ndarray:
    """Return an image with large pixels, as it would be blurred by a browser."""
    factor = max(1, 280 // image.shape[0])
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def launch(
    models: Mapping[str, Any],
    *,
    texts: Mapping[str, str] | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
    max_megabytes: float = 10,
    block: bool = True,
) -> Any:
    """Serve the page.

    Parameters
    ----------
    models, texts
        See :func:`build_page`.
    host : str, default="127.0.0.1"
        The address to listen on. The default is reached from this machine only; "0.0.0.0" from
        everywhere: there are no passwords.
    port : int, default=None
        The port; None takes the first free one from 7860.
    open_browser : bool, default=False
        Whether to open the page in a browser.
    max_megabytes : float, default=10
        Larger files are refused.
    block : bool, default=True
        Whether to serve until the program is interrupted, or to return at once.

    Returns
    -------
    gradio.Blocks
        The page, whose ``local_url`` is its address, and whose ``close()`` ends it.

    Raises
    ------
    ImportError
        If the extra ``skhcr[app]`` is not installed.
    OSError
        If the port is taken.
    """
    gr = _gradio()
    page = build_page(models, texts=texts)
    fonts = ["system-ui", "Noto Sans", "Noto Sans Arabic", "sans-serif"]
    page.launch(
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        max_file_size=int(max_megabytes * 1e6),
        share=False,
        quiet=True,
        show_error=True,
        ssr_mode=False,
        prevent_thread_lock=True,
        theme=gr.themes.Default(font=fonts, font_mono=["monospace"]),  # of this machine
        css=_CSS,
        footer_links=[],
    )
    if block:
        page.block_thread()
    return page

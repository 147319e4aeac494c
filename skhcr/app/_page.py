"""The page itself, in gradio."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from . import _samples
from ._answers import DIRECTIONS, MOST_FILES, Answers
from ._canvas import canvas
from ._guard import HOUR, Guard, names_of_this_machine
from ._reader import Reader

# Before gradio is imported: no statistics are sent.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

_HEIGHT = 420  # pixels
_MOST_WAITING = 64
_MOST_SESSIONS = 300  # for the latest requests, of up to 1 MB each


def _gradio() -> Any:
    try:
        import gradio
    except ImportError as error:
        raise ImportError("The page needs another package: pip install 'skhcr[app]'.") from error
    return gradio


def build_page(
    models: Mapping[str, Any],
    *,
    texts: Mapping[str, str] | None = None,
    mark_unknown: bool = True,
) -> Any:
    """Build the page, without serving it.

    Parameters
    ----------
    models : mapping of str to model
        The models by name; see :class:`Reader` for supported models.
    texts : mapping of str to str, default=None
        Texts to show beside labels.
    mark_unknown : bool, default=True
        Whether to mark images that look like none of the letters, if the model supports it.

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
    readers = {
        name: Reader(model, texts, mark_unknown=mark_unknown) for name, model in models.items()
    }
    if not readers:
        raise ValueError("There is no model.")
    answers = Answers(readers, partial(gr.Error, print_exception=False))
    has_maps = any(reader.has_network for reader in readers.values())

    def show(kind: str) -> list[Any]:
        """Show the results for one image, for many, or for a whole page."""
        kinds = ["one", "one", "one" if has_maps else "none", "one", "many", "whole", "whole"]
        return [gr.update(visible=other == kind) for other in kinds]

    with gr.Blocks(title="skhcr", analytics_enabled=False, delete_cache=(HOUR // 6, HOUR)) as page:
        gr.Markdown("# Classify handwriting")
        names = list(readers)
        model = gr.Dropdown(
            names, value=names[0], label="Model", visible=len(names) > 1, elem_id="model"
        )
        samples_of_first, known_of_first = answers.describe(names[0])
        with gr.Row():
            with gr.Column(), gr.Tabs():
                with gr.Tab("Draw") as draw_tab:
                    _hint(gr, "Draw one character, as large as the paper.")
                    drawing = canvas(gr, elem_id="drawing")
                    samples = _samples.component(gr, samples_of_first, elem_id="samples")
                with gr.Tab("Upload or paste") as image_tab:
                    _hint(gr, "Choose or paste an image of one character.")
                    image = gr.Image(
                        sources=["upload", "clipboard"],
                        height=_HEIGHT,
                        show_label=False,
                        elem_id="image",
                    )
                    # Passes on the file unchecked: errors appear when it is read.
                    image.preprocess = lambda payload: payload and payload.path
                with gr.Tab("Several files") as files_tab:
                    _hint(gr, f"Choose images of one character each, {MOST_FILES} at most.")
                    files = gr.File(
                        file_count="multiple", show_label=False, elem_id="files", height=_HEIGHT
                    )
                    same_writer = gr.Checkbox(
                        label="All of these are by one person", elem_id="same-writer"
                    )
                with gr.Tab("Whole page") as whole_tab:
                    _hint(gr, "Choose or paste a page of separate characters.")
                    whole = gr.Image(
                        sources=["upload", "clipboard"],
                        height=_HEIGHT,
                        show_label=False,
                        elem_id="whole",
                    )
                    whole.preprocess = image.preprocess
                    with gr.Accordion("Options", open=False):
                        allowed = gr.Textbox(
                            label="Only these characters",
                            placeholder="all of the model's labels",
                            max_length=2000,
                            elem_id="allowed",
                        )
                        direction = gr.Radio(
                            list(DIRECTIONS),
                            value=next(iter(DIRECTIONS)),
                            label="Lines are read",
                            elem_id="direction",
                        )
            with gr.Column():
                labels = gr.Label(
                    num_top_classes=5, label="Read as", elem_id="labels", elem_classes="labels"
                )
                note = gr.Markdown("", elem_id="note")
                with gr.Row():
                    picture = {"interactive": False, "height": 300, "buttons": []}
                    seen = gr.Image(label="Network input", elem_id="seen", **picture)
                    saliency = gr.Image(
                        label="Saliency map", elem_id="saliency", visible=has_maps, **picture
                    )
                table = gr.HTML(visible=False, apply_default_css=False, elem_id="table")
                view = gr.HTML(visible=False, elem_id="view")
                text = gr.Textbox(
                    label="Text",
                    lines=4,
                    interactive=False,
                    visible=False,
                    buttons=["copy"],
                    elem_id="text",
                )
        known = gr.HTML(known_of_first, apply_default_css=False, elem_id="known")
        last, shown_character = gr.State(), gr.State()
        results = [labels, seen, saliency, note, last, shown_character]
        options = {
            "concurrency_limit": 4,
            "concurrency_id": "reading",  # of all events together
            "show_progress": "hidden",
            "trigger_mode": "always_last",
            "api_visibility": "private",
        }
        for read_one in (
            drawing.input(answers.read_drawing, [model, drawing], results, **options),
            image.change(answers.read, [model, image], results, **options),
            model.change(answers.read, [model, last], results, **options),
        ):
            read_one.success(answers.look, [model, shown_character], saliency, **options)
        model.change(answers.describe, [model], [samples, known], **options)
        gr.on(
            [files.change, model.change, same_writer.change],
            answers.read_files,
            [model, files, same_writer],
            table,
            **options,
        )
        gr.on(
            [whole.change, model.change, allowed.submit, allowed.blur, direction.change],
            answers.read_whole,
            [model, whole, allowed, direction],
            [view, text],
            **options,
        )
        shown = [*results[:4], table, view, text]
        for tab, kind in (
            (draw_tab, "one"),
            (image_tab, "one"),
            (files_tab, "many"),
            (whole_tab, "whole"),
        ):
            tab.select(partial(show, kind), None, shown, **options)
        page.queue(max_size=_MOST_WAITING)
    return page


def _hint(gr: Any, text: str) -> None:
    """Put a line of instructions on the page."""
    gr.HTML(f'<p class="hint">{escape(text)}</p>', apply_default_css=False)


def launch(
    models: Mapping[str, Any],
    *,
    texts: Mapping[str, str] | None = None,
    mark_unknown: bool = True,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
    max_megabytes: float = 10,
    auth: Iterable[tuple[str, str]] = (),
    allowed_hosts: Iterable[str] = (),
    block: bool = True,
) -> Any:
    """Serve the page.

    Parameters
    ----------
    models, texts, mark_unknown
        See :func:`build_page`.
    host : str, default="127.0.0.1"
        The address to listen on. The default gives access only from this machine; "0.0.0.0" from
        everywhere.
    port : int, default=None
        The port; None uses the first free one from 7860.
    open_browser : bool, default=False
        Whether to open the page in a browser.
    max_megabytes : float, default=10
        Maximum file size. One upload may have ten times as much, and all uploads of an hour a
        hundred times as much.
    auth : iterable of (str, str), default=()
        Names of users and their passwords; if empty, everybody has access.
    allowed_hosts : iterable of str, default=()
        Host names of the page, besides those of this machine and its addresses. Any other name is
        refused, which prevents DNS rebinding.
    block : bool, default=True
        Whether to serve until the program is interrupted; otherwise return at once.

    Returns
    -------
    gradio.Blocks
        The page. Its ``local_url`` is its address, and its ``close()`` stops it.

    Raises
    ------
    ImportError
        If the extra ``skhcr[app]`` is not installed.
    OSError
        If the port is taken.
    """
    gr = _gradio()
    from starlette.middleware import Middleware

    page = build_page(models, texts=texts, mark_unknown=mark_unknown)
    largest_file = int(max_megabytes * 1e6)
    names = {*names_of_this_machine(host), *allowed_hosts}
    fonts = ["system-ui", "Noto Sans", "Noto Sans Arabic", "sans-serif"]
    page.launch(
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        auth=list(auth) or None,
        max_file_size=largest_file,
        state_session_capacity=_MOST_SESSIONS,
        app_kwargs={"middleware": [Middleware(Guard, names, largest_file)]},
        share=False,
        quiet=True,
        show_error=False,  # except messages for users
        ssr_mode=False,
        prevent_thread_lock=True,
        theme=gr.themes.Default(font=fonts, font_mono=["monospace"]),  # of this machine
        css=Path(__file__).with_name("page.css").read_text(encoding="utf-8"),
        footer_links=[],
    )
    if block:
        page.block_thread()
    return page

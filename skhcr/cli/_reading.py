"""``skhcr read``: the text of pages and the boxes of its characters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skhcr._messages import counted
from skhcr.images import ImageLoadError
from skhcr.pages import read_page

from ._answers import Table
from ._files import image_files
from ._models import check_model, open_model, read_texts
from ._terminal import UNKNOWN, check_free, say, tell, why_unread

_COLUMNS = (
    *("image", "line", "word", "left", "top", "right", "bottom"),
    *("label", "probability", "unknown"),
)
_FIGURE_DPI = 150


def read(
    model: Path,
    images: list[Path],
    *,
    direction: str | None,
    form: bool | None,
    allowed: list[str] | None,
    words: Path | None,
    context: str | None,
    texts: Path | None,
    boxes: Path | None,
    unknown: bool,
    force: bool,
    max_pixels: int | None,
) -> list[dict[str, Any]]:
    """Return, for every page, its file, text and characters, or the reading error."""
    check_model(model)
    pages = image_files(images)
    pictures = _pictures(boxes, pages, force)
    options: dict[str, Any] = {
        "direction": direction,
        "boxes": form,
        "allowed": _allowed(allowed),
        "words": None if words is None else words.read_text(encoding="utf-8-sig").split(),
        "context": context,
        "texts": None if texts is None else read_texts(texts),
        "max_pixels": max_pixels,
        "mark_unknown": unknown,
    }
    opened = None
    answers: list[dict[str, Any]] = []
    for page in pages:
        if not page.exists():
            answers.append({"image": str(page), "error": "No such file or directory"})
            continue
        opened = opened or open_model(model)
        try:
            reading = read_page(opened, page, **options)
        except ImageLoadError as error:
            reason = why_unread(error.failures[0].cause)
            answers.append({"image": str(page), "error": reason})
            continue
        answers.append({"image": str(page), **reading.to_dict()})
        if page in pictures:
            _draw(page, reading, pictures[page])
    return answers


def _allowed(options: list[str] | None) -> Any:
    """Return the allowed labels: for all characters, or by line or line and field."""
    if not options:
        return None
    of_places: dict[Any, str] = {}
    for option in options:
        place, equals, labels = option.partition("=")
        numbers = place.split(".")
        if equals and labels and len(numbers) < 3 and all(n.isdecimal() for n in numbers):
            line, *word = (int(n) for n in numbers)
            of_places[(line, *word) if word else line] = labels
        elif len(options) == 1:
            return option
        else:
            raise ValueError(
                f"--allowed {option} must specify a line, or a field of a line: --allowed "
                "0=0123456789 --allowed 1.2=ABC."
            )
    return of_places


def _pictures(boxes: Path | None, pages: list[Path], force: bool) -> Mapping[Path, Path]:
    """Return the output picture of every page: a file for one page, a folder for several."""
    if boxes is None:
        return {}
    if len(pages) == 1 and boxes.suffix:
        pictures = {pages[0]: boxes}
    elif boxes.suffix:
        raise ValueError(f"{str(boxes)!r} cannot hold {len(pages)} pages; pass a folder.")
    else:
        pictures = {page: boxes / f"{page.stem}.png" for page in pages}
        if len(set(pictures.values())) < len(pictures):
            raise ValueError("Two pages have the same name; read them in separate commands.")
    for picture in pictures.values():
        check_free(picture, force)
    return pictures


def _draw(page: Path, reading: Any, picture: Path) -> None:
    from matplotlib.figure import Figure

    from skhcr.inspection import PageDisplay

    figure = Figure(layout="constrained")
    display = PageDisplay(image=page, reading=reading).plot(figure.subplots())
    height, width = display.ax_.images[0].get_array().shape[:2]  # type: ignore[union-attr]
    figure.set_size_inches(10, max(1.0, 10 * height / width))
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=_FIGURE_DPI)


def print_text(answers: list[dict[str, Any]]) -> None:
    """Print the text of every page, after its name if there are several."""
    for answer in answers:
        if "error" in answer:
            continue
        if len(answers) > 1:
            tell(":", before=answer["image"])
        if not answer["characters"]:
            say(f"No character was found on {answer['image']}.")
        for line in answer["text"].splitlines():
            tell(line)
        n_unknown = sum(bool(one.get("unknown")) for one in answer["characters"])
        if n_unknown:
            say(
                f"{n_unknown} of {counted(len(answer['characters']), 'character')} "
                f"{'look' if n_unknown > 1 else 'looks'} like none of the model's letters: "
                "--csv, --json and --boxes show which."
            )


def _rows(answers: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return a row of a table for every character."""
    return [
        (
            *(Path(answer["image"]), one["line"], one["word"], *one["box"]),
            *(one["label"], one["probability"], UNKNOWN if one.get("unknown") else ""),
        )
        for answer in answers
        for one in answer.get("characters", ())
    ]


TABLE = Table(_COLUMNS, _rows)

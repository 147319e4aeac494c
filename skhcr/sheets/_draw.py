"""``draw_sheets``: a PDF document to print and fill in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .._atomic import replacing
from ..inspection._fonts import LabelFonts
from ._code import SheetPage, to_modules, to_text
from ._labels import as_labels, check_writer, is_right_to_left
from ._layout import EDGE, MARKER, PAPERS, code_box, marker_corners, new_grid
from ._markers import marker_modules

_INCH, _POINT = 25.4, 25.4 / 72  # in millimeters
_INK, _GRAY, _LINE_GRAY = "black", "0.3", "0.5"
_LINE = 0.2
_LABEL_SIZE, _SMALLEST = 10.0, 3.0  # points
# Neighboring modules overlap, so that no hairline is drawn between them.
_OVERLAP = 0.02
_TEXT = (
    (10.5, _INK, "Write what stands above each box into it."),
    (8.0, _GRAY, "Use a dark pen, and stay inside the box."),
    (8.0, _GRAY, "Cross out what went wrong, or leave the box empty."),
    (8.0, _GRAY, "Scan or photograph the whole page, with all four corners."),
)


def draw_sheets(
    labels: str | Iterable[str],
    path: str | os.PathLike[str],
    *,
    copies: int = 8,
    writers: Sequence[str] = (),
    paper: Literal["a4", "letter"] = "a4",
    cell_size: float = 15.0,
    font: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> list[SheetPage]:
    r"""Draw sheets of boxes to print, fill in by hand and photograph.

    The label of each box is printed above it. Every page contains everything that
    :func:`cut_sheets` needs: four markers, and a code with the labels, the positions of the boxes,
    the writer and the page number.

    Parameters
    ----------
    labels : str or iterable of str
        The classes. In a string, words separated by spaces; without spaces, every character.
    path : path-like
        Output PDF document.
    copies : int, default=8
        Number of boxes for each label and writer.
    writers : sequence of str, default=()
        Names or numbers of the writers: each gets separate pages. Without writers, pages have a
        line for the name, and you pass the writer to :func:`cut_sheets`.
    paper : {"a4", "letter"}, default="a4"
        Size of the paper.
    cell_size : float, default=15.0
        Side of a box in millimeters.
    font : path-like, default=None
        Font file (TrueType or OpenType) for the labels. Missing characters use other fonts that
        matplotlib finds on this machine; matplotlib includes a font for Latin, Greek, Cyrillic,
        Arabic, Hebrew and other letters.
    overwrite : bool, default=False
        Whether an existing file may be replaced.

    Returns
    -------
    list of SheetPage
        The pages.

    Raises
    ------
    ValueError
        If a label occurs twice, cannot be drawn with the fonts, or is too long; or a writer cannot
        be part of a file name.
    FileExistsError
        If the file exists.
    ImportError
        If OpenCV is missing, which ``pip install 'skhcr[sheets]'`` installs.

    See Also
    --------
    cut_sheets : Cut completed sheets.

    Notes
    -----
    Lines of boxes for Arabic or Hebrew labels start on the right.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skhcr.sheets import draw_sheets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pages = draw_sheets("abc", Path(folder) / "sheet.pdf", copies=4, writers=["anna"])
    >>> pages[0].writer, pages[0].number, pages[0].n_pages, pages[0].n_cells
    ('anna', 1, 1, 12)
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    target = Path(path).expanduser()
    if target.suffix.lower() != ".pdf":
        raise ValueError(f"Sheets are PDF documents: {str(target)!r} must end with .pdf.")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{str(target)!r} already exists; choose another name.")
    pages = new_pages(as_labels(labels), copies, writers, paper, cell_size)
    with mpl.rc_context({"font.family": _families(font)}):
        fonts = _fonts(pages)
        with replacing(target) as part, PdfPages(part, metadata={"CreationDate": None}) as document:
            for page in pages:
                document.savefig(figure_of(page, paper, fonts))
    return pages


def new_pages(
    labels: Sequence[str], copies: int, writers: Sequence[str], paper: str, cell_size: float
) -> list[SheetPage]:
    """Return the pages of a sheet, for every writer."""
    if paper not in PAPERS:
        raise ValueError(f"paper must be one of {', '.join(PAPERS)}, got {paper!r}.")
    if not 1 <= copies < 1000:
        raise ValueError(f"copies must be from 1 to 999, got {copies!r}.")
    if isinstance(writers, str):
        writers = [writers]
    names = [check_writer(writer) for writer in writers] or [""]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"The writer {twice!r} occurs {names.count(twice)} times.")
    grid, rows = new_grid(paper, cell_size, copies, is_right_to_left(labels))
    most = rows * grid.columns
    if most > copies:  # all boxes of a label are on one page
        most -= most % copies
    longest = max(names, key=lambda name: len(name.encode()))
    pages: list[SheetPage] = []
    start, n_all = 0, copies * len(labels)
    while start < n_all:
        n = min(most, n_all - start)
        while True:
            first, skipped = divmod(start, copies)
            shown = tuple(labels[first : -(-(start + n) // copies)])
            page = SheetPage(longest, 999, 999, grid, shown, copies, skipped, n)
            if to_modules(to_text(page)) is not None:
                break
            if n <= copies:
                raise ValueError(f"The code of a page has no room for the label {shown[0]!r}.")
            # Fewer labels, in whole numbers where one has fewer boxes than a page.
            n = max(copies, (3 * n // 4) // copies * copies)
        pages.append(page)
        start += n
    return [
        page._replace(writer=name, number=number, n_pages=len(pages))
        for name in names
        for number, page in enumerate(pages, start=1)
    ]


# ------------------------------------------------------------------ fonts


def _families(font: str | os.PathLike[str] | None) -> list[str]:
    import matplotlib as mpl
    from matplotlib import font_manager

    if font is None:
        return list(mpl.rcParams["font.family"])
    file = Path(font).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"There is no font file {str(file)!r}.")
    try:
        name = font_manager.get_font(str(file)).family_name
        font_manager.fontManager.addfont(str(file))
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{str(file)!r} is not a TrueType or OpenType font.") from error
    return [name]


def _fonts(pages: Sequence[SheetPage]) -> list[str]:
    """Return font families with all characters of the labels and writers."""
    texts = {text for page in pages for text in (*page.labels, page.writer)}
    fonts = LabelFonts(texts)
    for text in sorted(texts):
        lacking = [character for character in text if character in fonts.missing]
        if lacking:
            raise ValueError(
                f"No font on this machine has {lacking[0]!r} (U+{ord(lacking[0]):04X}) of "
                f"{text!r}: pass a font file with this character (font)."
            )
    return fonts.families


# ------------------------------------------------------------------ drawing


def figure_of(page: SheetPage, paper: str, families: Sequence[str]) -> Any:
    """Return a page as a figure of matplotlib, in millimeters."""
    from matplotlib.figure import Figure

    width, height = PAPERS[paper]
    figure = Figure(figsize=(width / _INCH, height / _INCH), facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.set(xlim=(0, width), ylim=(height, 0))
    _draw_modules(ax, page, paper)
    _draw_texts(ax, page, paper, families)
    _draw_boxes(ax, page, families)
    return figure


def _draw_modules(ax: Any, page: SheetPage, paper: str) -> None:
    from matplotlib.collections import PolyCollection

    places = []
    for modules, corners in zip(marker_modules(paper), marker_corners(paper), strict=True):
        places.append((modules, *corners[0], MARKER / len(modules)))
    code = to_modules(to_text(page))
    if code is None:
        raise ValueError(f"The code of page {page.number} is too small for its contents.")
    places.append((code, *code_box(paper, len(code))))
    for modules, left, top, side in places:
        ax.add_collection(
            PolyCollection(
                [
                    _rectangle(left + first * side, top + row * side, (stop - first) * side, side)
                    for row, line in enumerate(modules)
                    for first, stop in _runs(line)
                ],
                facecolors=_INK,
                edgecolors="none",
                linewidths=0,
            )
        )


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Return the starts and ends of dark modules in a line."""
    changes = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
    return [(int(first), int(stop)) for first, stop in changes.reshape(-1, 2)]


def _rectangle(left: float, top: float, width: float, height: float) -> np.ndarray:
    right, bottom = left + width + _OVERLAP, top + height + _OVERLAP
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _draw_texts(ax: Any, page: SheetPage, paper: str, families: Sequence[str]) -> None:
    width, height = PAPERS[paper]
    options = {"fontfamily": families, "parse_math": False}
    x, y = EDGE + MARKER + 5, EDGE
    for size, color, text in _TEXT:
        y += 1.15 * size * _POINT
        ax.text(x, y, text, fontsize=size, color=color, va="baseline", **options)
        y += 0.55 * size * _POINT
    y = EDGE + 31
    ax.text(x, y, "Writer", fontsize=8, color=_GRAY, va="baseline", **options)
    if page.writer:
        ax.text(x + 12, y, page.writer, fontsize=12, color=_INK, va="baseline", **options)
    else:
        ax.plot([x + 12, x + 72], [y + 0.6, y + 0.6], color=_LINE_GRAY, linewidth=_LINE / _POINT)
    footer = f"Page {page.number} of {page.n_pages}"
    y = height - EDGE - 1
    ax.text(width / 2, y, footer, fontsize=8, color=_GRAY, ha="center", va="baseline", **options)


def _draw_boxes(ax: Any, page: SheetPage, families: Sequence[str]) -> None:
    from matplotlib.collections import PolyCollection

    boxes = page.grid.boxes(page.n_cells)
    squares = list(boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]])
    ax.add_collection(
        PolyCollection(squares, facecolors="none", edgecolors=_LINE_GRAY, linewidths=_LINE / _POINT)
    )
    room = (page.grid.pitch_x / 10 - 1) / _POINT
    sizes: dict[str, float] = {}
    for label, (left, top, right, _) in zip(page.cell_labels(), boxes, strict=True):
        text = ax.text(
            (left + right) / 2,
            top - 1.8,
            label,
            fontsize=sizes.get(label, _LABEL_SIZE),
            fontfamily=families,
            color=_GRAY,
            ha="center",
            va="baseline",
            parse_math=False,
        )
        if label not in sizes:
            wide = text.get_window_extent().width * 72 / ax.figure.dpi
            sizes[label] = max(_SMALLEST, _LABEL_SIZE * min(1.0, room / max(wide, 1e-6)))
            text.set_fontsize(sizes[label])

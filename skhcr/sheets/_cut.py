"""``cut_sheets``: from images of sheets to a folder of images for each class."""

from __future__ import annotations

import io
import os
import re
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .._atomic import part_of
from .._folder_names import folder_name
from ..datasets import labels_from_filenames
from ..images._errors import ImageFailure, summarize
from ._errors import SheetWarning
from ._labels import check_writer
from ._opencv import opencv
from ._photograph import MARGIN, read_photograph
from ._scans import Scan, scans_of
from ._written import judge

_UNKNOWN = "unknown"
_UNUSUAL = re.compile(r"[^\w.-]+")
_LONGEST = 60  # characters of the name of an image in those of the files cut from it


@dataclass(frozen=True, eq=False)
class CutCell:
    """What was written in a box.

    Attributes
    ----------
    label : str
        What was to be written.
    path : str
        The file that it is in.
    corners : ndarray of float of shape (4, 2)
        Its corners in pixels of the upright image, clockwise from that at the top left of the
        sheet.
    doubt : str
        Why somebody should look at it; empty where nothing is doubtful.
    """

    label: str
    path: str
    corners: np.ndarray
    doubt: str = ""


@dataclass(frozen=True, eq=False)
class CutSheet:
    """A page that was cut.

    Attributes
    ----------
    image : str
        The image.
    writer : str
        Who wrote on it.
    number, n_pages : int
        Which page of how many.
    n_empty : int
        How many boxes are empty.
    cells : list of CutCell
        What is in the others.
    """

    image: str
    writer: str
    number: int
    n_pages: int
    n_empty: int
    cells: list[CutCell]


@dataclass(frozen=True, eq=False)
class CutSheets:
    """What :func:`cut_sheets` has cut.

    Attributes
    ----------
    sheets : list of CutSheet
        The pages, in the order of their images.
    failures : list of ImageFailure
        The images that could not be cut: index, source and cause.
    notes : list of str
        Pages that are missing, or there twice.
    """

    sheets: list[CutSheet] = field(default_factory=list)
    failures: list[ImageFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[CutCell]:
        """What was written in all boxes."""
        return [cell for sheet in self.sheets for cell in sheet.cells]

    @property
    def doubtful(self) -> list[CutCell]:
        """Those at which somebody should look."""
        return [cell for cell in self.cells if cell.doubt]


def cut_sheets(
    images: Any,
    folder: str | os.PathLike[str],
    *,
    writer: str | None = None,
    writer_pattern: str | None = None,
    doubtful_folder: str | os.PathLike[str] | None = None,
    max_pixels: int | None = None,
) -> CutSheets:
    r"""Cut what was written on sheets into a folder of images for each class.

    Parameters
    ----------
    images : path-like, or sequence of path-like, PIL image or array
        Scans and photographs of pages that :func:`draw_sheets` made: image files, PDF documents,
        TIFF files of several pages, and folders of these. They may be turned, taken at an angle and
        in shadow, as long as all four corners of the page are seen.
    folder : path-like
        Folder for the class folders, which :func:`skhcr.datasets.load_image_folder` reads. What is
        in it stays; files of the same name are an error.
    writer : str, default=None
        Who wrote on all of them, in place of the writer that is printed.
    writer_pattern : str, default=None
        A regular expression whose group is the writer in the names of the images:
        ``r"^(\w+)-"``.
    doubtful_folder : path-like, default=None
        Folder for what is doubtful, with class folders like those in `folder`, from which you move
        what is good. None leaves it among the others.
    max_pixels : int, default=None
        An image with more pixels is refused unread; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.

    Returns
    -------
    CutSheets
        What was cut, what could not be, and what is doubtful.

    Raises
    ------
    ImportError
        If OpenCV is missing, which ``pip install 'skhcr[sheets]'`` installs.

    Warns
    -----
    SheetWarning
        If images could not be cut, such as one on which a marker is missing, or whose files are
        there already; it names each. All others are.

    See Also
    --------
    draw_sheets : Draw the sheets.
    skhcr.datasets.load_image_folder : List the images, and their labels and writers.

    Notes
    -----
    Files are called by the writer, the image and the number of the box: ``anna_scan1_007.png``.
    ``group_pattern=r"^([^_]+)_"`` of :func:`~skhcr.datasets.load_image_folder` finds the writer,
    which is "unknown" where nobody is named.

    Empty boxes are left out. Something is doubtful if it touches the edge of its box, if there is
    very little ink, or if it seems to be crossed out: look at it, and delete what is spoiled.

    Folders are named by their labels. Characters that some file system cannot have in a name are
    written by their number, as in web addresses: "%2F" for a slash. So are letters of a label that
    differs from another one only in being capital or small: "%41" for A, where there is "a".
    :func:`~skhcr.datasets.load_image_folder` returns the labels themselves.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skhcr.sheets import cut_sheets, draw_sheets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sheet = Path(folder) / "sheet.pdf"
    ...     pages = draw_sheets("abc", sheet, copies=4)
    ...     cut = cut_sheets(sheet, Path(folder) / "letters")  # nothing is written on it
    >>> cut.sheets[0].n_empty, len(cut.cells), cut.failures
    (12, 0, [])
    """
    opencv()
    folders = [Path(name).expanduser() for name in (folder, doubtful_folder or folder)]
    for target in folders:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(f"{str(target)!r} is a file; pass a folder.")
    if writer is not None:
        writer = check_writer(writer)
    result = CutSheets()
    stems: Counter[str] = Counter()
    index = 0
    for index, scan in enumerate(scans_of(images, max_pixels), start=1):
        try:
            result.sheets.append(_cut(scan, folders, writer, writer_pattern, stems))
        except Exception as error:
            cause = error.with_traceback(None)
            result.failures.append(ImageFailure(index - 1, scan.name, cause))
    result.notes.extend(_notes(result.sheets))
    if result.failures:
        message = summarize(result.failures, index, "could not be cut")
        others = "\nAll others were cut." if result.sheets else ""
        warnings.warn(f"{message}{others}", SheetWarning, stacklevel=2)
    return result


def _cut(
    scan: Scan,
    folders: Sequence[Path],
    writer: str | None,
    writer_pattern: str | None,
    stems: Counter[str],
) -> CutSheet:
    photograph = read_photograph(scan.read())
    page = photograph.page
    name = _writer(scan, page.writer, writer, writer_pattern)
    stem = f"{name}_{_stem(scan.stem, stems)}"
    images = [photograph.cut(i) for i in range(page.n_cells)]
    labels = page.cell_labels()
    verdicts = judge(images, labels, page.grid, page.grid.size / 10 - 2 * MARGIN)
    names = _class_folders(folders, page.labels)
    cells, files = [], {}
    for i, (image, label, doubt) in enumerate(zip(images, labels, verdicts, strict=True)):
        if doubt is None:
            continue
        path = folders[bool(doubt)] / names[label] / f"{stem}_{i + 1:03d}.png"
        files[path] = image
        cells.append(CutCell(label, str(path), photograph.corners[i], doubt))
    _write(files)
    return CutSheet(scan.name, name, page.number, page.n_pages, verdicts.count(None), cells)


def _writer(scan: Scan, printed: str, writer: str | None, pattern: str | None) -> str:
    if pattern is not None:
        return check_writer(str(labels_from_filenames([scan.stem], pattern)[0]))
    return writer or printed or _UNKNOWN


def _stem(stem: str, stems: Counter[str]) -> str:
    """Return a name for an image that no other one of this call has."""
    stem = _UNUSUAL.sub("-", unicodedata.normalize("NFC", stem))[:_LONGEST].strip("-.") or "image"
    stems[stem.casefold()] += 1
    n = stems[stem.casefold()]
    return stem if n == 1 else f"{stem}-{n}"


def _class_folders(folders: Sequence[Path], labels: Sequence[str]) -> dict[str, str]:
    """Return the names of class folders: those that are there, and new ones."""
    taken = sorted(
        {entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()}
    )
    names = {}
    for label in labels:
        names[label] = folder_name(label, taken)
        taken.append(names[label])
    return names


def _write(files: dict[Path, np.ndarray]) -> None:
    """Write images, all of a page or none; what is there stays."""
    there = next((path for path in files if path.exists()), None)
    if there is not None:
        raise FileExistsError(
            f"{str(there)!r} is there already: cut into another folder, or rename the image"
        )
    written: list[Path] = []
    try:
        for path, image in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            content = io.BytesIO()
            Image.fromarray(image).save(
                content, "PNG", compress_level=3
            )  # photographs gain nothing by more
            part = part_of(path)
            written.append(part)
            part.write_bytes(content.getvalue())
            part.rename(path)
            written[-1] = path
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise


def _notes(sheets: list[CutSheet]) -> Iterator[str]:
    """Say which pages are there twice, or missing."""
    images = defaultdict(list)
    for sheet in sheets:
        images[sheet.writer, sheet.number, sheet.n_pages].append(sheet.image)
    for (writer, number, n_pages), names in images.items():
        if len(names) > 1:
            yield (
                f"{' and '.join(names)} are all page {number} of {n_pages} of writer {writer!r}. "
                "Leave out those of the same sheet of paper; if somebody else wrote on one, tell "
                "the writers (writer_pattern)."
            )
    for writer, n_pages in dict.fromkeys((sheet.writer, sheet.n_pages) for sheet in sheets):
        missing = [
            str(number)
            for number in range(1, n_pages + 1)
            if (writer, number, n_pages) not in images
        ]
        if missing:
            pages = f"page{'s' if len(missing) > 1 else ''} {', '.join(missing)} of {n_pages}"
            yield f"Of writer {writer!r}, {pages} {'are' if len(missing) > 1 else 'is'} missing."

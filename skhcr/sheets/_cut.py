"""``cut_sheets``: cut images of sheets into a folder of images for each class."""

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
    """The image of a box.

    Attributes
    ----------
    label : str
        The label of the box.
    path : str
        The file of the image.
    corners : ndarray of float of shape (4, 2)
        Its corners in pixels of the upright image, clockwise from that at the top left of the
        sheet.
    doubt : str
        The reason for a check; empty if nothing is doubtful.
    """

    label: str
    path: str
    corners: np.ndarray
    doubt: str = ""


@dataclass(frozen=True, eq=False)
class CutSheet:
    """A cut page.

    Attributes
    ----------
    image : str
        The image.
    writer : str
        The writer.
    number, n_pages : int
        Page number and number of pages.
    n_empty : int
        Number of empty boxes.
    cells : list of CutCell
        The images of the other boxes.
    """

    image: str
    writer: str
    number: int
    n_pages: int
    n_empty: int
    cells: list[CutCell]


@dataclass(frozen=True, eq=False)
class CutSheets:
    """The result of :func:`cut_sheets`.

    Attributes
    ----------
    sheets : list of CutSheet
        The pages, in the order of their images.
    failures : list of ImageFailure
        The images that could not be cut: index, source and cause.
    notes : list of str
        Messages about missing and duplicate pages.
    """

    sheets: list[CutSheet] = field(default_factory=list)
    failures: list[ImageFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[CutCell]:
        """The images of all boxes."""
        return [cell for sheet in self.sheets for cell in sheet.cells]

    @property
    def doubtful(self) -> list[CutCell]:
        """The images to check."""
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
    r"""Cut completed sheets into a folder of images for each class.

    Parameters
    ----------
    images : path-like, or sequence of path-like, PIL image or array
        Scans and photographs of pages that :func:`draw_sheets` made: image files, PDF documents,
        TIFF files of several pages, and folders of these at any depth, in natural order. They may
        be rotated, taken at an angle and in shadow, as long as all four corners of the page are
        visible.
    folder : path-like
        Folder for the class folders, see :func:`skhcr.datasets.load_image_folder`. Existing files
        are kept; files of the same name are an error.
    writer : str, default=None
        Writer of all images, instead of the printed writer.
    writer_pattern : str, default=None
        A regular expression whose group matches the writer in the names of the images:
        ``r"^(\w+)-"``.
    doubtful_folder : path-like, default=None
        Folder for doubtful images, with class folders like those in `folder`; move the good ones
        from there. None keeps them with the others.
    max_pixels : int, default=None
        An image with more pixels is refused without decoding; None stands for
        ``PIL.Image.MAX_IMAGE_PIXELS``.

    Returns
    -------
    CutSheets
        The images, the failures and the doubtful images.

    Raises
    ------
    ImportError
        If OpenCV is missing, which ``pip install 'skhcr[sheets]'`` installs.

    Warns
    -----
    SheetWarning
        If images could not be cut, for example because a marker is missing or files exist already.
        The warning names each of them; all others are cut.

    See Also
    --------
    draw_sheets : Draw the sheets.
    skhcr.datasets.load_image_folder : List the images, and their labels and writers.

    Notes
    -----
    File names contain the writer, the image and the number of the box: ``anna_scan1_007.png``.
    ``group_pattern=r"^([^_]+)_"`` of :func:`~skhcr.datasets.load_image_folder` finds the writer,
    which is "unknown" if there is no name.

    Empty boxes are skipped. An image is doubtful if its ink touches the edge of the box, is very
    faint, or seems to be crossed out: check it, and delete it if it is spoiled.

    Folders have the names of their labels. Characters that are not allowed in names on some file
    system are percent-encoded: "%2F" for a slash. So are letters of a label that differs from
    another one only in case: "%41" for A, if there is "a".
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
    for index, scan in enumerate(scans_of(images, max_pixels, folders), start=1):
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
    """Return a name for an image that is unique in this call."""
    stem = _UNUSUAL.sub("-", unicodedata.normalize("NFC", stem))[:_LONGEST].strip("-.") or "image"
    stems[stem.casefold()] += 1
    n = stems[stem.casefold()]
    return stem if n == 1 else f"{stem}-{n}"


def _class_folders(folders: Sequence[Path], labels: Sequence[str]) -> dict[str, str]:
    """Return the names of class folders: existing and new ones."""
    taken = sorted(
        {entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()}
    )
    names = {}
    for label in labels:
        names[label] = folder_name(label, taken)
        taken.append(names[label])
    return names


def _write(files: dict[Path, np.ndarray]) -> None:
    """Write images, all of a page or none; existing files are kept."""
    there = next((path for path in files if path.exists()), None)
    if there is not None:
        raise FileExistsError(
            f"{str(there)!r} already exists: cut into another folder, or rename the image"
        )
    written: list[Path] = []
    try:
        for path, image in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            content = io.BytesIO()
            Image.fromarray(image).save(
                content, "PNG", compress_level=3
            )  # higher levels do not help for photographs
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
    """Return messages about duplicate and missing pages."""
    images = defaultdict(list)
    for sheet in sheets:
        images[sheet.writer, sheet.number, sheet.n_pages].append(sheet.image)
    for (writer, number, n_pages), names in images.items():
        if len(names) > 1:
            yield (
                f"{' and '.join(names)} are all page {number} of {n_pages} of writer {writer!r}. "
                "Remove duplicates of the same sheet; if the pages are by different writers, "
                "specify the writers (writer_pattern)."
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

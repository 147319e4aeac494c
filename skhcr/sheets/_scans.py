"""The input images of sheets: files, folders, and pages of documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from .._folder_files import files_in
from ..datasets._folder_checks import warn_of_others
from ..images._decode import count_pages, decode, to_array
from ..images._formats import extensions
from ..images._sources import describe

_PDF, _TIFF = ".pdf", (".tif", ".tiff")
_PDF_DPI = 300


class Scan(NamedTuple):
    """An image of a sheet that is not read yet.

    Attributes
    ----------
    name : str
        Its name in messages.
    stem : str
        Its name in file names.
    read : callable
        Returns its pixels: uint8, gray or RGB.
    """

    name: str
    stem: str
    read: Callable[[], np.ndarray]


def scans_of(images: Any, max_pixels: int | None, outputs: Sequence[Path] = ()) -> Iterator[Scan]:
    """Return the images in files, in folders and on the pages of documents, in order.

    Folders include their subfolders, except output folders.
    """
    is_one = isinstance(images, (str, bytes, os.PathLike, np.ndarray, Image.Image))
    for index, image in enumerate([images] if is_one else images):
        if not isinstance(image, (str, os.PathLike)):
            yield Scan(describe(image), f"image{index}", _reader(image, max_pixels))
            continue
        path = Path(image).expanduser()
        for file in _files(path, outputs) if path.is_dir() else [path]:
            yield from _of_file(file, max_pixels)


def _files(folder: Path, outputs: Sequence[Path]) -> list[Path]:
    targets = [path.resolve() for path in outputs]
    targets = [path for path in targets if path.is_relative_to(folder.resolve())]
    found = [
        file
        for file in files_in(folder)
        # Files that lie directly in the folder were not cut, even if it is the output folder.
        if file.parent == folder or not any(map(file.resolve().is_relative_to, targets))
    ]
    known = {*extensions(), _PDF}
    images = [file for file in found if file.suffix.lower() in known]
    if not images:
        raise FileNotFoundError(f"There is no image in the folder {str(folder)!r}.")
    warn_of_others(folder, [file for file in found if file.suffix.lower() not in known])
    return images


def _of_file(file: Path, max_pixels: int | None) -> Iterator[Scan]:
    suffix = file.suffix.lower()
    n_pages = 1
    if suffix == _PDF:
        try:
            n_pages = _count_pdf_pages(file)
        except Exception as error:  # it is reported with the errors of the other files
            yield Scan(str(file), file.stem, _failing(error))
            return
    elif suffix in _TIFF:  # embedded previews of phone photographs are not pages
        n_pages = count_pages(file)
    for number in range(n_pages):
        several = n_pages > 1
        yield Scan(
            f"{file}, page {number + 1}" if several else str(file),
            f"{file.stem}-{number + 1}" if several else file.stem,
            _pdf_reader(file, number, max_pixels)
            if suffix == _PDF
            else _reader(file, max_pixels, number),
        )


def _failing(error: Exception) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        raise error

    return read


def _reader(image: Any, max_pixels: int | None, number: int = 0) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        if number == 0:
            return _pixels(decode(image, mode=None, max_pixels=max_pixels).image)
        with Image.open(image, formats=["TIFF"]) as document:
            document.seek(number)
            return _pixels(decode(document, mode=None, max_pixels=max_pixels).image)

    return read


def _pixels(image: Image.Image) -> np.ndarray:
    pixels = to_array(image)
    return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels


# ------------------------------------------------------------------ PDF documents


def _pdf(file: Path) -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        raise ImportError(
            "a PDF document needs another package: pip install 'skhcr[sheets]'"
        ) from error
    try:
        return pypdfium2.PdfDocument(file.read_bytes())
    except pypdfium2.PdfiumError as error:
        raise ValueError("not a PDF document, or a damaged or protected one") from error


def _count_pdf_pages(file: Path) -> int:
    document = _pdf(file)
    try:
        return len(document)
    finally:
        document.close()


def _pdf_reader(file: Path, number: int, max_pixels: int | None) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        limit = Image.MAX_IMAGE_PIXELS if max_pixels is None else max_pixels
        document = _pdf(file)
        try:
            page = document[number]
            scale = _PDF_DPI / 72
            n_pixels = scale**2 * page.get_width() * page.get_height()
            if limit is not None and n_pixels > limit:
                raise ValueError(f"a page of {n_pixels:.0f} pixels, more than {limit} (max_pixels)")
            return _pixels(page.render(scale=scale).to_pil().convert("RGB"))
        finally:
            document.close()

    return read

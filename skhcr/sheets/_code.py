"""The QR code of a page, with everything needed for cutting the page."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from typing import Any, NamedTuple

import numpy as np

from ._errors import SheetError
from ._labels import WRITER
from ._layout import Grid
from ._opencv import opencv

_PREFIX = "SKHCR1:"  # the format, and its version
_FORMAT = re.compile(r"SKHCR\d+:")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
# Modules along a side: from version 1 to version 10.
SIDES = range(21, 58, 4)
_MOST_BYTES = 2**16
_MOST_CELLS = 2000
# Light around the dark modules, and pixels of a module, of the picture that OpenCV reads.
_QUIET, _SCALE = 4, 4


class SheetPage(NamedTuple):
    """A page of a sheet, as described by its code.

    Attributes
    ----------
    writer : str
        The writer; empty if there is no name.
    number, n_pages : int
        Page number and number of pages.
    grid : Grid
        The positions of its boxes.
    labels : tuple of str
        The labels on the page.
    copies : int
        Number of boxes for each label.
    skipped : int
        Number of boxes of the first label on earlier pages.
    n_cells : int
        Number of boxes on the page.
    """

    writer: str
    number: int
    n_pages: int
    grid: Grid
    labels: tuple[str, ...]
    copies: int
    skipped: int
    n_cells: int

    def cell_labels(self) -> list[str]:
        """Return the label of every box."""
        places = range(self.skipped, self.skipped + self.n_cells)
        return [self.labels[place // self.copies] for place in places]


# ------------------------------------------------------------------ pages and texts


def to_text(page: SheetPage) -> str:
    """Return a page in the characters that a QR code stores most compactly."""
    is_short = all(len(label) == 1 for label in page.labels)
    labels = "".join(page.labels) if is_short else list(page.labels)
    fields = [*page[:3], *page.grid, labels, *page[5:]]
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    squeezed = zlib.compress(data, 9, wbits=-15)
    return _PREFIX + _to_base45(b"\1" + squeezed if len(squeezed) < len(data) else b"\0" + data)


def from_text(text: str) -> SheetPage:
    """Return the page that a code describes.

    Raises
    ------
    SheetError
        If it does not describe a page. The code is untrusted input.
    """
    if not text.startswith(_PREFIX):
        raise SheetError(
            "The code on the page is that of a newer version: update skhcr."
            if _FORMAT.match(text)
            else "The code on the page is not that of a sheet."
        )
    try:
        page = _from_fields(json.loads(_unpacked(_from_base45(text[len(_PREFIX) :]))))
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError, zlib.error) as error:
        raise SheetError("The code on the page does not describe a sheet.") from error
    return page


def _unpacked(data: bytes) -> bytes:
    if data[:1] != b"\1":
        return data[1:]
    return zlib.decompressobj(wbits=-15).decompress(data[1:], _MOST_BYTES)


def _from_fields(fields: Any) -> SheetPage:
    writer, number, n_pages, *grid, labels, copies, skipped, n_cells = fields
    numbers = [number, n_pages, *grid, copies, skipped, n_cells]
    if not all(type(n) is int and 0 <= n < 10_000 for n in numbers):
        raise ValueError("numbers")
    page = SheetPage(
        str(writer), number, n_pages, Grid(*grid), tuple(labels), copies, skipped, n_cells
    )
    is_possible = (
        (not writer or WRITER.fullmatch(page.writer))
        and all(isinstance(label, str) and label for label in page.labels)
        and min(copies, page.grid.columns, page.grid.size, n_cells) > 0
        and skipped + n_cells <= copies * len(page.labels)
        and n_cells <= _MOST_CELLS
    )
    if not is_possible:
        raise ValueError("fields")
    return page._replace(labels=tuple(unicodedata.normalize("NFC", label) for label in page.labels))


def _to_base45(data: bytes) -> str:
    """Return bytes as text: three characters for two bytes."""
    text = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        value = int.from_bytes(pair)
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text.append(_ALPHABET[digit])
    return "".join(text)


def _from_base45(text: str) -> bytes:
    data = b""
    for start in range(0, len(text), 3):
        digits = [_VALUES[character] for character in text[start : start + 3]]
        value = sum(digit * 45**place for place, digit in enumerate(digits))
        data += value.to_bytes(len(digits) - 1)
    return data


# ------------------------------------------------------------------ texts and QR codes


def to_modules(text: str) -> np.ndarray | None:
    """Return the modules of a QR code, True where it is dark; None if the text is too long."""
    cv2 = opencv()
    parameters = cv2.QRCodeEncoder_Params()
    parameters.mode = cv2.QRCODE_ENCODER_MODE_ALPHANUMERIC
    for level in (cv2.QRCODE_ENCODER_CORRECT_LEVEL_M, cv2.QRCODE_ENCODER_CORRECT_LEVEL_L):
        parameters.correction_level = level
        try:
            image = cv2.QRCodeEncoder_create(parameters).encode(text)
        except cv2.error:
            continue
        is_dark = image == 0
        rows, columns = np.flatnonzero(is_dark.any(axis=1)), np.flatnonzero(is_dark.any(axis=0))
        modules = is_dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if len(modules) in SIDES and from_modules(modules) == text:
            return modules
    return None


def from_modules(modules: np.ndarray) -> str:
    """Return the text of a QR code, empty if it cannot be read."""
    cv2 = opencv()
    levels = np.where(np.pad(modules, _QUIET), 0, 255).astype(np.uint8)
    picture = np.kron(levels, np.ones((_SCALE, _SCALE), np.uint8))
    try:
        text, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    except (cv2.error, UnicodeDecodeError):
        return ""
    return text

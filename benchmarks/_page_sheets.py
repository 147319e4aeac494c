"""Pictures of all conditions: original pages, and the network's input before and now."""

import base64
import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from skhcr._atomic import replacing

from ._page_conditions import CONDITIONS
from ._page_results import BEFORE, NOW, pictured, results
from ._page_samples import samples
from ._store import PAGES

# In pixels. The width is that of two phones' screens, so that texts can be read on one.
_COLUMNS, _WIDE, _HIGH = 2, 400, 226
_PAGE, _SEEN, _TOP = 164, 96, 30
_INK, _PALE, _RIGHT, _WRONG = (30, 30, 30), (110, 110, 110), (0, 110, 50), (190, 30, 30)
_QUALITY = 85


def sheet_name(kind):
    """Return the name of the file with the pictures of a kind of conditions."""
    return f"pages-{kind.replace(' ', '-')}.webp"


def draw_sheets():
    """Draw a picture for every kind of conditions, with a page of each."""
    for kind, conditions in CONDITIONS.items():
        with replacing(PAGES / sheet_name(kind)) as part:
            _sheet(kind, list(conditions)).save(part, "WEBP", quality=_QUALITY, method=6)


def _sheet(kind, conditions):
    n_rows = -(-len(conditions) // _COLUMNS)
    n_columns = min(_COLUMNS, len(conditions))
    sheet = Image.new("RGB", (_WIDE * n_columns, _TOP + _HIGH * n_rows), (252, 252, 252))
    draw = ImageDraw.Draw(sheet)
    for column in range(n_columns):
        for x, text in zip(_places(_WIDE * column), ("as it came", "before", "now"), strict=True):
            draw.text((x, 5), text, _PALE, _font(20))
    for number, condition in enumerate(conditions):
        row, column = divmod(number, _COLUMNS)
        _show(sheet, kind, condition, _WIDE * column, _TOP + _HIGH * row)
    return sheet


def _places(left):
    """Return the positions of the page and of the network's input."""
    start = left + 12
    return start, start + _PAGE + 14, start + _PAGE + _SEEN + 24


def _show(sheet, kind, condition, left, top):
    model = pictured(condition)
    page, label = next(samples(model, kind, condition, 0, 1))
    draw = ImageDraw.Draw(sheet)
    x, *others = _places(left)
    draw.line((left + 12, top, left + _WIDE - 12, top), (215, 215, 215))
    draw.text((x, top + 5), condition, _INK, _font(22, is_bold=True))
    sheet.paste(_thumbnail(page), (x, top + 36))
    for x, version in zip(others, (BEFORE, NOW), strict=True):
        example = results(version, model)[1].get(condition, {}).get("example")
        if example is None:
            continue
        seen = Image.open(io.BytesIO(base64.b64decode(example["seen"])))
        sheet.paste(seen.resize((_SEEN, _SEEN), Image.NEAREST).convert("RGB"), (x, top + 36))
        color = _RIGHT if example["right"] else _WRONG
        for line, texts in enumerate(_texts(example, kind)):
            # One by one: scripts from right to left would change their order.
            for place, text in enumerate(texts):
                below = x + 30 * place, top + 36 + _SEEN + 2 + 30 * line
                draw.text(below, text, color, _font(24))
    if kind not in ("nothing", "several"):
        draw.text((others[0], top + 36 + _SEEN + 63), f"is {label}", _PALE, _font(20))


def _texts(example, kind):
    """Return the message to the user about a page, as lines of text."""
    if example["answer"] is None:
        return (("error",),)
    if example["says_blank"]:
        return (("no letter",),)
    if kind == "several" and example["says_several"]:
        return (("several",),)
    mark = "\N{CHECK MARK}" if example["right"] else "\N{BALLOT X}"
    return (mark, example["answer"]), (f"{100 * example['probability']:.0f} %",)


@cache
def _font(size, *, is_bold=False):
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if is_bold else "DejaVuSans.ttf"
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(folder / name, size)


def _thumbnail(page):
    """Return a page as it would be shown, in a square; a checkerboard shows through it."""
    image = _image(page)
    if max(image.size) < _PAGE:
        scale = max(1, _PAGE // max(image.size))
        image = image.resize([scale * side for side in image.size], Image.NEAREST)
    image.thumbnail((_PAGE - 2, _PAGE - 2), Image.BOX)
    square = Image.new("RGB", (_PAGE, _PAGE), (252, 252, 252))
    left, top = (_PAGE - image.width) // 2, 0
    square.paste((150, 150, 150), (left, top, left + image.width + 2, top + image.height + 2))
    rows, columns = np.indices(image.size[::-1]) // 8
    board = Image.fromarray(np.where((rows + columns) % 2, 160, 190).astype(np.uint8))
    board = board.convert("RGBA")
    board.alpha_composite(image)
    square.paste(board.convert("RGB"), (left + 1, top + 1))
    return square


def _image(page):
    """Return an array, or a file, as an image of eight bits, brightened if there are more."""
    if isinstance(page, bytes):
        with Image.open(io.BytesIO(page)) as file:
            page = np.asarray(file) if file.mode.startswith("I") else np.asarray(_upright(file))
    if page.dtype != np.uint8:
        # As a viewer of sixteen bits shows them: ten bits are nearly black.
        page = (page >> 8).astype(np.uint8)
    return Image.fromarray(page).convert("RGBA")


def _upright(file):
    from PIL import ImageOps

    return ImageOps.exif_transpose(file).convert("RGBA")

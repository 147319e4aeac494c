"""Whole pages: found and classified characters, compared with other methods."""

import io
import shutil
import subprocess
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw
from scipy import ndimage

from skhcr import load_exported
from skhcr._atomic import replacing
from skhcr.pages import read_page

from ._store import (
    PAGES,
    RESULTS,
    as_table,
    environment,
    read_json,
    write_lines,
    write_page,
)
from ._written_pages import CONDITIONS, KINDS, WORDS, compose
from .pretrained import FOLDER

PATH = RESULTS / "reading.json"
PICTURE = PAGES / "reading.webp"
CLEAN = "clean"
LEAST_OVERLAP = 0.5  # of a box that is found with the true one: intersection by union
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LANGUAGES = {"digits": "eng", "english": "eng", "arabic-letters": "ara"}
ALIFS = str.maketrans("اإآ", "أأأ")  # all forms of alif have one label
PEERS = ("tesseract --psm 6", "tesseract --psm 11", "contours")
# Ways to read a page of letters of both cases: options of read_page.
WAYS = {
    "shape": {"context": None},
    "line": {"context": "line"},
    "word": {"context": "word"},
    "words": {"context": "word", "words": WORDS},
}


# ------------------------------------------------------------------ counts


def _matches(found, true):
    """Return how many boxes are found: pairs that overlap enough, the best ones first."""
    if not len(found):
        return 0
    found, true = np.asarray(found, float)[:, np.newaxis], np.asarray(true, float)
    sides = np.minimum(found[..., 2:], true[..., 2:]) - np.maximum(found[..., :2], true[..., :2])
    common = sides.clip(0).prod(axis=-1)
    both = sum((boxes[..., 2:] - boxes[..., :2]).prod(axis=-1) for boxes in (found, true)) - common
    shares, n = common / both, 0
    while shares.size and shares.max() >= LEAST_OVERLAP:
        row, column = np.unravel_index(shares.argmax(), shares.shape)
        shares[row], shares[:, column], n = -1, -1, n + 1
    return n


def _edits(text, true, *, with_case=False):
    """Return the edit distance of two texts without their spaces, by default capital or small."""
    text, true = ("".join(part.split()).translate(ALIFS) for part in (text, true))
    if not with_case:
        text, true = text.lower(), true.lower()
    row = list(range(len(true) + 1))
    for i, letter in enumerate(text, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(true, start=1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
            diagonal, row[j] = row[j], best
    return row[-1]


@cache
def _model(name):
    return load_exported(FOLDER / f"{name}.onnx")


def _measure(kind, condition, index):
    """Return the counts of a page."""
    page = _page(kind, condition, index)
    model, allowed = _model(page.model), _allowed(kind, page)
    options = {"allowed": allowed, "direction": _direction(kind)}
    reading = read_page(model, page.pixels, **options)
    text = "\n".join(page.lines)
    texts = dict.fromkeys(WAYS, reading.text)
    if page.model == "english":
        for way, others in WAYS.items():
            texts[way] = read_page(model, page.pixels, **options, **others).text
    counts = {
        "kind": kind,
        "condition": condition,
        "index": index,
        "characters": len(page.labels),
        "found": len(reading.characters),
        "hits": _matches([one.box for one in reading.characters], page.boxes),
        "edits by hand": _edits("".join(_read(model, page.crops, allowed)), "".join(page.labels)),
    }
    boxes = _contours(page.pixels, _direction(kind))
    gray = np.asarray(Image.fromarray(page.pixels).convert("L"))
    crops = [np.pad(gray[y0:y1, x0:x1], 4, mode="edge") for x0, y0, x1, y1 in boxes]
    counts["contours found"], counts["contours hits"] = len(boxes), _matches(boxes, page.boxes)
    texts["contours"] = "".join(_read(model, crops, allowed))
    if shutil.which("tesseract"):
        for mode in (6, 11):
            texts[f"tesseract --psm {mode}"] = _tesseract(page, mode, allowed)
    for name, read in texts.items():
        counts[name] = _edits(read, text)
        counts[f"{name}, case"] = _edits(read, text, with_case=True)
    counts["letters"] = page.model == "english"
    return counts


def _page(kind, condition, index):
    names = [CLEAN, *CONDITIONS]
    seed = [26, list(KINDS).index(kind), names.index(condition), index]
    return compose(kind, None if condition == CLEAN else condition, seed)


def _direction(kind):
    return "rtl" if kind.startswith("Arabic") else "ltr"


def _allowed(kind, page):
    if page.model == "digits":
        return "0123456789"
    return CAPITALS if kind.startswith("forms") else None


def _read(model, images, allowed):
    """Return the most probable label of every image, of those that are allowed."""
    if not len(images):
        return []
    probabilities = model.predict_proba(images)
    if allowed is not None:
        probabilities[:, [str(label) not in allowed for label in model.classes_]] = 0
    return model.classes_[probabilities.argmax(axis=1)].astype(str)


# ------------------------------------------------------------------ peers


def _contours(pixels, direction):
    """Return boxes as tutorials find them: Otsu's threshold, outer contours, rows by height."""
    gray = np.asarray(Image.fromarray(pixels).convert("L"))
    try:
        import cv2
    except ImportError:
        boxes = _outer_boxes(gray)
    else:
        _, ink = cv2.threshold(
            cv2.GaussianBlur(gray, (5, 5), 0), 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU
        )
        contours, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        found = [cv2.boundingRect(contour) for contour in contours]
        boxes = [(x, y, x + w, y + h) for x, y, w, h in found if w * h >= 100]
    if not boxes:
        return boxes
    high = np.median([bottom - top for _, top, _, bottom in boxes])
    rows, last = [], -np.inf
    for box in sorted(boxes, key=lambda box: box[1] + box[3]):
        middle = (box[1] + box[3]) / 2
        if middle - last > 0.7 * high:
            rows.append([])
        rows[-1].append(box)
        last = middle
    is_reversed = direction == "rtl"
    return [box for row in rows for box in sorted(row, reverse=is_reversed)]


def _outer_boxes(gray):
    """Return the same boxes without OpenCV."""
    from skhcr.images._otsu import otsu_threshold

    smooth = ndimage.gaussian_filter(gray, 1.1)
    ink = smooth <= otsu_threshold(np.bincount(smooth.ravel(), minlength=256))
    labels, _ = ndimage.label(ndimage.binary_fill_holes(ink), np.ones((3, 3)))
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)]
    return [box for box in boxes if (box[2] - box[0]) * (box[3] - box[1]) >= 100]


def _tesseract(page, mode, allowed):
    options = ["--psm", str(mode), "-l", LANGUAGES[page.model]]
    if allowed is not None:
        options += ["-c", f"tessedit_char_whitelist={allowed}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        Image.fromarray(page.pixels).save(path, dpi=(120, 120))
        command = ["tesseract", str(path), "-", *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# ------------------------------------------------------------------ the page


def _as_page(pieces):
    groups = defaultdict(list)
    for piece in pieces:
        state = CLEAN if piece["condition"] == CLEAN else "under conditions"
        groups[piece["kind"], state].append(piece)
        groups["all", state].append(piece)
        if state != CLEAN:
            groups[piece["condition"], ""].append(piece)
    kinds = [
        _row(f"{kind}, {state}", groups[kind, state])
        for state in (CLEAN, "under conditions")
        for kind in (*KINDS, "all")
        if groups[kind, state]
    ]
    conditions = [_row(name, groups[name, ""]) for name in CONDITIONS if groups[name, ""]]
    titles = [
        "pages",
        "characters",
        "precision",
        "recall",
        "skhcr",
        "shape only",
        "cut by hand",
        *PEERS,
        "contours' precision",
        "recall",
    ]
    return "\n".join(
        [
            _INTRODUCTION.format(n=len(pieces)),
            as_table([titles, *kinds]),
            "## By condition\n",
            as_table([titles, *conditions]),
            _CONTEXT,
            as_table(_context_table(groups)),
            *([_FIGURE] if PICTURE.exists() else []),
        ]
    )


def _context_table(groups):
    """Return the rows of a table: pages of words and of sloping words, with and without case."""
    rows = [["pages", "shape", "line", "word", "expected words", *PEERS]]
    for state in (CLEAN, "under conditions"):
        for kind in ("words", "sloping lines"):
            pieces = [piece for piece in groups[kind, state] if piece["letters"]]
            for title, ending in (("", ""), (", with case", ", case")):
                if pieces:
                    keys = [f"{key}{ending}" for key in (*WAYS, *PEERS)]
                    shares = [_part(pieces, key, "characters") for key in keys]
                    rows.append([f"{kind}, {state} ({len(pieces)}){title}", *shares])
    return rows


def _part(pieces, key, of):
    if any(key not in piece for piece in pieces):
        return "-"
    total, of_all = (sum(piece[name] for piece in pieces) for name in (key, of))
    return f"{100 * total / max(1, of_all):.1f}"


def _row(name, pieces):
    def part(key, of):
        return _part(pieces, key, of)

    errors = [part(key, "characters") for key in ("shape", "edits by hand", *PEERS)]
    return [
        f"{name} ({len(pieces)})",
        str(sum(piece["characters"] for piece in pieces)),
        part("hits", "found"),
        part("hits", "characters"),
        f"**{part('word', 'characters')}**",
        *errors,
        part("contours hits", "contours found"),
        part("contours hits", "characters"),
    ]


_INTRODUCTION = """\
{n} pages, composed of test characters that the [pretrained models](pretrained.md) were not trained
on: rows of digits, words, sloping lines, forms with a box for every character, and separate Arabic
letters; on clean paper, and with one of ten conditions. The writers of digits and English letters
are also unseen; the Arabic test letters are by the same writers as the training letters. The finder
and the use of context were developed on pages of training characters. English letters have their
usual relative sizes: small letters are 0.66 as high as capitals, which is the median of the 44
training writers, and all heights vary by up to 10 %.

All figures are in percent. *Precision* is the share of found boxes that are right, and *recall* the
share of true boxes that are found, both with an intersection over union of at least a half. The
*character error* is the edit distance between the predicted and the true text, without spaces,
divided by the number of true characters. Uppercase and lowercase forms count as one, as do the
forms of alif.

*skhcr* is `read_page`. *Shape only* is `read_page` with `context=None`, which does not use the line
and the word of a character. *Cut by hand* is the same model on every isolated character on clean
paper: its error without the search for characters and without context. *tesseract* is Tesseract 5
from Debian, on the whole page, with the same characters allowed. *contours* is the loop of many
tutorials: Otsu's threshold, outer contours (OpenCV), boxes of at least 100 pixels, rows by height,
and the same model on each.
"""

_CONTEXT = """\
## Lines, words and case

Pages of English letters only: words in lowercase, capitalized and in uppercase, in equal shares,
which are the types of words that `read_page` expects, besides numbers and mixtures.
*Shape*, *line* and *word* are the values of `context` of `read_page`; *word* is the default.
*Expected words* also has the list of the words on all pages, in lowercase. Tesseract has its own
English dictionary. *With case*, c in place of C is an error.
"""

_FIGURE = """\
## Pages

Results for a page of every kind. Pale red boxes are the ground truth, blue boxes are found and
classified, and red boxes have a probability below 90 %.

![Pages of all kinds, with boxes around their characters](reading.webp)

Made by `python -m benchmarks reading`.
"""


_SHOWN = (CLEAN, "ruling", "on a table", "shadow with an edge", CLEAN)


def _plot():
    import matplotlib.pyplot as plt

    from skhcr.inspection import PageDisplay

    chosen = list(zip(KINDS, _SHOWN, strict=True))
    figure, axes = plt.subplots(1, len(chosen), figsize=(20, 5.4), layout="constrained")
    for ax, (kind, condition) in zip(axes, chosen, strict=True):
        page = _page(kind, condition, 0)
        image = Image.fromarray(page.pixels)
        draw = ImageDraw.Draw(image)
        for box in page.boxes.tolist():
            draw.rectangle(box, outline=(255, 120, 120))
        reading = read_page(
            _model(page.model),
            page.pixels,
            allowed=_allowed(kind, page),
            direction=_direction(kind),
        )
        PageDisplay(image=image, reading=reading).plot(ax, text_kw={"fontsize": 6})
        ax.set_title(f"{kind}, {condition}", fontsize=9)
    file = io.BytesIO()
    figure.savefig(file, dpi=120)
    plt.close(figure)
    with replacing(PICTURE) as part:
        Image.open(file).convert("RGB").save(part, "WEBP", quality=70, method=6)


def main(
    pages: Annotated[int, typer.Option(help="of every kind, clean and under conditions each")] = 20,
    figure: Annotated[bool, typer.Option(help="redraw the figure")] = True,
) -> None:
    """Read whole pages, found and read by skhcr, Tesseract and a loop of contours: 15 minutes."""
    pieces = read_json(PATH)["pages"] if PATH.exists() else []
    pieces = [piece for piece in pieces if "word, case" in piece]  # older ones have less
    known = {(piece["kind"], piece["condition"], piece["index"]) for piece in pieces}
    for index in range(pages):
        for kind in KINDS:
            for condition in (CLEAN, CONDITIONS[index % len(CONDITIONS)]):
                if (kind, condition, index) in known:
                    continue
                pieces.append(_measure(kind, condition, index))
                print(pieces[-1])
                write_lines(PATH, {**environment(), "pages": pieces})
    if figure:
        _plot()
    write_page("reading", "Pages of characters", _as_page(pieces))

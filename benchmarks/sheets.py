"""Sheets: cutting of photographed pages filled in with real characters."""

import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from skhcr._folder_names import label_of_folder
from skhcr.sheets import cut_sheets, draw_sheets
from skhcr.sheets._photograph import read_photograph
from skhcr.sheets._scans import scans_of

from ._page_samples import _letters
from ._store import RESULTS, as_table, environment, read_json, write_lines, write_page

PATH = RESULTS / "sheets.json"
MODELS = ("arabic-letters", "digits", "english", "russian-letters")
LEAST_OVERLAP = 0.9
_N_CELLS, _COPIES = 72, (4, 8)
_EMPTY = 0.1  # of the boxes
# The kinds of doubtful boxes, one box of each.
_CROSSED, _OVER, _SPECK = "crossed out", "over the edge", "speck"


def overlap(found, true):
    """Return the intersection of two convex quadrangles, by their union."""
    import cv2

    found, true = (np.asarray(corners, np.float32) for corners in (found, true))
    common, _ = cv2.intersectConvexConvex(found, true)
    return common / (cv2.contourArea(found) + cv2.contourArea(true) - common)


@cache
def _by_label(model):
    images, labels = _letters(model)
    rows = defaultdict(list)
    for row, label in enumerate(labels):
        rows[str(label)].append(row)
    return images, rows


def _doubtful(kind, image, rng):
    """Return a character that somebody has spoiled, in a square that is its box."""
    from ._camera import WHOLE

    n = WHOLE
    page = np.zeros((n, n))
    character = np.asarray(Image.fromarray(image).resize((80, 80), Image.BICUBIC))
    if kind != _SPECK:
        page[30:110, 30:110] = character
    ticks = np.linspace(0, 1, 400)
    if kind == _CROSSED:
        for _ in range(7):
            (x0, x1), (y0, y1) = rng.uniform(18, 35, 2), rng.uniform(30, 110, 2)
            x1 = n - x1
            x, y = x0 + ticks * (x1 - x0), y0 + ticks * (y1 - y0)
            for dy in range(-2, 3):
                page[np.rint(y + dy).astype(int), np.rint(x).astype(int)] = 255
    elif kind == _OVER:
        x, y = 60 + ticks * (n - 61), 50 + 40 * ticks
        for dy in range(-2, 3):
            page[np.rint(y + dy).astype(int), np.rint(x).astype(int)] = 255
    else:
        y, x = np.ogrid[:n, :n]
        page[np.hypot(y - rng.uniform(40, 100), x - rng.uniform(40, 100)) < 3.5] = 255
    return page.astype(np.uint8)


def _write(page, model, rng):
    """Return the contents of every box, and its doubt; None for empty boxes."""
    images, rows = _by_label(model)
    written, doubts = [], []
    places = rng.choice(page.n_cells, 3, replace=False)
    special = dict(zip(places, (_CROSSED, _OVER, _SPECK), strict=True))
    for index, label in enumerate(page.cell_labels()):
        image = images[rng.choice(rows[label])]
        kind = special.get(index, "")
        if not kind and rng.random() < _EMPTY:
            written.append(None)
            doubts.append(None)
        else:
            written.append(_doubtful(kind, image, rng) if kind else image)
            doubts.append(kind)
    return written, doubts


def draw(index, folder):
    """Return a picture of a sheet, always the same for an index, and its contents."""
    from ._camera import CONDITIONS, filled, photographed

    rng = np.random.default_rng([27, index])
    condition = list(CONDITIONS)[index % len(CONDITIONS)]
    model = MODELS[index % len(MODELS)]
    paper = ("a4", "a4", "letter")[rng.integers(3)]
    copies = int(rng.choice(_COPIES))
    labels = sorted(_by_label(model)[1])
    labels = list(rng.permutation(labels)[: _N_CELLS // copies])
    pdf = folder / f"sheet{index}.pdf"
    (page,) = draw_sheets(labels, pdf, copies=copies, paper=paper, writers=[str(index)])
    written, doubts = _write(page, model, rng)
    sheet = filled(pdf, 0, page, written, rng)
    picture = photographed(sheet, page, paper, CONDITIONS[condition], rng)
    return condition, model, page, doubts, picture


def _measure(index, folder):
    condition, model, page, doubts, picture = draw(index, folder)
    file = folder / f"scan{index}.jpg"
    file.write_bytes(picture.data)
    counts = {"index": index, "condition": condition, "model": model, "cells": page.n_cells}
    counts["width"], counts["height"] = Image.open(file).size
    cut = cut_sheets(file, folder / f"letters{index}")
    if cut.failures:
        return {**counts, "failure": str(cut.failures[0])}
    found = {int(Path(cell.path).stem.rsplit("_", 1)[1]) - 1: cell for cell in cut.cells}
    photograph = read_photograph(next(iter(scans_of(file, None))).read())
    overlaps = [overlap(*pair) for pair in zip(photograph.corners, picture.corners, strict=True)]
    labels = page.cell_labels()
    good = [i for i, doubt in enumerate(doubts) if doubt == ""]
    spoiled = {doubt: i for i, doubt in enumerate(doubts) if doubt}
    right = [
        i
        for i in good
        if i in found
        and found[i].label == labels[i]
        and Path(found[i].path).is_file()
        and label_of_folder(Path(found[i].path).parent.name) == labels[i]
    ]
    return {
        **counts,
        "written": len(good),
        "right": len(right),
        "called doubtful": [found[i].doubt for i in good if i in found and found[i].doubt],
        "left out": sum(i not in found for i in good),
        "empty": doubts.count(None),
        "found empty": sum(i not in found for i, doubt in enumerate(doubts) if doubt is None),
        "spoiled": len(spoiled),
        "found spoiled": [k for k, i in spoiled.items() if i in found and found[i].doubt],
        "least overlap": round(float(min(overlaps)), 4),
        "mean overlap": round(float(np.mean(overlaps)), 4),
        "enough overlap": int(sum(share >= LEAST_OVERLAP for share in overlaps)),
    }


# ------------------------------------------------------------------ the page


def as_page(pieces):
    """Return the page of the documentation."""
    groups = defaultdict(list)
    for piece in pieces:
        groups[piece["condition"]].append(piece)
    titles = [
        "pictures",
        "characters",
        "back in their class",
        "called doubtful",
        "left out",
        "empty boxes left out",
        "least overlap",
        "mean overlap",
        "spoiled ones called doubtful",
    ]
    rows = [_row(f"{name} ({len(group)})", group) for name, group in groups.items()]
    rows.append(_row(f"**all ({len(pieces)})**", pieces))
    kinds = ((_CROSSED, "crossed out"), (_OVER, "drawn over the edge"), (_SPECK, "specks"))
    counts = [
        (sum(kind in piece["found spoiled"] for piece in pieces), name) for kind, name in kinds
    ]
    return _PAGE.format(
        n=len(pieces),
        table=as_table([titles, *rows]),
        spoiled=", ".join(f"{n} that are {name}" for n, name in counts),
    )


def _row(name, pieces):
    def total(key):
        values = [piece[key] for piece in pieces if key in piece]
        return sum(len(value) if isinstance(value, list) else value for value in values)

    least = min(piece["least overlap"] for piece in pieces)
    mean = np.mean([piece["mean overlap"] for piece in pieces])
    return [
        name,
        f"{total('written'):,}",
        f"{total('right'):,}",
        str(total("called doubtful")),
        str(total("left out")),
        f"{total('found empty')} of {total('empty')}",
        f"{least:.3f}",
        f"{mean:.3f}",
        f"{total('found spoiled')} of {total('spoiled')}",
    ]


_PAGE = """\
{n} sheets of `draw_sheets`, filled in with the test characters of the [pretrained
models](pretrained.md) (Arabic, digits, English, Russian), each on another page of A4 or Letter
paper, in simulated photographs: the page is drawn from the PDF document, rotated, distorted by
perspective or curling, placed on a table or in shadow, blurred, noisy and compressed as JPEG.
`cut_sheets` receives only the picture. *Overlap* is the intersection over union of the cut area of
a box and the true area: the inside of the box, 0.45 mm within its line. It includes all boxes, also
empty ones.

{table}
A tenth of the boxes is empty. Three on each sheet are spoiled, one in each way. Reported as
doubtful are {spoiled}, of {n} each. Doubtful characters are also in their classes, and listed. Each
character is by another writer, with another pen; on a sheet by one writer, they differ less.

Made by `python -m benchmarks sheets`.
"""


def main(
    sheets: Annotated[int, typer.Option(help="how many")] = 200,
) -> None:
    """Cut filled in and photographed sheets: ten minutes."""
    pieces = read_json(PATH)["sheets"] if PATH.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(len(pieces), sheets):
            pieces.append(_measure(index, Path(folder)))
            print(pieces[-1], flush=True)
            write_lines(PATH, {**environment(), "sheets": pieces})
    write_page("sheets", "Sheets", as_page(pieces))

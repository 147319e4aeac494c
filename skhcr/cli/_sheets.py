"""``skhcr sheet``: draw sheets for collecting a data set, and cut scans of them."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from skhcr._messages import counted
from skhcr.sheets import SheetWarning, cut_sheets, draw_sheets

from ._data import command
from ._terminal import busy, say, tell, tell_table, why_unread

WRITER_IN_NAMES = "^([^_]+)_"


def new(
    labels: str | None, labels_file: Path | None, output: Path, force: bool, **options: Any
) -> dict[str, Any]:
    """Draw sheets; return their pages, boxes and labels."""
    if (labels is None) == (labels_file is None):
        raise ValueError("Pass the labels, either with --labels or in a file with --labels-file.")
    wanted: Any = labels
    if labels_file is not None:
        lines = labels_file.read_text(encoding="utf-8-sig").splitlines()
        wanted = [line for line in lines if line.strip()]
    pages = draw_sheets(wanted, output, overwrite=force, **options)
    return {
        "path": str(output),
        "pages": len(pages),
        "writers": list(dict.fromkeys(page.writer for page in pages if page.writer)),
        "labels": list(dict.fromkeys(label for page in pages for label in page.labels)),
        "boxes": sum(page.n_cells for page in pages),
    }


def print_new(result: dict[str, Any]) -> None:
    """Print the drawn sheets and the next command."""
    tell(
        f": {counted(result['pages'], 'page')}, {counted(result['boxes'], 'box', 'boxes')} for "
        f"{counted(len(result['labels']), 'label')}",
        before=result["path"],
    )
    line = command("sheet", "cut", "scans/", "-o", "letters/")
    say(f"Print it, fill it in, scan or photograph it, and cut it with: {line}")


def cut(images: list[Path], output: Path, **options: Any) -> dict[str, Any]:
    """Cut sheets; return the images, the doubtful boxes and the failures."""
    with busy("Cutting …"), warnings.catch_warnings():
        warnings.simplefilter("ignore", SheetWarning)  # failures are listed
        result = cut_sheets(images, output, **options)
    return {
        "folder": str(output),
        "sheets": [
            {
                "image": sheet.image,
                "writer": sheet.writer,
                "page": sheet.number,
                "pages": sheet.n_pages,
                "cut": len(sheet.cells),
                "empty": sheet.n_empty,
                "doubtful": sum(bool(cell.doubt) for cell in sheet.cells),
            }
            for sheet in result.sheets
        ],
        "classes": dict(sorted(Counter(cell.label for cell in result.cells).items())),
        "doubtful": [
            {"image": cell.path, "label": cell.label, "doubt": cell.doubt}
            for cell in result.doubtful
        ],
        "notes": result.notes,
        "failures": [
            {"image": failure.source, "error": why_unread(failure.cause)}
            for failure in result.failures
        ],
    }


def print_cut(result: dict[str, Any]) -> None:
    """Print the cut images, the doubtful boxes and the next command."""
    sheets = result["sheets"]
    if not sheets:
        return
    tell_table(
        ("image", "writer", "page", "cut", "empty", "doubtful"),
        (
            (
                sheet["image"],
                sheet["writer"],
                f"{sheet['page']} of {sheet['pages']}",
                str(sheet["cut"]),
                str(sheet["empty"]),
                str(sheet["doubtful"]),
            )
            for sheet in sheets
        ),
    )
    if result["doubtful"]:
        tell("Doubtful, check these:")
        for cell in result["doubtful"]:
            tell(f": {cell['doubt']}", before=f"  {cell['image']}")
    for note in result["notes"]:
        say(note)
    n_images = sum(result["classes"].values())
    if not n_images:
        tell("All boxes are empty: nothing is written.")
    else:
        classes = counted(len(result["classes"]), "class", "classes")
        tell(f"{counted(n_images, 'image')} of {classes} in {result['folder']}")
        are_several = len({sheet["writer"] for sheet in sheets}) > 1
        writers = ["--group-pattern", WRITER_IN_NAMES] if are_several else []
        line = command("train", result["folder"], *writers, "-o", "letters.skhcr")
        say(f"To train on them, run: {line}")

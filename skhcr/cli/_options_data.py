"""The options of the commands that get images to train on: data sets, and sheets of paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Paper(StrEnum):
    """Sizes of paper."""

    a4 = "a4"
    letter = "letter"


# ------------------------------------------------------------------ skhcr datasets fetch

DatasetName = Annotated[
    str, typer.Argument(help="Name of the data set in the list.", show_default=False)
]
Subset = Annotated[
    str | None, typer.Option(help="train, test or all, if the data set has these parts.")
]
Folder = Annotated[
    Path | None,
    typer.Option(help="New folder for image files and a labels.csv, for skhcr train."),
]

# ------------------------------------------------------------------ skhcr sheet

Labels = Annotated[
    str | None,
    typer.Option(
        help="The labels: every character is a label or, if there are spaces, every word.",
        show_default=False,
    ),
]
LabelsFile = Annotated[
    Path | None, typer.Option(help="A text file of labels instead, one per line.")
]
Copies = Annotated[
    int, typer.Option(min=1, max=999, help="Number of boxes for each label and writer.")
]
Writers = Annotated[
    list[str] | None,
    typer.Option(
        "--writer",
        help="Name or number of a writer who gets separate pages; repeatable.",
        show_default="a blank line for the name",
    ),
]
PaperSize = Annotated[Paper, typer.Option(help="Size of the paper.")]
CellSize = Annotated[float, typer.Option("--cell", help="Side of a box in millimeters.")]
Font = Annotated[
    Path | None,
    typer.Option(help="Font file for the labels.", show_default="installed fonts"),
]
SheetOutput = Annotated[
    Path,
    typer.Option("--output", "-o", help="PDF document to write.", show_default=False),
]
Scans = Annotated[
    list[Path],
    typer.Argument(
        help="Scans and photographs of the pages: images, PDF documents, and folders of them at "
        "any depth.",
        show_default=False,
    ),
]
CutOutput = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Folder for the folders of each class; existing files are kept.",
        show_default=False,
    ),
]
CutWriter = Annotated[
    str | None,
    typer.Option("--writer", help="Writer of all images.", show_default="as printed on the sheet"),
]
WriterPattern = Annotated[
    str | None,
    typer.Option(help="Regular expression whose group matches the writer in a scan's name."),
]
Doubtful = Annotated[
    Path | None,
    typer.Option(help="Folder for doubtful boxes, to check and move to the others."),
]

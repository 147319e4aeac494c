"""The arguments and options of the commands, and the help on each."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Formats of exported models."""

    onnx = "onnx"
    tflite = "tflite"
    keras = "keras"
    h5 = "h5"


class Quantize(StrEnum):
    """Number formats of exported models."""

    float16 = "float16"
    int8 = "int8"


class Unknown(StrEnum):
    """What to do about images that look like none of a model's letters."""

    mark = "mark"
    off = "off"


class ReadingDirection(StrEnum):
    """Directions in which lines are read."""

    ltr = "ltr"
    rtl = "rtl"


class Paper(StrEnum):
    """Sizes of paper."""

    a4 = "a4"
    letter = "letter"


def _allow_pixels(ctx: typer.Context, limit: int | None) -> int | None:
    """Make a limit that of Pillow, too, while the command runs."""
    if limit is not None:
        from PIL import Image

        def restore(usual: int | None = Image.MAX_IMAGE_PIXELS) -> None:
            Image.MAX_IMAGE_PIXELS = usual

        ctx.call_on_close(restore)
        Image.MAX_IMAGE_PIXELS = limit
    return limit


# ------------------------------------------------------------------ of several commands

Data = Annotated[
    Path,
    typer.Argument(
        help="A folder with a folder of images per class, or a csv file of images and labels.",
        show_default=False,
    ),
]
LabelPattern = Annotated[
    str | None,
    typer.Option(
        help=r"Regular expression whose group is the label in a file's name: 'label_(\d+)'. The "
        "images then lie in the folder itself."
    ),
]
GroupPattern = Annotated[
    str | None,
    typer.Option(help="Regular expression whose group in a file's name is the writer."),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(help="Column of a csv file that holds the images.", show_default="image"),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(help="Column of a csv file that holds the labels.", show_default="label"),
]
GroupColumn = Annotated[
    str | None, typer.Option(help="Column of a csv file that holds the writers.")
]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1,
        callback=_allow_pixels,
        help="Read images of up to so many pixels; larger ones are refused.",
        show_default="Pillow's limit: 89,478,485",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")]
Model = Annotated[
    Path,
    typer.Argument(
        help="A saved model (.skhcr), an exported one (.onnx, .tflite), or the name of a "
        "pretrained one (see skhcr models).",
        show_default=False,
    ),
]
Text = Annotated[
    Path | None,
    typer.Option(help="A csv file with a label and its text in each line, to be shown too."),
]
MergeCase = Annotated[
    bool,
    typer.Option("--merge-case", help="Take capital and small letters as the same."),
]
Merge = Annotated[
    str | None,
    typer.Option(
        help="Labels to take as the same, in groups: 0Oo,1lI; longer labels with = between them: "
        "alif=hamza.",
        show_default=False,
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="File to save the model in (.skhcr).", show_default=False),
]
Network = Annotated[
    str,
    typer.Option(help="The architecture: resnet, bn_cnn, lenet, lenet5, vgg, deep_cnn, …"),
]
Size = Annotated[
    int, typer.Option(min=8, help="Height and width that images are brought to, in pixels.")
]
WholeImage = Annotated[
    bool,
    typer.Option(
        "--whole-image", help="Take images as they are, instead of cropping them to their ink."
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How often training goes through the images.",
        show_default="30, more often where they are few",
    ),
]
TestFraction = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.9,
        help="Part of the images, or writers, that is held out to test on; 0 trains on all.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")]

# ------------------------------------------------------------------ skhcr quickstart

QuickstartOutput = Annotated[
    Path | None,
    typer.Option(
        help="Folder to write to: a new or an empty one.",
        show_default="skhcr-quickstart, -2, … in the current folder",
    ),
]

# ------------------------------------------------------------------ skhcr train

SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave out images that cannot be read or have no ink, instead of refusing the former.",
    ),
]
ReportOfTraining = Annotated[
    Path | None,
    typer.Option("--report", help="HTML file to write a report on the held-out images to."),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Begin with what a model has learned: the name of a pretrained one (see skhcr "
        "models), or a saved one (.skhcr). Images are read as it reads them.",
    ),
]
Tune = Annotated[
    int, typer.Option(min=0, help="Try so many candidates first; see skhcr tune for more options.")
]
CheckpointFolder = Annotated[
    Path | None,
    typer.Option(help="Folder to keep the state of the training in: once killed, it goes on."),
]

# ------------------------------------------------------------------ skhcr tune

Trials = Annotated[int, typer.Option(min=1, help="How many candidates to try.")]
Timeout = Annotated[
    float | None, typer.Option(min=0, help="Seconds after which no new one is tried.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="File or database that keeps the trials: the same command, with the same output, "
        "goes on from there."
    ),
]
Jobs = Annotated[int, typer.Option(min=1, help="How many processes try candidates.")]

# ------------------------------------------------------------------ skhcr evaluate and predict

Report = Annotated[
    Path | None, typer.Option(help="HTML file to write a report to, with pictures of all of it.")
]
Images = Annotated[list[Path], typer.Argument(help="Image files.", show_default=False)]
ByWriter = Annotated[
    bool,
    typer.Option(
        "--by-writer",
        help="Tell, too, how well the letters of each writer are read together; the writers are "
        "told by --group-pattern or --group-column.",
    ),
]
MarkUnknown = Annotated[
    Unknown,
    typer.Option(
        "--unknown",
        help="Whether to mark what looks like none of the model's letters; its label is a guess.",
    ),
]
SameWriter = Annotated[
    bool,
    typer.Option("--same-writer", help="All are by one person: read them with a view to all."),
]
Top = Annotated[int, typer.Option(min=1, help="How many labels to show for each.")]

# ------------------------------------------------------------------ skhcr read

Pages = Annotated[
    list[Path], typer.Argument(help="Images of pages, or folders of them.", show_default=False)
]
Direction = Annotated[
    ReadingDirection | None,
    typer.Option(
        help="Whether lines are read from the left or from the right.",
        show_default="that of the labels",
    ),
]
Form = Annotated[
    bool | None,
    typer.Option(
        "--form/--no-form",
        help="Whether the page is a form with a box for every character.",
        show_default="found out",
    ),
]
Allowed = Annotated[
    list[str] | None,
    typer.Option(
        help="The labels that may be read: 0123456789; or, repeatable, those of a line, counted "
        "from 0, or of a word or field in it: 0=0123456789, 1.2=ABC."
    ),
]
Words = Annotated[
    Path | None, typer.Option(help="A text file of words that are expected, one in each line.")
]
Boxes = Annotated[
    Path | None,
    typer.Option(
        help="Picture to draw the page in, with boxes around what was read; a folder for several."
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print a line of csv for every character.")]

# ------------------------------------------------------------------ skhcr sheet

Labels = Annotated[
    str | None,
    typer.Option(
        help="What is to be written: every character is a label; with spaces in it, every word.",
        show_default=False,
    ),
]
LabelsFile = Annotated[
    Path | None, typer.Option(help="A text file of labels instead, one in each line.")
]
Copies = Annotated[
    int, typer.Option(min=1, max=999, help="How often each writer is to write each.")
]
Writers = Annotated[
    list[str] | None,
    typer.Option(
        "--writer",
        help="Name or number of somebody who gets pages of their own; repeatable.",
        show_default="a line to write it on",
    ),
]
PaperSize = Annotated[Paper, typer.Option(help="Size of the paper.")]
CellSize = Annotated[float, typer.Option("--cell", help="Side of a box in millimeters.")]
Font = Annotated[
    Path | None,
    typer.Option(help="Font file for the labels.", show_default="fonts of this machine"),
]
SheetOutput = Annotated[
    Path,
    typer.Option("--output", "-o", help="PDF document to write.", show_default=False),
]
Scans = Annotated[
    list[Path],
    typer.Argument(
        help="Scans and photographs of the pages: images, PDF documents, folders of them.",
        show_default=False,
    ),
]
CutOutput = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Folder for a folder of images per class; what is in it stays.",
        show_default=False,
    ),
]
CutWriter = Annotated[
    str | None,
    typer.Option("--writer", help="Who wrote on all of them.", show_default="as is printed"),
]
WriterPattern = Annotated[
    str | None,
    typer.Option(help="Regular expression whose group in a scan's name is the writer."),
]
Doubtful = Annotated[
    Path | None,
    typer.Option(help="Folder for what is doubtful, to be looked at and moved to the others."),
]

# ------------------------------------------------------------------ skhcr export and models

SavedModel = Annotated[
    Path,
    typer.Argument(
        help="A saved model (.skhcr), or the name of a pretrained one.", show_default=False
    ),
]
To = Annotated[Format, typer.Option(help="The format.", show_default=False)]
ExportOutput = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File to write.", show_default="beside the model"),
]
QuantizeTo = Annotated[
    Quantize | None,
    typer.Option(
        "--quantize",
        help="Smaller numbers in an onnx or tflite file: float16 halves it; int8 makes it a third "
        "as large and about twice as fast, and needs --calibration.",
        show_default="32 bits",
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Option(
        help="With int8, a folder of images or a csv file that lists them, such as the training "
        "images; up to 500 of them are used.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str | None, typer.Argument(help="Tell all that is known of this one.", show_default=False)
]

# ------------------------------------------------------------------ skhcr datasets fetch

DatasetName = Annotated[str, typer.Argument(help="Its name in the list.", show_default=False)]
Subset = Annotated[str | None, typer.Option(help="train, test or all, where it has these parts.")]
Folder = Annotated[
    Path | None,
    typer.Option(help="New folder to write image files and a labels.csv to, for skhcr train."),
]

# ------------------------------------------------------------------ skhcr app

Models = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Saved (.skhcr) or exported (.onnx, .tflite) models, or names of pretrained ones.",
        show_default="all pretrained ones",
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets everybody in.")]
Port = Annotated[int | None, typer.Option(help="Port.", show_default="first free one from 7860")]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]
MaxMegabytes = Annotated[float, typer.Option(min=0.001, help="Larger files are refused.")]
Auth = Annotated[
    Path | None,
    typer.Option(help="File with a user in each line, as name:password; others stay out."),
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host", help="Another name of this machine, or of a proxy before it; repeatable."
    ),
]

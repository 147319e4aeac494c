"""The arguments and options of the commands, with their help texts."""

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
    html = "html"


class Quantize(StrEnum):
    """Number formats of exported models."""

    float16 = "float16"
    int8 = "int8"


class Unknown(StrEnum):
    """How to handle images that look like none of a model's letters."""

    mark = "mark"
    off = "off"


class Context(StrEnum):
    """What the label of a character on a page depends on besides its shape."""

    word = "word"
    line = "line"
    shape = "shape"


class ReadingDirection(StrEnum):
    """Reading directions of lines."""

    ltr = "ltr"
    rtl = "rtl"


def _allow_pixels(ctx: typer.Context, limit: int | None) -> int | None:
    """Apply the limit to Pillow, too, while the command runs."""
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
        help="A folder with a folder of images for each class, or a CSV file of images and labels.",
        show_default=False,
    ),
]
LabelPattern = Annotated[
    str | None,
    typer.Option(
        help=r"Regular expression whose group matches the label in a file name: 'label_(\d+)'. "
        "The images are then in the folder itself."
    ),
]
GroupPattern = Annotated[
    str | None,
    typer.Option(help="Regular expression whose group matches the writer in a file name."),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(help="Column with the images in a CSV file.", show_default="image"),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(help="Column with the labels in a CSV file.", show_default="label"),
]
GroupColumn = Annotated[str | None, typer.Option(help="Column with the writers in a CSV file.")]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1,
        callback=_allow_pixels,
        help="Maximum number of pixels in an image; larger images are refused.",
        show_default="Pillow's limit: 89,478,485",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the result as CSV, with a header.")]
Table = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="CSV file for the result.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]
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
    typer.Option(help="A CSV file with a label and its text in each line; the text is also shown."),
]
MergeCase = Annotated[
    bool,
    typer.Option("--merge-case", help="Merge uppercase and lowercase letters."),
]
Merge = Annotated[
    str | None,
    typer.Option(
        help="Groups of labels to merge: 0Oo,1lI; separate longer labels by =: alif=hamza.",
        show_default=False,
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="File for the model (.skhcr).", show_default=False),
]
Network = Annotated[
    str,
    typer.Option(help="The architecture: resnet, bn_cnn, lenet, lenet5, vgg, deep_cnn, …"),
]
Size = Annotated[
    int, typer.Option(min=8, help="Height and width of the network's input, in pixels.")
]
WholeImage = Annotated[
    bool,
    typer.Option("--whole-image", help="Use whole images instead of cropping them to their ink."),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Number of passes over the training images.",
        show_default="30, or more for few images",
    ),
]
TestFraction = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.9,
        help="Fraction of the images, or writers, held out for testing; 0 trains on all.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Random seed; the same seed gives the same model.")]

# ------------------------------------------------------------------ skhcr quickstart

QuickstartOutput = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="New or empty folder for the results.",
        show_default="skhcr-quickstart, -2, … in the current folder",
    ),
]

# ------------------------------------------------------------------ skhcr train

SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Skip images that cannot be read or have no ink. Without it, unreadable images are an "
        "error.",
    ),
]
ReportOfTraining = Annotated[
    Path | None,
    typer.Option("--report", help="HTML file for a report on the held-out images."),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Start from the weights of a pretrained model (see skhcr models) or a saved model "
        "(.skhcr), and preprocess images as it does.",
    ),
]
Tune = Annotated[
    int,
    typer.Option(min=0, help="Try this many candidates first; see skhcr tune for more options."),
]
CheckpointFolder = Annotated[
    Path | None,
    typer.Option(help="Folder for checkpoints, from which interrupted training resumes."),
]

# ------------------------------------------------------------------ skhcr tune

Trials = Annotated[int, typer.Option(min=1, help="Number of candidates to try.")]
Timeout = Annotated[
    float | None, typer.Option(min=0, help="Seconds after which no new candidate is tried.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="File or database for the trials: the same command with the same output resumes from "
        "there."
    ),
]
Jobs = Annotated[int, typer.Option(min=1, help="Number of processes that try candidates.")]

# ------------------------------------------------------------------ skhcr evaluate and predict

Report = Annotated[Path | None, typer.Option(help="HTML file for a report with pictures.")]
Images = Annotated[
    list[Path],
    typer.Argument(
        help="Image files, and folders with images at any depth.",
        show_default=False,
    ),
]
ByWriter = Annotated[
    bool,
    typer.Option(
        "--by-writer",
        help="Also print the accuracy when all letters of a writer are classified together; needs "
        "--group-pattern or --group-column.",
    ),
]
MarkUnknown = Annotated[
    Unknown,
    typer.Option(
        "--unknown",
        help="Whether to mark images that look like none of the model's letters; their labels are "
        "guesses.",
    ),
]
SameWriter = Annotated[
    bool,
    typer.Option("--same-writer", help="All images are by one writer: classify them together."),
]
Top = Annotated[int, typer.Option(min=1, help="Number of labels to show for each image.")]

# ------------------------------------------------------------------ skhcr read

Pages = Annotated[
    list[Path], typer.Argument(help="Images of pages, and folders of them.", show_default=False)
]
Direction = Annotated[
    ReadingDirection | None,
    typer.Option(
        help="Reading direction of lines: from the left or from the right.",
        show_default="that of the labels",
    ),
]
Form = Annotated[
    bool | None,
    typer.Option(
        "--form/--no-form",
        help="Whether the page is a form with a box for every character.",
        show_default="detected",
    ),
]
Allowed = Annotated[
    list[str] | None,
    typer.Option(
        help="The allowed labels: 0123456789; or, repeatable, those of a line, counted from 0, or "
        "of a word or field in it: 0=0123456789, 1.2=ABC."
    ),
]
Words = Annotated[Path | None, typer.Option(help="A text file of expected words, one per line.")]
PageContext = Annotated[
    Context,
    typer.Option(
        help="For models with both cases of a letter: use the height of characters in their line "
        "and the other characters of their word, only the line, or only the shape."
    ),
]
Boxes = Annotated[
    Path | None,
    typer.Option(
        help="Output picture of the page with boxes around the characters; a folder for several "
        "pages."
    ),
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
        help="Number format of an onnx or tflite file: float16 halves it; int8 makes it a third "
        "as large and about twice as fast, and needs --calibration.",
        show_default="32 bits",
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Option(
        help="With int8, a folder of images or a CSV file that lists them, such as the training "
        "images; up to 500 of them are used.",
        show_default=False,
    ),
]
RuntimeFolder = Annotated[
    Path | None,
    typer.Option(
        help="For html: folder in which npm install onnxruntime-web was run.",
        show_default="this folder and its parents",
    ),
]
ModelName = Annotated[
    str | None, typer.Argument(help="Show the whole card of this model.", show_default=False)
]

# ------------------------------------------------------------------ skhcr app

Models = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Saved (.skhcr) or exported (.onnx, .tflite) models, or names of pretrained ones.",
        show_default="all pretrained ones",
    ),
]
Host = Annotated[
    str,
    typer.Option(
        help="Address to listen on; 0.0.0.0 makes the page accessible to everybody on the network."
    ),
]
Port = Annotated[int | None, typer.Option(help="Port.", show_default="first free port from 7860")]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]
MaxMegabytes = Annotated[float, typer.Option(min=0.001, help="Larger files are refused.")]
Auth = Annotated[
    Path | None,
    typer.Option(help="File with one user per line, as name:password; others have no access."),
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        help="Another host name of this machine, or of a proxy in front of it; repeatable.",
    ),
]

"""The commands that get images to train on: data sets, and sheets of paper."""

from __future__ import annotations

import typer

from . import _options as opt
from . import _options_data as data
from ._terminal import say, show

datasets = typer.Typer(no_args_is_help=True, help="List and fetch data sets.")
sheet = typer.Typer(
    no_args_is_help=True, help="Print sheets for collecting a data set, and cut scans of them."
)


@datasets.command("list", epilog="Example: skhcr datasets list")
def list_datasets(json: opt.Json = False) -> None:
    """List the available data sets."""
    from . import _datasets

    rows = _datasets.list_all()
    show(rows, json, _datasets.print_list)


@datasets.command(epilog="Example: skhcr datasets fetch ahcd --subset train --folder letters")
def fetch(
    name: data.DatasetName,
    subset: data.Subset = None,
    folder: data.Folder = None,
    json: opt.Json = False,
) -> None:
    """Download a data set if it is not there yet."""
    from . import _datasets

    result = _datasets.fetch(name, subset, folder)
    show(result, json, _datasets.print_fetched)


@sheet.command("new", epilog="Example: skhcr sheet new --labels abc --copies 8 -o sheet.pdf")
def new_sheet(
    output: data.SheetOutput,
    labels: data.Labels = None,
    labels_file: data.LabelsFile = None,
    copies: data.Copies = 8,
    writer: data.Writers = None,
    paper: data.PaperSize = data.Paper.a4,
    cell: data.CellSize = 15.0,
    font: data.Font = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Draw sheets with a box for every character, to print and fill in.

    Markers in the corners and a code contain everything that skhcr sheet cut needs.
    """
    from ._terminal import check_free, check_installed

    check_free(output, force)
    check_installed("sheets", "cv2")
    from . import _sheets

    result = _sheets.new(
        labels,
        labels_file,
        output,
        force,
        copies=copies,
        writers=writer or (),
        paper=paper.value,
        cell_size=cell,
        font=font,
    )
    show(result, json, _sheets.print_new)


@sheet.command("cut", epilog="Example: skhcr sheet cut scans/ -o letters/")
def cut_sheets(
    scans: data.Scans,
    output: data.CutOutput,
    writer: data.CutWriter = None,
    writer_pattern: data.WriterPattern = None,
    doubtful: data.Doubtful = None,
    max_pixels: opt.MaxPixels = None,
    json: opt.Json = False,
) -> None:
    """Cut completed sheets into a folder of images for each class.

    Empty boxes are skipped, doubtful ones are listed. Images that cannot be cut are named; the
    others are cut, and the exit code is 1.
    """
    from ._terminal import check_installed

    check_installed("sheets", "cv2")
    from . import _sheets

    result = _sheets.cut(
        scans,
        output,
        writer=writer,
        writer_pattern=writer_pattern,
        doubtful_folder=doubtful,
        max_pixels=max_pixels,
    )
    show(result, json, _sheets.print_cut)
    for failure in result["failures"]:
        say(f"{failure['image']} cannot be cut: {failure['error']}")
    if result["failures"]:
        raise typer.Exit(1)

"""The commands and their options; what they do is imported only when they run."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ._terminal import Commands, say, show

app = typer.Typer(
    name="skhcr",
    cls=Commands,
    help="Handwritten character classification, the scikit-learn way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
datasets = typer.Typer(no_args_is_help=True, help="List and fetch data sets.")
app.add_typer(datasets, name="datasets")


def main() -> None:
    """Run the command line program."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        from skhcr import __version__

        typer.echo(f"skhcr {__version__}")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 all is done; 1 something failed, which is said in a sentence; 2 the "
    "command was not understood."
)
def skhcr(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Handwritten character classification, the scikit-learn way."""


# ------------------------------------------------------------------ options that commands share

DataArgument = Annotated[
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
    typer.Option(help="Regular expression whose group in a file's name tells the writer."),
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
    str | None, typer.Option(help="Column of a csv file that tells the writers.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")]
ModelArgument = Annotated[
    Path,
    typer.Argument(
        help="A saved model (.skhcr), an exported one (.onnx, .tflite), or the name of a ready one "
        "(see skhcr models).",
        show_default=False,
    ),
]
Text = Annotated[
    Path | None,
    typer.Option(help="A csv file with a label and its text in each line, to be shown too."),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="File to save the model in (.skhcr).", show_default=False),
]
Network = Annotated[
    str,
    typer.Option("--model", help="The network: resnet, bn_cnn, lenet, lenet5, vgg, deep_cnn, …"),
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
Epochs = Annotated[int, typer.Option(min=1, help="How often training goes through the images.")]
TestFraction = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.9,
        help="Part of the images, or writers, that is held out to test on; 0 trains on all.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")]


# ------------------------------------------------------------------ commands


@app.command()
def quickstart(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to: a new or an empty one.",
            show_default="skhcr-quickstart, -2, … in the current folder",
        ),
    ] = None,
) -> None:
    """Train a network on scikit-learn's handwritten digits, from image files to a saved model.

    Takes about a minute, needs no network, and writes to one folder only.
    """
    from . import _quickstart

    try:
        folder = _quickstart.new_folder(output)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    _quickstart.run(folder)


@app.command(epilog="Example: skhcr train letters/ -o letters.skhcr")
def train(
    data: DataArgument,
    output: Output,
    label_pattern: LabelPattern = None,
    group_pattern: GroupPattern = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    model: Network = "resnet",
    size: Size = 32,
    whole_image: WholeImage = False,
    epochs: Epochs = 30,
    test_fraction: TestFraction = 0.2,
    seed: Seed = 0,
    tune: Annotated[
        int,
        typer.Option(min=0, help="Try so many candidates first; see skhcr tune for more options."),
    ] = 0,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the state of the training in: once killed, it goes on."),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a network on labeled images, test it on some of them, and save it."""
    from . import _training
    from ._data import Data

    found = Data(data, label_pattern, group_pattern, image_column, label_column, group_column)
    pipeline = _training.new_pipeline(
        model,
        size=size,
        whole_image=whole_image,
        seed=seed,
        epochs=epochs,
        checkpoint_folder=checkpoint,
        verbose=0 if json else 1,
    )
    fit = partial(_training.tune, n_trials=tune) if tune else _training.train
    result = fit(found, pipeline, output, test_fraction=test_fraction, seed=seed, force=force)
    show(result, json, _training.print_trained)


@app.command(
    epilog="Example: skhcr tune letters/ --trials 40 --storage letters.journal -o best.skhcr"
)
def tune(
    data: DataArgument,
    output: Output,
    label_pattern: LabelPattern = None,
    group_pattern: GroupPattern = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    trials: Annotated[int, typer.Option(min=1, help="How many candidates to try.")] = 40,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds after which no new one is tried.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="File or database that keeps the trials: the same command, with the same output, "
            "goes on from there."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes try candidates.")] = 1,
    model: Network = "resnet",
    size: Size = 32,
    whole_image: WholeImage = False,
    epochs: Epochs = 30,
    test_fraction: TestFraction = 0.2,
    seed: Seed = 0,
    force: Force = False,
    json: Json = False,
) -> None:
    """Search for the best size of the network, recipe and augmentation, and train with them.

    Of networks other than resnet, recipe and augmentation are searched.
    """
    from . import _training
    from ._data import Data

    found = Data(data, label_pattern, group_pattern, image_column, label_column, group_column)
    pipeline = _training.new_pipeline(
        model,
        size=size,
        whole_image=whole_image,
        seed=seed,
        epochs=epochs,
        verbose=0 if json else 1,
    )
    result = _training.tune(
        found,
        pipeline,
        output,
        test_fraction=test_fraction,
        seed=seed,
        force=force,
        n_trials=trials,
        timeout=timeout,
        storage=storage,
        study_name=None if storage is None else output.stem,
        n_jobs=jobs,
    )
    show(result, json, _training.print_trained)


@app.command(epilog="Example: skhcr evaluate letters.skhcr test/ --report report.html")
def evaluate(
    model: ModelArgument,
    data: DataArgument,
    label_pattern: LabelPattern = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    report: Annotated[
        Path | None,
        typer.Option(help="HTML file to write a report to, with pictures of all of it."),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Tell how well a model reads labeled images."""
    from . import _predicting
    from ._data import Data

    found = Data(data, label_pattern, image_column=image_column, label_column=label_column)
    result = _predicting.evaluate(model, found, report, force)
    show(result, json, _predicting.print_evaluation)


@app.command(epilog="Example: skhcr predict arabic-letters scan.png photo.jpg --top 3")
def predict(
    model: ModelArgument,
    images: Annotated[list[Path], typer.Argument(help="Image files.", show_default=False)],
    top: Annotated[int, typer.Option(min=1, help="How many labels to show for each.")] = 1,
    text: Text = None,
    json: Json = False,
) -> None:
    """Tell what is written on images.

    Images that cannot be read are named; the others are read, and the exit code is 1.
    """
    from . import _predicting

    answers = _predicting.predict(model, images, top, text)
    show(answers, json, _predicting.print_predictions)
    unreadable = [answer for answer in answers if "error" in answer]
    for answer in unreadable:
        say(f"{answer['image']} cannot be read: {answer['error']}")
    if unreadable:
        raise typer.Exit(1)


class Format(StrEnum):
    """What models can be exported to."""

    onnx = "onnx"
    tflite = "tflite"
    keras = "keras"
    h5 = "h5"


@app.command(epilog="Example: skhcr export letters.skhcr --to onnx")
def export(
    model: Annotated[
        Path,
        typer.Argument(
            help="A saved model (.skhcr), or the name of a ready one.", show_default=False
        ),
    ],
    to: Annotated[Format, typer.Option(help="The format.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write.", show_default="beside the model"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a saved model for ONNX Runtime or LiteRT, or its network for Keras.

    ONNX and LiteRT files hold all that the model does, how images are read included. Keras files
    (keras, h5) hold the network and the labels only.
    """
    from . import _models

    target = output or model.with_suffix(f".{to.value}")
    if target.suffix != f".{to.value}":
        raise typer.BadParameter(f"{target} must end with .{to.value}.", param_hint="--output")
    result = _models.export_model(model, target, force)
    show(result, json, _models.print_exported)


@app.command(epilog="Example: skhcr models arabic-letters")
def models(
    name: Annotated[
        str | None, typer.Argument(help="Tell all that is known of this one.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """List the ready models, which need no training: what they read, and how well."""
    from . import _models

    cards = _models.describe(name)
    show(cards, json, _models.print_cards)


@datasets.command("list", epilog="Example: skhcr datasets list")
def list_datasets(json: Json = False) -> None:
    """List the data sets that can be fetched."""
    from . import _datasets

    rows = _datasets.list_all()
    show(rows, json, _datasets.print_list)


@datasets.command(epilog="Example: skhcr datasets fetch ahcd --subset train --folder letters")
def fetch(
    name: Annotated[str, typer.Argument(help="Its name in the list.", show_default=False)],
    subset: Annotated[
        str | None, typer.Option(help="train, test or all, where it has these parts.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="New folder to write image files and a labels.csv to, for skhcr train."),
    ] = None,
    json: Json = False,
) -> None:
    """Download a data set, unless it is there already."""
    from . import _datasets

    result = _datasets.fetch(name, subset, folder)
    show(result, json, _datasets.print_fetched)


@app.command("app", epilog="Example: skhcr app letters.skhcr --text texts.csv")
def serve(
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Saved (.skhcr) or exported (.onnx, .tflite) models, or names of ready ones.",
            show_default="all ready ones",
        ),
    ] = None,
    text: Text = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets everybody in.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Port.", show_default="first free one from 7860")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    max_megabytes: Annotated[float, typer.Option(min=0.001, help="Larger files are refused.")] = 10,
) -> None:
    """Serve a web page on which one draws or uploads a character."""
    from skhcr.app import launch

    from . import _models

    opened = _models.open_for_page(models)
    page = launch(
        opened,
        texts=None if text is None else _models.read_texts(text),
        host=host,
        port=port,
        open_browser=browser,
        max_megabytes=max_megabytes,
        block=False,
    )
    say(f"The page is at {page.local_url} until Ctrl-C is pressed.")
    page.block_thread()

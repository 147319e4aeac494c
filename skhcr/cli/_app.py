"""The commands. Each imports its implementation only when it runs."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from skhcr._messages import printable

from . import _options as opt
from ._app_data import datasets, sheet
from ._terminal import Commands, busy, say, show

app = typer.Typer(
    name="skhcr",
    cls=Commands,
    help="Handwritten character classification, the scikit-learn way.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_show_locals=False,
)
app.add_typer(datasets, name="datasets")
app.add_typer(sheet, name="sheet")


def main() -> None:
    """Run the command line program."""
    app(prog_name="skhcr")


def _print_version(wanted: bool) -> None:
    if wanted:
        from skhcr import __version__

        typer.echo(f"skhcr {__version__}")
        raise typer.Exit


def _check_start(ctx: typer.Context) -> None:
    """Refuse options that the base model determines."""
    if ctx.params["start"] is None:
        return
    for name in ("network", "size", "whole_image"):
        source = ctx.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(
                f"{option} cannot be combined with --from: that model determines it.",
                param_hint=option,
            )


@app.callback(epilog="Exit codes: 0 success; 1 an error, described by a message; 2 invalid usage.")
def skhcr(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Handwritten character classification, the scikit-learn way."""


@app.command()
def quickstart(output: opt.QuickstartOutput = None) -> None:
    """Train a network on scikit-learn's handwritten digits, from image files to a saved model.

    Takes about a minute, needs no network connection, and writes to one folder only.
    """
    from . import _quickstart

    try:
        folder = _quickstart.new_folder(output)
    except OSError as error:
        raise typer.BadParameter(printable(str(error)), param_hint="--output") from error
    _quickstart.run(folder)


@app.command(epilog="Example: skhcr train letters/ -o letters.skhcr")
def train(
    ctx: typer.Context,
    data: opt.Data,
    output: opt.Output,
    label_pattern: opt.LabelPattern = None,
    group_pattern: opt.GroupPattern = None,
    image_column: opt.ImageColumn = None,
    label_column: opt.LabelColumn = None,
    group_column: opt.GroupColumn = None,
    start: opt.From = None,
    network: opt.Network = "resnet",
    size: opt.Size = 32,
    whole_image: opt.WholeImage = False,
    max_pixels: opt.MaxPixels = None,
    epochs: opt.Epochs = None,
    test_fraction: opt.TestFraction = 0.2,
    skip_bad: opt.SkipBad = False,
    report: opt.ReportOfTraining = None,
    seed: opt.Seed = 0,
    tune: opt.Tune = 0,
    checkpoint_folder: opt.CheckpointFolder = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Train a network on labeled images, test it on held-out images, and save it."""
    from . import _training
    from ._data import Data

    _check_start(ctx)
    found = Data(data, label_pattern, group_pattern, image_column, label_column, group_column)
    pipeline = _training.new_pipeline(
        network,
        size=size,
        whole_image=whole_image,
        seed=seed,
        epochs=epochs or "auto",
        checkpoint_folder=checkpoint_folder,
        verbose=0 if json else 1,
    )
    fit = partial(_training.tune, n_trials=tune) if tune else _training.train
    result = fit(
        found,
        pipeline,
        output,
        test_fraction=test_fraction,
        seed=seed,
        force=force,
        skip_bad=skip_bad,
        report=report,
        start=start,
    )
    show(result, json, _training.print_trained)


@app.command(
    epilog="Example: skhcr tune letters/ --trials 40 --storage letters.journal -o best.skhcr"
)
def tune(
    ctx: typer.Context,
    data: opt.Data,
    output: opt.Output,
    label_pattern: opt.LabelPattern = None,
    group_pattern: opt.GroupPattern = None,
    image_column: opt.ImageColumn = None,
    label_column: opt.LabelColumn = None,
    group_column: opt.GroupColumn = None,
    trials: opt.Trials = 40,
    timeout: opt.Timeout = None,
    storage: opt.Storage = None,
    jobs: opt.Jobs = 1,
    start: opt.From = None,
    network: opt.Network = "resnet",
    size: opt.Size = 32,
    whole_image: opt.WholeImage = False,
    max_pixels: opt.MaxPixels = None,
    epochs: opt.Epochs = None,
    test_fraction: opt.TestFraction = 0.2,
    skip_bad: opt.SkipBad = False,
    report: opt.ReportOfTraining = None,
    seed: opt.Seed = 0,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Search for the best network size, recipe and augmentation, and train with them.

    For networks other than resnet, only the recipe and the augmentation are searched.
    """
    from . import _training
    from ._data import Data

    _check_start(ctx)
    found = Data(data, label_pattern, group_pattern, image_column, label_column, group_column)
    pipeline = _training.new_pipeline(
        network,
        size=size,
        whole_image=whole_image,
        seed=seed,
        epochs=epochs or "auto",
        verbose=0 if json else 1,
    )
    result = _training.tune(
        found,
        pipeline,
        output,
        test_fraction=test_fraction,
        seed=seed,
        force=force,
        skip_bad=skip_bad,
        report=report,
        start=start,
        n_trials=trials,
        timeout=timeout,
        storage=storage,
        study_name=None if storage is None else output.stem,
        n_jobs=jobs,
    )
    show(result, json, _training.print_trained)


@app.command(epilog="Example: skhcr evaluate letters.skhcr test/ --report report.html")
def evaluate(
    model: opt.Model,
    data: opt.Data,
    label_pattern: opt.LabelPattern = None,
    group_pattern: opt.GroupPattern = None,
    image_column: opt.ImageColumn = None,
    label_column: opt.LabelColumn = None,
    group_column: opt.GroupColumn = None,
    by_writer: opt.ByWriter = False,
    report: opt.Report = None,
    max_pixels: opt.MaxPixels = None,
    merge_case: opt.MergeCase = False,
    merge: opt.Merge = None,
    unknown: opt.MarkUnknown = opt.Unknown.mark,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Evaluate a model on labeled images."""
    from . import _predicting
    from ._data import Data

    found = Data(data, label_pattern, group_pattern, image_column, label_column, group_column)
    result = _predicting.evaluate(
        model, found, report, force, max_pixels, by_writer, merge_case, merge, unknown == "mark"
    )
    show(result, json, _predicting.print_evaluation)


@app.command(epilog="Example: skhcr predict arabic-letters scans/ photo.jpg -o letters.csv")
def predict(
    model: opt.Model,
    images: opt.Images,
    same_writer: opt.SameWriter = False,
    top: opt.Top = 1,
    text: opt.Text = None,
    max_pixels: opt.MaxPixels = None,
    merge_case: opt.MergeCase = False,
    merge: opt.Merge = None,
    unknown: opt.MarkUnknown = opt.Unknown.mark,
    file: opt.Table = None,
    force: opt.Force = False,
    csv: opt.Csv = False,
    json: opt.Json = False,
) -> None:
    """Classify images of single characters.

    Images that cannot be read are named; the others are classified, and the exit code is 1. Images
    without a character, or with several, are marked; they are not errors.
    """
    from . import _predicting
    from ._answers import Output

    output = Output(file, force, csv, json)
    output.check()
    with busy("Classifying …"):
        answers = _predicting.predict(
            model, images, top, text, max_pixels, same_writer, merge_case, merge, unknown == "mark"
        )
    output.show(answers, _predicting.TABLE, _predicting.print_predictions)


@app.command(epilog="Example: skhcr read arabic-letters page.png --boxes seen.png")
def read(
    model: opt.Model,
    pages: opt.Pages,
    direction: opt.Direction = None,
    form: opt.Form = None,
    allowed: opt.Allowed = None,
    words: opt.Words = None,
    context: opt.PageContext = opt.Context.word,
    text: opt.Text = None,
    boxes: opt.Boxes = None,
    unknown: opt.MarkUnknown = opt.Unknown.mark,
    max_pixels: opt.MaxPixels = None,
    file: opt.Table = None,
    force: opt.Force = False,
    csv: opt.Csv = False,
    json: opt.Json = False,
) -> None:
    """Read pages of separate characters: rows of letters, forms, hand-printed text.

    Boxes of characters are left, top, right and bottom, in pixels of the upright image: photographs
    are rotated first. Pages that cannot be read are named; the others are read, and the exit code
    is 1.
    """
    from . import _reading
    from ._answers import Output

    output = Output(file, force, csv, json)
    output.check()
    answers = _reading.read(
        model,
        pages,
        direction=None if direction is None else direction.value,
        form=form,
        allowed=allowed,
        words=words,
        context=None if context == "shape" else context.value,
        texts=text,
        boxes=boxes,
        unknown=unknown == "mark",
        force=force,
        max_pixels=max_pixels,
    )
    output.show(answers, _reading.TABLE, _reading.print_text)


@app.command(epilog="Example: skhcr export letters.skhcr --to onnx")
def export(
    model: opt.SavedModel,
    to: opt.To,
    output: opt.ExportOutput = None,
    quantize: opt.QuantizeTo = None,
    calibration: opt.Calibration = None,
    runtime: opt.RuntimeFolder = None,
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Write a saved model for ONNX Runtime or LiteRT, as an HTML page, or its network for Keras.

    ONNX and LiteRT files contain the whole model, including image preprocessing. An HTML page
    classifies drawings and images in a browser, without a server. Keras files (keras, h5) contain
    only the network and the labels.
    """
    from . import _models

    target = output or model.with_suffix(f".{to.value}")
    if target.suffix != f".{to.value}":
        message = f"{printable(str(target))} must end with .{to.value}."
        raise typer.BadParameter(message, param_hint="--output")
    if runtime and to is not opt.Format.html:
        raise typer.BadParameter("It is for --to html.", param_hint="--runtime")
    if quantize and to not in (opt.Format.onnx, opt.Format.tflite):
        message = f"{to.value} files are not quantized; use --to onnx or --to tflite."
        raise typer.BadParameter(message, param_hint="--quantize")
    if (quantize == opt.Quantize.int8) != (calibration is not None):
        message = "--quantize int8 needs images, and nothing else does: --calibration FOLDER."
        raise typer.BadParameter(message, param_hint="--calibration")
    if to is opt.Format.html:
        result = _models.export_page(model, target, force, runtime)
    else:
        result = _models.export_model(
            model, target, force, quantize=quantize and quantize.value, calibration=calibration
        )
    show(result, json, _models.print_exported)


@app.command(epilog="Example: skhcr models arabic-letters")
def models(
    name: opt.ModelName = None,
    json: opt.Json = False,
) -> None:
    """List the pretrained models and their accuracy."""
    from . import _models

    cards = _models.describe(name)
    show(cards, json, _models.print_cards)


@app.command("app", epilog="Example: skhcr app letters.skhcr --text texts.csv")
def serve(
    models: opt.Models = None,
    text: opt.Text = None,
    merge_case: opt.MergeCase = False,
    merge: opt.Merge = None,
    unknown: opt.MarkUnknown = opt.Unknown.mark,
    host: opt.Host = "127.0.0.1",
    port: opt.Port = None,
    browser: opt.Browser = True,
    max_megabytes: opt.MaxMegabytes = 10,
    max_pixels: opt.MaxPixels = None,
    auth: opt.Auth = None,
    allowed_host: opt.AllowedHosts = None,
) -> None:
    """Serve a web page for drawing or uploading characters."""
    from skhcr.app import launch

    from . import _models

    users = [] if auth is None else _models.read_users(auth)
    opened = _models.open_for_page(models, max_pixels, merge_case, merge)
    page = launch(
        opened,
        texts=None if text is None else _models.read_texts(text),
        mark_unknown=unknown == "mark",
        host=host,
        port=port,
        open_browser=browser,
        max_megabytes=max_megabytes,
        auth=users,
        allowed_hosts=allowed_host or [],
        block=False,
    )
    say(f"The page is at {page.local_url}. Press Ctrl-C to stop.")
    page.block_thread()

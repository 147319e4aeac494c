"""``python -m benchmarks``: list and run the benchmarks."""

import os
from importlib import import_module

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import typer

NAMES = (
    "accuracy",
    "delivered",
    "fits",
    "small-fits",
    "augmentation",
    "prediction",
    "loading",
    "search-loading",
    "searches",
    "learning-curves",
    "pruning",
    "small-searches",
    "memory",
    "scale",
    "saving",
    "serving",
    "html",
    "quantization",
    "imports",
    "pretrained",
    "pages",
    "foreign",
    "few",
    "reading",
    "sheets",
    "unknown",
    "writers",
)

app = typer.Typer(no_args_is_help=True, add_completion=False)
for name in NAMES:
    app.command(name)(import_module(f".{name.replace('-', '_')}", __package__).main)


@app.callback()
def benchmarks() -> None:
    """Compare skhcr with published results and other libraries.

    Benchmarks take minutes to hours, keep every finished piece at once, and resume from there when
    started again.
    """


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")

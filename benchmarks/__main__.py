"""``python -m benchmarks``: list and run the benchmarks."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import typer

from . import (
    accuracy,
    augmentation,
    delivered,
    fits,
    imports,
    loading,
    memory,
    prediction,
    pretrained,
    saving,
    scale,
    search_loading,
    searches,
    small_fits,
)

app = typer.Typer(no_args_is_help=True, add_completion=False)
for module in (
    accuracy,
    delivered,
    fits,
    small_fits,
    augmentation,
    prediction,
    loading,
    search_loading,
    searches,
    memory,
    scale,
    saving,
    imports,
    pretrained,
):
    app.command(module.__name__.rpartition(".")[2].replace("_", "-"))(module.main)


@app.callback()
def benchmarks() -> None:
    """Measure skhcr against what others report or offer.

    Benchmarks take minutes to hours, keep every finished piece at once, and go on from there when
    started again.
    """


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")

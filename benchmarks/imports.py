"""The time of imports."""

import subprocess
import sys
from functools import partial
from typing import Annotated

import typer

from ._turns import compare, publish, take_turns

PROGRAMS = {
    "import skhcr": "import skhcr",
    "skhcr --help": "import sys; sys.argv[1:] = ['--help']; from skhcr.cli import main; main()",
    "import sklearn": "import sklearn",
    "import sklearn.pipeline": "import sklearn.pipeline",
    "import keras": "import keras",
}


def main(
    rounds: Annotated[int, typer.Option(help="processes of every kind that are counted")] = 9,
) -> None:
    """Start Python and import skhcr, scikit-learn or Keras, in processes of their own."""
    run = partial(subprocess.run, check=True, capture_output=True)
    seconds = take_turns(
        {name: partial(run, [sys.executable, "-c", program]) for name, program in PROGRAMS.items()},
        rounds=rounds,
    )
    publish(
        "imports",
        "Imports",
        {name: compare(seconds, ours=name) for name in ("import skhcr", "skhcr --help")},
        f"Whole processes, including the start of Python, {rounds} of each, by turns.",
    )

"""Characters on real-world pages: the accuracy of the pretrained models."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import typer

from ._page_results import BEFORE, NOW, measure
from ._page_samples import MODELS
from ._page_sheets import draw_sheets
from ._page_tables import accuracies, as_page
from ._store import ROOT, read_json, write_json, write_page
from .pretrained import FOLDER
from .pretrained import _as_page as cards_as_page

_ON_CARDS = "pages as they come"
_STEP = 12  # characters of every condition, before the next ones are read


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="names of models or patterns; default all")
    ] = None,
    characters: Annotated[int, typer.Option(help="for every condition and model")] = 60,
    before: Annotated[
        Path | None, typer.Option(help="folder with another version, to be measured instead")
    ] = None,
) -> None:
    """Test the pretrained models on pages with tables, shadows, lines and marks: half an hour.

    Results of the earlier version are saved and do not need to be measured again.
    """
    version, folder = (NOW, ROOT) if before is None else (BEFORE, before)
    for n in [*range(_STEP, characters, _STEP), characters]:
        for model in MODELS:
            if not names or any(fnmatch(model, pattern) for pattern in names):
                measure(version, folder, model, n)
    _write()


def _write() -> None:
    """Write the results: the table, the pictures, and the models' cards."""
    write_page("pages", "Characters on real pages", as_page())
    draw_sheets()
    for name, accuracy in accuracies().items():
        card = read_json(FOLDER / f"{name}.json")
        card["accuracy"][_ON_CARDS] = round(accuracy, 4)
        write_json(FOLDER / f"{name}.json", card)
    write_page("pretrained", "Pretrained models", cards_as_page())

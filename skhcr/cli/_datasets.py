"""``skhcr datasets``: list data sets, fetch them, and write them as image files."""

from __future__ import annotations

import csv
import inspect
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from skhcr import datasets
from skhcr._atomic import delete_abandoned_parts, part_of
from skhcr._messages import counted, did_you_mean

from ._data import TABLE, command
from ._terminal import say, tell, tell_table


class Entry(NamedTuple):
    """A data set of the command line."""

    fetch: Callable[..., Any]
    images: int
    classes: int
    what: str


ENTRIES = {
    "ahcd": Entry(datasets.fetch_ahcd, 16_800, 28, "Arabic letters, 60 writers"),
    "hijja": Entry(datasets.fetch_hijja, 47_434, 29, "Arabic letters by children"),
    "hijja-isolated": Entry(
        partial(datasets.fetch_hijja, forms="isolated"), 14_557, 29, "isolated forms only"
    ),
    "english-handwritten": Entry(
        datasets.fetch_english_handwritten, 3_410, 62, "English letters and digits, 55 writers"
    ),
    "az-letters": Entry(datasets.fetch_az_letters, 372_450, 26, "English capital letters"),
    "emnist-letters": Entry(
        partial(datasets.fetch_emnist, "letters"), 145_600, 26, "English letters"
    ),
    "emnist-balanced": Entry(
        partial(datasets.fetch_emnist, "balanced"), 131_600, 47, "English letters and digits"
    ),
    "mnist": Entry(datasets.fetch_mnist, 70_000, 10, "digits"),
    "kmnist": Entry(partial(datasets.fetch_kmnist, "kmnist"), 70_000, 10, "Japanese hiragana"),
    "k49": Entry(partial(datasets.fetch_kmnist, "k49"), 270_912, 49, "Japanese hiragana"),
    "russian-letters": Entry(
        partial(datasets.fetch_russian_letters, color=True), 14_190, 33, "Russian letters"
    ),
    "unipen": Entry(
        partial(datasets.fetch_unipen, size=64), 105_373, 62, "English letters and digits, strokes"
    ),
    "omniglot": Entry(datasets.fetch_omniglot, 32_460, 1_623, "characters of 50 alphabets"),
}


def list_all() -> list[dict[str, Any]]:
    """Return the properties of every data set."""
    return [
        {"name": name, "images": entry.images, "classes": entry.classes, "what": entry.what}
        for name, entry in ENTRIES.items()
    ]


def print_list(rows: list[dict[str, Any]]) -> None:
    """Print a table of the data sets."""
    tell_table(
        ("name", "images", "classes", "what"),
        ((row["name"], f"{row['images']:,}", str(row["classes"]), row["what"]) for row in rows),
    )
    tell(f"They are stored in {datasets.get_data_home()}.")


def fetch(name: str, subset: str | None, folder: Path | None) -> dict[str, Any]:
    """Fetch a data set, and write it to a folder if one is given."""
    if name not in ENTRIES:
        raise ValueError(
            f"There is no data set {name!r}.{did_you_mean(name, ENTRIES)} There are "
            f"{', '.join(ENTRIES)}."
        )
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{str(folder)!r} already exists; pass a new or an empty folder.")
    function = ENTRIES[name].fetch
    if subset is not None and "subset" not in inspect.signature(function).parameters:
        raise ValueError(f"{name!r} has no subsets.")
    data = function() if subset is None else function(subset=subset)
    result = {"name": name, "images": len(data.target), "classes": len(data.target_names)}
    result["writers"] = None if data.groups is None else len(set(data.groups.tolist()))
    result["description"] = data.DESCR
    if folder is not None:
        result["csv"] = str(write_files(data, folder))
    return result


def write_files(data: Any, folder: Path) -> Path:
    """Write images as files and a CSV file with their labels and writers; return its path.

    The folder, new or empty, is written completely or not at all. Labels are not used as folder
    names, because some file systems do not distinguish "a" and "A".

    Raises
    ------
    OSError
        If it cannot be written; it names the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    delete_abandoned_parts(folder)
    part = part_of(folder)
    part.mkdir()
    try:
        _write_images(data, part)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise OSError(f"{str(folder)!r} cannot be written: {error}") from error
        raise
    return folder / TABLE


def _write_images(data: Any, folder: Path) -> None:
    from PIL import Image

    files = getattr(data, "filenames", None)
    if files is None:
        files = [f"images/{number:06d}.png" for number in range(1, len(data.target) + 1)]
        (folder / "images").mkdir()
        for file, image in zip(files, data.images, strict=True):
            Image.fromarray(image).save(folder / file)
    groups = data.groups
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as table:
        lines = csv.writer(table)
        lines.writerow(["image", "label", *([] if groups is None else ["writer"])])
        columns = [files, data.target, *([] if groups is None else [groups])]
        lines.writerows(zip(*columns, strict=True))


def print_fetched(result: dict[str, Any]) -> None:
    """Print the fetched data set and the next command."""
    for line in result["description"].partition("\n\n")[0].splitlines():
        tell(line)
    images = counted(result["images"], "image")
    tell(f"{images} of {counted(result['classes'], 'class', 'classes')}")
    if "csv" in result:
        writers = ["--group-column", "writer"] if result["writers"] else []
        line = command("train", result["csv"], *writers, "-o", "letters.skhcr")
        say(f"To train on them, run: {line}")

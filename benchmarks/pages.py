"""Characters on pages as people have them: what the pretrained models make of them."""

from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Annotated
from zlib import crc32

import numpy as np
import typer
from PIL import Image, ImageDraw

from skhcr import InkNormalizer, load_exported

from ._page_conditions import CONDITIONS
from ._page_reader import PageReader
from ._store import (
    RESULTS,
    ROOT,
    as_table,
    commit_of,
    environment,
    read_json,
    write_figure,
    write_lines,
    write_page,
)
from .pretrained import FOLDER, MODELS

NOW, BEFORE = "now", "before"
MODEL_FILES = FOLDER.relative_to(ROOT)
SURE = 0.9  # a probability above it passes for a sure answer
LOW = 85  # percent right, below which a condition is named
# Characters that are photographs themselves are taken from them with little around.
CUT_OUT = {"english": 64, "russian-letters": 48}
WITH_CAPITALS = "english"
ANY_CASE = "english, any case"
COLUMNS = {
    **{name: (name, "right") for name in MODELS},
    ANY_CASE: (WITH_CAPITALS, "right_in_any_case"),
}


# ------------------------------------------------------------------ pages


@cache
def _characters(model):
    """Return a model's test characters, light on dark, and their labels."""
    test = MODELS[model].test()
    images = test.X
    if model in CUT_OUT:
        images = InkNormalizer(CUT_OUT[model], margin=0.05).transform(images)[..., 0]
    return images, test.y


def _pages(model, kind, condition, n):
    """Yield pages and labels, always the same ones first, however many there are."""
    images, labels = _characters(model)
    rng = np.random.default_rng([crc32(model.encode()), crc32(condition.encode())])
    for index in rng.permutation(len(labels))[:n]:
        yield CONDITIONS[kind][condition](images[index], rng), str(labels[index])


# ------------------------------------------------------------------ counts


def _path(version, model):
    return RESULTS / "pages" / f"{version}-{model}.json"


def _counts(version, model):
    """Return what was counted, by condition."""
    path = _path(version, model)
    if not path.exists():
        return {}
    return {piece["condition"]: piece for piece in read_json(path)["conditions"]}


def _measure(model, folders, n):
    """Let versions of skhcr read a model's pages, and keep what is counted of every condition."""
    commits = {version: commit_of(folder) for version, folder in folders.items()}
    with ExitStack() as stack:
        readers = {
            version: stack.enter_context(PageReader(folder, folder / MODEL_FILES / f"{model}.onnx"))
            for version, folder in folders.items()
        }
        for kind, conditions in CONDITIONS.items():
            for condition in conditions:
                known = {version: _counts(version, model) for version in readers}
                missing = [
                    version
                    for version in readers
                    if known[version].get(condition, {"n": 0})["n"] < n
                ]
                if not missing:
                    continue
                counts = _count(
                    _pages(model, kind, condition, n),
                    {version: readers[version] for version in missing},
                    is_blank=kind == "nothing",
                )
                for version, piece in counts.items():
                    known[version][condition] = {"condition": condition, "kind": kind, **piece}
                    write_lines(
                        _path(version, model),
                        {
                            **environment(),
                            "commit": commits[version],
                            "conditions": list(known[version].values()),
                        },
                    )
                print(model, condition, counts)


def _count(pages, readers, *, is_blank):
    """Return by version how many pages there are, are right, and are wrong, but sure."""
    counts = {
        version: {"n": 0, "right": 0, "right_in_any_case": 0, "sure_but_wrong": 0}
        for version in readers
    }
    for page, label in pages:
        for version, reader in readers.items():
            answer, probability = reader.read(page)
            if is_blank:
                right = in_any_case = not reader.finds_ink(page)
            else:
                right, in_any_case = answer == label, answer.lower() == label.lower()
            found = counts[version]
            found["n"] += 1
            found["right"] += right
            found["right_in_any_case"] += in_any_case
            found["sure_but_wrong"] += not right and probability > SURE
    return counts


# ------------------------------------------------------------------ the page


class _Table:
    """What was counted, of all models and conditions, as shares."""

    def __init__(self):
        self.counts = {(v, m): _counts(v, m) for v in (NOW, BEFORE) for m in MODELS}

    def percent(self, version, model, what, conditions):
        """Return the mean of conditions in percent; NaN where one is not measured."""
        pieces = [self.counts[version, model].get(name) for name in conditions]
        if not pieces or None in pieces:
            return np.nan
        return 100 * float(np.mean([piece[what] / piece["n"] for piece in pieces]))

    def cells(self, conditions):
        """Return a text for every column: right before and now, and sure but wrong now."""
        return [
            f"{_whole(self.percent(BEFORE, model, what, conditions))} / "
            f"**{_whole(self.percent(NOW, model, what, conditions))}**, "
            + _whole(self.percent(NOW, model, "sure_but_wrong", conditions))
            for model, what in COLUMNS.values()
        ]

    def ratios(self, clean, others):
        """Return a text for every column: the mean of others divided by that of clean pages."""
        return [
            " / ".join(
                mark.format(_decimals(self.percent(version, model, what, others), divisor))
                for version, mark in ((BEFORE, "{}"), (NOW, "**{}**"))
                for divisor in [self.percent(version, model, what, clean)]
            )
            for model, what in COLUMNS.values()
        ]

    def low(self):
        """Return the conditions with too few right now, the worst first, as texts by column."""
        texts = {}
        for column, (model, what) in COLUMNS.items():
            found = sorted(
                (self.percent(NOW, model, what, [name]), name)
                for name in self.counts[NOW, model]
                if self.percent(NOW, model, what, [name]) < LOW
            )
            n_measured = len(self.counts[NOW, model])
            names = ", ".join(f"{name} ({percent:.0f})" for percent, name in found)
            texts[column] = f"of {n_measured} conditions measured: {names or 'none'}"
        return texts


def _whole(value):
    return "-" if np.isnan(value) else f"{value:.0f}"


def _decimals(value, divisor):
    return "-" if np.isnan(value / divisor) else f"{value / divisor:.2f}"


def _as_page(table):
    kinds = {kind: list(conditions) for kind, conditions in CONDITIONS.items()}
    others = [
        name for kind, names in kinds.items() if kind not in ("clean", "nothing") for name in names
    ]
    titles = ["", *COLUMNS]
    means = [[kind, *table.cells(names)] for kind, names in kinds.items()]
    parts = [
        _introduction(table),
        "## Means\n",
        as_table(
            [
                titles,
                *means,
                ["edge, light, lines and marks", *table.cells(others)],
                ["these / kind clean", *table.ratios(kinds["clean"], others)],
                ["these / condition clean", *table.ratios(["clean"], others)],
            ]
        ),
        f"## Under {LOW} %\n",
        "\n".join(f"- *{column}*: {text}" for column, text in table.low().items()) + "\n",
    ]
    for kind, names in kinds.items():
        rows = [[name, *table.cells([name])] for name in names]
        parts += [f"## {kind.capitalize()}\n", as_table([titles, *rows])]
    parts.append(_FIGURE)
    return "\n".join(parts)


def _introduction(table):
    numbers = {piece["n"] for counts in table.counts.values() for piece in counts.values()}
    commits = {
        read_json(_path(BEFORE, model))["commit"] for model in MODELS if table.counts[BEFORE, model]
    }
    return _INTRODUCTION.format(
        n=" to ".join(str(n) for n in sorted({min(numbers), max(numbers)})),
        interval=196 * np.sqrt(0.9 * 0.1 / min(numbers)),
        before=", ".join(sorted(commits)) or "not measured",
    )


_INTRODUCTION = """\
How many of 100 characters the [pretrained models](pretrained.md) read on pages that have more on
them than a character: right before / **right now**, and answered wrong *now* with a probability
above 0.9. *Before* is the version before this change ({before}), in which `InkNormalizer` did not
look for edges, shadows, lines and marks; its models have the same weights.

The pages are composed, not photographed: a test character, none of which the model was trained on,
is enlarged onto a page with paper, pen and noise of its own, and the condition is drawn around,
over or under it, with random parameters. {n} characters for every condition and model, the same
pages for both versions; 95 % intervals of a condition's figure of 90 are {interval:.0f} points to
either side. The parameters differ from those that `InkNormalizer` was developed on, but
the kinds of pages are the same; what is not among them may be read worse. A dash stands for what
is not measured yet.

The kind *clean* is paper, ink, blur and light as most pages have them. *Nothing* are pages without
a character: right are those on which no ink is found. *English, any case* takes c for C, too, as
capital and small forms cannot be told apart by themselves.
"""

_FIGURE = """\
## The conditions

A page of every condition, and what the networks see of it now, 32 x 32 pixels:

![Pages of all conditions, and the ink that is found on them](pages.png)

Made by `python -m benchmarks pages --before FOLDER`, where the folder holds the version before.
"""


# ------------------------------------------------------------------ the figure


def _plot():
    """Draw a page of every condition, beside it what the network sees."""
    import matplotlib.pyplot as plt

    n_columns, wide, high, side = 6, 1.48, 0.88, 0.68  # wide, high and side in inches
    n_rows = {kind: -(-len(names) // n_columns) for kind, names in CONDITIONS.items()}
    width, height = n_columns * wide + 0.25, sum(n_rows.values()) * high
    figure = plt.figure(figsize=(width, height))

    def show(image, left, top):
        place = left / width, 1 - (top + side) / height, side / width, side / height
        axis = figure.add_axes(place)
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.axis("off")

    def write(text, left, top, **options):
        figure.text(left / width, 1 - top / height, text, va="top", **options)

    models, row = list(MODELS), 0
    for kind, conditions in CONDITIONS.items():
        write(kind, 0.05, row * high + 0.2, fontsize=8, fontweight="bold", rotation="vertical")
        for number, condition in enumerate(conditions):
            model = models[number % len(models)]
            page, _ = next(_pages(model, kind, condition, 1))
            seen = _exported(model).transform([page])[0, :, :, 0]
            left = 0.25 + number % n_columns * wide
            top = (row + number // n_columns) * high
            write(condition, left, top + 0.05, fontsize=6.5)
            show(_thumbnail(page), left, top + 0.18)
            show(seen, left + side + 0.03, top + 0.18)
        row += n_rows[kind]
    write_figure("pages", figure)
    plt.close(figure)


@cache
def _exported(model):
    return load_exported(FOLDER / f"{model}.onnx")


def _thumbnail(page, side=120):
    """Return a page in a square, with an outline."""
    image = Image.fromarray(page)
    image.thumbnail((side - 2, side - 2), Image.Resampling.BOX)
    image = image.convert("RGBA")
    square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    left, top = (side - image.width) // 2, (side - image.height) // 2
    square.paste(image, (left, top))
    right, bottom = left + image.width, top + image.height
    ImageDraw.Draw(square).rectangle((left - 1, top - 1, right, bottom), outline=(190, 190, 190))
    return np.asarray(square)


def main(
    characters: Annotated[int, typer.Option(help="for every condition and model")] = 60,
    before: Annotated[
        Path | None, typer.Option(help="folder with skhcr/ of another version, to compare with")
    ] = None,
) -> None:
    """Let the pretrained models read pages with tables, shadows, lines and marks: an hour."""
    folders = {NOW: ROOT} if before is None else {NOW: ROOT, BEFORE: before}
    for model in MODELS:
        _measure(model, folders, characters)
    _plot()
    write_page("pages", "Characters on real pages", _as_page(_Table()))

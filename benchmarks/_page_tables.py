"""The page of the documentation with the results on pages of all conditions."""

from collections import Counter

import numpy as np

from ._page_conditions import CONDITIONS
from ._page_results import BEFORE, BLANK, LETTER, NOW, OTHER_CASE, RIGHT, results
from ._page_samples import MODELS
from ._store import as_table

LOW = 85  # percent right, below which a condition is named
ANY_CASE = "english, any case"
_COLUMNS = {**{name: name for name in MODELS}, ANY_CASE: "english"}
# On these there is nothing that could be read.
_TOLD = ("several", "nothing")
# Known reasons for a low accuracy under a condition.
_FINE = "the training data contains few fine pens, and dots are as small as specks"
_ONE_SHAPE = "0, O and o, and 1, l and I, have one shape"
REASONS = {
    "pen of an 8th": "dots and small loops run together",
    "pen of a 25th": _FINE,
    "pen of a 50th": _FINE,
    "shadow of a hand": "the shadows of fingers, and the light between them, are about as wide as "
    "strokes",
    "punch hole": "a hole near the letter is mistaken for a dot",
    "cell in part in shadow": "where the edge of a shadow crosses a broad letter, little paper is "
    "left to estimate its brightness",
    "cell on a table": "where a broad letter is as dark as the table, the paper is mistaken for "
    "ink",
    "cell with a part of the next": "ink that extends far into the cell is mistaken for a stroke",
    "cell of ruled paper": "with few pixels, ruling is as wide as strokes",
    "cell of squared paper": _ONE_SHAPE,
    "uint16 with eight bits": _ONE_SHAPE,
    "cell with whole borders": "a border as dark and as wide as the strokes remains in part",
    "cell with a crumb": "a crumb above a letter is mistaken for its dot",
    "glare": "strokes in the middle of a reflection are hardly darker than the paper, and its edge "
    "is as dark as they are",
    "one bit": "the strokes of blurred letters run together if gray becomes black",
    "on a wooden table": "letters are small on such pages, and their details are blurred",
    "real page on a table": "pale ink in dim light is lighter than the grain of the table",
    "real page in a frame": "pale ink that touches the frame is mistaken for a part of it",
}


class _Cell:
    """The results on pages of some conditions, with a version of the code, for a column."""

    def __init__(self, pieces, column):
        self._pieces = pieces
        self._right = RIGHT + (OTHER_CASE + OTHER_CASE.upper()) * (column == ANY_CASE)

    def right(self):
        """Return the mean share of right answers of the conditions, in percent."""
        return self._mean(lambda piece: sum(page in self._right for page in piece["pages"]))

    def sure_but_wrong(self):
        """Return the mean share of answers that are wrong and more than 90 % sure, in percent."""
        return self._mean(lambda piece: sum(map(self._is_sure_but_wrong, piece["pages"])))

    def told(self):
        """Return the mean share of pages that are said to hold no letter, or several."""
        return self._mean(lambda piece: sum(told != LETTER for told in piece["told"]))

    def sure_of_wrong(self):
        """Return the share of wrong answers that are more than 90 % sure, in percent."""
        pages = Counter(
            page
            for piece in self._pieces
            for page, told in zip(piece["pages"], piece["told"], strict=True)
            if page not in self._right and told != BLANK
        )
        sure = sum(n for page, n in pages.items() if page.isupper())
        return 100 * sure / pages.total() if pages else np.nan

    def low(self, column):
        """Return the conditions with too few right, and how many percent are."""
        rights = {piece["condition"]: _Cell([piece], column).right() for piece in self._pieces}
        return {condition: right for condition, right in rights.items() if right < LOW}

    def _is_sure_but_wrong(self, page):
        return page.isupper() and page not in self._right

    def _mean(self, count):
        shares = [count(piece) / len(piece["pages"]) for piece in self._pieces]
        return 100 * float(np.mean(shares)) if shares else np.nan


class _Table:
    """The results of all versions, models and conditions."""

    def __init__(self):
        known = {(v, m): results(v, m) for v in (BEFORE, NOW) for m in MODELS}
        self._pieces = {key: pieces for key, (_, pieces) in known.items()}
        self.commits = {v: {known[v, m][0] for m in MODELS} - {None} for v in (BEFORE, NOW)}
        self.numbers = {
            version: sorted(
                len(piece["pages"])
                for model in MODELS
                for condition, piece in self._pieces[version, model].items()
                if condition != "clean"
            )
            for version in (BEFORE, NOW)
        }

    def cell(self, version, column, conditions):
        """Return the results under some conditions, on the pages of both versions."""
        model = _COLUMNS[column]
        pieces = [self._pieces[version, model].get(condition) for condition in conditions]
        return _Cell([self._shared(model, piece) for piece in pieces if piece], column)

    def _shared(self, model, piece):
        both = [self._pieces[v, model].get(piece["condition"]) for v in (BEFORE, NOW)]
        n = min(len(known["pages"]) for known in both if known)
        return {**piece, "pages": piece["pages"][:n], "told": piece["told"][:n]}

    def row(self, conditions, form):
        """Return a text for every column."""
        return [
            form(*(self.cell(version, column, conditions) for version in (BEFORE, NOW)))
            for column in _COLUMNS
        ]


def as_page():
    """Return the page, in Markdown."""
    table = _Table()
    titles = ["", *_COLUMNS]
    parts = [
        _introduction(table),
        "## In short\n",
        as_table([["", "target", *_COLUMNS], *_short(table)]),
    ]
    parts += ["## By kind\n", as_table([titles, *_means(table)])]
    parts += [f"## Under {LOW} %\n", _low(table)]
    parts += ["## Clean pages with lower accuracy than before\n", _worse(table)]
    for kind, conditions in CONDITIONS.items():
        rows = [[condition, *table.row([condition], _three)] for condition in conditions]
        parts += [f"## {kind.capitalize()}\n", as_table([titles, *rows])]
    parts.append(_MADE)
    return "\n".join(parts)


def accuracies():
    """Return the present accuracy of every model, except on clean pages."""
    table = _Table()
    rights = {model: table.cell(NOW, model, _others()).right() / 100 for model in MODELS}
    return {model: right for model, right in rights.items() if not np.isnan(right)}


def _names(*kinds):
    return [name for kind in kinds for name in CONDITIONS[kind]]


def _others():
    return _names(*(kind for kind in CONDITIONS if kind not in ("clean", *_TOLD)))


def _short(table):
    clean, others, letters = ["clean"], _others(), _names("clean") + _others()

    def ratio(column):
        texts = []
        for version in (BEFORE, NOW):
            right = table.cell(version, column, others).right()
            texts.append(right / table.cell(version, column, clean).right())
        return _pair(*texts, digits=2)

    def sure(before, now):
        return _pair(before.sure_of_wrong(), now.sure_of_wrong())

    def low(column):
        numbers = [len(table.cell(v, column, letters).low(column)) for v in (BEFORE, NOW)]
        return _pair(*numbers)

    def right(before, now):
        return _pair(before.right(), now.right())

    def made_up(before, now):
        return _pair(100 - before.right(), 100 - now.right())

    def told(before, now):
        return _pair(before.told(), now.told(), digits=1)

    nothing, several = _names("nothing"), _names("several")
    return [
        ["a clean page, % right", "", *table.row(clean, right)],
        ["all kinds of clean pages", "as before", *table.row(_names("clean"), right)],
        [f"the {len(others)} other conditions with a letter", "", *table.row(others, right)],
        ["the ratio of these to a clean page", "0.97", *map(ratio, _COLUMNS)],
        [f"conditions under {LOW} %, of {len(letters)}", "0", *map(low, _COLUMNS)],
        ["wrong predictions with a probability above 0.9, %", "5", *table.row(letters, sure)],
        ["pages with one letter, reported as blank or several, %", "0", *table.row(letters, told)],
        ["pages with nothing, not reported as blank, %", "0", *table.row(nothing, made_up)],
        ["pages with several letters, not reported, %", "0", *table.row(several, made_up)],
    ]


def _means(table):
    return [[kind, *table.row(list(conditions), _three)] for kind, conditions in CONDITIONS.items()]


def _three(before, now):
    pair = _pair(before.right(), now.right())
    return pair if pair == "" else f"{pair}, {_number(now.sure_but_wrong())}"


def _pair(before, now, digits=0):
    if np.isnan(before) and np.isnan(now):
        return ""
    return f"{_number(before, digits)} / **{_number(now, digits)}**"


def _number(value, digits=0):
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def _low(table):
    found = {}
    for column in _COLUMNS:
        for condition, right in (
            table.cell(NOW, column, _names("clean") + _others()).low(column).items()
        ):
            found.setdefault(condition, {})[column] = right
    known = [
        f"- *{condition}* ({_shares(columns)}): {REASONS[condition]}"
        for condition, columns in found.items()
        if condition in REASONS
    ]
    rest = {name: columns for name, columns in found.items() if name not in REASONS}
    by_case = {name: columns for name, columns in rest.items() if set(columns) == {"english"}}
    others = {name: columns for name, columns in rest.items() if name not in by_case}
    parts = [*known, "", _BY_CASE, _listed(by_case), "", _BY_CHANCE, _listed(others), ""]
    return "\n".join(parts)


def _shares(columns):
    return ", ".join(f"{column} {right:.0f}" for column, right in columns.items())


def _listed(found):
    conditions = [f"*{condition}* ({_shares(columns)})" for condition, columns in found.items()]
    return "; ".join(conditions) or "None."


def _worse(table):
    lines = []
    for condition in _names("clean"):
        for column in _COLUMNS:
            before, now = (table.cell(v, column, [condition]).right() for v in (BEFORE, NOW))
            if now < before - 1:
                lines.append(f"- *{condition}*, {column}: {before:.0f} / **{now:.0f}**")
    return "\n".join(lines or ["None by more than a point."]) + "\n"


def _introduction(table):
    numbers = [numbers for numbers in table.numbers.values() if numbers]
    least = min(number[0] for number in numbers)
    most = max(number[-1] for number in numbers)
    return _INTRODUCTION.format(
        n_conditions=sum(map(len, CONDITIONS.values())),
        n=least if least == most else f"{least} to {most}",
        interval=196 * np.sqrt(0.9 * 0.1 / least),
        before=", ".join(sorted(table.commits[BEFORE])) or "not measured",
    )


_INTRODUCTION = """\
Accuracy, %, of the [pretrained models](pretrained.md) on pages of {n_conditions} conditions: before
/ **now**. In the tables of conditions, the number after the comma is the share of wrong predictions
*now* with a probability above 0.9. *Before* is the version ({before}) in which `InkNormalizer` did
not handle edges, shadows, lines and marks, with the models of that time. [Real-world
pages](../pages-as-they-come.md) shows a page of every condition, and the input of the network.

Most pages are synthetic: a test character that the model was not trained on is enlarged onto a page
with random paper, pen and noise, and the condition is drawn around, over or under it, with random
parameters. *As published* are the original images of the data sets: real pages, photographs and
scans. {n} characters for every condition and model (four times as many of *clean*), the same pages
for both versions; the 95 % interval of a condition's figure of 90 is {interval:.0f} points to
either side. Means weight all conditions equally. `InkNormalizer` was developed on the same kinds of
pages, with other parameters. The accuracy on other kinds of pages may be lower.

On pages with *several* characters, the correct result is that there are several; on pages with
*nothing*, that there is no character. *English, any case* ignores case, because uppercase and
lowercase forms of isolated letters can look the same. A dash marks a missing measurement; a
condition that only some data sets have is empty for the others.
"""

_BY_CASE = """\
English, only if the case counts; isolated uppercase and lowercase letters can have one shape:
"""

_BY_CHANCE = """\
The others, without a known reason. Some are listed by chance, if few characters were tested, or if
the accuracy on clean pages is not much higher:
"""

_MADE = """\
## How it is made

`python -m benchmarks pages` classifies the pages with this version of skhcr, `python -m benchmarks
pages --before FOLDER` with the version in a folder. Both write this page and the pictures,
including the saved results of the other version. The results of every condition are saved at once.
"""

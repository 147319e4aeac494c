"""Images that are not letters: how well scores separate them from letters."""

import hashlib
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated

import numpy as np
import typer

from ._known_letters import MODELS, others, own
from ._no_letters import KINDS, SHARED, letter, pages, printed_letter
from ._store import RESULTS, as_table, environment, read_json, write_json, write_page
from ._unknown_scores import BOTH, NAMES, Reader, accuracy_without, auroc, framed, mean_rank
from .pretrained import FOLDER

PIECES = RESULTS / "unknown"
PRINTED = "printed letters of its own"
REFUSED = (0.0, 0.01, 0.03, 0.05)
_REFUSED_OF_DEFAULTS = (0.0, 0.01, 0.03, 0.034, 0.05)
_LETTERS, _TEST_IMAGES = 400, 3_400
_IMAGES = 150  # of each kind, model and seed


def main(
    models: Annotated[
        list[str] | None, typer.Argument(help="pretrained models; default: all")
    ] = None,
    seeds: Annotated[int, typer.Option(help="draws of the images")] = 3,
    table: Annotated[bool, typer.Option("--table", help="only rewrite the table")] = False,
) -> None:
    """Show the pretrained models images that are none of their letters: a quarter of an hour.

    Every finished draw is kept; a second run resumes there. Rows are those of the files that
    are in the package: other files are other rows.
    """
    for seed in range(0 if table else seeds):
        for name in MODELS:
            path = _piece(name, seed)
            is_wanted = any(fnmatchcase(name, pattern) for pattern in models or ["*"])
            if is_wanted and not path.exists():
                row = {"model": name, "seed": seed, **measure(_reader(name), name, seed)}
                row |= {
                    **environment(),
                    "measured": datetime.now(UTC).isoformat(timespec="seconds"),
                }
                write_json(path, row)
                print(name, seed, {kind: of["skhcr"] for kind, of in row["auroc"].items()})
    text = page(known())
    write_page("unknown", "Images that are not letters", text)
    print(text)


def _piece(name, seed):
    digest = hashlib.sha256((FOLDER / f"{name}.onnx").read_bytes()).hexdigest()[:8]
    return PIECES / f"{name}-{digest}-{seed}.json"


@cache
def _reader(name):
    return Reader(name)


def measure(reader, name: str, seed: int) -> dict:
    """Return how well scores separate letters from each kind of images."""
    (published, read), labels = _published(name)
    other_hands, _ = _by_others(name)
    rng = np.random.default_rng([seed, 99])
    on_pages, _ = reader(framed([letter(name, "test", rng) for _ in range(_LETTERS)]))
    rows = rng.permutation(len(labels))[:_LETTERS]
    letters = {key: np.concatenate([published[key][rows], on_pages[key]]) for key in NAMES}
    threshold = reader.exported.offset_
    row: dict = {"auroc": {}, "auroc_of_others": {}, "marked": {}, "blank": {}}
    for kind in (*KINDS, PRINTED):
        images = _frames(kind, None if kind in SHARED else name, seed)
        is_blank = ~images.any(axis=(1, 2, 3))
        found, _ = reader(images[~is_blank])
        row["blank"][kind] = int(is_blank.sum())
        row["marked"][kind] = _share_below(threshold, found)
        row["auroc"][kind] = {key: auroc(letters[key], found[key]) for key in NAMES}
        row["auroc_of_others"][kind] = {key: auroc(other_hands[key], found[key]) for key in NAMES}
    row["marked"] |= {
        "test images": _share_below(threshold, published),
        "test characters on pages": _share_below(threshold, on_pages),
        "other writers": _share_below(threshold, other_hands),
    }
    both = mean_rank([published[key] for key in ("skhcr", "maximum softmax")])
    row["accuracy_without"] = {
        key: [accuracy_without(scores, read == labels, share) for share in REFUSED]
        for key, scores in {**published, BOTH: both}.items()
    }
    row["test_images"] = len(labels)
    return row


@cache
def _published(name):
    """Return what a model makes of its test images as they are, and their labels."""
    rows = own(name, "test", _TEST_IMAGES)
    return _reader(name)(framed(rows.images)), rows.target


@cache
def _by_others(name):
    return _reader(name)(framed(others(name, "test", 2 * _LETTERS).images))


@cache
def _frames(kind, name, seed):
    if kind != PRINTED:
        return framed(pages(kind, name, "test", seed, _IMAGES))
    rng = np.random.default_rng([seed, 98])
    labels = [str(label) for label in _reader(name).exported.classes_]
    return framed([printed_letter(labels, rng) for _ in range(_IMAGES)])


def _share_below(threshold, scores):
    return float(np.mean(scores["skhcr"] < threshold))


# ------------------------------------------------------------------ the page


def known() -> list[dict]:
    """Return what was measured of the files that are in the package."""
    found = []
    for name in MODELS:
        paths = [path for seed in range(100) if (path := _piece(name, seed)).exists()]
        found += [read_json(path) for path in paths]
    return found


def page(rows: list[dict]) -> str:
    """Return the tables of what was measured, and how to read them, in Markdown."""
    by_model = {name: [row for row in rows if row["model"] == name] for name in MODELS}
    parts = [_INTRODUCTION.format(images=_IMAGES, seeds=max(map(len, by_model.values())))]
    for name, found in by_model.items():
        if found:
            parts += [f"## {name}\n", _separation(found)]
    parts += [_REFUSING, _refusal(by_model), _refusal_of_defaults()]
    return "\n".join(parts)


def _separation(rows):
    head = ("kind", *NAMES, "skhcr, other writers", "marked, %", "blank, %")
    lines = [head]
    for kind in (*KINDS, PRINTED):
        found = [[row["auroc"][kind][key] for row in rows] for key in NAMES]
        lines.append(
            (
                kind,
                *_best_marked(found),
                _spread([row["auroc_of_others"][kind]["skhcr"] for row in rows]),
                f"{100 * np.mean([row['marked'][kind] for row in rows]):.1f}",
                f"{100 * np.mean([row['blank'][kind] for row in rows]) / _IMAGES:.1f}",
            )
        )
    for kind in ("test images", "test characters on pages", "other writers"):
        marked = f"{100 * np.mean([row['marked'][kind] for row in rows]):.1f}"
        lines.append((f"*{kind}*", *["-"] * (len(NAMES) + 1), marked, "-"))
    return as_table(lines)


def _best_marked(found):
    """Return means and deviations, the highest mean in bold."""
    best = np.argmax(np.mean(found, axis=1))
    return [
        f"**{_spread(values)}**" if place == best else _spread(values)
        for place, values in enumerate(found)
    ]


def _spread(values):
    return f"{100 * np.mean(values):.1f} ± {100 * np.std(values, ddof=len(values) > 1):.1f}"


def _refusal(by_model):
    names = (*NAMES, BOTH)
    lines = [("model", "test images", "all", *(f"{key}: 1, 3, 5 %" for key in names))]
    for name, rows in by_model.items():
        if rows:
            left = rows[0]["accuracy_without"]
            cells = [", ".join(f"{100 * share:.2f}" for share in left[key][1:]) for key in names]
            n_images = f"{rows[0]['test_images']:,}"
            lines.append((name, n_images, f"{100 * left['skhcr'][0]:.2f}", *cells))
    return as_table(lines)


def _refusal_of_defaults() -> str:
    """Return the same for the default classifier, from the predictions that `accuracy` stores."""
    left = []
    for path in sorted((RESULTS / "accuracy").glob("default-?.npz")):
        with np.load(path) as stored:
            confidence = stored["plain"].max(axis=1)
            is_right = stored["plain"].argmax(axis=1) == stored["right"]
        left.append(
            [accuracy_without(confidence, is_right, share) for share in _REFUSED_OF_DEFAULTS]
        )
    mean, deviation = 100 * np.mean(left, axis=0), 100 * np.std(left, axis=0)
    shares = [f"{100 * share:g} %" for share in _REFUSED_OF_DEFAULTS]
    figures = [f"{m:.2f} ± {d:.2f}" for m, d in zip(mean, deviation, strict=True)]
    text = _REFUSING_BY_DEFAULT.format(seeds=len(left))
    return f"{text}\n{as_table([['rejected', *shares], ['accuracy, %', *figures]])}"


_INTRODUCTION = """\
`score_samples` of the [pretrained models](pretrained.md) separates letters from images that are
none of their letters. The tables show the AUROC in %, the probability that a letter scores higher
than such an image; 50 is chance. All figures are means of {seeds} draws of {images} images of each
kind, with their standard deviation.

Letters are test characters of the model's own data set, half of them as published and half on
gray, grainy pages like those of the other images. *Other writers* are those of another data set, as
in [](foreign.md).

*Maximum softmax* is the highest probability, *energy* the logarithm of the sum of exponentials of
the logits, *Mahalanobis* the distance from the nearest class mean by the covariance within classes,
*k-NN* the distance from the tenth nearest training image, with features of length 1. The last two
are fitted on up to 3,000 training images, on the same features as ours. *Marked* is the share whose
score is below `offset_`; *blank* the share in which `InkNormalizer` finds no ink, which is left
out. Other scripts are those of Omniglot's evaluation alphabets, without the model's own. Some kinds
contain shapes that are letters: a piece of a В is a Р, and an arc of another script is a c.
*Printed letters of its own* are letters, but unlike the handwritten training letters. The highest
value of a row is in bold.

The score is fitted against images that are composed of training letters: two over or beside each
other, parts of several, halves, and mirrored or turned letters. Two letters and pieces of letters
are similar to these; the other kinds are not. The score is fitted on letters that were rewritten
with many pens. The Mahalanobis distance is fitted on images as published, which half of the letters
here resemble more.

The threshold `offset_` is cautious: it marks few letters, but often less than half of a kind.
Pieces of letters are the hardest kind. There, and for Arabic marks, the score of earlier versions
was up to two points better; it was up to six points worse for two letters, and four for other
scripts. To find letters that are classified wrongly, use the highest probability instead of the
score; both together are not better.
"""

_REFUSING = """\
## Accuracy without the rejected images

Accuracy in % on the published test images after the images with the lowest scores were rejected. In
the last column, these are the images with the lowest mean of two ranks.
"""

_REFUSING_BY_DEFAULT = """
The default classifier, trained on AHCD's training images only ({seeds} seeds), on its test images
without those of the lowest confidence. The confidence is the probability of the predicted class:
"""

"""How accurate: published networks by their own recipe and by ours, and our default network."""

import time
from fnmatch import fnmatchcase
from typing import Annotated

import numpy as np
import typer
from sklearn.metrics import accuracy_score

from skhcr._atomic import replacing

from ._store import RESULTS, as_table, environment, read_json, write_json, write_page

PIECES = RESULTS / "accuracy"
# Moving the image by a pixel in all directions; recorded beside the plain figure.
SHIFT = 1


def main(
    rows: Annotated[
        list[str] | None,
        typer.Argument(help="names of rows, or patterns such as '*-writers'; default: all"),
    ] = None,
    pieces: Annotated[
        int | None, typer.Option(help="train only so many seeds or folds of every row")
    ] = None,
    list_rows: Annotated[
        bool, typer.Option("--list", help="list the rows and how much of each is done")
    ] = False,
    table: Annotated[
        bool, typer.Option("--table", help="only write the table and JSON again")
    ] = False,
) -> None:
    """Train every row of the accuracy table with fixed seeds.

    Takes hours. Every finished piece is kept; a second run resumes from there. No test set is used
    for a decision: networks, parameters and epochs were chosen on writers held out from the
    training images, and training has a fixed number of epochs, unless a published recipe stops
    early, which then uses held-out training writers.
    """
    from ._rows import ROWS

    patterns = rows or ["*"]
    chosen = [row for row in ROWS if any(fnmatchcase(row.name, pattern) for pattern in patterns)]
    if not chosen:
        raise typer.BadParameter(f"no row is called {' or '.join(patterns)}; see --list")
    if list_rows:
        for row in chosen:
            done = f"{len(_done(row))} of {row.pieces}"
            print(f"{row.name:28} {done}  {row.protocol.name}, {row.recipe}")
        return
    if not table:
        for row in chosen:
            for piece in range(row.pieces)[:pieces]:
                if piece not in _done(row):
                    result = _measure(row, piece)
                    write_json(_path(row, piece), result)
                    _write_table(ROWS)
                    print(f"{row.name} {piece}: {result['accuracy']:.2%}", flush=True)
    print(_write_table(ROWS))


def _path(row, piece):
    return PIECES / f"{row.name}-{piece}.json"


def _done(row):
    """Return the finished pieces of a row by their numbers; not those of another recipe."""
    paths = {piece: _path(row, piece) for piece in range(row.pieces)}
    found = {piece: read_json(path) for piece, path in paths.items() if path.exists()}
    return {piece: result for piece, result in found.items() if result["recipe"] == row.recipe}


def _measure(row, piece):
    """Train one piece of a row: one seed, or one fold under the seed of its number."""
    split = row.protocol.split(piece)
    if row.base:
        row.base()
    begin = time.perf_counter()
    fitted = row.fit(split, piece)
    seconds = time.perf_counter() - begin
    classifier = fitted[-1] if hasattr(fitted, "steps") else fitted
    probabilities = fitted.predict_proba(split.X_test)
    result = {
        "recipe": row.recipe,
        "accuracy": accuracy_score(split.y_test, _labels(classifier, probabilities)),
        "n_train": len(split.X),
        "n_test": len(split.X_test),
        "seed": piece,
        "parameters": classifier.model_.layers[-1].count_params(),  # the network, unwrapped
        "epochs": classifier.n_iter_,
        "seconds": round(seconds),
    }
    classifier.test_time_shift = SHIFT
    shifted = fitted.predict_proba(split.X_test)
    result["accuracy_shifted"] = accuracy_score(split.y_test, _labels(classifier, shifted))
    if row.votes:
        with replacing(PIECES / f"{row.name}-{piece}.npz") as part:
            np.savez_compressed(
                part,
                plain=probabilities.astype(np.float16),
                shifted=shifted.astype(np.float16),
                right=np.searchsorted(classifier.classes_, split.y_test).astype(np.uint8),
            )
    return {**result, **environment()}


def _labels(classifier, probabilities):
    return classifier.classes_[probabilities.argmax(axis=1)]


def _summary(row):
    """Return what a row of the table says, or None before its first piece is done."""
    pieces = [*_done(row).values()]
    if not pieces:
        return None
    return {
        "name": row.name,
        "example": row.example,
        "data": row.protocol.name,
        "network": row.network,
        "recipe": row.recipe,
        "reported": row.reported,
        "target": row.target,
        "pieces": len(pieces),
        "pieces_planned": row.pieces,
        **_mean_and_spread("accuracy", pieces),
        **_mean_and_spread("accuracy_shifted", pieces),
        "parameters": pieces[0]["parameters"],
        "epochs": float(np.mean([piece["epochs"] for piece in pieces])),
        "core_seconds": float(np.mean([piece["seconds"] * piece["cores"] for piece in pieces])),
        "each": pieces,
    }


def _mean_and_spread(name, pieces):
    values = [piece[name] for piece in pieces]
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {name: float(np.mean(values)), f"{name}_std": spread}


def _vote(row):
    """Return the accuracy of soft voting by the networks of all seeds, or None while some lack.

    ``VotingClassifier(voting="soft")`` averages its members' probabilities; the members are
    the row's own fits, so that nothing has to be trained twice.
    """
    if len(_done(row)) < row.pieces:
        return None
    members = [np.load(PIECES / f"{row.name}-{piece}.npz") for piece in range(row.pieces)]
    right = members[0]["right"]
    accuracies = {}
    for kind, name in (("plain", "accuracy"), ("shifted", "accuracy_shifted")):
        mean = np.mean([member[kind].astype(np.float64) for member in members], axis=0)
        accuracies[name] = float(np.mean(mean.argmax(axis=1) == right))
        accuracies[f"{name}_std"] = None
    summary = _summary(row)
    return {
        **summary,
        "name": f"{row.name}-vote",
        "network": f"{row.network}, {row.pieces} voting softly",
        "target": row.vote_target,
        "pieces": 1,
        "pieces_planned": 1,
        **accuracies,
        "parameters": row.pieces * summary["parameters"],
        "core_seconds": row.pieces * summary["core_seconds"],
        "each": [],
    }


def summaries(rows):
    """Return what is known of every row, and of the votes of those that vote."""
    return [
        summary
        for row in rows
        for summary in (_summary(row), _vote(row) if row.votes else None)
        if summary
    ]


def _write_table(rows):
    known = summaries(rows)
    text = page(known)
    write_json(RESULTS / "accuracy.json", known)
    write_page("accuracy", "Accuracy", text)
    return text


def page(summaries):
    """Return the table of what is known, and how to read it, in Markdown."""
    head = (
        "network",
        "recipe",
        "data",
        "accuracy",
        "with test-time augmentation",
        "they report",
        "target",
        "of",
        "parameters",
        "epochs",
        "core-seconds",
        "example",
    )
    lines = [head]
    for row in summaries:
        lines.append(
            (
                row["network"],
                row["recipe"],
                row["data"],
                _percent(row["accuracy"], row["accuracy_std"]),
                _percent(row["accuracy_shifted"], row["accuracy_shifted_std"]),
                _percent(row["reported"]),
                _percent(row["target"]),
                f"{row['pieces']}/{row['pieces_planned']}",
                f"{row['parameters']:,}",
                f"{row['epochs']:.0f}",
                f"{row['core_seconds']:.0f}",
                row["example"],
            )
        )
    note = (
        "*Example*: the script in `examples/reproductions` for the project that published the "
        "network; *they report* is the published accuracy. Accuracy is the mean over seeds or "
        "folds, ± their standard deviation; *of* is the number of finished seeds or folds. *With "
        "test-time augmentation*: `test_time_shift=1`, the same networks. Core-seconds are for "
        "one training run, the seconds times the available cores, on a shared machine: compare "
        "rows, not machines.\n"
    )
    return as_table(lines) + "\n" + note


def _percent(share, spread=None):
    if share is None:
        return "-"
    text = f"{100 * share:.2f}"
    return text if spread is None else f"{text} ± {100 * spread:.2f}"

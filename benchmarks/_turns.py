"""Contenders that take turns, so that a machine's good and bad minutes come to all of them."""

import gc
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._store import RESULTS, as_table, environment, write_json, write_page

OURS = "skhcr"

_TITLES = {
    "seconds": "seconds, median",
    "ours_to_theirs": "ours / theirs, median (quartiles)",
}


def take_turns(
    contenders: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    warm_ups: int = 1,
    then: Callable[[str, Any], object] | None = None,
) -> dict[str, list[float]]:
    """Return the seconds that each contender took in every round.

    Every other round goes backwards, so that nobody always follows the same one. What a contender
    returns is handed to `then`, together with its name and off the clock.
    """
    seconds = {name: [] for name in contenders}
    for number in range(-warm_ups, rounds):
        order = list(contenders) if number % 2 else list(contenders)[::-1]
        for name in order:
            gc.collect()
            begin = time.perf_counter()
            result = contenders[name]()
            passed = time.perf_counter() - begin
            if number >= 0:
                seconds[name].append(passed)
                if then is not None:
                    then(name, result)
            del result
    return seconds


def core_seconds(run: Callable[[], Any], rounds: int = 3) -> float:
    """Return the median time that all cores together spend on it."""
    seconds = []
    for _ in range(rounds):
        begin = time.process_time()
        run()
        seconds.append(time.process_time() - begin)
    return float(np.median(seconds))


def compare(
    seconds: Mapping[str, list[float]],
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    ours: str = OURS,
) -> list[dict]:
    """Return every contender's median, and ours divided by theirs, round by round.

    Parameters
    ----------
    seconds : dict of list of float
        What :func:`take_turns` returned.
    columns : dict of dict, default=None
        What else is known: titles, and for each of them values by contender.
    ours : str
        Which contender is compared with the others.
    """
    rows = []
    for name, values in seconds.items():
        low, middle, high = np.percentile(np.divide(seconds[ours], values), [25, 50, 75])
        rows.append(
            {
                "name": name,
                "seconds": float(np.median(values)),
                "ours_to_theirs": None
                if name == ours
                else [float(middle), float(low), float(high)],
                "each": [round(value, 6) for value in values],
                **{title: by_name.get(name) for title, by_name in (columns or {}).items()},
            }
        )
    return rows


def publish(name: str, title: str, tables: Mapping[str, list[dict]], note: str) -> None:
    """Write the tables of a benchmark as a page of the documentation and as JSON; print them.

    A table is a list of rows, dicts with the same keys: ``name`` and the titles of its columns.
    Lists of three numbers are a median and its quartiles; what ``each`` round took is for the JSON.
    """
    where = environment()
    parts = [f"## {title}\n\n{_comparison(rows)}" for title, rows in tables.items()]
    parts.append(f"{note}\n")
    parts.append(
        "Measured on {date}, on {cores} cores of {processor}, with Python {python}, TensorFlow "
        "{tensorflow}, Keras {keras} and scikit-learn {scikit-learn}.\n".format(**where)
    )
    write_json(RESULTS / f"{name}.json", {"tables": tables, **where})
    write_page(name, title, "\n".join(parts))
    print("\n".join(parts))


def _comparison(rows):
    titles = [title for title in rows[0] if title not in ("name", "each")]
    shown = ["", *(_TITLES.get(title, title) for title in titles)]
    lines = [[row["name"], *(_as_text(row[title]) for title in titles)] for row in rows]
    return as_table([shown, *lines])


def _as_text(value):
    if value is None:
        return "-"
    if isinstance(value, list):
        return "{:.2f} ({:.2f}-{:.2f})".format(*value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)

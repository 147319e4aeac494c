"""Contenders that take turns, so that a machine's good and bad minutes come to all of them."""

import gc
import time
from collections.abc import Callable, Mapping

import numpy as np

from ._store import RESULTS, environment, write, write_json

OURS = "skhcr"


def take_turns(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, warm_ups: int = 1
) -> dict[str, list[float]]:
    """Return the seconds that each contender took in every round.

    Every other round goes backwards, so that nobody always follows the same one.
    """
    seconds = {name: [] for name in contenders}
    for number in range(-warm_ups, rounds):
        order = list(contenders) if number % 2 else list(contenders)[::-1]
        for name in order:
            gc.collect()
            begin = time.perf_counter()
            contenders[name]()
            if number >= 0:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


def compare(seconds: Mapping[str, list[float]], ours: str = OURS) -> list[dict]:
    """Return every contender's median, and ours divided by theirs, round by round."""
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
            }
        )
    return rows


def publish(name: str, tables: Mapping[str, list[dict]], note: str) -> None:
    """Write the tables of a benchmark, by their titles, as Markdown and JSON, and print them."""
    text = "\n".join(f"## {title}\n\n{_as_table(rows)}" for title, rows in tables.items())
    write_json(RESULTS / f"{name}.json", {"tables": tables, **environment()})
    write(RESULTS / f"{name}.md", f"{text}\n{note}\n")
    print(f"{text}\n{note}")


def _as_table(rows):
    lines = ["| | seconds, median | ours / theirs, median (quartiles) |", "| --- | --- | --- |"]
    for row in rows:
        ratio = "1"
        if row["ours_to_theirs"]:
            ratio = "{:.2f} ({:.2f}-{:.2f})".format(*row["ours_to_theirs"])
        lines.append(f"| {row['name']} | {row['seconds']:.3g} | {ratio} |")
    return "\n".join(lines) + "\n"

"""A contender in a separate process: time of the first run, and memory."""

import json
import resource
import subprocess
import sys
import time
from importlib import import_module

from ._store import ROOT


def alone(module: str, contender: str) -> dict:
    """Run one of the `contenders()` of a benchmark, for the first time.

    Returns
    -------
    dict
        ``seconds`` that it took, ``peak_mb`` of the whole process (what it imports and its data
        included), and its ``answer`` where that is a number or a list of them.
    """
    command = [sys.executable, "-m", __name__, module, contender]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def memory_mb(kind: str) -> float:
    """Return the memory of this process now.

    Parameters
    ----------
    kind : {"VmRSS", "RssAnon"}
        All memory, or without memory-mapped files.
    """
    with open("/proc/self/status", encoding="utf-8") as status:
        line = next(line for line in status if line.startswith(kind))
    return int(line.split()[1]) / 1024


def _main(module: str, contender: str) -> None:
    run = import_module(module).contenders()[contender]
    begin = time.perf_counter()
    answer = run()
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
    if not isinstance(answer, int | float | list):
        answer = None
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "answer": answer}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""How far the accuracy of a model holds: from writer to writer, and in its probabilities."""

import math

import numpy as np

BINS = 15  # of confidence
FEWEST_ROWS = 5  # of a writer whose accuracy is looked at


def by_writer(right: np.ndarray, writers: np.ndarray | None) -> dict[str, float | None]:
    """Return the spread over writers, and the mean of the tenth with the lowest accuracy."""
    if writers is None:
        return {"writers": None, "writers_std": None, "worst_tenth": None}
    names, counts = np.unique(writers, return_counts=True)
    known = names[counts >= FEWEST_ROWS]
    accuracies = np.sort([right[writers == name].mean() for name in known])
    worst = accuracies[: math.ceil(len(accuracies) / 10)]
    return {
        "writers": len(accuracies),
        "writers_std": float(accuracies.std(ddof=1)),
        "worst_tenth": float(worst.mean()),
    }

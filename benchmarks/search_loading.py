"""Image files inside a search: every fold of every candidate wants all of them."""

import tempfile
from contextlib import contextmanager
from typing import Annotated

import numpy as np
import typer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageLoader, datasets

from ._turns import OURS, compare, publish, take_turns

FOLDS = 5
CANDIDATES = {
    "cnnclassifier__learning_rate": [1e-3, 3e-3, 1e-2, 3e-2],
    "cnnclassifier__label_smoothing": [0.0, 0.1],
}
WITH_CACHE = f"{OURS}, with a cache"
WITHOUT = f"{OURS}, without"


def main(
    rounds: Annotated[int, typer.Option(help="searches of either kind")] = 1,
) -> None:
    """Search eight candidates in five folds on 3,410 large pages, with and without a cache."""
    pages = datasets.fetch_english_handwritten()
    reads = {}

    def search(name):
        with tempfile.TemporaryDirectory() as folder, _counted_reads() as files:
            loader = ImageLoader(cache_folder=folder if name == WITH_CACHE else None)
            small = CNN(filters=(8, 16), dense=(), dropout=0.0)
            pipeline = make_pipeline(loader, CNNClassifier(small, epochs=1, random_state=0))
            grid = GridSearchCV(pipeline, CANDIDATES, cv=GroupKFold(FOLDS), refit=False)
            grid.fit(pages.filenames, pages.target, groups=pages.groups)
        reads[name] = len(files)
        return grid.cv_results_["mean_test_score"]

    scores = {}
    contenders = {name: lambda name=name: search(name) for name in (WITH_CACHE, WITHOUT)}
    seconds = take_turns(contenders, rounds=rounds, warm_ups=0, then=scores.__setitem__)
    np.testing.assert_array_equal(scores[WITH_CACHE], scores[WITHOUT])
    publish(
        "search_loading",
        "Loading within a search",
        {
            f"Eight candidates, {FOLDS} folds": compare(
                seconds, {"files decoded": reads}, ours=WITH_CACHE
            )
        },
        f"`GridSearchCV` over {len(pages.filenames):,} PNG files of 1200 x 900 pixels (the English "
        f"set) and a small network, one epoch each; {rounds} search of either kind, from an empty "
        "cache. Both give the same scores.",
    )


@contextmanager
def _counted_reads():
    """Yield a list to which every image that is decoded meanwhile is added."""
    read, files = ImageLoader._read, []

    def noted(self, item, size):
        files.append(item)
        return read(self, item, size)

    ImageLoader._read = noted
    try:
        yield files
    finally:
        ImageLoader._read = read

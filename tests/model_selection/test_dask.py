"""scikit-learn's own searches, and ours, on a cluster of dask."""

import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="dask's distributed is not installed")

# What the documentation recommends, on a cluster of this machine's processes.
PROGRAM = """
import os
import joblib
from dask.distributed import Client, LocalCluster
from optuna.pruners import NopPruner
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from skhcr import CNN, CNNClassifier
from skhcr.model_selection import OptunaSearchCV

if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    X, y = X[:200], y[:200] % 3
    network = CNN(filters=(8,), dense=(), dropout=0.0)
    classifier = CNNClassifier(network, batch_size=16, random_state=0)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        grid = GridSearchCV(classifier, {"epochs": [1, 8]}, cv=2, refit=False)
        grid.fit(X, y)
        search = OptunaSearchCV(
            classifier, {"epochs": [8], "patience": [4, 5, 6]}, cv=2, n_trials=None, n_jobs=2,
            pruner=NopPruner(), refit=False,
        )
        study = search.fit(X, y).study_
    trials = [study.trials[number] for number in search.cv_results_["trial_number"]]
    workers = {trial.user_attrs["worker"]["pid"] for trial in trials}
    print(grid.best_params_["epochs"], grid.best_score_ > 0.7)
    points = {trial.params["patience"] for trial in trials}  # one may be computed twice
    print(len(points), search.best_score_ == grid.best_score_, os.getpid() in workers)
"""


def test_searches_run_on_a_cluster(tmp_path):
    program = tmp_path / "search.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["8 True", "3 True False"]

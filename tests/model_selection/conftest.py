import subprocess
import sys

import optuna
import pytest

from skhcr.model_selection._progress import quiet_optuna
from skhcr.model_selection._storage import open_storage

# A search whose trials take 0.2 seconds; says which of them have an answer.
PROGRAM = """
import sys, time
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.svm import SVC
from skhcr.model_selection import OptunaSearchCV

class Slow(SVC):
    def fit(self, X, y):
        time.sleep(0.1)
        return super().fit(X, y)

X, y = load_digits(return_X_y=True)
search = OptunaSearchCV(
    Slow(), {"C": loguniform(0.01, 10)}, n_trials=int(sys.argv[2]), cv=2,
    storage=sys.argv[1], study_name="letters", n_jobs=int(sys.argv[3]),
).fit(X[:100], y[:100])
print(*sorted(search.cv_results_["trial_number"]))
"""


@pytest.fixture
def start_search():
    """A function that starts a search in a process of its own."""

    def start(storage, n_trials, n_jobs=1):
        command = [sys.executable, "-c", PROGRAM, storage, str(n_trials), str(n_jobs)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    return start


@pytest.fixture
def trials_in():
    """A function that returns the trials of that search."""

    def read(storage):
        with quiet_optuna(), open_storage(storage) as opened:
            return optuna.load_study(study_name="letters", storage=opened).get_trials()

    return read

"""One study in a database, several processes, one of which dies."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from skhcr.model_selection._progress import quiet_optuna
from skhcr.model_selection._storage import open_storage

pytest.importorskip("psycopg", reason="psycopg, PostgreSQL's driver, is not installed")


def _programs():
    """Return the folder of PostgreSQL's programs, which Debian keeps out of the way."""
    found = shutil.which("initdb")
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found or debians[-1]).parent if found or debians else None


PROGRAMS = _programs()
if PROGRAMS is None:
    pytest.skip("PostgreSQL is not installed", allow_module_level=True)

N_TRIALS = 24

# A search whose trials take 0.2 seconds, by one process of several.
PROGRAM = f"""
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
    Slow(), {{"C": loguniform(0.01, 10)}}, n_trials={N_TRIALS}, cv=2, refit=False,
    storage=sys.argv[1], study_name="letters",
).fit(X[:100], y[:100])
"""


@pytest.fixture
def database(tmp_path_factory):
    """Return the URL of a new, empty database, on loopback alone."""
    folder = Path(tmp_path_factory.mktemp("postgresql"))
    # The server refuses to run as root.
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    as_user = user if os.getuid() == 0 else []
    if as_user:
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL does not run as root, and there is no setpriv")
        shutil.chown(folder, "nobody", "nogroup")
        for parent in folder.parents[:3]:
            if parent.stat().st_uid == os.getuid() and parent != Path(parent.anchor):
                parent.chmod(parent.stat().st_mode | 0o011)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = folder / "data", folder / "log"

    def run(program, *arguments):
        command = [*as_user, PROGRAMS / program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run("initdb", "--pgdata", data, "--username", "skhcr", "--auth", "trust", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off -k ''"
    run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "--options", options)
    yield f"postgresql+psycopg://skhcr@127.0.0.1:{port}/postgres"
    run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate")


def trials_in(database):
    with quiet_optuna(), open_storage(database) as storage:
        return optuna.load_study(study_name="letters", storage=storage).get_trials()


def test_workers_share_a_study_and_one_may_die(database):
    command = [sys.executable, "-c", PROGRAM, database]
    with quiet_optuna(), open_storage(database) as storage:
        optuna.create_study(storage=storage, study_name="letters", direction="maximize")
    workers = [subprocess.Popen(command) for _ in range(3)]
    victim, *others = workers
    while not any(
        trial.state.is_finished() and trial.user_attrs["worker"]["pid"] == victim.pid
        for trial in trials_in(database)
    ):
        assert victim.poll() is None
        time.sleep(0.1)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    kept = [trial for trial in trials_in(database) if trial.state.is_finished()]
    assert [worker.wait(timeout=120) for worker in others] == [0, 0]

    trials = trials_in(database)
    answered = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert len(answered) == N_TRIALS
    assert len({trial.params["C"] for trial in answered}) == N_TRIALS
    assert {trial.user_attrs["worker"]["pid"] for trial in answered} == {w.pid for w in workers}
    for trial in kept:
        assert trials[trial.number].params == trial.params
        assert trials[trial.number].value == trial.value
    failed = [trial for trial in trials if trial.state is TrialState.FAIL]
    assert len(failed) <= 1
    assert all(trial.user_attrs["worker"]["pid"] == victim.pid for trial in failed)
    assert not any(trial.state is TrialState.RUNNING for trial in trials)

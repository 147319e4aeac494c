"""One study in a database, several processes, one of which dies."""

import os
import shutil
import signal
import socket
import subprocess
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


def test_workers_share_a_study_and_one_may_die(database, start_search, trials_in):
    with quiet_optuna(), open_storage(database) as storage:
        optuna.create_study(storage=storage, study_name="letters", direction="maximize")
    workers = [start_search(database, N_TRIALS) for _ in range(3)]
    victim, *others = workers
    while not any(
        trial.state.is_finished() and trial.user_attrs["worker"]["pid"] == victim.pid
        for trial in trials_in(database)
    ):
        assert victim.poll() is None
        time.sleep(0.1)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    kept = [trial for trial in trials_in(database) if trial.state.is_finished()]
    for worker in others:
        worker.communicate(timeout=120)
    assert [worker.returncode for worker in others] == [0, 0]

    trials = trials_in(database)
    answered = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert len(answered) == N_TRIALS
    assert len({trial.params["C"] for trial in answered}) == N_TRIALS
    assert {trial.user_attrs["worker"]["pid"] for trial in answered} == {w.pid for w in workers}
    for trial in kept:
        assert trials[trial.number].params == trial.params
        assert trials[trial.number].value == trial.value
    failed = [trial for trial in trials if trial.state is TrialState.FAIL]
    # Begun in the same moment as the last one, and withdrawn.
    one_too_many = [trial for trial in failed if trial.number >= N_TRIALS]
    died = [trial for trial in failed if trial not in one_too_many]
    assert len(died) <= 1
    whose = [trial.user_attrs.get("worker", {"pid": victim.pid})["pid"] for trial in died]
    assert whose in ([], [victim.pid])  # it may have died before it could say so
    assert not any(trial.params for trial in one_too_many)
    assert not any(trial.state is TrialState.RUNNING for trial in trials)

"""Trials in files: shared by processes, and there after a crash."""

import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from datetime import timedelta

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhcr.model_selection import OptunaSearchCV, _storage
from skhcr.model_selection._progress import quiet_optuna
from skhcr.model_selection._storage import (
    WORKER,
    fail_dead_trials,
    open_storage,
    this_worker,
)

ANSWERED = (TrialState.COMPLETE, TrialState.PRUNED)


@pytest.fixture
def journal(tmp_path):
    return str(tmp_path / "journal")


def wait_for_trials(trials_in, journal, n, process):
    for _ in range(600):
        if os.path.exists(journal):
            try:
                trials = trials_in(journal)
            except KeyError:  # no study yet
                trials = []
            if sum(trial.state in ANSWERED for trial in trials) >= n:
                return
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("nothing happened")


def test_a_killed_search_resumes_without_losing_a_trial(journal, start_search, trials_in):
    process = start_search(journal, 50)
    wait_for_trials(trials_in, journal, 3, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with open(journal, "ab") as file:  # as if it had died in the middle of a line
        file.write(b'{"op_code": 5, "wor')
    before = [trial for trial in trials_in(journal) if trial.state in ANSWERED]
    n_trials = len(before) + 2
    process = start_search(journal, n_trials)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    trials = trials_in(journal)
    kept = {trial.number: trial for trial in trials if trial.state in ANSWERED}
    assert len(kept) == n_trials == len(output.split())
    for trial in before:
        assert kept[trial.number].params == trial.params
        assert kept[trial.number].value == trial.value
    assert not any(trial.state is TrialState.RUNNING for trial in trials)
    assert len({trial.params["C"] for trial in kept.values()}) == n_trials


def test_processes_share_a_study(journal, start_search, trials_in):
    process = start_search(journal, 30, n_jobs=2)
    output, _ = process.communicate(timeout=120)
    assert output.split() == [str(number) for number in range(30)]
    trials = [trial for trial in trials_in(journal) if trial.state in ANSWERED]
    workers = [trial.user_attrs[WORKER]["pid"] for trial in trials]
    assert process.pid not in workers
    assert len(set(workers)) == 2
    assert len({trial.params["C"] for trial in trials}) == 30


class BeatenToIt(InMemoryStorage):
    """Where another process begins a trial in the moment before our second one."""

    def create_new_trial(self, study_id, template_trial=None):
        if len(self.get_all_trials(study_id)) == 1:
            trial_id = super().create_new_trial(study_id)
            self.set_trial_user_attr(trial_id, WORKER, this_worker())
        return super().create_new_trial(study_id, template_trial)


def test_processes_that_begin_at_once_do_not_run_too_many():
    storage = BeatenToIt()
    search = OptunaSearchCV(
        SVC(), {"C": FloatDistribution(0.1, 10)}, n_trials=2, cv=2, storage=storage
    ).fit(*load_digits(return_X_y=True))
    states = [trial.state for trial in search.study_.trials]
    assert states == [TrialState.COMPLETE, TrialState.RUNNING, TrialState.FAIL]
    assert not search.study_.trials[2].params
    assert len(search.cv_results_["params"]) == 1


def test_waits_for_a_trial_that_does_not_say_whose_it_is(journal, monkeypatch):
    monkeypatch.setattr(_storage, "_MOMENT", timedelta(seconds=1))
    with quiet_optuna(), open_storage(journal) as storage:
        optuna.create_study(storage=storage, study_name="letters", direction="maximize").ask()
    search = OptunaSearchCV(
        SVC(),
        {"C": FloatDistribution(0.1, 10)},
        n_trials=1,
        cv=2,
        storage=journal,
        study_name="letters",
    ).fit(*load_digits(return_X_y=True))
    states = [trial.state for trial in search.study_.trials]
    assert states == [TrialState.FAIL, TrialState.COMPLETE]


def test_trials_of_other_programs_count():
    study = optuna.create_study(study_name="letters", direction="maximize")
    C = FloatDistribution(0.1, 10)
    study.add_trial(optuna.create_trial(params={"C": 1.0}, distributions={"C": C}, value=0.5))
    search = OptunaSearchCV(
        SVC(), {"C": C}, n_trials=2, cv=2, storage=study._storage, study_name="letters"
    ).fit(*load_digits(return_X_y=True))
    assert [trial.state for trial in search.study_.trials] == [TrialState.COMPLETE] * 2


def test_trials_of_dead_processes_are_failed(journal):
    with quiet_optuna(), open_storage(journal) as storage:
        study = optuna.create_study(storage=storage)
    alive, dead, elsewhere, fresh = (study.ask() for _ in range(4))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    me = this_worker()
    alive.set_user_attr(WORKER, me)
    dead.set_user_attr(WORKER, me | {"pid": ended.pid})
    elsewhere.set_user_attr(WORKER, me | {"host": "another"})
    assert fail_dead_trials(study) == [dead.number]
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.RUNNING, TrialState.FAIL, TrialState.RUNNING, TrialState.RUNNING]
    assert fresh.number == 3


class Slower(InMemoryStorage):
    """Where another process ends a trial in the moment before we do."""

    def set_trial_state_values(self, trial_id, state, values=None):
        super().set_trial_state_values(trial_id, state, values)
        return super().set_trial_state_values(trial_id, state, values)


def test_two_processes_may_fail_a_dead_one_at_once():
    study = optuna.create_study(storage=Slower())
    trial = study.ask()
    trial.set_user_attr(WORKER, this_worker() | {"began": "long ago"})
    assert fail_dead_trials(study) == [0]
    assert study.trials[0].state is TrialState.FAIL


def test_a_process_that_took_a_dead_ones_number_is_another(journal):
    with quiet_optuna(), open_storage(journal) as storage:
        study = optuna.create_study(storage=storage)
    trial = study.ask()
    trial.set_user_attr(WORKER, this_worker() | {"began": "1"})
    assert fail_dead_trials(study) == [trial.number]


SECRET = "not-for-you"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://user:{SECRET}@host/database",
        f"postgresql+psycopg://user:one@{SECRET}:@host:5432/database",
        f"postgresql+psycopg://:{SECRET}@host/database",
        f"postgresql+psycopg://user@host/database?connect_timeout=3&password={SECRET}&a=b",
    ],
)
def test_passwords_of_databases_are_not_shown(url):
    search = OptunaSearchCV(SVC(), {"C": [1.0]}, storage=url)
    held = make_pipeline(OptunaSearchCV(SVC(), {"C": [1.0]}).set_params(storage=url))
    nested = GridSearchCV(search, {"n_trials": [1]})
    for shown in (search, held, nested, clone(search), pickle.loads(pickle.dumps(search))):
        for text in (repr(shown), str(shown), shown._repr_html_(), repr(shown.get_params())):
            assert SECRET not in text
            assert "host" in text
    assert search.get_params()["storage"] == clone(search).storage == url
    assert str(clone(search).storage) == url


def test_other_storages_are_shown_unchanged():
    for storage in ("sqlite:///study.db", "postgresql://user@host/database", "study.journal"):
        search = OptunaSearchCV(SVC(), {"C": [1.0]}, storage=storage)
        assert search.storage is storage
        assert f"storage={storage!r}" in repr(search)


@pytest.mark.parametrize("end", [f"{SECRET}@host:5432/database", f"{SECRET}:a@host:port/database"])
def test_a_url_that_is_none_is_refused_without_its_password(end):
    url = f"postgresql+psycopg://user:pass@{end}"
    search = OptunaSearchCV(SVC(), {"C": [1.0]}, n_trials=1, cv=2, storage=url)
    with pytest.raises(
        ValueError, match=r"user:\*\*\*@host:.*/database' is not a database URL"
    ) as caught:
        search.fit(*load_digits(return_X_y=True))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_storages_by_name(tmp_path):
    with open_storage(None) as storage:
        assert isinstance(storage, optuna.storages.InMemoryStorage)
    own = optuna.storages.InMemoryStorage()
    with open_storage(own) as storage:
        assert storage is own
    with open_storage(tmp_path / "a" / "j") as storage:
        assert isinstance(storage, optuna.storages.JournalStorage)
    assert (tmp_path / "a").is_dir()
    with (
        pytest.raises(ImportError, match=r"kind 'mysql\+pymysql' needs a driver"),
        open_storage("mysql+pymysql://nobody@127.0.0.1/none"),
    ):
        pass

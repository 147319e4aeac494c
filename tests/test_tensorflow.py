"""What TensorFlow's libraries write to standard error while they are imported."""

import os
import subprocess
import sys

import pytest

import skhcr
from skhcr._tensorflow import without_log_lines

# As versions of the last years begin.
LOG = b"""\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795836177.668057   13543 port.cc:153] oneDNN custom operations are on.
E0000 00:00:1795836147.667917   12930 cuda_platform.cc:52] failed call to cuInit
2025-11-28 02:57:31.672: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
"""


def test_log_lines_are_hidden_and_others_shown(capfd):
    with without_log_lines():
        os.write(2, LOG + b"something else\n" + LOG)
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "something else\n"
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_all_lines_are_shown_where_something_fails(capfd):
    def fail():
        with without_log_lines():
            os.write(2, LOG)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert capfd.readouterr().err == LOG.decode()


STAND_IN = """
import os
os.write(2, b"I0000 00:00:1795836177.668057 13543 port.cc:153] oneDNN is on.\\n")
"""
PROGRAM = """
import os
import skhcr
from skhcr._tensorflow import import_tensorflow
for _ in range(2):
    import_tensorflow()
print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
"""


@pytest.mark.parametrize(("level", "is_shown"), [(None, False), ("2", False), ("0", True)])
def test_users_decide_whether_there_are_log_lines(level, is_shown, tmp_path):
    (tmp_path / "tensorflow.py").write_text(STAND_IN)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == (level or done.stdout.strip())
    assert done.stdout.strip() in ("0", "2", "3")
    assert ("oneDNN" in done.stderr) == is_shown


def test_a_plain_program_gets_no_log_lines():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", "import skhcr._keras"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_networks_that_are_built_alone_import_tensorflow_in_the_same_way(monkeypatch):
    calls = []
    monkeypatch.setattr(skhcr.networks._base, "import_tensorflow", lambda: calls.append(1))
    skhcr.CNN((2,), dense=()).build((8, 8, 1), 2)
    assert calls == [1]

"""Downloads, from a server on this machine that behaves in every way that servers do."""

import contextlib
import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from skhcr.datasets import _remote
from skhcr.datasets._checks import MD5, SHA256, GitBlob, UnpackedMD5
from skhcr.datasets._remote import RemoteFile, fetch_file

CONTENT = np.random.default_rng(0).bytes(100_000)
RIGHT = SHA256(hashlib.sha256(CONTENT).hexdigest())


class Server(ThreadingHTTPServer):
    """Answers by the first part of the path; remembers the ranges it was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges = []
        self.broken_off = 0

    def url(self, behavior):
        return f"http://127.0.0.1:{self.server_port}/{behavior}/letters.bin"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        behavior = self.path.split("/")[1]
        asked = self.headers.get("Range", "bytes=0-")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").split("-")[0])
        if behavior == "error":
            self.send_error(500)
        elif behavior == "nothing":
            self.send_error(404)
        elif behavior == "busy" and len(self.server.ranges) == 1:
            self.send_error(429)
        elif behavior == "wrong":
            self.answer(CONTENT[::-1], start)
        elif behavior == "wrong-breaks":
            self.answer(CONTENT[::-1], start, stop=16_384)
        elif behavior == "too-long-breaks":
            self.answer(CONTENT * 2, start, stop=114_688)
        elif behavior == "breaks-at-the-end":  # after the last byte of the file, where it has more
            self.answer(CONTENT + b"more", start, stop=100_000)
        elif behavior == "whole":  # knows no ranges, and breaks off the first time
            self.server.broken_off += 1
            first = self.server.broken_off == 1
            self.answer(CONTENT, 0, stop=40_000 if first else None, status=200)
        elif behavior == "breaks":  # breaks off after 32,768 bytes, every time
            self.answer(CONTENT, start, stop=start + 32_768)
        else:
            self.answer(CONTENT, start)

    def answer(self, content, start, stop=None, status=None):
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(status or (206 if start else 200))
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[start:stop])
        self.close_connection = True


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """Return a function that fetches from addresses of these behaviors, without waiting."""

    def fetch(*behaviors, check=RIGHT, **options):
        urls = tuple(server.url(behavior) for behavior in behaviors)
        file = RemoteFile("letters/letters.bin", urls, check, "Ask the publisher.")
        return fetch_file(file, tmp_path, **{"delay": 0, **options})

    return fetch


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_missing_file_is_downloaded_once(fetch, server, tmp_path):
    path = fetch("good")
    assert path == tmp_path / "letters" / "letters.bin"
    assert path.read_bytes() == CONTENT
    assert fetch("good") == path
    assert server.ranges == ["bytes=0-"]
    assert files_in(tmp_path) == ["letters.bin"]


def test_an_interrupted_download_resumes(fetch, server, tmp_path):
    assert fetch("breaks").read_bytes() == CONTENT
    assert server.ranges == [f"bytes={start}-" for start in (0, 32_768, 65_536, 98_304)]
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_download_that_fails_leaves_nothing(fetch, tmp_path):
    with pytest.raises(OSError, match="cannot be downloaded"):
        fetch("breaks", n_retries=1)
    assert files_in(tmp_path) == []


def test_a_download_that_is_interrupted_leaves_nothing(fetch, tmp_path, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch("breaks")
    assert files_in(tmp_path) == []


def test_part_files_of_killed_processes_are_not_used(server, fetch, tmp_path):
    code = f"""
import os, time
from skhcr.datasets._checks import SHA256
from skhcr.datasets._remote import RemoteFile, fetch_file
time.sleep = lambda seconds: os._exit(9)
file = RemoteFile("letters/letters.bin", ({server.url("breaks")!r},), SHA256({RIGHT.expected!r}))
fetch_file(file, {str(tmp_path)!r})
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    (left,) = (tmp_path / "letters").iterdir()
    assert left.read_bytes() == CONTENT[:32_768]
    assert fetch("good").read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=0-"
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_file_completed_by_another_process_is_kept(fetch, tmp_path, monkeypatch):
    path = tmp_path / "letters" / "letters.bin"

    def complete(seconds):
        path.write_bytes(CONTENT)
        os.utime(path, (1, 1))

    monkeypatch.setattr(time, "sleep", complete)
    assert fetch("busy") == path
    assert path.stat().st_mtime == 1
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_server_without_ranges_is_asked_for_the_whole(fetch, tmp_path):
    assert fetch("whole").read_bytes() == CONTENT


def test_a_wrong_beginning_is_thrown_away(fetch, server, tmp_path):
    assert fetch("wrong-breaks", "good", n_retries=0).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=16384-", "bytes=0-"]
    (tmp_path / "letters" / "letters.bin").unlink()
    assert fetch("too-long-breaks", "good", n_retries=0).read_bytes() == CONTENT
    assert server.ranges[3:] == ["bytes=0-", "bytes=114688-", "bytes=0-"]
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_complete_part_is_only_given_its_name(fetch, server, tmp_path, monkeypatch):
    monkeypatch.setattr(_remote, "_CHUNK", 1000)  # of which the file is a multiple
    assert fetch("breaks-at-the-end", "good", n_retries=0).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=100000-"]
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_busy_server_is_asked_again(fetch, server):
    assert fetch("busy").read_bytes() == CONTENT
    assert len(server.ranges) == 2


def test_the_bar_on_a_terminal_names_the_file_and_ends_with_the_download(
    fetch, monkeypatch, capsys
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    stderr = sys.stderr
    with pytest.raises(OSError, match="500"):
        fetch("error", n_retries=0)
    assert sys.stderr is stderr  # a bar that is still shown stands in for it
    fetch("breaks")
    assert sys.stderr is stderr
    shown = capsys.readouterr().err
    assert "letters.bin" in shown
    assert ".part" not in shown


@pytest.mark.parametrize("bad", ["error", "nothing", "wrong"])
def test_the_next_mirror_is_tried(fetch, server, bad):
    assert fetch(bad, "good").read_bytes() == CONTENT
    assert len(server.ranges) == {"error": 5, "nothing": 2, "wrong": 2}[bad]


def test_if_all_addresses_fail_the_error_has_advice(fetch, server, tmp_path):
    with pytest.raises(OSError, match="cannot be downloaded: it is missing") as error:
        fetch("error", "wrong")
    text = str(error.value)
    assert f"{server.url('error')}: 500" in text
    assert f"{server.url('wrong')}: its SHA-256 is" in text
    assert str(tmp_path / "letters" / "letters.bin") in text
    assert RIGHT.expected in text
    assert "Ask the publisher." in text
    assert files_in(tmp_path) == []


def test_offline_the_error_names_the_address(fetch, tmp_path):
    file = RemoteFile("letters.bin", ("http://127.0.0.1:1/letters.bin",), RIGHT)
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1/letters\.bin: ConnectionError"):
        fetch_file(file, tmp_path, n_retries=0)


@pytest.mark.parametrize("damaged", [CONTENT[:50_000], CONTENT[::-1], b""])
def test_a_damaged_file_is_named_and_fetched_again(fetch, tmp_path, damaged):
    path = tmp_path / "letters" / "letters.bin"
    path.parent.mkdir()
    path.write_bytes(damaged)
    with pytest.raises(OSError, match="is damaged") as error:
        fetch("good", download_if_missing=False)
    assert str(path) in str(error.value)
    with pytest.warns(UserWarning, match="is damaged"), pytest.raises(OSError, match="500"):
        fetch("error", n_retries=0)
    assert path.read_bytes() == damaged  # until a good one is complete
    with (
        pytest.warns(UserWarning, match="it is downloaded again"),
        pytest.warns(UserWarning, match="is now .*replaced-1"),
    ):
        fetch("good")
    assert path.read_bytes() == CONTENT
    assert path.with_name("letters.bin.replaced-1").read_bytes() == damaged


def test_nothing_is_downloaded_unasked(fetch, server, tmp_path):
    with pytest.raises(OSError, match="is missing") as error:
        fetch("good", download_if_missing=False)
    assert server.url("good") in str(error.value)
    assert server.ranges == []
    assert files_in(tmp_path) == []


def test_a_file_without_address_must_be_put_there(fetch, tmp_path):
    with pytest.raises(OSError, match=r"Ask the publisher\.\nPut it at"):
        fetch()


def test_a_folder_that_cannot_be_written_is_named(fetch, tmp_path):
    (tmp_path / "letters").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="letters cannot be written to"):
        fetch("good")


def test_a_right_file_is_left_alone(fetch, server, tmp_path):
    path = tmp_path / "letters" / "letters.bin"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    before = path.stat().st_mtime_ns, path.stat().st_mode
    try:
        assert fetch("good") == path
    finally:
        path.parent.chmod(0o700)
    assert (path.stat().st_mtime_ns, path.stat().st_mode) == before
    assert server.ranges == []


def test_threads_that_fetch_at_once_all_get_it(fetch, tmp_path):
    paths = []
    threads = [threading.Thread(target=lambda: paths.append(fetch("good"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() == CONTENT for path in paths] == [True] * 4
    assert files_in(tmp_path) == ["letters.bin"]


def test_a_file_that_another_thread_puts_there_meanwhile_is_not_called_missing(
    fetch, tmp_path, monkeypatch
):
    path = tmp_path / "letters" / "letters.bin"

    def find_it_missing_just_before_it_is_there(where, check):
        monkeypatch.undo()
        problem = _remote.problem_with(where, check)
        path.parent.mkdir()
        path.write_bytes(CONTENT)
        return problem

    monkeypatch.setattr(_remote, "problem_with", find_it_missing_just_before_it_is_there)
    assert fetch("good") == path
    assert path.read_bytes() == CONTENT
    assert files_in(tmp_path) == ["letters.bin"]


def test_parallel_downloads_of_a_file_do_not_interfere(fetch, server, tmp_path, monkeypatch):
    others = []

    def fetch_meanwhile(seconds):
        if not others:
            others.append(fetch("good").read_bytes())

    monkeypatch.setattr(time, "sleep", fetch_meanwhile)
    assert fetch("breaks").read_bytes() == CONTENT
    assert others == [CONTENT]
    assert server.ranges == [f"bytes={start}-" for start in (0, 0, 32_768, 65_536, 98_304)]
    assert files_in(tmp_path) == ["letters.bin"]


def test_every_kind_of_check(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"letters"))
    packed = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(packed) + packed).hexdigest()
    checks = [
        SHA256(hashlib.sha256(packed).hexdigest()),
        MD5(hashlib.md5(packed).hexdigest()),
        GitBlob(blob),
        UnpackedMD5(hashlib.md5(b"letters").hexdigest()),
    ]
    assert [check.problem(path) for check in checks] == [None] * 4
    path.write_bytes(gzip.compress(b"lettres"))
    assert all(check.kind in check.problem(path) for check in checks)
    path.write_bytes(packed[:-3])
    assert "cannot" not in str(checks[3])
    assert "not available" in checks[3].problem(path)


def test_the_name_git_gives_to_a_file(tmp_path):
    # git hash-object of a file that holds "hello world" and a newline
    path = tmp_path / "hello"
    path.write_bytes(b"hello world\n")
    assert GitBlob("3b18e512dba79e4c8300dd08aeb37f8e728b8dad").problem(path) is None
